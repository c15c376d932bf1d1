// How messages travel: the port between the protocol and a pipe, a socket or a test. A transport moves messages; it does
// not know what they mean.

import type { Message } from './wire.ts'

export interface Transport {
  /** Once. What goes wrong from then on arrives as `close`, never as an exception. */
  start(events: TransportEvents): void
  /**
   * Takes the message at once and in order; after the end it is dropped. A promise is returned when the other side does
   * not keep up: it resolves, never rejects, when the next message should come. Throws an RpcError if it cannot be sent.
   */
  send(message: Message): undefined | Promise<void>
  /** Ends the other side, the hard way if it does not end by itself; resolves when it is gone. May be called again. */
  close(): Promise<void>
}

export interface TransportEvents {
  message(message: Message): void
  /** A line for people: what the other side wrote that is not a message. Whole, and as it came: secrets and all. */
  noise(line: string, from: 'stdout' | 'stderr'): void
  /** A part of what the other side wrote is lost: answers may be missing that nobody will ever see. */
  lost(): void
  /** Once, the last event. */
  close(closed: Closed): void
}

export interface Closed {
  /** Completes "the server ...": `ended with exit code 1`. */
  readonly why: string
  /** False if another try would end the same way. */
  readonly retryable?: boolean
}
