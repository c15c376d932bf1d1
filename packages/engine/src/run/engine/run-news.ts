// What is heard of a run, for whoever looks at it in the store: when it is worth looking again. Reads nothing.
//
// N1  Whether a run has ended is asked only if it may have: as many items as were left have ended since it was asked last, or
//     its input has, or it was sent a signal. A row of the run for each item would be read otherwise.
// N2  Results in input order that come before their turn wait here as far as a page reaches; those beyond it are in the store.

import { FlowError } from '../../errors.ts'
import { itemsEnded, type JournalEntry, type JournalId, type RunId } from '../../journal/events.ts'
import { endedOf } from '../../journal/project.ts'
import type { Patience } from '../../store/patience.ts'
import { BEGINNING, type Cursor, type ItemRow, type JournalRow, type RunRow, type Store } from '../../store/store.ts'
import type { Outcome } from '../outcome.ts'
import type { Ending } from './ending.ts'
import type { ItemResult } from './result-stream.ts'

/** Results that are read at once, and that wait for their reader at most. */
export const RESULTS_AT_ONCE = 1000
/** Of a journal: each has the ends of one turn. */
const ROWS_AT_ONCE = 64

/** Of the engine, and perhaps of whoever looks. */
export type Signals = readonly [closed: Ending, left: AbortSignal | undefined]

/** Wakes whoever waits for news of a run. */
export class RunNews {
  readonly end = new EndHint()
  #count = 0
  #wake: (() => void) | undefined
  readonly #signals: Signals
  readonly #onEnd = () => this.tell()
  readonly #unend: () => void

  constructor(signals: Signals) {
    this.#signals = signals
    const [closed, left] = signals
    this.#unend = closed.add(this.#onEnd)
    left?.addEventListener('abort', this.#onEnd)
  }

  /** Grows with what is told. */
  get count(): number {
    return this.#count
  }

  tell(): void {
    this.#count++
    this.#wake?.()
    this.#wake = undefined
  }

  /** Resolves when more was told than that. */
  async after(seen: number): Promise<void> {
    const [closed, left] = this.#signals
    while (this.#count <= seen && !closed.isOver && !left?.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    if (closed.isOver) {
      const message = 'this engine was closed: it follows no run any more'
      throw new FlowError('RESOURCE_UNAVAILABLE', message, { retryable: false })
    }
    if (left?.aborted) throw new FlowError('CANCELLED', 'nobody follows this run any longer')
  }

  stop(): void {
    this.#unend()
    this.#signals[1]?.removeEventListener('abort', this.#onEnd)
  }
}

/** N1. */
export class EndHint {
  #isDue = true
  #hasHeard = false
  #ended = 0
  /** So many items have to end before the run can have; unknown while its row is being read. */
  #left = Number.POSITIVE_INFINITY
  #isCancelled = false

  get isDue(): boolean {
    return this.#isDue
  }

  /** The run's row is about to be read. */
  asking(): void {
    this.#isDue = false
    this.#hasHeard = false
    this.#ended = 0
    this.#left = Number.POSITIVE_INFINITY
  }

  /** It was read, and the run has not ended. */
  stands({ status, items }: RunRow): void {
    // Its journals end one by one, and nobody knows how many items that are.
    this.#isCancelled = status === 'cancelled'
    if (items.total >= 0) this.#left = items.total - endedOf(items)
    if (this.#isCancelled ? this.#hasHeard : this.#ended >= this.#left) this.#isDue = true
  }

  hear(entries: readonly JournalEntry[]): void {
    this.#hasHeard = true
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as JournalEntry
      if (entry.type === 'finished') this.#ended += itemsEnded(entry)
      else if (entry.type === 'sealed' || entry.type === 'signalled') this.#isDue = true
    }
    if (this.#isCancelled || this.#ended >= this.#left) this.#isDue = true
  }
}

/** The results of a run in the order of its inputs. */
export class ResultsInOrder {
  readonly news: RunNews
  readonly #heard = new Map<number, Outcome>()
  readonly #unwatch: () => void
  #next: number
  /** The lowest item that may be in the store without having been heard of here; undefined if there is none. */
  #unheard: number | undefined

  constructor(store: Store, run: RunId, from: number, signals: Signals) {
    this.#next = from
    this.#unheard = from
    this.news = new RunNews(signals)
    this.#unwatch = store.watch({ run }, ({ entries }) => this.#hear(entries))
  }

  /** Where it goes on. */
  get next(): number {
    return this.#next
  }

  /** The next results may be in the store. */
  get isToRead(): boolean {
    return this.#unheard !== undefined && this.#unheard <= this.#next
  }

  /** The store is about to be read from the next result on: what is heard from now on counts. */
  reading(): void {
    this.#unheard = undefined
  }

  /** Of a page that was read from there: what stands in a row. The others are as good as heard of. */
  inRow(page: readonly ItemRow[]): readonly ItemResult[] {
    for (const { item, outcome } of page) this.#keep(item, item, outcome)
    const last = page.at(-1)
    if (last && page.length === RESULTS_AT_ONCE) this.#missed(last.item + 1)
    return this.take()
  }

  /** What has been heard of and is next. */
  take(): readonly ItemResult[] {
    const results: ItemResult[] = []
    for (let index = this.#next; ; index++) {
      const outcome = this.#heard.get(index)
      if (outcome === undefined) return this.given(results)
      results.push({ index, outcome })
    }
  }

  /** These are given to the reader. */
  given(results: readonly ItemResult[]): readonly ItemResult[] {
    for (const { index } of results) this.#heard.delete(index)
    const last = results.at(-1)
    if (last) this.#next = last.index + 1
    return results
  }

  stop(): void {
    this.news.stop()
    this.#unwatch()
  }

  /** N2. */
  #keep(item: number, to: number, outcome: Outcome): void {
    const end = this.#next + RESULTS_AT_ONCE
    for (let index = Math.max(item, this.#next); index <= to && index < end; index++) this.#heard.set(index, outcome)
    if (to >= end) this.#missed(Math.max(item, end))
  }

  #missed(item: number): void {
    this.#unheard = Math.min(this.#unheard ?? item, item)
  }

  #hear(entries: readonly JournalEntry[]): void {
    this.news.end.hear(entries)
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as JournalEntry
      if (entry.type !== 'finished') continue
      this.#keep(entry.item, entry.to ?? entry.item, entry.outcome)
    }
    if (this.#heard.has(this.#next) || this.isToRead || this.news.end.isDue) this.news.tell()
  }
}

/** The ends of items, in the order in which they were written, for whoever reads them at his own pace: none waits here. */
export class Ends {
  readonly news: RunNews
  readonly #store: Store
  readonly #run: RunId
  readonly #unwatch: () => void
  #cursor: Cursor = BEGINNING
  #isToRead = true
  /** The last row of each journal that was heard of and has not been read: a store may tell of a row ahead of its turn. */
  readonly #unread = new Map<JournalId, number>()

  constructor(store: Store, run: RunId, signals: Signals) {
    this.#store = store
    this.#run = run
    this.news = new RunNews(signals)
    this.#unwatch = store.watch({ run }, (row) => this.#hear(row))
  }

  /** The next ends may be in the store. */
  get isToRead(): boolean {
    return this.#isToRead || this.#unread.size > 0
  }

  /** What is there, a page at a time. */
  async read(patience: Patience): Promise<readonly ItemResult[]> {
    this.#isToRead = false
    const of = { run: this.#run, after: this.#cursor, limit: ROWS_AT_ONCE }
    const page = await patience.ask(() => this.#store.rowsAfter(of))
    if (!page) throw new FlowError('NOT_FOUND', `run ${this.#run} is no longer in this store`)
    const results: ItemResult[] = []
    for (const found of page.rows) {
      this.#cursor = found.cursor
      if ('row' in found) this.#take(found.row, results)
    }
    if (page.next !== undefined) {
      this.#cursor = page.next
      this.#isToRead = true
    }
    return results
  }

  stop(): void {
    this.news.stop()
    this.#unwatch()
  }

  #take({ journal, seq, entries }: JournalRow, results: ItemResult[]): void {
    if ((this.#unread.get(journal) ?? Number.POSITIVE_INFINITY) <= seq) this.#unread.delete(journal)
    for (const entry of entries) {
      if (entry.type !== 'finished') continue
      const { item, to = item, outcome } = entry
      for (let index = item; index <= to; index++) results.push({ index, outcome })
    }
  }

  #hear({ journal, seq, entries }: JournalRow): void {
    this.news.end.hear(entries)
    if (entries.some(({ type }) => type === 'finished')) this.#unread.set(journal, seq)
    if (this.isToRead || this.news.end.isDue) this.news.tell()
  }
}
