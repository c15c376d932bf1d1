// Moves the runs of a journal until nothing in them can move: what the scheduler has ready is called, what it has found out is
// taken over, and items that wait to begin do so. Waits for nothing, and writes nothing.

import type { Calls } from '../calls/calls.ts'
import type { ActiveRun } from '../in-flight/active-run.ts'
import type { Drive } from '../in-flight/drive.ts'
import type { Items } from '../in-flight/items.ts'
import { recordSettled } from './record-settled.ts'

/** Steps handed out in one turn before other work of the process has its turn; milliseconds likewise. */
const TURN_STEPS = 4096
const TURN_MS = 10

/** Works through the runs that can move; false if the turn's budget ended first. */
export function pump(drive: Drive, items: Items, calls: Calls): boolean {
  const { dirty, tools } = drive
  let until = 0
  let steps = 0
  for (let run = dirty.pop(); run !== undefined; run = dirty.pop()) {
    run.isDirty = false
    const { scheduler } = run
    scheduler.advance()
    if (scheduler.hasNews) collect(run, drive, items, calls)
    while (!run.isDropped) {
      const key = scheduler.takeReady()
      // An item is started only when nothing else can move: items that never wait go through one after the other.
      if (key >= 0) calls.dispatch(run, key)
      else {
        if (run.endedBesideParked.size > 0) items.noteWaiting(run)
        if (!run.hasInputs || !items.admit(run)) break
      }
      scheduler.advance()
      if (scheduler.hasNews) collect(run, drive, items, calls)
      if (++steps === 128) until = tools.clock.now() + TURN_MS
      if (steps >= TURN_STEPS || ((steps & 127) === 0 && tools.clock.now() > until)) {
        if (drive.isReplaying) continue
        drive.touch(run)
        return false
      }
    }
    if (run.parent && run.isDone && !run.isDropped) calls.closeSubRun(run)
  }
  return true
}

// ---

/** Takes over what the scheduler has found out: records, aborts, finished items. */
function collect(run: ActiveRun, drive: Drive, items: Items, calls: Calls): void {
  const { scheduler } = run
  if (scheduler.settled.length > 0) recordSettled(drive, run)
  if (scheduler.aborted.length > 0) {
    for (const key of scheduler.aborted.splice(0)) calls.abort(run, key, 'the item has failed')
  }
  if (scheduler.finished.length === 0) return
  for (const { slot, item, outcome } of scheduler.finished.splice(0)) items.finish(run, slot, item, outcome)
}
