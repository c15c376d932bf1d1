// A run as a caller sees it that does not drive it: its results and its end, read from the store, whoever drives it and
// wherever. Drives nothing, and holds at most a page of results.
//
// F1  Results in input order are read from the store, from the first that is missing on, unless they were heard of (N2).
// F2  Results as they end come in the order of the store's rows, from which they are read a page at a time: each time and at
//     each process the same, so that whoever was broken off goes on after so many. A watch says only when to look: it may tell
//     rows of this process ahead of their turn.
// F3  The end is the run's row, once no journal of the run is open; it is asked for when it may be there (N1).

import type { FollowedRun } from '../../engine.ts'
import { FlowError } from '../../errors.ts'
import type { JournalEntry, RunId } from '../../journal/events.ts'
import { endedOf, isEnded } from '../../journal/project.ts'
import type { ItemRow, RunRow } from '../../store/store.ts'
import type { Ending } from './ending.ts'
import { type HandleTools, watchEntries } from './follow-run.ts'
import type { ItemResult, ResultOrder } from './result-stream.ts'
import { Ends, RESULTS_AT_ONCE, ResultsInOrder, RunNews, type Signals } from './run-news.ts'
import { checkOrder } from './run-options.ts'

export interface FollowTools extends HandleTools {
  /** Over when the engine is closed. */
  readonly closed: Ending
  /** Aborted when nobody looks any longer. */
  readonly signal: AbortSignal | undefined
}

export class StoredRun implements FollowedRun {
  readonly id: RunId
  readonly #tools: FollowTools
  #ended: Promise<RunRow> | undefined

  constructor(id: RunId, tools: FollowTools) {
    this.id = id
    this.#tools = tools
  }

  get ended(): Promise<RunRow> {
    this.#ended ??= this.#awaitEnd()
    return this.#ended
  }

  async *batches(order: ResultOrder = 'input', from = 0): AsyncGenerator<readonly ItemResult[]> {
    checkOrder(order)
    if (!this.#tools.store.keepsSteps) {
      throw new FlowError('CONFLICT', `this store keeps no results: those of run ${this.id} are for who began it`)
    }
    yield* order === 'input' ? this.#inOrder(from) : this.#asTheyEnd(from)
  }

  async *results(order: ResultOrder = 'input'): AsyncGenerator<ItemResult> {
    for await (const batch of this.batches(order)) yield* batch
  }

  watch(listener: (entries: readonly JournalEntry[]) => void): () => void {
    const { store, warn } = this.#tools
    return watchEntries(store, this.id, listener, warn)
  }

  cancel(reason?: string): Promise<void> {
    return this.#tools.cancel(this.id, reason)
  }

  async #awaitEnd(): Promise<RunRow> {
    const news = new RunNews(this.#signals())
    const unwatch = this.#tools.store.watch({ run: this.id }, ({ entries }) => {
      news.end.hear(entries)
      if (news.end.isDue) news.tell()
    })
    try {
      for (;;) {
        const seen = news.count
        const row = await this.#endRow(news)
        if (row) return row
        if (!news.end.isDue) await news.after(seen)
      }
    } finally {
      news.stop()
      unwatch()
    }
  }

  /** F1. */
  async *#inOrder(start: number): AsyncGenerator<readonly ItemResult[]> {
    const results = new ResultsInOrder(this.#tools.store, this.id, start, this.#signals())
    const { news } = results
    try {
      for (;;) {
        const seen = news.count
        const heard = results.take()
        if (heard.length > 0) {
          yield heard
        } else if (results.isToRead) {
          results.reading()
          const read = results.inRow(await this.#page(results.next))
          if (read.length > 0) yield read
        } else if (!news.end.isDue) {
          await news.after(seen)
        } else {
          const row = await this.#endRow(news)
          if (row) return yield* this.#rest(results, row)
        }
      }
    } finally {
      results.stop()
    }
  }

  /** Of a run that has ended. */
  async *#rest(results: ResultsInOrder, { items: { total } }: RunRow): AsyncGenerator<readonly ItemResult[]> {
    while (total < 0 || results.next < total) {
      const page = await this.#page(results.next)
      // Nothing more may also mean that it was removed in between.
      if (page.length === 0) return void (await this.#row())
      yield results.given(page.map(({ item, outcome }) => ({ index: item, outcome })))
    }
  }

  /** F2. */
  async *#asTheyEnd(from: number): AsyncGenerator<readonly ItemResult[]> {
    const { store, patience } = this.#tools
    const ends = new Ends(store, this.id, this.#signals())
    const { news } = ends
    let given = 0
    let row: RunRow | undefined
    try {
      for (;;) {
        const seen = news.count
        if (ends.isToRead) {
          const batch = await ends.read(patience)
          const known = Math.max(0, from - given)
          given += batch.length
          if (known < batch.length) yield known === 0 ? batch : batch.slice(known)
          continue
        }
        if (!row && news.end.isDue) row = await this.#endRow(news)
        if (row && given >= endedOf(row.items)) return
        if (row || !news.end.isDue) await news.after(seen)
      }
    } finally {
      ends.stop()
    }
  }

  async #page(from: number): Promise<readonly ItemRow[]> {
    const { store, patience } = this.#tools
    return patience.ask(() => store.runs.items(this.id, from, RESULTS_AT_ONCE))
  }

  async #row(): Promise<RunRow> {
    const { store, patience } = this.#tools
    const row = await patience.ask(() => store.runs.get(this.id))
    if (!row) throw new FlowError('NOT_FOUND', `run ${this.id} is no longer in this store`)
    return row
  }

  /** F3. The run's row, if it has ended. */
  async #endRow({ end }: RunNews): Promise<RunRow | undefined> {
    const { store, patience } = this.#tools
    end.asking()
    const row = await this.#row()
    if (isEnded(row.status)) {
      if (row.status !== 'cancelled') return row
      // Its items in flight are still to be ended.
      const open = await patience.ask(() => store.runs.open(this.id))
      if (open.length === 0) return row
    }
    end.stands(row)
    return undefined
  }

  #signals(): Signals {
    const { closed, signal } = this.#tools
    return [closed, signal]
  }
}
