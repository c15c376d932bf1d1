// The runs whose inputs this process reads, and how each is taken in: as fast as its shards are driven and its results read.
// Nobody holds the run's own journal while more inputs may come.

import type { Clock } from '../../clock.ts'
import type { Inputs } from '../../engine.ts'
import type { RunId } from '../../journal/events.ts'
import type { Patience } from '../../store/patience.ts'
import type { Store } from '../../store/store.ts'
import { OPEN_SHARDS, type Taken, takeIn, WAITING_ITEMS } from './intake.ts'
import type { Journals } from './journals.ts'
import type { LocalRun } from './local-run.ts'
import type { ResultStream } from './result-stream.ts'
import type { Returns } from './returns.ts'

/** Results that may wait for their reader before the intake waits too, in shards. */
const BACKLOG_SHARDS = 8

export interface IntakesTools {
  readonly store: Store
  readonly patience: Patience
  readonly clock: Clock
  readonly journals: Journals
  readonly returns: Returns
}

/** What is read, and where it goes on. */
export interface IntakeSource {
  readonly inputs: Inputs
  readonly taken: Taken
  readonly onBroken: 'fail' | 'keep' | undefined
}

export class Intakes {
  readonly #tools: IntakesTools
  readonly #runs = new Set<LocalRun>()

  constructor(tools: IntakesTools) {
    this.#tools = tools
  }

  /** The run's inputs are being read here. */
  has(id: RunId): boolean {
    for (const run of this.#runs) if (run.id === id) return true
    return false
  }

  /** The run's inputs are about to be read, once it is accepted. */
  announce(run: LocalRun): void {
    this.#runs.add(run)
  }

  /** It was not accepted. */
  forget(run: LocalRun): void {
    this.#runs.delete(run)
  }

  async takeIn(run: LocalRun, results: ResultStream, source: IntakeSource): Promise<'whole' | 'broken'> {
    this.#runs.add(run)
    let end: 'whole' | 'broken' = 'broken'
    try {
      end = await this.#takeAll(run, results, source)
      return end
    } finally {
      this.#runs.delete(run)
      if (end === 'broken' || run.isClosed) void this.#letHeadGo(run)
    }
  }

  /** The process goes: more inputs may come, by whoever has them. */
  leave(): Promise<void>[] {
    return [...this.#runs].map((run) => this.#letHeadGo(run))
  }

  async #letHeadGo(run: LocalRun): Promise<void> {
    await this.#tools.returns.handBack({ journal: `${run.id}/0`, at: Number.POSITIVE_INFINITY })
  }

  #takeAll(
    run: LocalRun,
    results: ResultStream,
    { inputs, taken, onBroken = 'fail' }: IntakeSource,
  ): Promise<'whole' | 'broken'> {
    const { store, patience, clock, journals } = this.#tools
    return takeIn(run, inputs, taken, onBroken, {
      ...{ store, patience, clock },
      room: async (items) => {
        await run.shardRoom(OPEN_SHARDS, WAITING_ITEMS / items)
        await results.room(BACKLOG_SHARDS * items)
      },
      open: (journal, entries) => journals.start(run, journal, entries),
    })
  }
}
