// A clock that stands still until a test moves it.

import type { Clock } from '../clock.ts'
import { WakeHeap } from '../store/wake-heap.ts'

/** Time for tests. */
export interface ManualClock extends Clock {
  /** Moves time on and lets what is due happen, each at its own moment; then lets pending promises settle. */
  advance(ms: number): Promise<void>
  /** Lets everything that needs no time happen. */
  settle(): Promise<void>
}

/**
 * A clock that stands still until a test moves it.
 *
 * ```ts
 * let tries = 0
 * const flow = defineFlow('patient', {}, ({ step }) =>
 *   step('load', () => (++tries < 3 ? Promise.reject(new Error('not yet')) : tries), undefined, {
 *     retry: { maxAttempts: 3, delay: '1h', backoff: 'fixed' },
 *   }),
 * )
 * const clock = createManualClock()
 * const ended = expectRun(flow).withClock(clock).toSucceedWith(3)
 * await clock.advance(2 * 60 * 60 * 1000)
 * await ended
 * console.log(clock.now()) // 7200000
 * ```
 *
 * @param start epoch milliseconds
 */
export function createManualClock(start = 0): ManualClock {
  const timers = new WakeHeap<{ isLive: boolean; fire: () => void }>()
  let now = start

  const settle = async () => {
    // Each round lets one layer of promises and deferred work run; runs of a test are shallow.
    for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return {
    now: () => now,
    timer(ms, fire) {
      const timer = { isLive: true, fire }
      timers.add(now + Math.max(0, ms), timer)
      return () => {
        timer.isLive = false
      }
    },
    soon: (next) => {
      setImmediate(next)
    },
    settle,
    async advance(ms) {
      const until = now + ms
      await settle()
      while (timers.nextAt !== undefined && timers.nextAt <= until) {
        now = timers.nextAt
        const timer = timers.takeDue(now)
        if (timer?.isLive) {
          timer.fire()
          await settle()
        }
      }
      now = until
      await settle()
    },
  }
}
