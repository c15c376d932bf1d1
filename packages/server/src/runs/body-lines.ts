// The lines of a request's body as inputs, read as they are needed: whoever takes them slowly is sent them slowly.

import type { Readable } from 'node:stream'
import { type Clock, FlowError } from '@stepflow/engine'
import { type Lines, readLines } from '@stepflow/host'
import { MOST_BYTES } from '../app/body.ts'

/** A client that sends nothing for so long, while it is waited for, is cut. */
const SILENT_MS = 60_000

export class BodyLines implements AsyncIterable<unknown> {
  readonly #body: Readable
  readonly #clock: Clock
  readonly #lines: Lines
  /** Since when the client is waited for, if it is. */
  #waitsSince: number | undefined

  constructor(body: Readable, clock: Clock) {
    this.#body = body
    this.#clock = clock
    const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    this.#lines = readLines({ read: () => this.#read(chunks), maxLineBytes: MOST_BYTES })
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return this.#lines.values[Symbol.asyncIterator]()
  }

  /** How long the client has sent nothing, though it is waited for. */
  get silentMs(): number {
    return this.#waitsSince === undefined ? 0 : this.#clock.now() - this.#waitsSince
  }

  /** Reads no further; the client hears of it by a connection that breaks off. */
  cut(): void {
    this.#body.destroy()
  }

  async #read(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
    this.#waitsSince = this.#clock.now()
    const cancel = this.#clock.timer(SILENT_MS, () =>
      this.#body.destroy(new FlowError('TIMEOUT', `the client has sent nothing for ${SILENT_MS / 1000} s`)),
    )
    try {
      const { done, value } = await chunks.next()
      return done ? NOTHING : value
    } finally {
      cancel()
      this.#waitsSince = undefined
    }
  }
}

// ---

const NOTHING = Buffer.alloc(0)
