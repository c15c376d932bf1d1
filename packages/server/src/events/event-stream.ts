// What happens in one run, or in all, as events for one client: first what the store has, at the client's pace; then with all
// who follow the same, by one channel; and by himself again if he cannot keep up.
//
// E1  What happens (`entries`, `wait`, `log`) comes once and in order; of states (`run`, `items`) the last one does.
// E2  After each page of rows, states come with the place behind the page: a client that goes on from there has missed nothing.
// E3  The stream of a run ends when the run has, and all its rows were sent.

import { BEGINNING, type Clock, type Cursor, type RunId, type RunRow, type Store } from '@stepflow/engine'
import type { RunReader } from '@stepflow/host/history'
import { Channel, hasEnded } from './channel.ts'
import { topics as allTopics, standingTexts, type Topic, type View } from './chunk.ts'
import type { FlowChange, FlowNews } from './flow-news.ts'
import { RowEvents } from './row-events.ts'
import { Seat } from './seat.ts'
import { eventText, type Place, placeOnly } from './sse.ts'

export interface EventHubOptions {
  readonly store: Store
  readonly runs: RunReader
  readonly clock: Clock
  readonly flows: FlowNews
}

export interface EventStream {
  readonly signal: AbortSignal
  /** Absent: of all. */
  readonly run?: RunId
  /** Absent: of a run from its beginning, of all from now on. */
  readonly from: Place | undefined
  readonly topics: ReadonlySet<Topic>
  /** Of what happens: in one item only. */
  readonly item?: number | undefined
  /** Of the runs whose events are sent, and a text that says which those are. */
  readonly isAskedFor?: (row: RunRow) => boolean
  readonly asked?: string
  /** Of the flows that are told of. */
  readonly isFlowAskedFor?: (name: string) => boolean
}

/** So many rows are held for a client that reads by himself. */
const ROWS_AT_ONCE = 32
const QUIET_MS = 15_000

export class EventHub {
  readonly #options: EventHubOptions
  readonly #channels = new Map<string, Channel>()

  constructor(options: EventHubOptions) {
    this.#options = options
  }

  /** Is there nothing that a stream from there would send? */
  async isOver({ run, from, topics }: Pick<EventStream, 'run' | 'from' | 'topics'>): Promise<boolean> {
    if (run === undefined || from === undefined || from.owesState) return false
    const { store } = this.#options
    if (!(await hasEnded(store, run))) return false
    const page = await store.rowsAfter({ run, after: from.cursor, limit: 1, logs: topics.has('log') })
    return page !== undefined && page.rows.length === 0 && page.next === undefined
  }

  async *stream(options: EventStream): AsyncGenerator<string> {
    const { store } = this.#options
    const { run, from, signal } = options
    const view = viewOf(options)
    const flows = new FlowEvents(this.#options.flows, options)
    try {
      let at: Cursor = from?.cursor ?? (run === undefined ? await store.cursor() : BEGINNING)
      // The head of the answer goes out with it: what a client reads from then on, this stream continues.
      yield placeOnly(from ?? { cursor: at, owesState: false })
      let skip = from?.done ?? 0
      let isOwed = from?.owesState === true
      while (!signal.aborted) {
        const reached = yield* this.#readOn(view, { at, skip, isOwed }, flows, signal)
        if (reached === undefined) return
        const followed = yield* this.#follow(view, reached, flows, signal)
        if (followed === undefined) return
        at = followed
        skip = 0
        isOwed = false
      }
    } finally {
      flows.stop()
    }
  }

  // ---

  /** All that the store has by now. Answers where that ends; undefined if nothing can follow. */
  async *#readOn(
    view: View,
    from: { readonly at: Cursor; readonly skip: number; readonly isOwed: boolean },
    flows: FlowEvents,
    signal: AbortSignal,
  ): AsyncGenerator<string, Reached | undefined> {
    const { store } = this.#options
    const { run, topics } = view
    const events = new RowEvents({ ...this.#options, topics })
    const of = { ...(run === undefined ? {} : { run }), limit: ROWS_AT_ONCE, logs: topics.has('log') }
    let { at, skip, isOwed } = from
    let wasOver = false
    while (!signal.aborted) {
      yield* flows.texts()
      const made = this.#channels.get(keyOf(view))?.made ?? 0
      const page = await store.rowsAfter({ ...of, after: at })
      if (!page) {
        at = await store.cursor()
        const place = { cursor: at, owesState: false }
        yield eventText('reset', {}, place)
        yield* flows.first()
        if (run !== undefined) yield standingTexts(view, await events.standing(run), place).join('')
        // It was removed.
        if (run !== undefined && (await store.runs.get(run)) === undefined) return undefined
        isOwed = false
        skip = 0
        continue
      }
      yield* flows.first()
      if (page.rows.length > 0) {
        const chunk = await events.read(page.rows, at)
        yield* chunk.texts(view, 0, skip)
        at = page.next ?? chunk.end
        isOwed = false
        skip = 0
        continue
      }
      if (page.next !== undefined) {
        at = page.next
        continue
      }
      if (isOwed && run !== undefined) {
        yield standingTexts(view, await events.standing(run), { cursor: at, owesState: false }).join('')
      }
      isOwed = false
      if (run === undefined) return { at, made }
      // What was written between the look at the rows and that at the run is looked for once more.
      if (wasOver) return undefined
      wasOver = await hasEnded(store, run)
      if (!wasOver) return { at, made }
    }
    return undefined
  }

  /** With the others. Answers where he was left behind; undefined if nothing can follow. */
  async *#follow(
    view: View,
    from: Reached,
    flows: FlowEvents,
    signal: AbortSignal,
  ): AsyncGenerator<string, Cursor | undefined> {
    const { clock } = this.#options
    const channel = this.#channel(view)
    const seat = new Seat(view, from.at, from.made)
    const wake = () => seat.wake()
    signal.addEventListener('abort', wake, { once: true })
    flows.onNews = wake
    let { at } = from
    try {
      channel.join(seat)
      while (!signal.aborted) {
        const stopTimer = clock.timer(QUIET_MS, wake)
        const step = await seat.next()
        stopTimer()
        if (step === 'behind') return at
        if (step === 'over') return undefined
        const taken = seat.take()
        for (const text of taken?.texts ?? []) yield text
        at = taken?.end ?? at
        const isQuiet = taken === undefined && flows.isEmpty && !signal.aborted
        yield* flows.texts()
        // Proxies and clients hear that somebody is there.
        if (isQuiet) yield ': \n\n'
      }
      return undefined
    } finally {
      flows.onNews = () => {}
      signal.removeEventListener('abort', wake)
      channel.leave(seat)
    }
  }

  #channel(view: View): Channel {
    const { run, topics } = view
    const key = keyOf(view)
    const known = this.#channels.get(key)
    if (known && !known.isOver) return known
    const channel: Channel = new Channel({
      ...this.#options,
      run,
      topics,
      onOver: () => {
        if (this.#channels.get(key) === channel) this.#channels.delete(key)
      },
    })
    this.#channels.set(key, channel)
    return channel
  }
}

// ---

/** All up to there has been sent; and how many chunks the channel had made before that was known. */
interface Reached {
  readonly at: Cursor
  readonly made: number
}

/** Who hear of the same; flows are told of to each by himself. */
function keyOf({ run, topics }: View): string {
  return `${allTopics.filter((topic) => topic !== 'flow' && topics.has(topic))} ${run ?? ''}`
}

const MOST_CHANGES = 100

/** What is to be told of flows: of each the last change. */
class FlowEvents {
  readonly #changes = new Map<string, FlowChange>()
  readonly #stop: () => void
  #isContinued: boolean
  #areMany = false
  onNews = () => {}

  constructor(news: FlowNews, { topics, run, from, isFlowAskedFor = () => true }: EventStream) {
    this.#isContinued = topics.has('flow') && run === undefined && from !== undefined
    const isAskedFor = (change: FlowChange | undefined) => change === undefined || isFlowAskedFor(change.name)
    this.#stop = topics.has('flow') ? news.listen((change) => isAskedFor(change) && this.#add(change)) : () => {}
  }

  get isEmpty(): boolean {
    return this.#changes.size === 0 && !this.#areMany
  }

  /** Whoever was away does not know what has changed meanwhile. */
  *first(): Generator<string> {
    if (!this.#isContinued) return
    this.#isContinued = false
    yield eventText('flow', {})
  }

  *texts(): Generator<string> {
    if (this.isEmpty) return
    const texts = this.#areMany
      ? [eventText('flow', {})]
      : [...this.#changes.values()].map((one) => eventText('flow', one))
    this.#changes.clear()
    this.#areMany = false
    yield texts.join('')
  }

  stop(): void {
    this.#stop()
  }

  #add(change: FlowChange | undefined): void {
    if (change && this.#changes.size < MOST_CHANGES) this.#changes.set(change.name, change)
    else this.#areMany = true
    this.onNews()
  }
}

function viewOf({ run, topics, item, isAskedFor = () => true, asked = '' }: EventStream): View {
  return { topics, run, item, isAskedFor, key: `${[...topics].sort().join()} ${item ?? ''} ${asked}` }
}
