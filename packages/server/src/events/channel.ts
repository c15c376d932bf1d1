// One feed for all who follow the same: rows are looked at and made into text once, however many clients there are.
//
// H1  Who joins has read all that was written up to his place by himself, and hears of each row behind it once: he joins where
//     the channel stands, within a chunk, or when neither of them finds anything more. If a chunk was made since he read, and
//     his place is not in it, he reads again.
// H2  Nobody holds more than one chunk. Who has not taken the last one when the next is there is left behind: he reads by
//     himself, from the store, at his own pace.
// H3  The more there are, the less often they are written to: telling them takes a bounded part of this process' time.

import { type Clock, isEnded, type RunId, type Store } from '@stepflow/engine'
import type { RunReader } from '@stepflow/host/history'
import { News } from '../runs/news.ts'
import type { Chunk, Topic } from './chunk.ts'
import { Feed } from './feed.ts'
import type { Seat } from './seat.ts'

export interface ChannelOptions {
  readonly store: Store
  readonly runs: RunReader
  readonly clock: Clock
  /** Absent: of all. */
  readonly run: RunId | undefined
  /** What those who follow want to hear of. */
  readonly topics: ReadonlySet<Topic>
  readonly onOver: () => void
}

const QUIET_MS = 15_000
/** Who takes longer is left behind. */
const TAKE_MS = 500
/** After telling them, so many times as long nobody is told: and how long that may be. */
const PAUSE = 19
const MOST_PAUSE_MS = 1_000

export class Channel {
  readonly #options: ChannelOptions
  readonly #seats = new Set<Seat>()
  readonly #joining = new Set<Seat>()
  readonly #over = new AbortController()
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
      const { store, run, topics, clock } = this.#options
      this.#news = new News({ store, run, logs: topics.has('log') }, clock, this.#over.signal)
      void this.#serve(new Feed({ ...this.#options, start: seat.at }), this.#news)
    } else this.#news.look()
  }

  leave(seat: Seat): void {
    this.#seats.delete(seat)
    this.#joining.delete(seat)
    seat.onTaken = () => {}
    if (this.#seats.size + this.#joining.size === 0) this.#over.abort()
  }

  // ---

  async #serve(feed: Feed, news: News): Promise<void> {
    const { store, run } = this.#options
    let wasOver = false
    try {
      while (!this.#over.signal.aborted) {
        if (!feed.isEmpty) {
          if (!(await this.#tell(feed))) return
          continue
        }
        const waiting = [...this.#joining]
        const found = await feed.look()
        // What follows is gone: each finds that out for himself.
        if (found === 'gone') return
        if (found === 'some') continue
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
      }
    } catch {
      // A store that is away: whoever reads by himself is told.
    } finally {
      this.#end(feed, news)
    }
  }

  /** One chunk, with all that is there by now and comes into one. False if what follows is gone. */
  async #tell(feed: Feed): Promise<boolean> {
    while (feed.isBehind && !feed.isFull) {
      // The runs have their turn.
      await new Promise((resolve) => setImmediate(resolve))
      if ((await feed.look()) === 'gone') return false
    }
    this.#made++
    const chunk = await feed.chunk()
    const began = performance.now()
    this.#offer(chunk)
    await this.#taken()
    await pause(Math.min(MOST_PAUSE_MS, PAUSE * (performance.now() - began)))
    return true
  }

  #end(feed: Feed, news: News): void {
    this.#isOver = true
    feed.stop()
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

  #offer(chunk: Chunk): void {
    for (const seat of this.#seats) if (!seat.offer(chunk, 0)) this.#seats.delete(seat)
    for (const seat of [...this.#joining]) {
      const from = chunk.rowsUpTo(seat.at)
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
