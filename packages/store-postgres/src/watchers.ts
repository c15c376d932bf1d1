// Who hears of rows. Rows of this store are told as they are committed, those of others are read from the database; each
// journal's in their order, each row once.
//
// V1  `#place` is how far the table has been read for those who keep up. What this store has written beyond it, and told
//     already, is in `#own` until the table has been read past it.
// V2  A row of ours is told at once only if the row before it in its journal has been told; otherwise it comes with the
//     others, in its place.
// V3  Who begins at an earlier place reads by himself, page by page, and joins those who keep up once he has read at least as
//     far as they have.
// V4  A cursor that is handed out says exactly what its watcher has heard of: beside the place, the rows of ours that were told
//     beyond it. A page in which rows of ours are missing whose answer is still on its way is read again with ours.
// V5  What is asked or appended after a watch began comes after the place where it began.

import {
  type Cursor,
  errorValue,
  type JournalId,
  type JournalRow,
  type Listener,
  type RunId,
  runOfJournal,
  type WatchOptions,
} from '@stepflow/engine'
import type { Connection } from './connection.ts'
import { OwnRows } from './own-rows.ts'
import type { Page, Pages, PlacedRow } from './pages.ts'
import { behind, cursorOf, isAfter, type Place, type Spot, withTold } from './places.ts'
import { ToldRows } from './told-rows.ts'
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
  /** What he had heard of when he joined; undefined if that has been read by now for those who keep up. */
  heard: Place | undefined
  hasLeft: boolean
}

const ROWS_AT_ONCE = 512
/** Reading costs the same for one row and for ten: while others write all the time, it is done so often at most. */
const LOOK_EVERY_MS = 15
const LOOK_AGAIN_MS = 2
const RETRY_MS = 200

export class Watchers {
  readonly #options: WatcherOptions
  readonly #watchers = new Map<RunId | undefined, Set<Watcher>>()
  readonly #ofLogs = new Set<Watcher>()
  readonly #told = new ToldRows()
  readonly #own = new OwnRows()
  #place: Place | undefined
  #starting: Promise<void> | undefined
  /** Why it is not known yet where we begin. */
  #failure: unknown
  /** Rows of ours that were committed before we know where we began. */
  #meanwhile: (readonly [tx: number, rows: readonly WrittenRow[]])[] = []
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

  /** V5. Undefined, nearly always: nothing is to be waited for. Rejects while the database is away. */
  get ready(): Promise<unknown> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return this.#readies.size === 0 ? undefined : Promise.all(this.#readies)
  }

  close(): void {
    this.#isClosed = true
  }

  add({ run, after, onGap, onLog }: WatchOptions, listener: Listener): () => void {
    const watcher: Watcher = { run, listener, onLog, heard: undefined, hasLeft: false }
    const isStarted = this.#start()
    if (onLog) this.#ofLogs.add(watcher)
    if (after === undefined) this.#join(watcher)
    else {
      this.#behind++
      this.#hold(this.#check(watcher, after, onGap, isStarted))
    }
    return () => this.#leave(watcher)
  }

  /** Ours, just committed. */
  written(tx: number, rows: readonly WrittenRow[]): void {
    this.#options.whole.written(tx)
    if (this.#starting) this.#meanwhile.push([tx, rows])
    else if (this.#place) this.#oursOf(tx, rows, this.#place)
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
    for (const [tx, rows] of this.#meanwhile.splice(0)) this.#oursOf(tx, rows, place)
  }

  #stop(): void {
    this.#place = undefined
    this.#own.clear()
    this.#told.clear()
  }

  /** Of one transaction, in the order of their places. */
  #oursOf(tx: number, rows: readonly WrittenRow[], read: Place): void {
    // Nothing of ours stands between two of them: if both are told, so is all from one to the other.
    let isGoingOn = false
    for (const row of rows) isGoingOn = this.#ours(tx, row, read, isGoingOn)
    if (this.#own.hasUntold || this.#own.areMany) void this.look()
  }

  /** V2. True if it is told ahead; `isGoingOn`: so was the one before it. */
  #ours(tx: number, written: WrittenRow, read: Place, isGoingOn: boolean): boolean {
    const { place, row } = written
    // It has come with the others.
    if (this.#told.has(row)) return false
    const at = { tx, place }
    if (!isAfter(at, read)) {
      this.#tell(row, at, undefined)
      return false
    }
    if (this.#told.isNext(row) && this.#own.goAhead(tx, written, isGoingOn)) {
      this.#tell(row, at, undefined)
      return true
    }
    this.#own.wait(tx, written)
    return false
  }

  async #readSoon(): Promise<void> {
    const wait = this.#readAt + LOOK_EVERY_MS - performance.now()
    if (wait > 0) await new Promise((soon) => setTimeout(soon, wait).unref())
    this.#readAt = performance.now()
    this.#isToLookAgain = false
    if (!this.#isClosed) await this.#read()
  }

  async #read(): Promise<void> {
    let [again, hasMissed] = [0, false]
    for (;;) {
      const [after, joins] = [this.#place as Place, this.#joins]
      // Ours are told already, nearly always.
      const isWithoutOurs = !hasMissed && !this.#own.hasUntold
      // Whoever has joined meanwhile was not asked for: in the end, all are.
      const page = await this.#page(after, again < 2, isWithoutOurs)
      if (!page || this.#isClosed || this.#place !== after) return
      if (joins !== this.#joins && again++ < 2) continue
      again = 0
      // It was asked for without ours, of which one has come meanwhile that stands behind a row of this page.
      if (isWithoutOurs && this.#own.hasUntold) continue
      // V4.
      const ours = this.#own.upTo(page.next)
      hasMissed = isWithoutOurs && page.leftOut !== ours.length
      if (hasMissed) continue
      this.#place = page.next
      for (const placed of page.rows) this.#pass(placed, after)
      // V1. Those that were not asked for; what stands before them has been told by now.
      this.#own.forget(ours, page.next, (own) => this.#tell(own.row, own, after))
      if (page.isFull) continue
      if (!this.#own.hasUntold) return
      await new Promise((next) => setTimeout(next, LOOK_AGAIN_MS))
    }
  }

  async #page(after: Place, isOfRuns: boolean, isWithoutOurs: boolean): Promise<Page | undefined> {
    const { pages, news, firstMark, warn } = this.#options
    const isOfAll = !isOfRuns || this.#watchers.has(undefined)
    const runs = isOfAll ? undefined : [...this.#watchers.keys()].filter((run) => run !== undefined)
    const without = isWithoutOurs ? firstMark : undefined
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
    const own = this.#own.get({ tx, place })
    if (own?.isTold || !row) return
    if (own) this.#own.told(own)
    this.#tell(row, { tx, place }, after)
  }

  /** `after`: how far the table had been read before the page in which it came; absent: it is told ahead. */
  #tell(row: JournalRow, at: Spot, after: Place | undefined): void {
    const run = runOfJournal(row.journal)
    this.#told.add(row)
    const [own, all] = [this.#watchers.get(run), this.#watchers.get(undefined)]
    if (!own && !all) return
    const read = after ? behind(at, after) : (this.#place as Place) // nothing is told before it is known
    const cursor = this.#cursorOf(read)
    for (const watchers of [own, all]) {
      if (!watchers) continue
      for (const one of [...watchers]) {
        if (!one.heard) this.#hear(one, row, cursor)
        else if (isAfter(at, one.heard)) this.#hear(one, row, this.#cursorOf(this.#heardOf(one, one.heard, read)))
      }
    }
  }

  /** V4. */
  #cursorOf(place: Place): Cursor {
    const { ahead } = this.#own
    const told = place.told ? [...place.told, ...ahead] : ahead
    return cursorOf(withTold(place, told), this.#options.store)
  }

  /** What a watcher has heard of who joined those who keep up: what he had read then, and what they have read since. */
  #heardOf(watcher: Watcher, heard: Place, read: Place): Place {
    if (isAfter(heard, { tx: read.tx, place: read.place })) return heard
    const both = behind(read, heard)
    if (!both.skips && !both.told) watcher.heard = undefined
    return both
  }

  /** A listener's fault is not the writer's, nor that of those who listen beside it. */
  #hear(watcher: Watcher, row: JournalRow, cursor: Cursor): void {
    if (watcher.hasLeft) return
    try {
      watcher.listener(row, cursor)
    } catch (error) {
      this.#options.warn(`a listener of ${row.journal} threw: ${errorValue(error).message}`)
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
      warn(`cannot read where a watch goes on: ${(error as Error).message}`)
      // A database that is away is no gap; nobody else waits until it is back.
      setTimeout(() => this.#hold(this.#check(watcher, after, onGap, isStarted)), RETRY_MS).unref()
      return
    }
    if (from && !watcher.hasLeft && !this.#isClosed) return void this.#follow(watcher, from)
    this.#behind--
    if (watcher.hasLeft || this.#isClosed) return
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
      // What the others do not hear of, since it was there when they began, he has read then.
      const isPast = live && page.horizon >= (live.skips?.xmax ?? 0)
      const isThere = isPast && (page.horizon > live.tx || (page.horizon === live.tx && live.place < 0))
      if (isThere && !watcher.hasLeft) {
        watcher.heard = after
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
    const heard = watcher.heard as Place
    const isHis = (journal: JournalId) => watcher.run === undefined || runOfJournal(journal) === watcher.run
    for (const [own, told] of this.#own.aheadOf(heard, isHis)) {
      this.#hear(watcher, own.row, cursorOf(withTold(heard, told), this.#options.store))
    }
  }
}
