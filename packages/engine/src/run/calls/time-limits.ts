// The time limits of calls: armed when a call begins to count, and read where all only waits.

import { FlowError } from '../../errors.ts'
import type { Attempt } from '../in-flight/attempt.ts'
import { stepOf } from '../in-flight/attempt-place.ts'
import type { Drive } from '../in-flight/drive.ts'
import { placeOf } from '../link.ts'

/** Has `expire` called when the attempt's time is over, counted from when it began; not twice for one attempt. */
export function armTimeLimit(
  drive: Drive,
  attempt: Attempt,
  expire: (attempt: Attempt, thrown: FlowError) => void,
): void {
  const { timeoutMs } = stepOf(attempt)
  // What happens while the past is replayed would not be written.
  if (timeoutMs === undefined || attempt.hasTimer || drive.isReplaying) return
  const { clock } = drive.tools
  attempt.since ??= clock.now()
  attempt.cancelTimer = clock.timer(Math.max(0, attempt.since + timeoutMs - clock.now()), () => {
    attempt.cancelTimer = undefined
    const place = placeOf(attempt.run.plan.plan, attempt.step)
    expire(attempt, new FlowError('TIMEOUT', `${place} did not answer within ${timeoutMs} ms`))
  })
}

/** When the next time limit ends, of an item or of a call; epoch milliseconds, or `Infinity`. */
export function nextLimitAt(drive: Drive): number {
  let next = Number.POSITIVE_INFINITY
  for (const run of drive.runs()) {
    for (const { at } of run.deadlines.values()) next = Math.min(next, at)
    for (const attempt of run.attempts.values()) next = Math.min(next, limitOf(attempt) ?? next)
  }
  return next
}

/** False while an attempt waits to be tried, or for its turn. */
export function hasBegun({ later }: Attempt): boolean {
  return later?.park?.by !== 'retry' && later?.park?.by !== 'turn'
}

// ---

/** When the attempt's time limit ends; undefined if none is counting. */
function limitOf(attempt: Attempt): number | undefined {
  const { timeoutMs } = stepOf(attempt)
  const { since } = attempt
  return timeoutMs === undefined || since === undefined || !hasBegun(attempt) ? undefined : since + timeoutMs
}
