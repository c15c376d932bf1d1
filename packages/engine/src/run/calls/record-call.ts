// What is journaled of a call besides how it ended: that it started, that it waits.

import type { ErrorValue } from '../../errors.ts'
import type { WaitForm } from '../../journal/events.ts'
import type { Plan } from '../../plan/plan.ts'
import type { ActiveRun } from '../in-flight/active-run.ts'
import type { Attempt } from '../in-flight/attempt.ts'
import { stepOf, visitOf } from '../in-flight/attempt-place.ts'
import type { Drive } from '../in-flight/drive.ts'

export function recordStart(drive: Drive, attempt: Attempt): void {
  const woken = attempt.woken ? { woken: true as const } : {}
  drive.entries.push({ type: 'started', at: drive.now, attempt: attempt.attempt, ...woken, ...visitOf(attempt) })
}

/** Between two turns: a call has waited long for its plugin (`queued`), or has begun after that. */
export function recordQueue(drive: Drive, attempt: Attempt, queued: { readonly queued?: true }): void {
  const at = drive.tools.clock.now()
  drive.entries.push({ type: 'started', at, attempt: attempt.attempt, ...queued, ...visitOf(attempt) })
  drive.touch(attempt.run)
  drive.poke()
}

export interface ParkFacts {
  /** When it is woken at the latest; epoch milliseconds. */
  readonly until: number | undefined
  /** What the attempt before failed with. */
  readonly error?: ErrorValue
  readonly form?: WaitForm | undefined
}

export function recordPark(drive: Drive, attempt: Attempt, { until, error, form }: ParkFacts): void {
  if (drive.records !== 'steps') return
  const { park } = attempt
  const tries = attempt.run.tries.get(attempt.key)
  drive.entries.push({
    type: 'parked',
    at: drive.now,
    attempt: attempt.attempt,
    ...(until === undefined ? {} : { until }),
    ...(park?.signal === undefined ? {} : { signal: park.signal }),
    ...(form === undefined ? {} : { form }),
    ...(park?.state === undefined ? {} : { state: park.state }),
    ...(park?.turn === undefined ? {} : { turn: park.turn }),
    ...(park?.by === 'retry' && tries ? { retry: { ...tries } } : {}),
    ...(error === undefined ? {} : { error }),
    ...(attempt.later?.took === undefined ? {} : { took: attempt.later.took }),
    ...visitOf(attempt),
  })
}

/** A step runs a plan over so many elements. */
export function recordOpening(
  drive: Drive,
  attempt: Attempt,
  { plan, inputs }: ActiveRun,
  secrets: readonly unknown[],
): void {
  if (drive.records !== 'steps') return
  drive.entries.push({
    type: 'opened',
    at: drive.now,
    attempt: attempt.attempt,
    elements: inputs.length,
    ...(plan.soleStep < 0 ? {} : { byStep: true as const }),
    ...(isFromFile(attempt, plan.plan) ? { plan: plan.plan } : {}),
    ...(secrets.length === 0 ? {} : { secrets }),
    ...visitOf(attempt),
  })
}

// ---

/** Of a plan inside that of the step, that one has it. */
function isFromFile(attempt: Attempt, { file }: Plan): boolean {
  return file !== undefined && stepOf(attempt).component?.startsWith('$core/') !== true
}
