// Server-sent events over connections that break off: a stream is continued behind the last event that came.

import { FlowError } from '@stepflow/engine'
import type { Http } from './http.ts'
import { Patience, type PatienceOptions } from './patience.ts'

/** Which events are sent, and from where on. */
export interface FollowEvents extends PatienceOptions {
  /** `run`, `items`, `entries` and others; the server's choice unless told. */
  readonly topics?: readonly string[]
  /** The `cursor` of an answer, or the id of an event: what follows it comes. */
  readonly after?: string
  /** Called with each place up to which everything has come; with the first one as soon as the server answers. */
  readonly onPlace?: ((place: string) => void) | undefined
  /** A server that sends nothing for that long is away: it sends a sign of life every 15 s. 45 s unless told. */
  readonly silentMs?: number | undefined
}

/** What happened, or how something stands now. */
export interface ServerEvent {
  /** A topic, or `reset`: what is known is out of date, read again. */
  readonly event: string
  readonly data: unknown
  /** A place to continue from: `after`. */
  readonly id?: string
}

type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>

/** Ends where nothing can follow: with the run, of one. */
export async function* followEvents(
  http: Http,
  path: string,
  { topics, after, onPlace, silentMs = SILENT_MS, ...options }: FollowEvents,
  query: Query = {},
): AsyncGenerator<ServerEvent> {
  const patience = new Patience(options)
  const { signal } = options
  let place = after
  for (;;) {
    try {
      const answer = await http.stream(path, 'text/event-stream', {
        query: { ...query, topics: topics?.join(','), after: place },
        signal,
      })
      if (answer.status === 204) return
      let hasCome = false
      for await (const { id, event, data } of readEvents(http.chunks(answer, silentMs))) {
        hasCome = true
        patience.reset()
        if (data !== undefined) yield { event, data: JSON.parse(data), ...(id === undefined ? {} : { id }) }
        if (id === undefined) continue
        place = id
        onPlace?.(id)
      }
      // The run has ended, or the server does: asked again, it says which.
      if (!hasCome) throw new FlowError('UNREACHABLE', 'the server ends the stream of events')
    } catch (thrown) {
      await patience.after(thrown)
    }
  }
}

// ---

const SILENT_MS = 45_000

interface RawEvent {
  readonly event: string
  readonly id?: string
  readonly data?: string
}

/** What is behind the last empty line is no event: it broke off. */
async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<RawEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
    rest = blocks.pop() ?? ''
    if (rest.length > MOST) throw new FlowError('UNREACHABLE', 'the server sends an event without an end')
    for (const block of blocks) yield eventOf(block)
  }
}

const MOST = 64 * 1024 * 1024

function eventOf(block: string): RawEvent {
  const event: { event: string; id?: string; data?: string } = { event: 'message' }
  for (const line of block.split('\n')) {
    const [, name, value = ''] = /^(\w+): ?(.*)$/.exec(line) ?? []
    if (name === 'event') event.event = value
    else if (name === 'id') event.id = value
    else if (name === 'data') event.data = event.data === undefined ? value : `${event.data}\n${value}`
  }
  return event
}
