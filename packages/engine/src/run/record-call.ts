// What is journaled of a call besides how it ended: that it started, that it waits, that its output is kept for others.

import type { VisitRef } from '../journal/events.ts'
import type { PlanStep } from '../plan/plan.ts'
import type { Attempt } from './attempt.ts'
import type { Drive, ItemInput } from './drive.ts'
import { success } from './outcome.ts'

export function recordStart(drive: Drive, attempt: Attempt): void {
  drive.entries.push({ type: 'started', at: drive.now, attempt: attempt.attempt, ...visitOf(attempt) })
}

export function recordPark(drive: Drive, attempt: Attempt, until: number | undefined): void {
  if (!drive.options.isRecording) return
  const { park } = attempt
  const tries = attempt.run.tries.get(attempt.key)
  drive.entries.push({
    type: 'parked',
    at: drive.now,
    attempt: attempt.attempt,
    ...(until === undefined ? {} : { until }),
    ...(park?.signal === undefined ? {} : { signal: park.signal }),
    ...(park?.state === undefined ? {} : { state: park.state }),
    ...(park?.by === 'retry' && tries ? { retry: { ...tries } } : {}),
    ...(attempt.later?.took === undefined ? {} : { took: attempt.later.took }),
    ...visitOf(attempt),
  })
}

/** Where steps are not recorded, an output that is to be kept is. */
export function recordKept(drive: Drive, attempt: Attempt, result: unknown): void {
  drive.kept.set(attempt.cacheKey as string, { output: result })
  drive.entries.push({
    type: 'settled',
    at: drive.now,
    attempt: attempt.attempt,
    outcome: success(result),
    cache: keptFor(attempt, drive.now),
    ...visitOf(attempt),
  })
}

export function keptFor(attempt: Attempt, now: number): { readonly key: string; readonly until?: number } {
  const key = attempt.cacheKey as string // the caller has looked
  const ttlMs = stepOf(attempt).cache?.ttlMs
  return ttlMs === undefined ? { key } : { key, until: now + ttlMs }
}

// --- where an attempt stands

export function stepOf(attempt: Attempt): PlanStep {
  return attempt.run.plan.plan.steps[attempt.step] as PlanStep
}

/** The inputs around an attempt: its own item's, and those of the items that it is below. */
export function inputsOf(attempt: Attempt): ItemInput[] {
  const inputs: ItemInput[] = []
  for (let at: Attempt | undefined = attempt; at; at = at.run.parent?.attempt) {
    inputs.push({ plan: at.run.plan, input: at.run.state.input[at.slot] })
  }
  return inputs
}

/** The item of the run itself in which an attempt, perhaps of a sub-run, is made. */
export function rootItem(attempt: Attempt): number {
  let at = attempt
  while (at.run.parent) at = at.run.parent.attempt
  return at.itemIndex
}

function visitOf(attempt: Attempt): VisitRef {
  const { run, step, itemIndex: item, visit } = attempt
  return run.key === '' ? { item, step, visit } : { sub: run.key, item, step, visit }
}
