// Tells other stores of the database that something was written, and hears of it from them. Apart from the appends: a NOTIFY
// holds a lock over all databases of the server until its transaction has ended. Names nothing: whoever hears it looks.
//
// Whatever is lost on the way is found by the poll.
//
// Who begins to listen says hello, and whoever hears that answers. Where nobody does, nothing is told until somebody comes: a
// lone node's runs would otherwise pay for as many statements that nobody hears as they make commits.

import type pg from 'pg'
import { type Address, channelOf } from './address.ts'
import { Connection } from './connection.ts'

export interface NewsOptions {
  readonly address: Address
  readonly asking: () => void
  /** Of this store: what it tells is no news to itself. */
  readonly id: string
  readonly pollMs: number
  /** Is anybody interested? */
  readonly isWanted: () => boolean
  /** `work`: there may be something to drive. */
  readonly look: (what: What) => void
  readonly warn: (message: string) => void
}

/** `rows`: somebody may want to hear of them; `work`: and some journal may be due. */
export type What = 'rows' | 'work'

/** One NOTIFY in so many milliseconds, at most. */
const TELL_MS = 5
/** For so long an answer to a hello is waited for; and after so long without a word of others, they are asked again. */
const ANSWER_MS = 2_000
const ASK_AGAIN_MS = 30_000

export class News {
  readonly connection: Connection
  readonly #options: NewsOptions
  readonly #channel: string
  #poll: NodeJS.Timeout | undefined
  #telling: NodeJS.Timeout | undefined
  #toTell: What | undefined
  /** When we have said hello, and heard of others, last. By `performance.now()`. */
  #askedAt = Number.NEGATIVE_INFINITY
  #heardAt = Number.NEGATIVE_INFINITY
  #isBroken = false
  #isClosed = false

  constructor(options: NewsOptions) {
    this.#options = options
    this.#channel = channelOf(options.address)
    const { address, asking } = options
    this.connection = new Connection({ address, asking, prepare: (client) => this.#prepare(client) })
  }

  /** As long as somebody is interested. */
  start(): void {
    if (this.#poll || this.#isClosed) return
    this.#poll = setInterval(() => this.#onPoll(), this.#options.pollMs).unref()
    // To be told, one has to be there.
    this.connection.ensure().catch(() => {})
  }

  /** What was asked for on the connection may have got lost with it. */
  again(): void {
    if (this.#poll) this.#options.look('work')
  }

  /** Something was committed. */
  tell(what: What): void {
    if (this.#isClosed || this.#isAlone) return
    if (this.#toTell !== 'work') this.#toTell = what
    if (this.#telling) return
    void this.#notify()
    this.#telling = setTimeout(() => {
      this.#telling = undefined
      if (this.#toTell) this.tell(this.#toTell)
    }, TELL_MS).unref()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#poll)
    clearTimeout(this.#telling)
    if (this.#toTell) await this.#notify()
    await this.connection.close()
  }

  // ---

  async #prepare(client: pg.Client): Promise<void> {
    client.on('notification', ({ payload = '' }) => this.#hear(payload))
    // What is told need not be on the disk.
    await client.query(`SET synchronous_commit = off; LISTEN "${this.#channel}"`)
    this.#askedAt = performance.now()
    await client.query({ text: 'SELECT pg_notify($1, $2)', values: [this.#channel, `hello ${this.#options.id}`] })
    if (this.#isBroken) this.#options.look('work')
    this.#isBroken = false
  }

  #hear(payload: string): void {
    if (payload.endsWith(` ${this.#options.id}`)) return
    this.#heardAt = performance.now()
    if (payload.startsWith('hello ')) this.tell('work')
    this.#options.look(payload.startsWith('rows ') ? 'rows' : 'work')
  }

  /** Nobody has answered, and that is not long ago. */
  get #isAlone(): boolean {
    const asked = performance.now() - this.#askedAt
    return this.#askedAt > this.#heardAt && asked > ANSWER_MS && asked < ASK_AGAIN_MS
  }

  #onPoll(): void {
    if (!this.#options.isWanted()) {
      clearInterval(this.#poll)
      this.#poll = undefined
      return
    }
    // Of a connection that has died silently, nobody would hear before something is to be told.
    if (this.#isToAsk || !this.connection.isOpen) this.tell('work')
    this.#options.look('work')
  }

  get #isToAsk(): boolean {
    return performance.now() - Math.max(this.#askedAt, this.#heardAt) > ASK_AGAIN_MS
  }

  /** Nothing is lost: the others poll. */
  async #notify(): Promise<void> {
    const what = this.#isToAsk && this.connection.isOpen ? 'hello' : this.#toTell
    if (what === 'hello') this.#askedAt = performance.now()
    this.#toTell = undefined
    try {
      await this.connection.query({
        name: 'tell',
        text: 'SELECT pg_notify($1, $2)',
        values: [this.#channel, `${what} ${this.#options.id}`],
      })
    } catch (error) {
      if (!this.#isBroken && !this.#isClosed)
        this.#options.warn(`cannot tell others of news: ${(error as Error).message}`)
      this.#isBroken = true
    }
  }
}
