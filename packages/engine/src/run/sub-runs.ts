// The runs that steps wait for: opened, closed when all their items have ended, dropped with all that is below them.

import type { ParkedRun } from '../component/plugin.ts'
import { FlowError } from '../errors.ts'
import { isPromise, type MaybePromise } from '../json.ts'
import { ActiveRun } from './active-run.ts'
import type { Attempt } from './attempt.ts'
import type { Drive } from './drive.ts'
import type { LinkedPlan } from './link.ts'

const ITEMS_AT_ONCE = 64

/** Opens the sub-run that a parked attempt waits for. Throws or rejects if its plan cannot be run. */
export function openSubRun(drive: Drive, attempt: Attempt, options: ParkedRun): MaybePromise<void> {
  const linked = drive.options.link(options.plan)
  if (!isPromise(linked)) return open(drive, attempt, options, linked)
  return linked.then((plan) => {
    if (attempt.isLive) open(drive, attempt, options, plan)
    drive.poke()
  })
}

/** Takes a sub-run away whose items have all ended. Answers the attempt that waits for it. */
export function closeSubRun(drive: Drive, child: ActiveRun): Attempt {
  const { attempt } = child.parent as NonNullable<ActiveRun['parent']>
  child.isDropped = true
  drive.subRuns.delete(child.key)
  return attempt
}

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

// ---

function open(drive: Drive, attempt: Attempt, options: ParkedRun, plan: LinkedPlan): void {
  const { facts } = attempt.run.state
  const child = new ActiveRun({
    key: attempt.nextSubRunKey(),
    plan,
    facts: options.variables ? { ...facts, variables: options.variables } : facts,
    inputs: options.inputs,
    from: 0,
    limit: options.maxConcurrent ?? ITEMS_AT_ONCE,
    isRecording: drive.options.isRecording,
    services: drive.options.services,
    parent: { attempt, options },
  })
  child.outcomes.length = options.inputs.length
  if (attempt.park) attempt.park.child = child
  drive.subRuns.set(child.key, child)
  drive.touch(child)
}
