// How steps ended, as it is journaled: of all that the scheduler has settled, what does not follow from the rest.

import type { JournalEntry } from '../../journal/events.ts'
import type { ActiveRun } from '../in-flight/active-run.ts'
import { inputsOf, rootItem, variablesOf } from '../in-flight/attempt-place.ts'
import type { Drive } from '../in-flight/drive.ts'
import type { Settled } from '../scheduler/settled.ts'

/** Takes over what a run's scheduler has settled. */
export function recordSettled(drive: Drive, run: ActiveRun): void {
  const { settled } = run.scheduler
  const { steps } = run.plan.plan
  const { entries, now } = drive
  for (let i = 0; i < settled.length; i++) {
    const one = settled[i] as Settled
    // What a compiler added to hand a value on follows from the rest; what it added to call something does not.
    if (!one.derived || !steps[one.step]?.hidden) entries.push(settledEntry(run, shown(drive, run, one), now))
  }
  settled.length = 0
}

// ---

/** Reasons say what was compared, as messages of failures say what was given: without the secrets. */
function shown(drive: Drive, run: ActiveRun, settled: Settled): Settled {
  const { outcome, item, recovered } = settled
  if (outcome.outcome === 'success' && !recovered) return settled
  // To look for the input takes time, and nearly always nothing of it is secret.
  const own = { plan: run.plan, input: run.plan.checkInput?.secretsIn && run.state.inputOf(item), ...variablesOf(run) }
  const inputs = run.parent ? [own, ...inputsOf(run.parent.attempt)] : [own]
  const inside = drive.secretsInside(run.parent ? rootItem(run.parent.attempt) : item)
  const { run: driven } = drive.of
  const clean = recovered ? { ...settled, recovered: driven.redactError(inputs, recovered, inside) } : settled
  switch (outcome.outcome) {
    case 'success':
      return clean
    case 'failed': {
      const error = driven.redactError(inputs, outcome.error, inside)
      return error === outcome.error ? clean : { ...clean, outcome: { ...outcome, error } }
    }
    case 'skipped': {
      const reason = driven.redactReason(inputs, outcome.reason, inside)
      return reason === outcome.reason ? clean : { ...clean, outcome: { ...outcome, reason } }
    }
  }
}

function settledEntry(run: ActiveRun, settled: Settled, at: number): JournalEntry {
  const { item, step, visit, outcome, derived, recovered, attempt = 0, took, cached, lost, cache } = settled
  // Nearly all entries are this one: written out, it costs a third of the general form below.
  if (run.key === '' && !derived && !recovered && took === undefined && !cached && !lost && cache === undefined) {
    return { type: 'settled', at, item, step, visit, attempt, outcome }
  }
  return {
    type: 'settled',
    at,
    ...(run.key === '' ? {} : { sub: run.key }),
    item,
    step,
    visit,
    attempt,
    outcome,
    ...(derived ? { derived: true as const } : {}),
    ...(recovered ? { recovered } : {}),
    ...(took === undefined ? {} : { took }),
    ...(cached ? { cached } : {}),
    ...(lost ? { lost } : {}),
    ...(cache === undefined ? {} : { cache }),
  }
}
