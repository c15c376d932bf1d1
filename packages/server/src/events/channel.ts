// One reader for all who follow the same: a page of rows is read and made into text once, however many clients there are.
//
// H1  Who joins has read all that was written up to his place by himself, and hears of each row behind it once: he joins where
//     the channel stands, within a chunk, or when neither of them finds anything more. If a chunk was made since he read, and
//     his place is not in it, he reads again.
// H2  Nobody holds more than one chunk. Who has not taken the last one when the next is there is left behind: he reads by
//     himself, from the store, at his own pace.
// H3  The more there are, the less often they are written to: telling them takes a bounded part of this process' time.

import { type Clock, type Cursor, isEnded, type RunId, type Store, type WrittenRows } from '@stepflow/engine'
import type { RunReader } from '@stepflow/host/history'
import { News } from '../runs/news.ts'
import type { Chunk, Topic, View } from './chunk.ts'
import { RowEvents } from './row-events.ts'

export interface ChannelOptions {
  readonly store: Store
  readonly runs: RunReader
  readonly clock: Clock
  /** Absent: of all. */
  readonly run: RunId | undefined
  /** With the lines of logs. */
  readonly logs: boolean
  readonly onOver: () => void
}

/** How it goes on for somebody who follows; `over`: he has all, and nothing can follow. */
export type Step = 'chunk' | 'behind' | 'over' | 'other'

/** Somebody who follows. */
export class Seat {
  readonly view: View
  /** All up to there has been sent. */
  readonly at: Cursor
  /** How many chunks the channel had made before he read up to there. */
  readonly made: number
  #chunk: { readonly chunk: Chunk; readonly from: number } | undefined
  #end: 'behind' | 'over' | undefined
  #tell = () => {}
  #onTaken = () => {}

  constructor(view: View, at: Cursor, made: number) {
    this.view = view
    this.at = at
    this.made = made
  }

  /** Resolves when there is something to do; `other`: somebody called `wake`. */
  async next(): Promise<Step> {
    const now = this.#step()
    if (now) return now
    this.#onTaken()
    await new Promise<void>((resolve) => {
      this.#tell = resolve
    })
    this.#tell = () => {}
    return this.#step() ?? 'other'
  }

  #step(): Step | undefined {
    if (this.#end === 'behind') return 'behind'
    return this.#chunk ? 'chunk' : this.#end
  }

  wake(): void {
    this.#tell()
  }

  /** The chunk, which is held no longer. */
  take(): { readonly texts: readonly string[]; readonly end: Cursor } | undefined {
    if (!this.#chunk) return undefined
    const { chunk, from } = this.#chunk
    this.#chunk = undefined
    return { texts: chunk.texts(this.view, from), end: chunk.end }
  }

  /** H2. False if the one before has not been taken. */
  offer(chunk: Chunk, from: number): boolean {
    if (this.#chunk) {
      this.leaveBehind()
      return false
    }
    this.#chunk = { chunk, from }
    this.#tell()
    return true
  }

  leaveBehind(): void {
    this.#end = 'behind'
    this.#chunk = undefined
    this.#onTaken()
    this.#tell()
  }

  /** Nothing can follow what it has been offered. */
  over(): void {
    this.#end = 'over'
    this.#tell()
  }

  /** Calls back when it has taken what it was offered, and waits again. */
  set onTaken(taken: () => void) {
    this.#onTaken = taken
  }
}

/** So many rows are read at once. */
const ROWS_AT_ONCE = 64
/** So many come into one chunk, if it has states only; and if it has what happened, since a client that stalls holds that. */
const MOST_ROWS = 1_024
const MOST_ROWS_TOLD = 128
const QUIET_MS = 15_000
/** Who takes longer is left behind. */
const TAKE_MS = 500
/** After telling them, so many times as long nobody is told: and how long that may be. */
const PAUSE = 9
const MOST_PAUSE_MS = 1_000

export class Channel {
  readonly #options: ChannelOptions
  readonly #seats = new Set<Seat>()
  readonly #joining = new Set<Seat>()
  readonly #over = new AbortController()
  #at: Cursor | undefined
  #news: News | undefined
  #isOver = false
  #made = 0

  constructor(options: ChannelOptions) {
    this.#options = options
  }

  /** Chunks so far. */
  get made(): number {
    return this.#made
  }

  join(seat: Seat): void {
    if (seat.made !== this.#made) return seat.leaveBehind()
    this.#joining.add(seat)
    if (this.#news === undefined) {
      const { store, run, logs, clock } = this.#options
      this.#news = new News({ store, run, logs }, clock, this.#over.signal)
      void this.#read(this.#news)
    } else this.#news.look()
  }

  leave(seat: Seat): void {
    this.#seats.delete(seat)
    this.#joining.delete(seat)
    seat.onTaken = () => {}
    if (this.#seats.size + this.#joining.size === 0) this.#over.abort()
  }

  // ---

  async #read(news: News): Promise<void> {
    const { store, runs, run } = this.#options
    const events = new RowEvents({ store, runs })
    let wasOver = false
    try {
      while (!this.#over.signal.aborted) {
        const waiting = [...this.#joining]
        this.#at ??= waiting[0]?.at as Cursor // somebody has joined
        for (const seat of waiting) if (seat.at === this.#at) this.#admit(seat)
        const page = await this.#rowsAfter(this.#at)
        // What follows is gone: each finds that out for himself.
        if (!page) return
        if (page.rows.length === 0 && page.next !== undefined) {
          this.#at = page.next
          continue
        }
        if (page.rows.length === 0) {
          // H1. They had read all before this look, and it found nothing.
          for (const seat of waiting) this.#admit(seat)
          // What was written between the look at the rows and that at the run is looked for once more.
          if (wasOver) {
            for (const seat of this.#seats) seat.over()
            this.#seats.clear()
            return
          }
          wasOver = run !== undefined && (await hasEnded(store, run))
          if (!wasOver) await news.next(QUIET_MS)
          continue
        }
        this.#made++
        // Nobody joins within it whose topics are not in it.
        const joining = [...this.#joining]
        const chunk = await this.#chunkOf(page, this.#at, events)
        if (!chunk) return
        const began = performance.now()
        this.#offer(chunk, joining)
        this.#at = chunk.end
        await this.#taken()
        await pause(Math.min(MOST_PAUSE_MS, PAUSE * (performance.now() - began)))
      }
    } catch {
      // A store that is away: whoever reads by himself is told.
    } finally {
      this.#end(news)
    }
  }

  /** With the rows behind it, as many as come into one; undefined if they are gone. */
  async #chunkOf(page: WrittenRows, start: Cursor, events: RowEvents): Promise<Chunk | undefined> {
    const topics = this.#topics()
    await events.see(page.rows, topics)
    const most = topics.has('entries') || topics.has('log') ? MOST_ROWS_TOLD : MOST_ROWS
    for (let { next } = page, seen = page.rows.length; next !== undefined && seen < most; ) {
      // The runs have their turn.
      await new Promise((resolve) => setImmediate(resolve))
      const more = await this.#rowsAfter(next)
      if (!more) return undefined
      await events.see(more.rows, topics)
      seen += more.rows.length
      next = more.next
    }
    return events.chunk(start)
  }

  async #rowsAfter(after: Cursor): Promise<WrittenRows | undefined> {
    const { store, run, logs } = this.#options
    return store.rowsAfter({ ...(run === undefined ? {} : { run }), limit: ROWS_AT_ONCE, logs, after })
  }

  #end(news: News): void {
    this.#isOver = true
    news.stop()
    this.#options.onOver()
    for (const seat of [...this.#seats, ...this.#joining]) seat.leaveBehind()
    this.#seats.clear()
    this.#joining.clear()
  }

  get isOver(): boolean {
    return this.#isOver || this.#over.signal.aborted
  }

  #admit(seat: Seat): void {
    if (this.#joining.delete(seat)) this.#seats.add(seat)
  }

  #offer(chunk: Chunk, joining: readonly Seat[]): void {
    for (const seat of this.#seats) if (!seat.offer(chunk, 0)) this.#seats.delete(seat)
    for (const seat of joining) {
      const from = this.#joining.has(seat) ? chunk.rowsUpTo(seat.at) : undefined
      if (from === undefined) continue
      this.#admit(seat)
      seat.offer(chunk, from)
    }
    for (const seat of this.#joining) seat.leaveBehind()
    this.#joining.clear()
  }

  /** Resolves when all have taken the chunk, or those who have not are left behind. */
  async #taken(): Promise<void> {
    const busy = new Set(this.#seats)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, TAKE_MS)
      const look = () => {
        if (busy.size > 0) return
        clearTimeout(timer)
        resolve()
      }
      for (const seat of busy) {
        seat.onTaken = () => {
          busy.delete(seat)
          look()
        }
      }
      look()
    })
    for (const seat of busy) {
      this.#seats.delete(seat)
      seat.leaveBehind()
    }
    for (const seat of this.#seats) seat.onTaken = () => {}
  }

  /** All that somebody wants. */
  #topics(): ReadonlySet<Topic> {
    const wanted = new Set<Topic>()
    for (const seats of [this.#seats, this.#joining]) {
      for (const { view } of seats) for (const topic of view.topics) wanted.add(topic)
    }
    return wanted
  }
}

export async function hasEnded(store: Store, run: RunId): Promise<boolean> {
  const row = await store.runs.get(run)
  return row === undefined || isEnded(row.status)
}

// ---

/** Of this process' time, not of the runs'. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
