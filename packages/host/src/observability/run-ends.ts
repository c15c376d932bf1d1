// Finds out which of the runs that this process writes to have ended. A run's end stands in no entry, it follows from them:
// the rows of runs whose items ended are looked at a moment later, once for all that ended in between.

import { type Clock, isEnded, type Log, type RunRow, type Runs } from '@stepflow/engine'
import type { Observer } from './observer.ts'

const LOOK_AFTER_MS = 1_000
/** So many are looked at without waiting. */
const MANY = 500

export interface RunEndsOptions {
  readonly runs: Runs
  readonly clock: Clock
  readonly log: Log
  readonly onEnd: (row: RunRow) => void
}

export class RunEnds implements Observer {
  readonly #options: RunEndsOptions
  #due = new Set<string>()
  /** Reported lately: shards of one run may end beside each other. */
  #reported = new Set<string>()
  #reportedBefore = new Set<string>()
  #stopTimer: (() => void) | undefined
  #looking: Promise<void> | undefined

  constructor(options: RunEndsOptions) {
    this.#options = options
  }

  wrote(run: string, entries: Parameters<NonNullable<Observer['wrote']>>[1]): void {
    for (let i = 0; i < entries.length; i++) {
      const type = entries[i]?.type
      if (type === 'finished' || type === 'sealed') return this.#add(run)
    }
  }

  /** Reports those that have ended by now. */
  async look(): Promise<void> {
    while (this.#looking) await this.#looking
    this.#looking = this.#lookNow().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async stop(): Promise<void> {
    await this.look()
    this.#stopTimer?.()
  }

  #add(run: string): void {
    this.#due.add(run)
    // One look at a time: what is written meanwhile would have a look each wait for the one before.
    if (this.#due.size >= MANY && !this.#looking) void this.look()
    else this.#stopTimer ??= this.#options.clock.timer(LOOK_AFTER_MS, () => void this.look())
  }

  async #lookNow(): Promise<void> {
    const { runs, onEnd, log } = this.#options
    this.#stopTimer?.()
    this.#stopTimer = undefined
    const due = this.#due
    this.#due = new Set()
    for (const id of due) {
      if (this.#reported.has(id) || this.#reportedBefore.has(id)) continue
      try {
        const row = await runs.get(id)
        if (!row || !isEnded(row.status)) continue
        this.#reported.add(id)
        onEnd(row)
      } catch (thrown) {
        log('warning', `the end of run ${id} is not counted: ${(thrown as Error).message}`)
      }
    }
    if (this.#reported.size < MANY) return
    this.#reportedBefore = this.#reported
    this.#reported = new Set()
  }
}
