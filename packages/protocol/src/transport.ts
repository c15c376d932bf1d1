// How messages travel: the port between the protocol and a pipe, a socket or a test. A transport moves messages; it does
// not know what they mean.

import type { Message, MessageId } from './wire.ts'

export interface Transport {
  /** Each call has to say which flow it comes from. */
  readonly namesFlows?: boolean
  /** What the other side prints is log: messages take another way. */
  readonly printsLog?: boolean
  /** Once. What goes wrong from then on arrives as `close`, never as an exception. */
  start(events: TransportEvents): void
  /**
   * Takes the message at once and in order; after the end it is dropped. A promise is returned when the other side does
   * not keep up: it resolves, never rejects, when the next message should come. Throws an RpcError if it cannot be sent.
   */
  send(message: Message): undefined | Promise<void>
  /** The answer to a request is not wanted any more: true if nothing of it can come now. */
  abandon?(id: MessageId): boolean
  /** What has to happen before the other side can be talked to, while that is so; for messages. */
  readonly waitsFor?: string | undefined
  /** Ends the other side, the hard way if it does not end by itself; resolves when it is gone. May be called again. */
  close(): Promise<void>
}

export interface TransportEvents {
  message(message: Message): void
  /** A line for people: what the other side wrote that is not a message. Whole, and as it came: secrets and all. */
  noise(line: string, from: 'stdout' | 'stderr'): void
  /** A part of what the other side wrote is lost: answers may be missing that nobody will ever see. */
  lost(): void
  /** It turns out that messages go over HTTP: what was sent so far has reached nobody. */
  overHttp?(): void
  /** What was said at the beginning may be forgotten: the other side may have been started anew. What is in flight goes on. */
  stale?(): void
  /** Once, the last event. */
  close(closed: Closed): void
}

export interface Closed {
  /** Completes "the server ...": `ended with exit code 1`. */
  readonly why: string
  /** False if another try would end the same way. */
  readonly retryable?: boolean
}
