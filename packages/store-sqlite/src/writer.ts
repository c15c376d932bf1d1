// Group commit: what is handed in before the event loop comes round is one transaction and one sync to the disk.
//
// W1  A job that throws a FlowError has changed nothing, and fails alone.
// W2  A transaction that fails is tried again job by job: one that cannot be written harms no other.
// W3  While another process writes, jobs wait without holding up the event loop.
// W4  A job's promise settles after the commit, in the order of handing in.
//
// Now and then a transaction makes room for those that follow (wal-room.ts).

import { FlowError } from '@stepflow/engine'
import type { Database } from './drivers.ts'
import { closedStore, isBusy, storeFailure } from './failure.ts'
import type { WalRoom } from './wal-room.ts'

/** What jobs of one transaction share. */
export interface Transaction {
  /** Writes what was gathered. */
  flush(): void
  /** After the commit. */
  committed(): void
  rolledBack(): void
}

/** What is to be written. */
export interface Writing<Tx, T> {
  write(tx: Tx): T
  /** By a single statement, without a transaction around it; false if that is not enough, and nothing is written. */
  writeLone?(tx: Tx): boolean
}

interface Job<Tx> {
  readonly writing: Writing<Tx, unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  /** What it came to, to be said once it is committed. */
  value?: unknown
  error?: FlowError | undefined
}

/** One transaction holds the event loop for milliseconds, not more. */
const LARGEST_GROUP = 512
const BUSY_RETRY_MS = 5
const BUSY_LIMIT_MS = 30_000

export class Writer<Tx extends Transaction> {
  readonly #db: Database
  readonly #path: string
  readonly #begin: () => Tx
  readonly #room: WalRoom | undefined
  readonly #statements: { readonly begin: () => void; readonly commit: () => void }
  #queue: Job<Tx>[] = []
  #isScheduled = false
  #isClosed = false
  #busySince = 0
  /** How many jobs at the head of the queue are to be written one by one. */
  #alone = 0
  #onIdle: (() => void)[] = []
  #hasWritten = false

  /** `room`: where each transaction is synced; closed with it. */
  constructor(db: Database, path: string, begin: () => Tx, room?: WalRoom) {
    this.#db = db
    this.#path = path
    this.#begin = begin
    this.#room = room
    const [beginning, commit] = [db.prepare('BEGIN IMMEDIATE'), db.prepare('COMMIT')]
    this.#statements = { begin: () => beginning.run(), commit: () => commit.run() }
  }

  get hasWritten(): boolean {
    return this.#hasWritten
  }

  write<T>(write: (tx: Tx) => T): Promise<T> {
    return this.put({ write })
  }

  put<T>(writing: Writing<Tx, T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(closedStore(this.#path))
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ writing, resolve: resolve as (value: unknown) => void, reject })
      this.#schedule()
    })
  }

  /** Takes nothing more; resolves when everything that was handed in has been written. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#queue.length > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve))
    this.#room?.close()
  }

  #schedule(afterMs = 0): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    if (afterMs > 0) setTimeout(() => this.#commitGroup(), afterMs)
    else setImmediate(() => this.#commitGroup())
  }

  #commitGroup(): void {
    this.#isScheduled = false
    const jobs = this.#queue.splice(0, this.#alone > 0 ? 1 : LARGEST_GROUP)
    if (this.#alone > 0) this.#alone--
    this.#transact(jobs)
    if (this.#queue.length > 0) return this.#schedule()
    for (const idle of this.#onIdle.splice(0)) idle()
  }

  #transact(jobs: readonly Job<Tx>[]): void {
    const tx = this.#begin()
    const wantsRoom = this.#room?.isUsedUp() === true
    try {
      if (wantsRoom || !isWrittenLone(jobs, tx)) {
        this.#statements.begin()
        if (wantsRoom) this.#room?.make()
        for (const job of jobs) attempt(job, tx)
        tx.flush()
        this.#statements.commit()
      }
    } catch (error) {
      this.#rollBack()
      tx.rolledBack()
      return this.#fail(jobs, error)
    }
    this.#busySince = 0
    this.#hasWritten = true
    tx.committed()
    for (const { error, value, reject, resolve } of jobs) {
      if (error) reject(error)
      else resolve(value)
    }
  }

  #fail(jobs: readonly Job<Tx>[], error: unknown): void {
    const isWaiting = isBusy(error) && this.#mayWait()
    if (!isWaiting && jobs.length === 1) return jobs[0]?.reject(storeFailure(error, this.#path, 'write to'))
    // In their old place: who hands in two rows of one journal counts on their order.
    this.#queue = [...jobs, ...this.#queue]
    if (!isWaiting || this.#alone > 0 || jobs.length === 1) this.#alone += jobs.length
    if (isWaiting) this.#schedule(BUSY_RETRY_MS)
  }

  #mayWait(): boolean {
    const now = performance.now()
    if (this.#busySince === 0) this.#busySince = now
    return now - this.#busySince < BUSY_LIMIT_MS
  }

  #rollBack(): void {
    try {
      this.#db.exec('ROLLBACK')
    } catch {
      // SQLite has done it already: it rolls back by itself when the disk is full, and there is none if BEGIN failed.
    }
  }
}

// ---

function isWrittenLone<Tx>(jobs: readonly Job<Tx>[], tx: Tx): boolean {
  const [first] = jobs
  return jobs.length === 1 && first?.writing.writeLone?.(tx) === true
}

function attempt<Tx>(job: Job<Tx>, tx: Tx): void {
  // It may have been tried before.
  job.error = undefined
  try {
    job.value = job.writing.write(tx)
  } catch (error) {
    if (!FlowError.is(error)) throw error
    job.error = error
  }
}
