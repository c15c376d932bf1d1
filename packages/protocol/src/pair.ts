// Two linked ends in memory: a protocol test without a process. Messages pass through JSON, as on a wire.

import type { Transport, TransportEvents } from './transport.ts'
import { MAX_MESSAGE_BYTES, type Message, readMessage, writeLine } from './wire.ts'

/** What one end sends, the other receives, in order and never within `send`. Closing one closes both. */
export function pair(maxMessageBytes: number = MAX_MESSAGE_BYTES): [Transport, Transport] {
  const left = new End(maxMessageBytes)
  const right = new End(maxMessageBytes)
  left.other = right
  right.other = left
  return [left, right]
}

// ---

class End implements Transport {
  other: End | undefined
  readonly #maxMessageBytes: number
  #events: TransportEvents | undefined
  #waiting: string[] = []
  #closed = false

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes
  }

  start(events: TransportEvents): void {
    this.#events = events
    if (this.#closed) queueMicrotask(() => events.close({ why: 'was closed' }))
    else if (this.#waiting.length > 0) queueMicrotask(() => this.#deliver())
  }

  send(message: Message): undefined {
    if (!this.#closed) this.other!.#receive(writeLine(message, this.#maxMessageBytes))
  }

  async close(): Promise<void> {
    this.#end()
    this.other!.#end()
  }

  #receive(line: string): void {
    this.#waiting.push(line)
    if (this.#waiting.length === 1 && this.#events) queueMicrotask(() => this.#deliver())
  }

  #deliver(): void {
    const lines = this.#waiting
    this.#waiting = []
    for (const line of lines) {
      const message = readMessage(JSON.parse(line))
      if (message && !this.#closed) this.#events?.message(message)
    }
  }

  #end(): void {
    if (this.#closed) return
    this.#closed = true
    this.#events?.close({ why: 'was closed' })
  }
}
