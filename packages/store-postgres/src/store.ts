// The store that many machines share: a schema of a PostgreSQL database, any number of processes anywhere.

import { hostname } from 'node:os'
import {
  type Batch,
  type Clock,
  type Cursor,
  type Drive,
  FlowError,
  JournalCodec,
  type JournalId,
  type JournalRow,
  type Listener,
  type Log,
  type RowsAfter,
  type Store,
  type StoreNode,
  type Wake,
  type WatchOptions,
  type WrittenRows,
} from '@stepflow/engine'
import { lendNodeHash } from '@stepflow/engine/node'
import pg from 'pg'
import { type Address, addressOf } from './address.ts'
import { BlobTable } from './blobs.ts'
import { checkOptions } from './check-options.ts'
import { ANSWER_LIMIT_MS, Connection, NOT_THEIR_SETTINGS } from './connection.ts'
import { DatabaseClock } from './database-clock.ts'
import { Dispatcher } from './dispatcher.ts'
import { closedStore, storeFailure } from './failure.ts'
import type { Appended } from './group.ts'
import { JournalReader } from './journal.ts'
import { partsOf } from './journal-names.ts'
import { LogTable } from './logs.ts'
import { newFirstMark } from './marks.ts'
import { checkServer, migrate, readMarks, schemaVersion, tooNew, VERSION } from './migrate.ts'
import { News } from './news.ts'
import { OutsideBlobs } from './outside-blobs.ts'
import { type OpenBlobStorage, OwnStorage } from './own-storage.ts'
import { Pages } from './pages.ts'
import { refuseTransactionPooling } from './pooler.ts'
import { Presence } from './presence.ts'
import { Pruner } from './prune.ts'
import { Pulse } from './pulse.ts'
import { RecordTable } from './records.ts'
import { checkRights } from './rights.ts'
import { RunTable } from './runs.ts'
import { States } from './states.ts'
import { Uploads } from './uploads.ts'
import { Watchers } from './watchers.ts'
import { WholePages } from './whole-pages.ts'
import { Writer, type News as WriterNews, type WrittenRow } from './writer.ts'

/** Options of a store in PostgreSQL. */
export interface PostgresStoreOptions {
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; with `?schema=NAME`, another schema than `stepflow`. */
  readonly url: string
  /** The database's, unless told. */
  readonly clock?: Clock
  readonly log?: Log
  /** What this process is called in the list of drivers. The host's name unless told. */
  readonly driverId?: string
  /** How often we look for what others have written, should nobody tell. */
  readonly pollMs?: number
  /** Journals that are driven at once: 64 unless told; with 0 this process takes none. */
  readonly maxJournals?: number
  /** Of the program, for the list of nodes. */
  readonly version?: string
  /** `false`: a schema that is older than this program is refused, and stays as it is. */
  readonly migrate?: boolean
  /** Where blobs go, if not into the database. */
  readonly blobs?: OpenBlobStorage
}

/**
 * Runs in a schema of a PostgreSQL database (13 or newer): any number of programs anywhere may share it. Who opened the store
 * closes it, after its engine.
 *
 * @param options where it is
 * @throws FlowError INVALID_INPUT for what cannot work, RESOURCE_UNAVAILABLE if the database does not answer
 */
export async function createPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  checkOptions(options)
  lendNodeHash()
  const address = addressOf(options.url)
  const storage = new OwnStorage(address.name, options.blobs)
  const { warning, clock, ...marks } = await prepared(address, async (client) => {
    await refuseTransactionPooling(client, address)
    const warning = await checkServer(client, address)
    const version = options.migrate === false ? await schemaVersion(client, address) : undefined
    if (version === undefined) await migrate(client, address)
    else if (version < VERSION) throw outdated(address, version)
    await checkRights(client, address)
    await client.query(`SET search_path TO "${address.schema}"`)
    await storage.open(client)
    return { warning, ...(await readMarks(client)), clock: await readClock(client) }
  })
  if (warning) options.log?.('warning', warning)
  return new PostgresStore(address, { ...marks, storage }, clock, options)
}

/** Brings the schema to this program's version; only says what there is to do if `isOnlyChecked`. */
export async function migratePostgres(
  url: string,
  isOnlyChecked: boolean,
): Promise<{ readonly from: number; readonly to: number; readonly name: string }> {
  const address = addressOf(url)
  const from = await prepared(address, async (client) => {
    await refuseTransactionPooling(client, address)
    await checkServer(client, address)
    return isOnlyChecked ? schemaVersion(client, address) : migrate(client, address)
  })
  return { from, to: VERSION, name: address.name }
}

// ---

type Doing = 'read' | 'write to'

const POLL_MS = 500
const JOURNALS_AT_ONCE = 64
const WRITERS = 2
const READERS = 4
const CONNECT_LIMIT_MS = 10_000
/** A migration may wait for long, with nothing on the wire: a machine that is gone is found out, and no gateway forgets it. */
const KEEP_ALIVE_MS = 10_000
/** A connection on which nothing moves for so long may be dead. What is asked for news is small, and answered at once. */
const SILENCE_MS = 3_000
const NEWS_SILENCE_MS = 250

/** What is done once, on a connection of its own. */
async function prepared<T>(address: Address, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: address.url,
    application_name: 'stepflow',
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    query_timeout: ANSWER_LIMIT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  })
  // It fails the query, too.
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(NOT_THEIR_SETTINGS)
    return await use(client)
  } catch (error) {
    throw storeFailure(error, address.name, 'open')
  } finally {
    await client.end().catch(() => {})
  }
}

async function readClock(client: pg.Client): Promise<DatabaseClock> {
  const askedAt = performance.now()
  const { rows } = await client.query<{ now: number }>(
    'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::double precision AS now',
  )
  return new DatabaseClock(rows[0]?.now ?? Date.now(), askedAt)
}

function outdated({ name }: Address, version: number): FlowError {
  const is = version === 0 ? 'has no schema yet' : `has schema ${version}, and this program needs ${VERSION}`
  return new FlowError('INVALID_INPUT', `the store ${name} ${is}: run \`stepflow migrate\``)
}

class PostgresStore implements Store {
  readonly durable = true
  readonly keepsSteps = true
  readonly driver: string
  readonly node: string
  readonly capacity: number
  readonly clock: Clock
  readonly runs: RunTable
  readonly blobs: Store['blobs']
  readonly records: RecordTable
  readonly logs: LogTable
  readonly #address: Address
  readonly #codec = new JournalCodec()
  readonly #pulse: Pulse
  readonly #readers: readonly Connection[]
  readonly #writerConnections: readonly Connection[]
  readonly #reader: JournalReader
  readonly #writer: Writer
  readonly #blobTable: BlobTable
  readonly #outside: OutsideBlobs
  readonly #uploads: Uploads
  readonly #presence: Presence
  readonly #whole: WholePages
  readonly #watchers: Watchers
  readonly #dispatcher: Dispatcher
  readonly #news: News
  readonly #unfit = new AbortController()
  #isClosed = false

  constructor(
    address: Address,
    { store, base, storage }: { readonly store: string; readonly base: number; readonly storage: OwnStorage },
    databaseClock: DatabaseClock,
    options: PostgresStoreOptions,
  ) {
    const { clock = databaseClock, log = () => {} } = options
    this.clock = clock
    this.#address = address
    const warn = (message: string) => log('warning', message)
    this.#pulse = new Pulse({ address, warn, gaveUp: () => this.#news.again() })
    const { asking } = this.#pulse
    this.#readers = Array.from({ length: READERS }, () => new Connection({ address, asking }))
    this.#writerConnections = Array.from({ length: WRITERS }, () => new Connection({ address, asking }))
    const connection = () => this.#idle()
    const answered = <T>(ask: () => Promise<T>, doing: Doing) => this.#answered(ask, doing)
    const now = () => clock.now()

    this.#outside = new OutsideBlobs({ connection, now, storage })
    this.#uploads = new Uploads(this.#outside)
    this.#blobTable = new BlobTable({ codec: this.#codec, connection, now, outside: this.#outside })
    this.#reader = new JournalReader({ codec: this.#codec, blobs: this.#blobTable, reader: connection, log })
    this.node = options.driverId ?? hostname()
    const told = options.clock ? undefined : databaseClock
    this.capacity = options.maxJournals ?? JOURNALS_AT_ONCE
    const { version } = options
    this.#presence = new Presence({
      ...{ name: this.node, version, connection, warn, clock: told, spare: this.#pulse.spare },
      onSchema: (schema, oldest) => {
        if (oldest > VERSION) this.#unfit.abort(tooNew(address.name, schema))
      },
    })
    this.driver = this.#presence.id

    const firstMark = newFirstMark()
    const pages = new Pages(this.#reader, base)
    this.#whole = new WholePages({ pages, store, base })
    this.#news = new News({
      ...{ address, asking, warn, id: this.driver, pollMs: options.pollMs ?? POLL_MS },
      isWanted: () => this.#watchers.isWatching || this.#dispatcher.isWorking,
      look: (what) => {
        void this.#watchers.look()
        this.#watchers.tellOfLogs()
        if (what === 'work') this.#dispatcher.look()
      },
    })
    const others = [...this.#readers, ...this.#writerConnections]
    const silences = others.map((one) => [one, SILENCE_MS] as const)
    this.#pulse.watch(new Map([...silences, [this.#news.connection, NEWS_SILENCE_MS]]))
    this.#watchers = new Watchers({
      ...{ pages, warn, firstMark, store, whole: this.#whole, news: this.#news.connection, reader: connection },
    })
    const states = new States(connection)
    this.#writer = new Writer({
      ...{ name: address.name, connections: this.#writerConnections, states, now, firstMark },
      begin: async () => {
        await this.#presence.register()
        return { driver: this.driver, base }
      },
      written: (tx, rows, news) => this.#written(tx, rows, news),
    })
    this.#dispatcher = new Dispatcher({
      ...{ connection, clock, log, presence: this.#presence, limit: this.capacity },
      tell: () => this.#news.tell('work'),
      taken: (journals) => this.#writer.expect(journals),
    })
    this.runs = new RunTable({
      ...{ connection, reader: this.#reader, presence: this.#presence },
      answered: async (ask, doing) => {
        await this.#whenReady(doing)
        return answered(ask, doing)
      },
      pruner: new Pruner({ connection, now, outside: this.#outside }),
      ended: (run) => states.takeEnded(run),
      removed: (run) => states.drop(run),
    })
    this.records = new RecordTable({ connection, answered })
    this.blobs = this.#blobTable.access(answered)
    this.logs = new LogTable({
      ...{ connection, answered, base, store, whole: this.#whole },
      written: (tx) => this.#written(tx, [], { isWoken: false, hasEnded: false, isLogged: true }),
    })
  }

  get unfit(): AbortSignal {
    return this.#unfit.signal
  }

  append(batch: Batch): Promise<void> {
    return this.appendAll([batch])
  }

  async appendAll(batches: readonly Batch[]): Promise<void> {
    const appended: Appended[] = []
    const blobs = new Set<string>()
    for (const batch of batches) {
      const all = this.#codec.encode(batch.entries)
      for (const { id } of all.blobs) blobs.add(id)
      const encoded = all.blobs.length === 0 ? all : { ...all, blobs: this.#blobTable.stale(all.blobs) }
      appended.push({ batch, encoded, parts: partsOf(batch.journal) })
    }
    await this.#whenReady('write to')
    if (!this.#outside.isInUse) await this.#writer.write(appended)
    else await this.#answered(() => this.#uploads.before(appended, (rest) => this.#writer.write(rest)), 'write to')
    if (blobs.size > 0) this.#blobTable.put(blobs)
  }

  async read(journal: JournalId, from = 0): Promise<readonly JournalRow[]> {
    await this.#whenReady('read')
    return this.#answered(() => this.#reader.read(journal, from), 'read')
  }

  putDown(wake: Wake): Promise<void> {
    return this.#answered(() => this.#dispatcher.putDown(wake), 'write to')
  }

  work(drive: Drive, beside?: () => number): { stop(): Promise<void> } {
    this.#news.start()
    return this.#dispatcher.work(drive, beside)
  }

  nodes(): Promise<StoreNode[]> {
    return this.#answered(() => this.#presence.nodes(), 'read')
  }

  cursor(): Promise<Cursor> {
    return this.#answered(() => this.#whole.cursor(this.#news.connection), 'read')
  }

  rowsAfter(of: RowsAfter): Promise<WrittenRows | undefined> {
    return this.#answered(() => this.#whole.rowsAfter(of, () => this.#idle()), 'read')
  }

  watch(of: WatchOptions, listener: Listener): () => void {
    this.#news.start()
    return this.#watchers.add(of, listener)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#watchers.close()
    await this.#dispatcher.stop()
    await this.#writer.close()
    // What we still hold is free for others from now on.
    await this.#presence.leave().then(
      () => this.#news.tell('work'),
      () => {},
    )
    await this.#news.close()
    const connections = [...this.#readers, ...this.#writerConnections]
    await Promise.all([this.#pulse, ...connections].map((one) => one.close()))
  }

  // ---

  /** What is asked after a watch began comes after the place where it began. */
  async #whenReady(doing: Doing): Promise<void> {
    const { ready } = this.#watchers
    if (ready) await this.#answered(() => ready, doing)
  }

  #written(tx: number, rows: readonly WrittenRow[], { isWoken, hasEnded, isLogged }: WriterNews): void {
    this.#watchers.written(tx, rows)
    if (isLogged) this.#watchers.tellOfLogs()
    if (isWoken) this.#dispatcher.look()
    else if (hasEnded) this.#dispatcher.freed()
    this.#news.tell(isWoken ? 'work' : 'rows')
  }

  /** The one that has the least to do; one that is there already, if it has nothing. */
  #idle(): Connection {
    let best = this.#readers[0] as Connection
    for (const connection of this.#readers) {
      if (connection.pending === 0 && connection.isOpen) return connection
      if (connection.pending < best.pending) best = connection
    }
    return best
  }

  async #answered<T>(ask: () => Promise<T>, doing: Doing): Promise<T> {
    if (this.#isClosed) throw closedStore(this.#address.name)
    try {
      return await ask()
    } catch (error) {
      throw storeFailure(error, this.#address.name, doing)
    }
  }
}
