// An MCP server that is our child process: the official client's transport over our own, which bounds what the child can make
// us hold and leaves no process behind. Knows no method.

import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client'
import { type Answer, type ChildOptions, type Closed, childTransport, type Message } from '@stepflow/protocol'

export interface ChildEvents {
  /** Any message, before the client sees it; as the client may see it. */
  heard(message: Message): Message
  noise(line: string, from: 'stdout' | 'stderr'): void
  /** An answer to nothing in particular: the server could not read something. */
  unreadable(answer: Answer): void
  ended(closed: Closed): void
}

export function createChildTransport(options: ChildOptions, events: ChildEvents): Transport {
  return new ChildClientTransport(options, events)
}

// ---

class ChildClientTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  // By these two the client knows a pipe: a server that never answers its first question is an old one, not an outage.
  readonly stderr = null
  readonly pid = null
  readonly #child: ReturnType<typeof childTransport>
  readonly #events: ChildEvents
  #isClosed = false

  constructor(options: ChildOptions, events: ChildEvents) {
    this.#child = childTransport(options)
    this.#events = events
  }

  async start(): Promise<void> {
    this.#child.start({
      message: (message) => this.#receive(message),
      noise: (line, from) => this.#events.noise(line, from),
      // What was lost ends its call by itself, or the child with it.
      lost: () => {},
      close: (closed) => {
        this.#isClosed = true
        this.#events.ended(closed)
        this.onclose?.()
      },
    })
  }

  async send(message: JSONRPCMessage): Promise<void> {
    // What is sent to nobody would be waited for.
    if (this.#isClosed) throw new Error('the server has ended')
    await this.#child.send(message as Message) // the same JSON-RPC
  }

  close(): Promise<void> {
    return this.#child.close()
  }

  #receive(received: Message): void {
    const message = this.#events.heard(received)
    // The client takes an id for a number: null and "" would be its first request.
    if (!('method' in message) && (message.id === null || message.id === '')) return this.#events.unreadable(message)
    this.onmessage?.(message as JSONRPCMessage) // the same JSON-RPC
  }
}
