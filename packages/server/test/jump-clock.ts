// A clock for tests of schedules: it jumps, and what was due meanwhile happens at once, late, as on a machine that was busy or
// asleep. (Moved step by step, a day would be as many looks into the folder of flows.)

import type { Clock } from '@stepflow/engine'

export interface JumpClock extends Clock {
  /** Jumps to a later time, and lets what is due happen. */
  jump(to: number | string): Promise<void>
  /** Jumps on. */
  pass(ms: number): Promise<void>
  /** Somebody sets the time: timers do not notice. */
  set(to: number | string): void
}

export function createJumpClock(start: number | string): JumpClock {
  let now = timeOf(start)
  let elapsed = 0
  let last = 0
  const timers = new Map<number, { readonly at: number; readonly fire: () => void }>()
  const settle = async () => {
    for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  const clock: JumpClock = {
    now: () => now,
    timer(ms, fire) {
      const id = ++last
      timers.set(id, { at: elapsed + Math.max(0, ms), fire })
      return () => void timers.delete(id)
    },
    soon: (next) => void setImmediate(next),
    jump: (to) => clock.pass(timeOf(to) - now),
    set(to) {
      now = timeOf(to)
    },
    async pass(ms) {
      now += ms
      elapsed += ms
      await settle()
      for (const [id, { at, fire }] of [...timers].sort(([, a], [, b]) => a.at - b.at)) {
        if (at > elapsed || !timers.delete(id)) continue
        fire()
      }
      await settle()
    },
  }
  return clock
}

// ---

function timeOf(time: number | string): number {
  return typeof time === 'string' ? Date.parse(time) : time
}
