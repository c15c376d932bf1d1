// Runs that need a component which this process does not have. They are offered to it again and again, until somebody has what
// they need: that is said once, and once more if nobody has taken them meanwhile.

import type { RunId } from '../../journal/events.ts'

/** Of so many runs it is known what was said. */
const MOST = 10_000

export class UnservedRuns {
  readonly #othersMs: number
  /** Since when they are left to others, or that nobody has taken them. */
  readonly #runs = new Map<RunId, number | 'unserved'>()

  /** `othersMs`: who comes back sooner has not been offered to others; of a run with several journals, some come together. */
  constructor(othersMs: number) {
    this.#othersMs = othersMs
  }

  /** What is to be said of it now; undefined if that has been said. `isShared`: others work on the store. */
  say(run: RunId, why: string, now: number, isShared: boolean): string | undefined {
    const since = this.#runs.get(run)
    if (since === undefined) {
      if (this.#runs.size >= MOST) this.#runs.clear()
      this.#runs.set(run, now)
      return `run ${run} is left to others: ${why}`
    }
    if (since === 'unserved' || !isShared || now - since <= this.#othersMs) return undefined
    this.#runs.set(run, 'unserved')
    return `no node serves run ${run}: ${why}`
  }
}
