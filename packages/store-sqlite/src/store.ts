// The embedded durable store: one file, any number of processes of one machine.

import { hostname } from 'node:os'
import { resolve } from 'node:path'
import {
  type Batch,
  type Clock,
  type Cursor,
  type Drive,
  type EncodedEntries,
  encodeBlob,
  FlowError,
  JournalCodec,
  type JournalId,
  type JournalRow,
  type Listener,
  type Log,
  type RowsAfter,
  type Store,
  systemClock,
  type Wake,
  type WatchOptions,
  type WrittenRows,
} from '@stepflow/engine'
import { lendNodeHash } from '@stepflow/engine/node'
import { BlobTable } from './blobs.ts'
import { checkOptions } from './check-options.ts'
import { Dispatcher } from './dispatcher.ts'
import { type Database, type DriverName, openDatabase } from './drivers.ts'
import { closedStore, isBusy, storeFailure } from './failure.ts'
import { prepareFolder } from './folder.ts'
import { JournalReader } from './journal.ts'
import { partsOf } from './journal-names.ts'
import { LogTable, SqliteLogs } from './log-table.ts'
import { migrate, refuseOthers } from './migrate.ts'
import { Presence } from './presence.ts'
import { Pruner } from './prune.ts'
import { RecordTable } from './records.ts'
import { RunTable } from './runs.ts'
import { JournalTables } from './tables.ts'
import { JournalTransaction } from './transaction.ts'
import { WalRoom } from './wal-room.ts'
import { Watchers } from './watchers.ts'
import { Writer, type Writing } from './writer.ts'

/** Options of a store in a file. */
export interface SqliteStoreOptions {
  /** Made if it is not there, with its folder. */
  readonly path: string
  /** `full` (the default): what was appended survives a loss of power; `normal`: the end of the process. */
  readonly synchronous?: 'full' | 'normal' | 'off'
  readonly clock?: Clock
  readonly log?: Log
  /** What this process is called in the table of drivers. The host's name unless told. */
  readonly driverId?: string
  /** How often we look for what other processes have written. */
  readonly pollMs?: number
  /** Journals that are driven at once. */
  readonly maxJournals?: number
  /** The best that is there, unless told. */
  readonly driver?: DriverName
}

/**
 * Runs in a file: any number of programs of one machine may share it. Who opened the store closes it, after its engine.
 *
 * ```ts
 * import { mkdtempSync } from 'node:fs'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 *
 * const path = join(mkdtempSync(join(tmpdir(), 'runs-')), 'runs.db')
 * const flow = defineFlow('double', { input: shape<number>() }, ({ input, step }) => step('twice', (x: number) => x * 2, input))
 *
 * const store = await createSqliteStore({ path })
 * const engine = createEngine({ store, flows: [flow] })
 * const { ended } = await engine.submit(flow, [1, 2, 3], { id: 'mine' })
 * await ended
 * await engine.close()
 * await store.close()
 *
 * const later = createEngine({ store: await createSqliteStore({ path }), flows: [flow] }) // in another process, say
 * for await (const { outcome } of (await later.resume('mine')).results()) {
 *   if (outcome.outcome === 'success') console.log(outcome.result) // 2, then 4, then 6
 * }
 * await later.close()
 * ```
 *
 * @param options the file; what was appended survives a loss of power, unless they say otherwise
 * @throws FlowError INVALID_INPUT for wrong options, RESOURCE_UNAVAILABLE if the file cannot be used
 */
export async function createSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  checkOptions(options)
  lendNodeHash()
  const path = resolve(options.path)
  prepareFolder(path)
  const until = performance.now() + OPEN_LIMIT_MS
  for (;;) {
    let db: Database | undefined
    try {
      db = await openDatabase(path, options.driver)
      refuseOthers(db, path)
      configure(db, options.synchronous ?? 'full')
      migrate(db, path)
      return new SqliteStore(db, path, options)
    } catch (error) {
      db?.close()
      // Others may be making the same file: SQLite does not wait for all of that by itself.
      if (!isBusy(error) || performance.now() > until) throw storeFailure(error, path, 'open')
      await new Promise((again) => setTimeout(again, 20))
    }
  }
}

// ---

const OPEN_LIMIT_MS = 10_000
const POLL_MS = 200
const JOURNALS_AT_ONCE = 64

class SqliteStore implements Store {
  readonly durable = true
  readonly keepsSteps = true
  readonly driver: string
  readonly node: string
  readonly runs: RunTable
  readonly blobs: Store['blobs']
  readonly records: RecordTable
  readonly logs: SqliteLogs
  readonly #db: Database
  readonly #path: string
  readonly #pollMs: number
  readonly #codec = new JournalCodec()
  readonly #tables: JournalTables
  readonly #reader: JournalReader
  readonly #writer: Writer<JournalTransaction>
  readonly #presence: Presence
  readonly #watchers: Watchers
  readonly #dispatcher: Dispatcher
  readonly #dataVersion: () => number
  readonly #log: Log
  #seenVersion = -1
  /** What the last look at the file failed with. */
  #lookFailure: string | undefined
  #poll: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(db: Database, path: string, options: SqliteStoreOptions) {
    const { clock = systemClock, log = () => {} } = options
    this.#db = db
    this.#path = path
    this.#log = log
    this.#pollMs = options.pollMs ?? POLL_MS
    const version = db.prepare('PRAGMA data_version')
    this.#dataVersion = () => version.get<{ data_version: number }>()?.data_version ?? 0
    const table = new BlobTable(db, clock, this.#codec)
    const logs = new LogTable(db, log)
    // Where nothing is synced, nothing is slower for growing.
    const room = (options.synchronous ?? 'full') === 'full' ? new WalRoom(path) : undefined
    this.#writer = new Writer(db, path, () => new JournalTransaction(this.#tables), room)
    this.node = options.driverId ?? hostname()
    this.#presence = new Presence(db, {
      name: this.node,
      clock,
      beat: () => {
        this.#writer
          .write(() => this.#presence.refresh())
          .catch((error) => {
            this.#presence.refused()
            log('warning', (error as Error).message)
          })
      },
    })
    this.driver = this.#presence.id
    this.#reader = new JournalReader(db, { codec: this.#codec, blobs: table, log })
    const limit = options.maxJournals ?? JOURNALS_AT_ONCE
    this.#dispatcher = new Dispatcher({ db, writer: this.#writer, presence: this.#presence, clock, log, limit })
    this.#tables = new JournalTables(db, {
      clock,
      blobs: table,
      logs,
      events: {
        driver: () => this.#presence.register(),
        mayTake: () => this.#dispatcher.mayTake(),
        committed: ({ rows, logged, taken, left, wakeAt }) => {
          this.#watchers.tell(rows)
          if (logged.size > 0) this.#watchers.tellOfLogs(logged)
          this.#dispatcher.committed(taken, left, wakeAt)
        },
        rolledBack: () => {
          this.#presence.rolledBack()
          this.#dispatcher.rolledBack()
        },
      },
    })
    const mark = db.prepare('SELECT value FROM marks WHERE name = ?')
    const begin = db.prepare('SELECT head_begins AS begins FROM runs WHERE id = ? AND head_rows > 0')
    const markOf = (name: string) => mark.get<{ value: number }>(name)?.value ?? 0
    this.#watchers = new Watchers({
      reader: this.#reader,
      logs,
      lastPosition: () => this.#read(() => this.#tables.end),
      beginOf: (run) => {
        const found = this.#read(() => begin.get<{ begins: number }>(run))
        return found && Math.max(0, found.begins - 1)
      },
      marks: () => this.#read(() => ({ file: markOf('file'), removed: markOf('removed') })),
      warn: (message) => log('warning', message),
    })
    const { reader, writer } = { reader: this.#reader, writer: this.#writer }
    this.runs = new RunTable({
      ...{ db, writer, reader, pruner: new Pruner(db, writer, clock), presence: this.#presence },
      ended: (run) => this.#tables.ended(run),
      read: (read) => this.#read(read),
    })
    const places = {
      cursorAt: (position: number) => this.#watchers.cursorAt(position),
      positionOf: (cursor: Cursor) => this.#watchers.placeOf(cursor),
    }
    this.logs = new SqliteLogs({ table: logs, writer, read: (read) => this.#read(read), places })
    this.records = new RecordTable(db, { writer, read: (read) => this.#read(read) })
    this.blobs = {
      put: async (value) => {
        const blob = encodeBlob(value)
        await this.#writer.write((tx) => tx.putBlob(blob))
        this.#codec.remember(value, blob.id, blob.kind)
        return blob.id
      },
      get: (id) => this.#read(() => table.get(id)),
    }
  }

  append(batch: Batch): Promise<void> {
    try {
      checkName(batch.journal)
      const encoded = this.#codec.encode(batch.entries)
      return this.#writer.put(new Appending(batch, encoded))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  appendAll(batches: readonly Batch[]): Promise<void> {
    try {
      for (const { journal } of batches) checkName(journal)
      const encoded = batches.map(({ entries }) => this.#codec.encode(entries))
      return this.#writer.write((tx) => tx.appendAll(batches, encoded))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async read(journal: JournalId, from = 0): Promise<readonly JournalRow[]> {
    const { rows, torn } = this.#read(() => this.#reader.read(journal, from))
    // Its place is needed by the next row.
    if (torn !== undefined) await this.#writer.write((tx) => tx.dropRow(journal, torn))
    return rows
  }

  putDown(wake: Wake): Promise<void> {
    return this.#writer.write((tx) => tx.putDown(wake))
  }

  work(drive: Drive): { stop(): Promise<void> } {
    this.#startPolling()
    return this.#dispatcher.work(drive)
  }

  cursor(): Cursor {
    return this.#watchers.cursor
  }

  rowsAfter(of: RowsAfter): WrittenRows | undefined {
    return this.#watchers.rowsAfter(of)
  }

  watch(of: WatchOptions, listener: Listener): () => void {
    // In this order: what is written in between is seen by the poll.
    this.#startPolling()
    return this.#watchers.add(of, listener)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#poll)
    this.#watchers.close()
    await this.#dispatcher.stop()
    if (this.#presence.stop()) {
      // What we still hold is free for others from now on.
      await this.#writer.write(() => this.#presence.forget(this.#presence.id)).catch(() => {})
    }
    await this.#writer.close()
    if (this.#writer.hasWritten) this.#gatherLog()
    this.#db.close()
  }

  /** What was written stands in the file itself then: it may be copied without the log beside it. */
  #gatherLog(): void {
    try {
      // Without waiting for anybody, but for a moment to cut it off. One of the drivers does it on closing, the other leaves
      // all of it in the log, which would stay as large as it once was.
      this.#db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get()
      this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
    } catch {
      // It is in the log, and safe.
    }
  }

  #read<T>(read: () => T): T {
    if (this.#isClosed) throw closedStore(this.#path)
    try {
      return read()
    } catch (error) {
      throw storeFailure(error, this.#path, 'read')
    }
  }

  // --- what other processes write

  #startPolling(): void {
    if (this.#poll || this.#isClosed) return
    this.#seenVersion = this.#dataVersion()
    this.#poll = setInterval(() => this.#look(), this.#pollMs).unref()
  }

  #look(): void {
    if (!this.#watchers.isWatching && !this.#dispatcher.isWorking) {
      clearInterval(this.#poll)
      this.#poll = undefined
      return
    }
    const failure = this.#lookAtNews()
    // Nobody has asked for this look: what it finds is reported, once, and the next look sees it all.
    if (failure !== undefined && failure !== this.#lookFailure) this.#log('warning', failure)
    this.#lookFailure = failure
  }

  /** What kept it from reading, if anything did that is worth a word. */
  #lookAtNews(): string | undefined {
    let failure: string | undefined
    const attempt = (look: () => void) => {
      try {
        look()
      } catch (error) {
        this.#seenVersion = -1
        if (!isBusy(error)) failure ??= storeFailure(error, this.#path, 'read').message
      }
    }
    attempt(() => {
      const version = this.#dataVersion()
      if (version === this.#seenVersion) return
      this.#seenVersion = version
      attempt(() => this.#watchers.catchUp())
      // A row that cannot be told of keeps no other run from going on.
      attempt(() => this.#dispatcher.takeDue())
    })
    return failure
  }
}

/** Of one batch, encoded. */
class Appending implements Writing<JournalTransaction, void> {
  readonly #batch: Batch
  readonly #encoded: EncodedEntries

  constructor(batch: Batch, encoded: EncodedEntries) {
    this.#batch = batch
    this.#encoded = encoded
  }

  write(tx: JournalTransaction): void {
    tx.append(this.#batch, this.#encoded)
  }

  writeLone(tx: JournalTransaction): boolean {
    return tx.appendLone(this.#batch, this.#encoded)
  }
}

function configure(db: Database, synchronous: 'full' | 'normal' | 'off'): void {
  // Short: the writer waits for others without holding up the event loop.
  db.exec('PRAGMA busy_timeout = 50')
  db.prepare('PRAGMA journal_mode = WAL').get()
  db.exec(`PRAGMA synchronous = ${synchronous.toUpperCase()}`)
  db.exec('PRAGMA foreign_keys = OFF')
  db.exec('PRAGMA temp_store = MEMORY')
  db.exec('PRAGMA cache_size = -16000')
  // 16 MB of log before it is worked into the file: fewer syncs than SQLite's own 4 MB.
  db.exec('PRAGMA wal_autocheckpoint = 4000')
  db.prepare('PRAGMA journal_size_limit = 67108864').get()
}

function checkName(journal: JournalId): void {
  // One of the drivers ends a text at a NUL: two journals would become one.
  if (journal.includes('\0')) {
    throw new FlowError('INVALID_INPUT', `${JSON.stringify(journal)} is not the name of a journal: it has a NUL in it`)
  }
  partsOf(journal)
}
