// What happens at the server, as it happens: one stream for the tab, closed while nobody looks at it.

import { basePath } from './base.ts'

export type EventName = 'run' | 'items' | 'wait' | 'flow' | 'log'
export type Connection = 'open' | 'connecting' | 'closed'

type Listener = (name: EventName, data: unknown) => void

const CLOSE_AFTER_HIDDEN_MS = 10_000
/** Always followed; lines of logs are many, and come while somebody looks at some. */
const ALWAYS: readonly EventName[] = ['run', 'items', 'wait', 'flow']
const NAMES: readonly EventName[] = [...ALWAYS, 'log']

/** Tells its listeners what happens; `reset`: what was missed cannot be told, everything is to be read again. */
export class EventHub {
  readonly #listeners = new Set<Listener>()
  readonly #onReset = new Set<() => void>()
  readonly #onConnection = new Set<() => void>()
  #source: EventSource | undefined
  #lastId = ''
  #logReaders = 0
  #hasGap = false
  #hidden: ReturnType<typeof setTimeout> | undefined
  #connection: Connection = 'closed'
  #since = Date.now()

  get connection(): Connection {
    return this.#connection
  }

  /** Since when the connection is as it is. */
  get connectionSince(): number {
    return this.#since
  }

  start(): void {
    document.addEventListener('visibilitychange', () => {
      clearTimeout(this.#hidden)
      if (document.hidden) this.#hidden = setTimeout(() => this.#close(), CLOSE_AFTER_HIDDEN_MS)
      else this.#open()
    })
    this.#open()
  }

  /** After signing in: as somebody else. Nothing, before it has begun. */
  reopen(): void {
    if (!this.#source) return
    this.#source.close()
    this.#source = undefined
    // Before the first event there is no place to go on from.
    this.#hasGap = this.#lastId === ''
    this.#open()
  }

  /** Until the answer is called, lines of logs come too; the stream goes on where it was. */
  wantLogs(): () => void {
    if (this.#logReaders++ === 0) this.reopen()
    return () => {
      if (--this.#logReaders === 0) this.reopen()
    }
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  onReset(listener: () => void): () => void {
    this.#onReset.add(listener)
    return () => void this.#onReset.delete(listener)
  }

  onConnection(listener: () => void): () => void {
    this.#onConnection.add(listener)
    return () => void this.#onConnection.delete(listener)
  }

  #open(): void {
    if (this.#source && this.#source.readyState !== EventSource.CLOSED) return
    const after = this.#lastId === '' ? '' : `&after=${encodeURIComponent(this.#lastId)}`
    const topics = this.#logReaders > 0 ? NAMES : ALWAYS
    const source = new EventSource(`${basePath}/api/v1/events?topics=${topics.join()}&kind=all${after}`)
    this.#source = source
    this.#become('connecting')
    source.onopen = () => {
      this.#become('open')
      if (this.#hasGap) for (const listener of this.#onReset) listener()
      this.#hasGap = false
    }
    source.onerror = () => {
      this.#become('connecting')
      // The browser gives up on an answer that is no stream, such as one that asks for a token.
      if (source.readyState === EventSource.CLOSED && !document.hidden) setTimeout(() => this.#open(), 2_000)
    }
    for (const name of NAMES) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        if (event.lastEventId !== '') this.#lastId = event.lastEventId
        for (const listener of this.#listeners) listener(name, JSON.parse(event.data))
      })
    }
    source.addEventListener('reset', (event: MessageEvent<string>) => {
      this.#lastId = event.lastEventId
      for (const listener of this.#onReset) listener()
    })
  }

  #close(): void {
    this.#source?.close()
    this.#source = undefined
    this.#become('closed')
  }

  #become(connection: Connection): void {
    if (this.#connection === connection) return
    this.#connection = connection
    this.#since = Date.now()
    for (const listener of this.#onConnection) listener()
  }
}

export const events = new EventHub()
