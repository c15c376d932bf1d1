// A clock that stands still until a test moves it.

import type { Clock } from '../clock.ts'
import { WakeHeap } from '../store/wake-heap.ts'

export interface ManualClock extends Clock {
  /** Moves time on and lets what is due happen, each at its own moment; then lets pending promises settle. */
  advance(ms: number): Promise<void>
  /** Lets everything that needs no time happen. */
  settle(): Promise<void>
}

/** `start` in epoch milliseconds. */
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
