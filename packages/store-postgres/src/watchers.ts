// Who hears of rows. Rows of this store are told as they are committed, those of others are read from the database; each
// journal's in their order, each row once.
//
// V1  `#place` is how far the table has been read for those who keep up. What this store has written beyond it, and told
//     already, is in `#own` until the table has been read past it.
// V2  A row of ours is told at once only if the row before it in its journal has been told; otherwise it comes with the
//     others, in its place.
// V3  Who begins at an earlier place reads by himself, page by page, and joins those who keep up once he has read at least as
//     far as they have.
// V4  What is asked or appended after a watch began comes after the place where it began.

import {
  type Cursor,
  type JournalId,
  type JournalRow,
  type Listener,
  type RunId,
  runOfJournal,
  type WatchOptions,
} from '@stepflow/engine'
import type { Connection } from './connection.ts'
import type { Page, Pages, PlacedRow } from './pages.ts'
import { behind, cursorOf, isAfter, type Place } from './places.ts'
import type { WholePages } from './whole-pages.ts'
import type { WrittenRow } from './writer.ts'

export interface WatcherOptions {
  readonly pages: Pages
  readonly whole: WholePages
  /** What is asked on it is answered in the order of asking. */
  readonly news: Connection
  readonly reader: () => Connection
  readonly store: string
  readonly firstMark: number
  readonly warn: (message: string) => void
}

/** Somebody who keeps up. */
interface Watcher {
  readonly run: RunId | undefined
  readonly listener: Listener
  readonly onLog: (() => void) | undefined
  /** Has heard of what is below it already. */
  from: number
  hasLeft: boolean
}

interface OwnRow {
  readonly tx: number
  readonly place: number
  readonly row: JournalRow
  isTold: boolean
}

const ROWS_AT_ONCE = 512
/** Reading costs the same for one row and for ten: while others write all the time, it is done so often at most. */
const LOOK_EVERY_MS = 15
const LOOK_AGAIN_MS = 2
const RETRY_MS = 200
/** Journals whose last told row is remembered. */
const MOST_TOLD = 100_000

export class Watchers {
  readonly #options: WatcherOptions
  readonly #watchers = new Map<RunId | undefined, Set<Watcher>>()
  readonly #ofLogs = new Set<Watcher>()
  readonly #told = new Map<JournalId, number>()
  readonly #own = new Map<string, OwnRow>()
  #place: Place | undefined
  #starting: Promise<void> | undefined
  /** Why it is not known yet where we begin. */
  #failure: unknown
  /** Rows of ours that were committed before we know where we began. */
  #meanwhile: (readonly [tx: number, rows: readonly WrittenRow[]])[] = []
  /** In `#own`, and not told. */
  #untold = 0
  #behind = 0
  #looking: Promise<void> | undefined
  #isToLookAgain = false
  #readAt = Number.NEGATIVE_INFINITY
  #joins = 0
  #heldUpAt = -1
  #readies = new Set<Promise<unknown>>()
  #isClosed = false

  constructor(options: WatcherOptions) {
    this.#options = options
  }

  get isWatching(): boolean {
    return this.#watchers.size > 0 || this.#behind > 0
  }

  /** V4. Undefined, nearly always: nothing is to be waited for. Rejects while the database is away. */
  get ready(): Promise<unknown> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return this.#readies.size === 0 ? undefined : Promise.all(this.#readies)
  }

  close(): void {
    this.#isClosed = true
  }

  add({ run, after, onGap, onLog }: WatchOptions, listener: Listener): () => void {
    const watcher: Watcher = { run, listener, onLog, from: -1, hasLeft: false }
    const isStarted = this.#start()
    if (onLog) this.#ofLogs.add(watcher)
    if (after === undefined) this.#join(watcher)
    else {
      this.#behind++
      const checking = this.#check(watcher, after, onGap, isStarted)
      this.#hold(checking)
    }
    return () => this.#leave(watcher)
  }

  /** Ours, just committed. */
  written(tx: number, rows: readonly WrittenRow[]): void {
    this.#options.whole.written(tx)
    if (this.#starting) this.#meanwhile.push([tx, rows])
    else if (this.#place) for (const row of rows) this.#ours(tx, row, this.#place)
  }

  /** Somebody may have written lines of logs. */
  tellOfLogs(): void {
    for (const { onLog } of [...this.#ofLogs]) onLog?.()
  }

  /** Reads on: somebody may have written. */
  look(): Promise<void> {
    if (this.#place === undefined || this.#isClosed) return Promise.resolve()
    if (this.#looking) {
      this.#isToLookAgain = true
      return this.#looking
    }
    if (!this.isWatching) {
      this.#stop()
      return Promise.resolve()
    }
    this.#looking = this.#readSoon().finally(() => {
      this.#looking = undefined
      if (!this.#isToLookAgain) return
      this.#isToLookAgain = false
      void this.look()
    })
    return this.#looking
  }

  // --- those who keep up

  /** Where rows are written from now on, if we do not follow them already. */
  #start(): Promise<void> | undefined {
    if (this.#place) return undefined
    this.#starting ??= this.#begin()
    return this.#starting
  }

  async #begin(): Promise<void> {
    const { whole, news } = this.#options
    let place: Place | undefined
    while (!place && !this.#isClosed) {
      const asked = whole.now(news)
      this.#failure = undefined
      this.#hold(asked)
      try {
        place = await asked
      } catch (error) {
        this.#failure = error
        await new Promise((again) => setTimeout(again, RETRY_MS).unref())
      }
    }
    this.#starting = undefined
    this.#failure = undefined
    if (!place) return
    this.#place = place
    for (const [tx, rows] of this.#meanwhile.splice(0)) for (const row of rows) this.#ours(tx, row, place)
  }

  #stop(): void {
    this.#place = undefined
    this.#own.clear()
    this.#told.clear()
    this.#untold = 0
  }

  /** V2. */
  #ours(tx: number, { place, row }: WrittenRow, read: Place): void {
    const before = this.#told.get(row.journal)
    // It has come with the others.
    if (before !== undefined && before >= row.seq) return
    const own = { tx, place, row, isTold: true }
    const isRead = !isAfter(own, read)
    if (isRead || row.seq === 0 || before === row.seq - 1) {
      this.#tell(row, own, read, undefined)
      if (!isRead) this.#own.set(keyOf(own), own)
      return
    }
    this.#own.set(keyOf(own), { ...own, isTold: false })
    this.#untold++
    void this.look()
  }

  async #readSoon(): Promise<void> {
    const wait = this.#readAt + LOOK_EVERY_MS - performance.now()
    if (wait > 0) await new Promise((soon) => setTimeout(soon, wait).unref())
    this.#readAt = performance.now()
    this.#isToLookAgain = false
    if (!this.#isClosed) await this.#read()
  }

  async #read(): Promise<void> {
    let again = 0
    for (;;) {
      const [after, joins, untold] = [this.#place as Place, this.#joins, this.#untold]
      // Whoever has joined meanwhile was not asked for: in the end, all are.
      const page = await this.#page(after, again < 2)
      if (!page || this.#isClosed || this.#place !== after) return
      if (joins !== this.#joins && again++ < 2) continue
      again = 0
      // It was asked for without ours, of which one has come meanwhile that stands behind a row of this page.
      if (untold === 0 && this.#untold > 0) continue
      this.#place = page.next
      for (const placed of page.rows) this.#pass(placed, after)
      this.#forgetOwn(page, after)
      if (page.isFull) continue
      if (this.#untold === 0) return
      await new Promise((next) => setTimeout(next, LOOK_AGAIN_MS))
    }
  }

  async #page(after: Place, isOfRuns: boolean): Promise<Page | undefined> {
    const { pages, news, firstMark, warn } = this.#options
    const isOfAll = !isOfRuns || this.#watchers.has(undefined)
    const runs = isOfAll ? undefined : [...this.#watchers.keys()].filter((run) => run !== undefined)
    // Ours are told already, nearly always.
    const without = this.#untold === 0 ? firstMark : undefined
    try {
      const query = { after, runs, limit: ROWS_AT_ONCE, without }
      const page = await pages.read(news, query)
      if (!page.isHeldUp || page.isFull || page.horizon !== this.#heldUpAt) {
        this.#heldUpAt = page.horizon
        return page
      }
      // Nothing has moved since we looked last: what holds it up may be none of ours.
      return await pages.read(news, { ...query, horizon: await pages.horizon(news) })
    } catch (error) {
      warn(`cannot read what was written: ${(error as Error).message}`)
      return undefined
    }
  }

  #pass({ tx, place, row }: PlacedRow, after: Place): void {
    const own = this.#own.get(keyOf({ tx, place }))
    if (own?.isTold || !row) return
    if (own) {
      own.isTold = true
      this.#untold--
    }
    this.#tell(row, { tx, place }, after, tx)
  }

  /** V1. */
  #forgetOwn({ next }: Page, after: Place): void {
    for (const [key, own] of this.#own) {
      if (isAfter(own, next)) continue
      this.#own.delete(key)
      if (own.isTold) continue
      // It was not asked for, and what stands before it has been told by now.
      this.#untold--
      this.#tell(own.row, own, after, own.tx)
    }
  }

  /** `tx`: those who have read up to there by themselves have heard of it. */
  #tell(row: JournalRow, at: { tx: number; place: number }, place: Place, tx: number | undefined): void {
    const run = runOfJournal(row.journal)
    if (this.#told.size >= MOST_TOLD) this.#told.clear()
    this.#told.set(row.journal, row.seq)
    const [own, all] = [this.#watchers.get(run), this.#watchers.get(undefined)]
    if (!own && !all) return
    const cursor = cursorOf(behind(at, place), this.#options.store)
    for (const watchers of [own, all]) {
      if (watchers)
        for (const one of [...watchers]) if (tx === undefined || tx >= one.from) this.#hear(one, row, cursor)
    }
  }

  /** A listener's fault is not the writer's, nor that of those who listen beside it. */
  #hear(watcher: Watcher, row: JournalRow, cursor: Cursor): void {
    if (watcher.hasLeft) return
    try {
      watcher.listener(row, cursor)
    } catch (error) {
      this.#options.warn(
        `a listener of ${row.journal} threw: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }

  #join(watcher: Watcher): void {
    const watchers = this.#watchers.get(watcher.run) ?? new Set()
    this.#watchers.set(watcher.run, watchers)
    watchers.add(watcher)
    this.#joins++
  }

  #leave(watcher: Watcher): void {
    watcher.hasLeft = true
    this.#ofLogs.delete(watcher)
    const watchers = this.#watchers.get(watcher.run)
    if (watchers?.delete(watcher) && watchers.size === 0) this.#watchers.delete(watcher.run)
  }

  #hold(ready: Promise<unknown>): void {
    this.#readies.add(ready)
    const over = () => void this.#readies.delete(ready)
    ready.then(over, over)
  }

  // --- those who are behind

  async #check(
    watcher: Watcher,
    after: Cursor,
    onGap: (() => void) | undefined,
    isStarted: Promise<void> | undefined,
  ): Promise<void> {
    const { whole, news, warn } = this.#options
    let from: Place | undefined
    try {
      from = await whole.placeOf(after, watcher.run, news)
      await isStarted
    } catch (error) {
      // Whoever watches hears from now on, as after a gap: what he missed he has to read.
      warn(`cannot read where a watch goes on: ${(error as Error).message}`)
    }
    if (watcher.hasLeft || this.#isClosed) {
      this.#behind--
      return
    }
    if (from) return void this.#follow(watcher, from)
    this.#behind--
    this.#join(watcher)
    onGap?.()
  }

  /** V3. */
  async #follow(watcher: Watcher, start: Place): Promise<void> {
    let after = start
    while (!watcher.hasLeft && !this.#isClosed) {
      const page = await this.#pageOf(watcher, after)
      if (!page) {
        await new Promise((again) => setTimeout(again, RETRY_MS).unref())
        continue
      }
      for (const placed of page.rows) {
        if (placed.row) this.#hear(watcher, placed.row, cursorOf(behind(placed, after), this.#options.store))
      }
      after = page.next
      if (page.isFull) continue
      const live = this.#place
      const isThere = live && (page.horizon > live.tx || (page.horizon === live.tx && live.place < 0))
      if (isThere && !watcher.hasLeft) {
        watcher.from = page.horizon
        this.#join(watcher)
        this.#tellOwn(watcher)
        break
      }
    }
    this.#behind--
  }

  async #pageOf({ run }: Watcher, after: Place): Promise<Page | undefined> {
    const { whole, reader, warn } = this.#options
    try {
      const runs = run === undefined ? undefined : [run]
      return await whole.read({ after, runs, limit: ROWS_AT_ONCE }, reader())
    } catch (error) {
      warn(`cannot read what was written: ${(error as Error).message}`)
      return undefined
    }
  }

  /** What the others have been told of our rows, and he has not read. */
  #tellOwn(watcher: Watcher): void {
    const place = this.#place as Place
    for (const own of this.#own.values()) {
      const isHis = watcher.run === undefined || runOfJournal(own.row.journal) === watcher.run
      if (!isHis || !own.isTold || own.tx < watcher.from) continue
      this.#hear(watcher, own.row, cursorOf(behind(own, place), this.#options.store))
    }
  }
}

// ---

function keyOf({ tx, place }: { readonly tx: number; readonly place: number }): string {
  return `${tx}.${place}`
}
