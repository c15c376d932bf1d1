// A run as a caller sees it that does not drive it: its results and its end, read from the store, whoever drives it and
// wherever. Drives nothing, and holds at most a page of results.
//
// F1  Results in input order are read from the store, from the first that is missing on; news of the run says when to look.
// F2  Results as they end come in the order of the journal's rows; a reader who falls behind stops the watch, and goes on
//     after its cursor.
// F3  The end is the run's row, once no journal of the run is open.

import type { FollowedRun } from '../../engine.ts'
import { FlowError } from '../../errors.ts'
import type { JournalEntry, RunId } from '../../journal/events.ts'
import { isEnded } from '../../journal/project.ts'
import type { Patience } from '../../store/patience.ts'
import { BEGINNING, type Cursor, type JournalRow, type RunRow, type Store } from '../../store/store.ts'
import type { Ending } from './ending.ts'
import type { ItemResult, ResultOrder } from './result-stream.ts'
import { checkOrder } from './run-options.ts'

export interface FollowTools {
  readonly store: Store
  readonly patience: Patience
  readonly cancel: (reason: string | undefined) => Promise<void>
  readonly watch: (listener: (entries: readonly JournalEntry[]) => void) => () => void
  /** Over when the engine is closed. */
  readonly closed: Ending
  /** Aborted when nobody looks any longer. */
  readonly signal: AbortSignal | undefined
}

/** Results that are read at once, and that wait for their reader at most. */
const RESULTS_AT_ONCE = 1000

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
    return this.#tools.watch(listener)
  }

  cancel(reason?: string): Promise<void> {
    return this.#tools.cancel(reason)
  }

  async #awaitEnd(): Promise<RunRow> {
    const news = this.#news()
    try {
      for (;;) {
        const seen = news.count
        const row = await this.#endRow()
        if (row) return row
        await news.after(seen)
      }
    } finally {
      news.stop()
    }
  }

  /** F1. */
  async *#inOrder(start: number): AsyncGenerator<readonly ItemResult[]> {
    const { store, patience } = this.#tools
    const news = this.#news()
    let from = start
    let isMissing = false
    try {
      for (;;) {
        const seen = news.count
        // In this order: what has ended by then is all there is.
        const isOver = (await this.#endRow()) !== undefined
        const limit: number = isMissing && !isOver ? 1 : RESULTS_AT_ONCE
        const page = await patience.ask(() => store.runs.items(this.id, from, limit))
        const whole = isOver ? page.length : page.findIndex(({ item }, i) => item !== from + i)
        const results = page.slice(0, whole < 0 ? page.length : whole)
        isMissing = results.length === 0
        if (!isMissing) {
          from = (results.at(-1)?.item as number) + 1
          yield results.map(({ item, outcome }) => ({ index: item, outcome }))
        } else if (isOver) {
          // Nothing more may also mean that it was removed in between.
          await this.#endRow()
          return
        } else await news.after(seen)
      }
    } finally {
      news.stop()
    }
  }

  /** F2. */
  async *#asTheyEnd(from: number): AsyncGenerator<readonly ItemResult[]> {
    const ends = new Ends(this.#tools.store, this.id, this.#signals())
    let given = 0
    try {
      for (;;) {
        const seen = ends.count
        const batch = ends.take()
        if (batch.length > 0) {
          const known = Math.max(0, from - given)
          given += batch.length
          if (known < batch.length) yield known === 0 ? batch : batch.slice(known)
          continue
        }
        const row = await this.#endRow()
        if (row && given >= endedItems(row) && ends.isEmpty) return
        await ends.after(seen)
      }
    } finally {
      ends.stop()
    }
  }

  /** F3. The run's row, if it has ended. */
  async #endRow(): Promise<RunRow | undefined> {
    const { store, patience } = this.#tools
    const row = await patience.ask(() => store.runs.get(this.id))
    if (!row) throw new FlowError('NOT_FOUND', `run ${this.id} is no longer in this store`)
    if (!isEnded(row.status)) return undefined
    if (row.status !== 'cancelled') return row
    // Its items in flight are still to be ended.
    const open = await patience.ask(() => store.runs.open(this.id))
    return open.length === 0 ? row : undefined
  }

  #news(): News {
    return new News(this.#signals(), (tell) => this.#tools.store.watch({ run: this.id }, tell))
  }

  #signals(): Signals {
    const { closed, signal } = this.#tools
    return [closed, signal]
  }
}

// ---

function endedItems({ items: { success, skipped, failed, cancelled } }: RunRow): number {
  return success + skipped + failed + cancelled
}

/** Of the engine, and perhaps of whoever looks. */
type Signals = readonly [closed: Ending, left: AbortSignal | undefined]

/** Counts what happens, for whoever looks again only then. */
class News {
  count = 0
  #wake: (() => void) | undefined
  readonly #signals: Signals
  readonly #onEnd = () => this.tell()
  readonly #unend: () => void
  readonly #unwatch: () => void

  constructor(signals: Signals, watch: (tell: () => void) => () => void) {
    this.#signals = signals
    const [closed, left] = signals
    this.#unend = closed.add(this.#onEnd)
    left?.addEventListener('abort', this.#onEnd)
    this.#unwatch = watch(() => this.tell())
  }

  tell(): void {
    this.count++
    this.#wake?.()
    this.#wake = undefined
  }

  /** Resolves when more has happened than that. */
  async after(seen: number): Promise<void> {
    const [closed, left] = this.#signals
    while (this.count <= seen && !closed.isOver && !left?.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    if (closed.isOver) throw new FlowError('CONFLICT', 'this engine was closed: it follows no run any more')
    if (left?.aborted) throw new FlowError('CANCELLED', 'nobody follows this run any longer')
  }

  stop(): void {
    this.#unend()
    this.#signals[1]?.removeEventListener('abort', this.#onEnd)
    this.#unwatch()
  }
}

/** The ends of items, in the order in which they were written; at most so many wait here. */
class Ends {
  readonly #store: Store
  readonly #run: RunId
  readonly #news: News
  #ready: ItemResult[] = []
  #cursor: Cursor = BEGINNING
  #isPaused = false
  #hasGap = false
  #unwatch = () => {}

  constructor(store: Store, run: RunId, signals: Signals) {
    this.#store = store
    this.#run = run
    this.#news = new News(signals, () => () => this.#unwatch())
    this.#watch()
  }

  get count(): number {
    return this.#news.count
  }

  get isEmpty(): boolean {
    return this.#ready.length === 0 && !this.#isPaused
  }

  take(): readonly ItemResult[] {
    if (this.#hasGap) throw new FlowError('NOT_FOUND', `run ${this.#run} is no longer in this store`)
    const batch = this.#ready
    this.#ready = []
    if (this.#isPaused) this.#watch()
    return batch
  }

  after(seen: number): Promise<void> {
    return this.#news.after(seen)
  }

  stop(): void {
    this.#news.stop()
  }

  #watch(): void {
    this.#isPaused = false
    const of = { run: this.#run, after: this.#cursor, onGap: () => this.#gap() }
    this.#unwatch = this.#store.watch(of, (row, cursor) => this.#hear(row, cursor))
    // It may have heard too much while it was being set up.
    if (this.#isPaused) this.#unwatch()
  }

  #hear({ entries }: JournalRow, cursor: Cursor): void {
    this.#cursor = cursor
    for (const entry of entries) {
      if (entry.type !== 'finished') continue
      const { item, to = item, outcome } = entry
      for (let index = item; index <= to; index++) this.#ready.push({ index, outcome })
    }
    if (this.#ready.length >= RESULTS_AT_ONCE) {
      this.#isPaused = true
      this.#unwatch()
    }
    this.#news.tell()
  }

  #gap(): void {
    this.#hasGap = true
    this.#news.tell()
  }
}
