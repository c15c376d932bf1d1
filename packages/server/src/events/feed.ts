// The rows of those who follow the same, each looked at once. They are heard of as they are written, and read only where that is
// not enough: at the start, after more came than is held, and where others have written.
//
// F1  All rows up to `#at` have been looked at, and none behind it. While the store is watched, it is watched from there.
// F2  What is found by reading comes by the watch as well, which is given up then.
// F3  No more is held than comes into one chunk. What comes when that is full is read later.

import type { Cursor, RunId, Store, WrittenRow } from '@stepflow/engine'
import type { RunReader } from '@stepflow/host/history'
import type { Chunk, Topic } from './chunk.ts'
import { RowEvents } from './row-events.ts'

export interface FeedOptions {
  readonly store: Store
  readonly runs: RunReader
  /** Absent: of all. */
  readonly run: RunId | undefined
  readonly topics: ReadonlySet<Topic>
  readonly start: Cursor
}

/** So many rows are read at once, and so many wait until something that they need has been read. */
const ROWS_AT_ONCE = 64
/** So many rows, and entries that are told of, come into one chunk: a client that stalls holds that. */
const MOST = 1_024

export class Feed {
  readonly #options: FeedOptions
  readonly #events: RowEvents
  /** Where the next chunk begins. */
  #start: Cursor
  #at: Cursor
  #isBehind = true
  #isWatching = false
  #stopWatch = () => {}
  readonly #waiting: WrittenRow[] = []
  #seeing: Promise<void> | undefined
  #failure: unknown

  constructor(options: FeedOptions) {
    this.#options = options
    this.#events = new RowEvents(options)
    this.#start = options.start
    this.#at = options.start
  }

  /** Nothing is there for a chunk. */
  get isEmpty(): boolean {
    return this.#events.weight === 0
  }

  get isFull(): boolean {
    return this.#events.weight >= MOST
  }

  /** When it was read last, there was more. */
  get isBehind(): boolean {
    return this.#isBehind
  }

  /** Reads on; `none`: there was nothing, and what is written from now on is heard of. */
  async look(): Promise<'some' | 'none' | 'gone'> {
    await this.#seeing
    if (this.#failure !== undefined) throw this.#failure
    const from = this.#at
    const page = await this.#rowsAfter(from)
    if (this.#hasHeardSince(from)) return 'some'
    if (!page) return 'gone'
    this.#isBehind = page.next !== undefined
    if (page.rows.length > 0) {
      this.#letGo() // F2
      await this.#events.see(page.rows)
    }
    const end = page.next ?? page.rows.at(-1)?.cursor
    if (end !== undefined) {
      this.#at = end
      if (this.isEmpty) this.#start = end
      return 'some'
    }
    this.#watch()
    return this.#hasHeardSince(from) ? 'some' : 'none'
  }

  /** What has been looked at since the last one. */
  async chunk(): Promise<Chunk> {
    const chunk = await this.#events.chunk(this.#start)
    this.#start = chunk.end
    return chunk
  }

  stop(): void {
    this.#letGo()
  }

  // ---

  #rowsAfter(after: Cursor) {
    const { store, run, topics } = this.#options
    return store.rowsAfter({ ...ofRun(run), after, limit: ROWS_AT_ONCE, logs: topics.has('log') })
  }

  /** Lines of logs are not heard of; nor are rows that several nodes write in the order in which they are read. */
  get #canWatch(): boolean {
    const { store, topics } = this.#options
    return !topics.has('log') && store.capacity === undefined
  }

  #watch(): void {
    if (this.#isWatching || !this.#canWatch) return
    const { store, run } = this.#options
    this.#isWatching = true
    const of = { ...ofRun(run), after: this.#at, onGap: () => this.#letGo() }
    const stop = store.watch(of, (row, cursor) => this.#hear({ row, cursor }))
    this.#stopWatch = stop
    // It may have heard too much while it was being set up.
    if (!this.#isWatching) stop()
  }

  #letGo(): void {
    this.#isWatching = false
    this.#stopWatch()
    this.#stopWatch = () => {}
  }

  #hear(one: WrittenRow): void {
    if (!this.#isWatching) return
    // F3
    if (this.isFull || this.#waiting.length >= ROWS_AT_ONCE) {
      this.#isBehind = true
      return this.#letGo()
    }
    if (!this.#seeing && this.#events.seeNow(one)) {
      this.#at = one.cursor
      return
    }
    this.#waiting.push(one)
    this.#seeing ??= this.#seeWaiting()
  }

  async #seeWaiting(): Promise<void> {
    try {
      for (let one = this.#waiting.shift(); one; one = this.#waiting.shift()) {
        await this.#events.see([one])
        this.#at = one.cursor
      }
    } catch (error) {
      this.#failure = error
      this.#waiting.length = 0
      this.#letGo()
    } finally {
      this.#seeing = undefined
    }
  }

  #hasHeardSince(from: Cursor): boolean {
    return this.#at !== from || this.#seeing !== undefined
  }
}

// ---

function ofRun(run: RunId | undefined): { readonly run?: RunId } {
  return run === undefined ? {} : { run }
}
