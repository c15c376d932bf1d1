// Steps that are ready while the past is replayed, and what the journal says of their calls: they were put aside, they went
// on, they waited for a sub-run. Puts back what was there; the replay knows the order.

import type { JournalEntry } from '../../journal/events.ts'
import type { Calls } from '../calls/calls.ts'
import type { Parks } from '../calls/parks.ts'
import type { ActiveRun } from '../in-flight/active-run.ts'
import { Attempt, type AttemptPark } from '../in-flight/attempt.ts'
import type { Drive } from '../in-flight/drive.ts'
import { dropSubRun } from '../in-flight/drop.ts'
import type { Items } from '../in-flight/items.ts'
import { QUEUED } from '../scheduler/state.ts'

/** The parts of a driver that hold what was under way. */
export interface HeldTools {
  readonly drive: Drive
  readonly items: Items
  readonly parks: Parks
  readonly calls: Calls
}

/** Calls a held step for real, to have the sub-run that it waits for, at the latest since `at`. */
export function callHeld({ items, calls }: HeldTools, run: ActiveRun, key: number, at: number): void {
  run.held.delete(key)
  const started = run.started.get(key)
  const attempt = new Attempt(run, key, started?.attempt ?? 1)
  attempt.since = started?.at ?? at
  if (run.stepLimit !== undefined) items.takeStepPlace(run, attempt.slot, key, Number.POSITIVE_INFINITY)
  calls.callAgain(attempt)
}

/** A step was called, and has neither answered nor opened the sub-run that it answered with. */
export function isUnderWay(run: ActiveRun, key: number): boolean {
  const attempt = run.attempts.get(key)
  return attempt !== undefined && (attempt.park === undefined || (attempt.park.by === 'run' && !attempt.park.child))
}

/** Puts a held step aside as it was put aside before. */
export function parkHeld(
  { parks }: HeldTools,
  run: ActiveRun,
  key: number,
  entry: Extract<JournalEntry, { type: 'parked' }>,
): void {
  run.held.delete(key)
  if (entry.retry) run.tries.set(key, { ...entry.retry })
  const attempt = new Attempt(run, key, entry.attempt)
  if (entry.turn === undefined) attempt.since = run.started.get(key)?.at ?? entry.at
  const by = parkedBy(entry)
  const { state, turn, signal, until } = entry
  parks.addAgain(attempt, { by, state, turn, signal, until })
}

/** The reverse: the journal goes on with a step that was put aside. */
export function unparkHeld({ drive, items, parks }: HeldTools, run: ActiveRun, key: number): void {
  const attempt = run.attempts.get(key)
  if (!attempt) return
  run.attempts.delete(key)
  parks.leave(attempt)
  const child = attempt.park?.child
  if (child) dropSubRun(drive, child, 'its step has ended')
  items.leaveStepPlace(attempt)
  attempt.close()
  run.state.status[key] = QUEUED
  run.held.add(key)
}

// ---

function parkedBy({ retry, turn, signal }: Extract<JournalEntry, { type: 'parked' }>): AttemptPark['by'] {
  if (retry) return 'retry'
  if (turn !== undefined) return 'turn'
  return signal === undefined ? 'time' : 'signal'
}
