// The database's time, as all who share it have it: a node whose clock is an hour off waits, times out and expires like the
// others. Goes on by this machine's steady clock between two looks at the database's, and never backwards.

import { type Clock, systemClock } from '@stepflow/engine'

/** Less is the network's doing. */
const JITTER_MS = 20
/** An answer that took longer says too little of when it was right. */
const SLOW_MS = 1_000

export class DatabaseClock implements Clock {
  /** The time at `#since`, by `performance.now()`; from then on it goes at half the speed until `#slowUntil`. */
  #time: number
  #since: number
  #slowUntil: number

  /** The database's time, and when it was asked for. */
  constructor(time: number, askedAt: number) {
    const now = performance.now()
    this.#time = time + (now - askedAt) / 2
    this.#since = now
    this.#slowUntil = now
  }

  now(): number {
    return Math.floor(this.#at(performance.now()))
  }

  timer(ms: number, fire: () => void): () => void {
    return systemClock.timer(ms, fire)
  }

  soon(next: () => void): void {
    systemClock.soon(next)
  }

  /** Another look. A clock that was set back is waited for, at half the speed. */
  set(time: number, askedAt: number): void {
    const now = performance.now()
    if (now - askedAt > SLOW_MS) return
    const ahead = this.#at(now) - (time + (now - askedAt) / 2)
    if (Math.abs(ahead) < JITTER_MS) return
    this.#time = ahead > 0 ? this.#at(now) : this.#time - ahead + this.#passed(now)
    this.#since = now
    this.#slowUntil = ahead > 0 ? now + 2 * ahead : now
  }

  #at(now: number): number {
    return this.#time + this.#passed(now)
  }

  #passed(now: number): number {
    const slow = Math.max(0, Math.min(now, this.#slowUntil) - this.#since)
    return now - this.#since - slow / 2
  }
}
