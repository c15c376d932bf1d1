// Drops what is no longer wanted: the answer of a step, a sub-run, and everything below them. Their components are aborted.

import { FlowError } from '../../errors.ts'
import type { ActiveRun } from './active-run.ts'
import type { Drive } from './drive.ts'

/** Nothing of a sub-run is wanted any more. */
export function dropSubRun(drive: Drive, run: ActiveRun, why: string): void {
  run.isDropped = true
  drive.subRuns.delete(run.key)
  for (const { cancel } of run.deadlines.values()) cancel()
  for (const key of [...run.attempts.keys()]) dropStep(drive, run, key, why)
}

/** A step's answer is no longer wanted, nor that of anything below it. */
export function dropStep(drive: Drive, run: ActiveRun, key: number, why: string): void {
  const attempt = run.attempts.get(key)
  if (!attempt) return
  run.attempts.delete(key)
  const child = attempt.park?.child
  attempt.abandon(new FlowError('CANCELLED', why))
  if (child) dropSubRun(drive, child, why)
}
