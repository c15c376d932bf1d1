// How long runs are kept: removes ended ones that are too old or too many. What has not ended stays, and so do the blobs that
// something which is left names.

import { type Clock, FlowError, type Log, type Runs } from '@stepflow/engine'
import type { Config } from '../config/config.ts'

/** Which of the runs that have ended are kept; what is absent limits nothing. */
export type Keep = Config['history']

const FIRST_MS = 60_000
const EVERY_MS = 3_600_000

/** Removes what need not be kept; answers how much that was. */
export async function pruneRuns(runs: Runs, { maxAgeMs, maxRuns }: Keep): Promise<{ runs: number; blobs: number }> {
  if (!runs.prune) throw new FlowError('CONFLICT', 'this store keeps nothing beyond the process: nothing is removed')
  return runs.prune({
    ...(maxAgeMs === undefined ? {} : { olderThanMs: maxAgeMs }),
    ...(maxRuns === undefined ? {} : { keep: maxRuns }),
  })
}

export interface RetentionOptions {
  readonly runs: Runs
  readonly keep: Keep
  readonly clock: Clock
  readonly log: Log
}

/** Prunes a minute after the start, and every hour. */
export class Retention {
  readonly #options: RetentionOptions
  #stopTimer = () => {}
  #pruning: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(options: RetentionOptions) {
    this.#options = options
    const { runs, keep, log } = options
    if (keep.maxAgeMs === undefined && keep.maxRuns === undefined) return
    if (runs.prune) this.#wait(FIRST_MS)
    else log('warning', '"history" has no effect: this store keeps nothing beyond the process')
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#stopTimer()
    await this.#pruning
  }

  #wait(ms: number): void {
    this.#stopTimer = this.#options.clock.timer(ms, () => {
      this.#pruning = this.#prune()
    })
  }

  async #prune(): Promise<void> {
    const { runs, keep, log } = this.#options
    try {
      const { runs: removed } = await pruneRuns(runs, keep)
      if (removed > 0) log('info', `history: removed ${removed} ${removed === 1 ? 'run' : 'runs'}`)
    } catch (thrown) {
      log('warning', `history: runs could not be removed, and are tried again: ${(thrown as Error).message}`)
    }
    if (!this.#isStopped) this.#wait(EVERY_MS)
  }
}
