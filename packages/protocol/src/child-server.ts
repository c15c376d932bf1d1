// A component server that we start: over stdio, or over HTTP if it announces a port, as it says itself or as it was told to
// us. The process is stdio.ts's affair, and messages over HTTP are http.ts's; this one decides which it is.

import { get } from 'node:http'
import type { Speech } from './child-output.ts'
import { httpTransport } from './http.ts'
import { type ChildOptions, childTransport } from './stdio.ts'
import type { Closed, Transport, TransportEvents } from './transport.ts'
import type { Message } from './wire.ts'

export function childServer(options: ChildOptions, speech: Speech): Transport {
  return new ChildServer(options, speech)
}

// ---

const HEALTH_EVERY_MS = 100
const HEALTH_TIMEOUT_MS = 5000

class ChildServer implements Transport {
  readonly #options: ChildOptions
  readonly #child: Transport
  #http: Transport | undefined
  #events: TransportEvents | undefined
  #waitsFor: string | undefined
  #timer: NodeJS.Timeout | undefined
  #ended = false

  constructor(options: ChildOptions, speech: Speech) {
    this.#options = options
    this.#child = childTransport(options, { speech, onPort: (port) => this.#knock(port) })
    if (speech === 'http') this.#waitsFor = 'it has not announced its port: a line {"port": N} on stdout'
    this.#isHttpOnly = speech === 'http'
  }

  readonly #isHttpOnly: boolean

  get waitsFor(): string | undefined {
    return this.#waitsFor
  }

  start(events: TransportEvents): void {
    this.#events = events
    this.#child.start({
      message: (message) => events.message(message),
      noise: (line, from) => events.noise(line, from),
      lost: () => events.lost(),
      close: (closed) => this.#end(closed),
    })
  }

  send(message: Message): undefined | Promise<void> {
    if (this.#http) return this.#http.send(message)
    // What is sent before it can be heard is sent again: see `overHttp`.
    return this.#isHttpOnly ? undefined : this.#child.send(message)
  }

  abandon(id: string | number): boolean {
    return this.#http?.abandon?.(id) ?? false
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#http?.close()
    await this.#child.close()
  }

  // ---

  /** The port is announced once it is open, but some programs announce it before they serve. */
  #knock(port: number): void {
    if (this.#ended) return
    const at = `http://127.0.0.1:${port}/health`
    const again = (why: string) => {
      if (this.#ended) return
      this.#waitsFor = `${at} does not say that it is well: ${why}`
      this.#timer = setTimeout(() => this.#knock(port), HEALTH_EVERY_MS)
    }
    const request = get(at, { agent: false, timeout: HEALTH_TIMEOUT_MS }, (response) => {
      response.resume()
      if (response.statusCode === 200) this.#open(port)
      else again(`HTTP ${response.statusCode}`)
    })
    request.on('timeout', () => request.destroy(new Error(`no answer within ${HEALTH_TIMEOUT_MS / 1000} s`)))
    request.on('error', (error) => again(error.message || 'no connection'))
  }

  #open(port: number): void {
    if (this.#ended || this.#http) return
    this.#waitsFor = undefined
    const { maxMessageBytes } = this.#options
    this.#http = httpTransport({
      url: `http://127.0.0.1:${port}/`,
      place: 'child',
      ...(maxMessageBytes === undefined ? {} : { maxMessageBytes }),
    })
    this.#http.start({ ...this.#eventsOfHttp(), overHttp: () => this.#events!.overHttp?.() })
  }

  #eventsOfHttp(): TransportEvents {
    const events = this.#events!
    return {
      message: (message) => events.message(message),
      noise: () => {},
      lost: () => {},
      // The process says how it ended.
      close: () => {},
    }
  }

  #end(closed: Closed): void {
    this.#ended = true
    clearTimeout(this.#timer)
    void this.#http?.close()
    this.#events!.close(closed)
  }
}
