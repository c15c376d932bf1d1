// What happens at the server, as it happens: of the stream that all tabs of the browser share.

import { serverUrl } from './base.ts'
import { setSessionOver } from './session.ts'
import { type Connection, type FromTab, SharedStream, type Standing, type ToTab } from './shared-stream.ts'

type Listener = (name: string, data: unknown) => void

const AWAY_AFTER_HIDDEN_MS = 10_000
/** So long the first answers wait for the stream that continues them. */
const MOST_WAIT_MS = 1_000

/** Tells its listeners what happens; `reset`: what was missed cannot be told, everything is to be read again. */
export class EventHub {
  readonly #listeners = new Set<Listener>()
  readonly #onReset = new Set<() => void>()
  readonly #onConnection = new Set<() => void>()
  #tell: ((message: FromTab) => void) | undefined
  #logReaders = 0
  #hidden: ReturnType<typeof setTimeout> | undefined
  #standing: Standing = { is: 'closed', since: Date.now() }
  /** Something was read that no stream continues. */
  #hasGap = false
  #isReady = false
  #onReady: () => void = () => {}
  readonly #ready = new Promise<void>((resolve) => {
    this.#onReady = resolve
  })

  get connection(): Connection {
    return this.#standing.is
  }

  /** Since when the connection is as it is. */
  get connectionSince(): number {
    return this.#standing.since
  }

  start(): void {
    if (this.#tell) return
    this.#tell = join((message) => this.#hear(message))
    document.addEventListener('visibilitychange', () => {
      clearTimeout(this.#hidden)
      if (document.hidden) this.#hidden = setTimeout(() => this.#leave('away'), AWAY_AFTER_HIDDEN_MS)
      else this.#beHere()
    })
    addEventListener('pagehide', () => this.#leave('gone'))
    addEventListener('pageshow', ({ persisted }) => persisted && this.#beHere())
    const goOnWithout = () => {
      if (!this.#isReady) this.#hasGap = true
      this.#waitNoMore()
    }
    if (document.hidden) goOnWithout()
    else this.#beHere()
    setTimeout(goOnWithout, MOST_WAIT_MS)
  }

  /** Resolves when what is read now is continued by the stream, or is not to wait for it any more. */
  async ready(): Promise<void> {
    if (this.#tell && !this.#isReady) await this.#ready
  }

  /** After signing in: as somebody else. */
  again(): void {
    this.start()
    this.#tell?.({ is: 'again' })
  }

  /** Until the answer is called, lines of logs come too. */
  wantLogs(): () => void {
    if (this.#logReaders++ === 0) this.#beHere()
    return () => {
      if (--this.#logReaders === 0) this.#beHere()
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

  #beHere(): void {
    if (!document.hidden) this.#tell?.({ is: 'here', wantsLogs: this.#logReaders > 0 })
  }

  #leave(is: 'away' | 'gone'): void {
    this.#tell?.({ is })
    this.#stand({ is: 'closed', since: Date.now() })
  }

  #waitNoMore(): void {
    this.#isReady = true
    this.#onReady()
  }

  #hear(message: ToTab): void {
    if ('event' in message) {
      for (const listener of this.#listeners) listener(message.event, message.data)
    } else if (message.is === 'reset') this.#reset()
    else {
      this.#stand(message)
      if (message.is === 'open' || message.refused !== undefined) this.#waitNoMore()
      if (message.is === 'open' && this.#hasGap) this.#reset()
      if (message.refused === 'UNAUTHENTICATED') setSessionOver(true)
    }
  }

  #reset(): void {
    this.#hasGap = false
    for (const listener of this.#onReset) listener()
  }

  #stand(standing: Standing): void {
    this.#standing = standing
    for (const listener of this.#onConnection) listener()
  }
}

export const events = new EventHub()

// ---

/** A browser that shares no workers, or cannot load this one, has a stream for each tab. */
function join(tell: (message: ToTab) => void): (message: FromTab) => void {
  const alone = () => new SharedStream(serverUrl).join(tell)
  if (!('SharedWorker' in window)) return alone()
  let last: FromTab | undefined
  const worker = new SharedWorker(new URL('./events.worker.ts', import.meta.url), { type: 'module' })
  let send = (message: FromTab) => worker.port.postMessage(message)
  worker.port.addEventListener('message', ({ data }) => tell(data))
  worker.port.start()
  worker.addEventListener('error', () => {
    send = alone()
    if (last) send(last)
  })
  return (message) => {
    last = message
    send(message)
  }
}
