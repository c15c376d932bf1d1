// A connection to the database that is made when it is needed, and made again after it broke. Statements go out one after
// the other, in the order in which they are handed in.

import type { Socket } from 'node:net'
import pg from 'pg'
import type { Address } from './address.ts'
import { isBroken } from './failure.ts'

/** A statement; with a name it is prepared once for each connection. */
export interface Statement {
  readonly name?: string
  readonly text: string
  readonly values?: readonly unknown[]
}

export interface ConnectionOptions {
  readonly address: Address
  /** Told that something is about to be asked; see `Pulse`. */
  readonly asking?: () => void
  /** Longer than that nothing is waited for; milliseconds. */
  readonly answerLimitMs?: number
  /** Runs on each new connection before anything else. */
  readonly prepare?: (client: pg.Client) => Promise<void>
}

/** A statement that takes longer was held up by a network that says nothing: its connection is given up. */
export const ANSWER_LIMIT_MS = 30_000
/** One that is held up in the database is broken off there before that: then it is certain that it has done nothing. */
const STATEMENT_LIMIT_MS = ANSWER_LIMIT_MS - 5_000
const CONNECT_LIMIT_MS = 10_000

/**
 * Undoes what the owner of the database or of the role has set for other programs: limits, of which there are more or fewer by
 * version, and another isolation, in which a statement of ours would fail where it is to wait and see.
 */
export const NOT_THEIR_SETTINGS = `SET default_transaction_isolation = 'read committed';
SELECT set_config(name, '0', false) FROM pg_settings
  WHERE name IN ('statement_timeout', 'lock_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout',
    'idle_session_timeout') AND setting <> '0'`

/** To break it off. */
export function streamOf(client: pg.Client): Socket | undefined {
  return (client as unknown as { connection?: { stream?: Socket } }).connection?.stream // the library keeps it to itself
}

export class Connection {
  readonly #options: ConnectionOptions
  #client: Promise<pg.Client> | undefined
  #clientHere: pg.Client | undefined
  #isClosed = false
  #last: Promise<void> | undefined
  /** Statements that are under way or wait for it. */
  pending = 0
  /** When the statement that is under way was sent, by `performance.now()`; and whose it is in the database. */
  askedAt: number | undefined
  pid: number | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#client !== undefined
  }

  async query<Row extends object>({ name, text, values = [] }: Statement): Promise<Row[]> {
    this.pending++
    const before = this.#last
    let over = () => {}
    this.#last = new Promise((resolve) => {
      over = resolve
    })
    let client: pg.Client | undefined
    try {
      await before
      client = await this.#open()
      this.askedAt = performance.now()
      this.#options.asking?.()
      const config = { text, values: values as unknown[], ...(name === undefined ? {} : { name }) }
      return (await client.query<Row>(config)).rows
    } catch (error) {
      if (client && isBroken(error)) this.#drop(client)
      throw error
    } finally {
      this.askedAt = undefined
      this.pending--
      over()
    }
  }

  /** Makes it, if it is not there. */
  async ensure(): Promise<void> {
    await this.#open()
  }

  /** Grows with each byte that is sent or arrives. */
  get progress(): number {
    const stream = this.#clientHere && streamOf(this.#clientHere)
    return stream ? stream.bytesRead + stream.bytesWritten - stream.writableLength : 0
  }

  /** Nothing will be answered here: whoever waits for it hears that it broke. */
  giveUp(): void {
    if (this.#clientHere) this.#drop(this.#clientHere)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const client = await this.#client?.catch(() => undefined)
    this.#client = undefined
    await client?.end().catch(() => {})
  }

  #open(): Promise<pg.Client> {
    if (this.#client) return this.#client
    const opening = this.#connect()
    this.#client = opening
    opening.catch(() => {
      if (this.#client === opening) this.#client = undefined
    })
    return opening
  }

  async #connect(): Promise<pg.Client> {
    if (this.#isClosed) throw new Error('the connection was closed')
    const { address, prepare, answerLimitMs = ANSWER_LIMIT_MS } = this.#options
    const client = new pg.Client({
      connectionString: address.url,
      application_name: 'stepflow',
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_LIMIT_MS,
      query_timeout: answerLimitMs,
      types: { getTypeParser: ((type: number, format: string) => parserOf(type, format)) as never }, // the types of the library say less than it takes
    })
    // It breaks while nobody asks anything.
    client.on('error', () => this.#drop(client))
    client.on('end', () => this.#drop(client))
    try {
      await client.connect()
      const ours = `SET search_path TO "${address.schema}"; SET statement_timeout = ${STATEMENT_LIMIT_MS}; ${PLANS}`
      const answers = await client.query(`${NOT_THEIR_SETTINGS}; ${ours}; SELECT pg_backend_pid() AS pid`)
      this.pid = (answers as unknown as { rows: { pid: number }[] }[]).at(-1)?.rows[0]?.pid // one for each statement
      await prepare?.(client)
    } catch (error) {
      client.end().catch(() => {})
      throw error
    }
    this.#clientHere = client
    return client
  }

  #drop(client: pg.Client): void {
    if (this.#clientHere !== client) return
    this.#clientHere = undefined
    this.#client = undefined
    // A connection that is held open without an answer would not end by itself.
    streamOf(client)?.destroy()
  }
}

// ---

const INT8 = 20

/**
 * All that we ask goes by an index, whatever the planner knows of tables that were empty a moment ago; and a plan is made once.
 */
const PLANS = `SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;
  SET plan_cache_mode = force_generic_plan`

/** Our whole numbers fit into a double. */
function parserOf(type: number, format: string): unknown {
  return type === INT8 && format !== 'binary' ? Number : pg.types.getTypeParser(type, format as 'text')
}
