// Time and chance, passed in so that a test can hold them still.

/** Time, passed in so that a test can hold it still. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Calls `fire` once after `ms`; the returned function takes it back. */
  timer(ms: number, fire: () => void): () => void
  /** Calls `next` when other work of the process has had its turn. */
  soon(next: () => void): void
}

/**
 * The time of the machine.
 *
 * ```ts
 * const engine = createEngine({ clock: { ...systemClock, now: () => 0 } }) // timers go on, dates do not
 * await engine.close()
 * ```
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  timer(ms, fire) {
    // setTimeout counts in 32 bits: a longer wait is made of several.
    const longest = 2 ** 31 - 1
    let handle = setTimeout(tick, Math.min(ms, longest))
    let left = ms
    function tick() {
      left -= longest
      if (left > 0) handle = setTimeout(tick, Math.min(left, longest))
      else fire()
    }
    return () => clearTimeout(handle)
  },
  soon(next) {
    setImmediate(next)
  },
}
