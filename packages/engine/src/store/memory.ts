// The store that forgets at the end of the process: the one that `run` uses, and the model for the others.

import { type Clock, systemClock } from '../clock.ts'
import type { Log } from '../component/plugin.ts'
import { errorValue, FlowError } from '../errors.ts'
import { joined } from '../joined.ts'
import type { JournalId } from '../journal/events.ts'
import { runOfJournal } from '../journal/journal-name.ts'
import { project } from '../journal/project.ts'
import { bareId, contentId } from '../plan/id.ts'
import { type Drive, OFFER_AGAIN_MS } from './driving.ts'
import { checkFence } from './fence.ts'
import { MemoryLogs } from './memory-logs.ts'
import { type History, type MemoryJournal, MemoryRuns } from './memory-runs.ts'
import { MemoryWatchers, PlacedRow } from './memory-watchers.ts'
import { MemoryRecords } from './records.ts'
import type { Batch, Cursor, JournalRow, Listener, RowsAfter, Store, Wake, WatchOptions, WrittenRows } from './store.ts'
import { WakeHeap } from './wake-heap.ts'

export interface MemoryStoreOptions {
  /** Keeps a run's row only, neither its steps nor its results: for batches whose results are streamed away. */
  readonly forget?: boolean
  /** Is treated as if it outlived the process: for tests that take its rows to another store, as after a crash. */
  readonly durable?: boolean
  /** How much is remembered of runs that have ended: the last 10,000 of them and 64 MB, unless told. */
  readonly history?: Partial<History>
  readonly clock?: Clock
  /** Listeners that throw, and journals whose driving does. */
  readonly log?: Log
}

/**
 * A store in memory: it ends with the process.
 *
 * ```ts
 * const engine = createEngine({ store: createMemoryStore() })
 * const flow = defineFlow('one', {}, ({ step }) => step('one', () => 1))
 * console.log(await engine.run(flow, null)) // 1
 * ```
 *
 * @param options what it keeps, and its clock
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  return new MemoryStore(options)
}

// ---

const HISTORY: History = { runs: 10_000, bytes: 64 * 1024 * 1024 }

class MemoryStore implements Store {
  readonly durable: boolean
  readonly keepsSteps: boolean
  readonly runs: MemoryRuns
  readonly records = new MemoryRecords()
  readonly logs: MemoryLogs
  readonly #clock: Clock
  readonly #warn: (message: string) => void
  readonly #watchers: MemoryWatchers
  readonly #blobs = new Map<string, unknown>()
  readonly #wakes = new WakeHeap<JournalId>()
  readonly #driving = new Set<JournalId>()
  #drive: Drive | undefined
  #cancelTimer: (() => void) | undefined
  #stop = new AbortController()

  constructor({ forget = false, durable = false, history, clock = systemClock, log }: MemoryStoreOptions) {
    this.durable = durable
    this.keepsSteps = !forget
    this.#clock = clock
    this.#warn = (message) => log?.('warning', message)
    this.#watchers = new MemoryWatchers(clock.now(), (run, logs) => this.runs.rows(run, logs), this.#warn)
    this.runs = new MemoryRuns(this.keepsSteps, { ...HISTORY, ...history }, () => this.#watchers.removed())
    this.logs = new MemoryLogs(this.runs, this.#watchers)
  }

  append(batch: Batch): void {
    const known = this.runs.journal(batch.journal)
    this.#checkFence(batch, known)
    this.#append(batch, known)
  }

  appendAll(batches: readonly Batch[]): void {
    for (const batch of batches) this.#checkFence(batch, this.runs.journal(batch.journal))
    for (const batch of batches) this.#append(batch, this.runs.journal(batch.journal))
  }

  read(id: JournalId, from = 0): readonly JournalRow[] {
    const journal = this.runs.journal(id)
    if (!journal) return []
    if (this.keepsSteps) return journal.rows.slice(from)
    const rows: JournalRow[] = []
    for (let seq = from; seq < journal.length; seq++) rows.push(journal.rows[seq] ?? { journal: id, seq, entries: [] })
    return rows
  }

  work(drive: Drive): { stop(): Promise<void> } {
    this.#drive = drive
    this.#stop = new AbortController()
    this.#arm()
    return {
      stop: async () => {
        this.#drive = undefined
        this.#cancelTimer?.()
        this.#stop.abort()
      },
    }
  }

  putDown(wake: Wake): void {
    if (!Number.isFinite(wake.at)) return
    this.#wakes.add(wake.at, wake.journal)
    this.#arm()
  }

  readonly blobs = {
    put: (value: unknown): string => {
      const id = contentId(value)
      if (!this.#blobs.has(id)) this.#blobs.set(id, value)
      return id
    },
    get: (id: string): unknown => {
      const bare = bareId(id)
      if (!this.#blobs.has(bare)) throw new FlowError('NOT_FOUND', `there is no blob ${id}`)
      return this.#blobs.get(bare)
    },
  }

  cursor(): Cursor {
    return this.#watchers.cursor
  }

  rowsAfter(of: RowsAfter): WrittenRows | undefined {
    return this.#watchers.rowsAfter(of)
  }

  watch(of: WatchOptions, listener: Listener): () => void {
    return this.#watchers.add(of, listener)
  }

  close(): void {
    this.#cancelTimer?.()
  }

  #checkFence(batch: Batch, known: MemoryJournal | undefined): void {
    const run = batch.ifUnsealed ? this.runs.get(runOfJournal(batch.journal)) : known?.run.row
    checkFence(batch, known?.length ?? 0, run)
  }

  #append(batch: Batch, known: MemoryJournal | undefined): void {
    const changes = project(batch.entries)
    const journal = known ?? this.runs.begin(batch, changes)
    const { id: run } = journal.run.row
    const isFirst = journal.length === 0
    if (batch.log && !isFirst) this.logs.add(run, batch.log)
    const row = new PlacedRow(batch.journal, journal.length++, batch.entries, this.#watchers.nextPosition())
    if (this.keepsSteps || row.seq === 0) journal.rows = joined(journal.rows, row)
    this.runs.apply(journal, batch, changes)
    for (const wake of batch.wakes ?? []) this.#wakes.add(wake.at, wake.journal)
    this.#watchers.tell(row, run)
    if (batch.log && isFirst) this.logs.add(run, batch.log)
    if (batch.wakes) this.#arm()
  }

  #arm(): void {
    this.#cancelTimer?.()
    const at = this.#wakes.nextAt
    if (at === undefined || !this.#drive) return
    const delay = at - this.#clock.now()
    if (delay <= 0) this.#driveDue()
    else this.#cancelTimer = this.#clock.timer(delay, () => this.#driveDue())
  }

  #driveDue(): void {
    const now = this.#clock.now()
    for (let journal = this.#wakes.takeDue(now); journal !== undefined; journal = this.#wakes.takeDue(now)) {
      if (!this.#driving.has(journal)) this.#driveOne(journal)
    }
    this.#arm()
  }

  #driveOne(journal: JournalId): void {
    const drive = this.#drive
    if (!drive) return
    this.#driving.add(journal)
    const offered = (error: unknown): Wake => {
      this.#warn(`journal ${journal} is left for a while: ${errorValue(error).message}`)
      return { journal, at: this.#clock.now() + OFFER_AGAIN_MS }
    }
    drive(journal, this.#stop.signal)
      .catch(offered)
      .then((wake) => {
        this.#driving.delete(journal)
        if (wake && Number.isFinite(wake.at)) this.#wakes.add(wake.at, wake.journal)
        else if (!this.keepsSteps && !journal.endsWith('/0')) this.runs.forget(journal)
        this.#arm()
      })
  }
}
