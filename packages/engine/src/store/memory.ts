// The store that forgets at the end of the process: the one that `run` uses, and the model for the others.

import { type Clock, systemClock } from '../clock.ts'
import { FlowError } from '../errors.ts'
import type { JournalId, RunId } from '../journal/events.ts'
import { applyChanges, type CachedOutput, type Changes, isEnded, project, rowFacts } from '../journal/project.ts'
import { own } from '../json.ts'
import { bareId, contentId } from '../plan/id.ts'
import type { Outcome } from '../run/outcome.ts'
import type { Batch, ItemRow, JournalRow, OpenJournal, RunQuery, RunRow, Runs, Store, Wake } from './store.ts'
import { WakeHeap } from './wake-heap.ts'

export interface MemoryStoreOptions {
  /** Keeps a run's row only, neither its steps nor its results: for batches whose results are streamed away. */
  readonly forget?: boolean
  /** Is treated as if it outlived the process: for tests that take its rows to another store, as after a crash. */
  readonly durable?: boolean
  readonly clock?: Clock
}

/**
 * A store that forgets at the end of the process.
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

interface KeptRun {
  row: RunRow
  readonly shards: Map<JournalId, { readonly items: number; done: number }>
  readonly items: Map<number, Outcome>
}

function isAskedFor(row: RunRow, { status, flow, labels = {}, since, until }: RunQuery): boolean {
  if (status !== undefined && row.status !== status) return false
  if (flow !== undefined && row.flow !== flow) return false
  if (since !== undefined && row.createdAt < since) return false
  if (until !== undefined && row.createdAt >= until) return false
  return Object.entries(labels).every(([name, value]) => own(row.labels, name) === value)
}

type Drive = (journal: JournalId, signal: AbortSignal) => Promise<Wake | null>

class MemoryStore implements Store {
  readonly durable: boolean
  readonly keepsSteps: boolean
  readonly #clock: Clock
  readonly #journals = new Map<JournalId, JournalRow[]>()
  readonly #runs = new Map<RunId, KeptRun>()
  readonly #blobs = new Map<string, unknown>()
  readonly #cached = new Map<string, CachedOutput>()
  readonly #listeners = new Map<RunId | undefined, Set<(row: JournalRow) => void>>()
  readonly #wakes = new WakeHeap<JournalId>()
  readonly #driving = new Set<JournalId>()
  #drive: Drive | undefined
  #cancelTimer: (() => void) | undefined
  #stop = new AbortController()

  constructor({ forget = false, durable = false, clock = systemClock }: MemoryStoreOptions) {
    this.durable = durable
    this.keepsSteps = !forget
    this.#clock = clock
  }

  append(batch: Batch): void {
    const rows = this.#journals.get(batch.journal) ?? []
    if (rows.length !== batch.after) {
      throw new FlowError('CONFLICT', `journal ${batch.journal} has ${rows.length} rows, not ${batch.after}`)
    }
    const row: JournalRow = { journal: batch.journal, seq: rows.length, entries: batch.entries }
    rows.push(this.keepsSteps || row.seq === 0 ? row : { ...row, entries: [] })
    if (row.seq === 0) this.#journals.set(batch.journal, rows)
    this.#project(batch)
    for (const wake of batch.wakes ?? []) this.#wakes.add(wake.at, wake.journal)
    this.#tell(row)
    if (batch.wakes) this.#arm()
  }

  read(journal: JournalId, from = 0): readonly JournalRow[] {
    return (this.#journals.get(journal) ?? []).slice(from)
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

  readonly runs: Runs = {
    get: (run) => this.#runs.get(run)?.row,
    list: (query) => this.#list(query),
    items: (run, from = 0, limit = Number.POSITIVE_INFINITY) => this.#items(run, from, limit),
    cached: (key, now) => {
      const kept = this.#cached.get(key)
      return kept && (kept.until === undefined || kept.until > now) ? { output: kept.output } : undefined
    },
    shards: (run) =>
      [...(this.#runs.get(run)?.shards ?? [])].map(([journal, { items, done }]) => ({ journal, items, done })),
    open: (run) => this.#openJournals(run),
    remove: (run) => {
      for (const journal of this.#runs.get(run)?.shards.keys() ?? []) this.#journals.delete(journal)
      this.#runs.delete(run)
    },
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

  watch({ run }: { readonly run?: RunId }, listener: (row: JournalRow) => void): () => void {
    const listeners = this.#listeners.get(run) ?? new Set()
    this.#listeners.set(run, listeners)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(run)
    }
  }

  close(): void {
    this.#cancelTimer?.()
  }

  #items(run: RunId, from: number, limit: number): ItemRow[] {
    const kept = this.#runs.get(run)
    if (!kept) return []
    const numbers = [...kept.items.keys()].filter((item) => item >= from).sort((a, b) => a - b)
    return numbers.slice(0, limit).map((item) => ({ item, outcome: kept.items.get(item) as Outcome }))
  }

  #list({ limit = 100, cursor, ...query }: RunQuery = {}): RunRow[] {
    const rows = [...this.#runs.values()].map((kept) => kept.row).reverse()
    const from = cursor === undefined ? 0 : rows.findIndex((row) => row.id === cursor) + 1
    if (from === 0 && cursor !== undefined) throw new FlowError('NOT_FOUND', `there is no run ${cursor} to go on from`)
    return rows
      .slice(from)
      .filter((row) => isAskedFor(row, query))
      .slice(0, limit)
  }

  #openJournals(of: RunId | undefined): OpenJournal[] {
    const open: OpenJournal[] = []
    for (const [journal, rows] of this.#journals) {
      const run = journal.slice(0, journal.lastIndexOf('/'))
      const kept = this.#runs.get(run)
      const [created] = rows[0]?.entries ?? []
      if (!kept || isEnded(kept.row.status) || created?.type !== 'created' || (of ?? run) !== run) continue
      const isTaking = journal.endsWith('/0') && kept.row.items.total < 0
      const isDone = created.inputs.every((_, index) => kept.items.has(created.from + index))
      if (isTaking || !isDone) open.push({ journal, run })
    }
    return open
  }

  #project(batch: Batch): void {
    const run = batch.journal.slice(0, batch.journal.lastIndexOf('/'))
    const changes = project(batch.entries)
    const kept = this.#runs.get(run) ?? this.#newRun(run, changes.created)
    kept.row = applyChanges(kept.row, changes)
    for (const output of changes.cached) this.#cached.set(output.key, output)
    if (changes.items !== undefined) kept.shards.set(batch.journal, { items: changes.items, done: 0 })
    const shard = kept.shards.get(batch.journal)
    if (shard) shard.done += changes.finished.length
    if (!this.keepsSteps && shard && shard.done >= shard.items && !batch.journal.endsWith('/0')) {
      this.#journals.delete(batch.journal)
      kept.shards.delete(batch.journal)
    }
    if (this.keepsSteps) for (const { item, outcome } of changes.finished) kept.items.set(item, outcome)
  }

  #newRun(run: RunId, created: Changes['created']): KeptRun {
    const items = { total: -1, success: 0, skipped: 0, failed: 0, cancelled: 0 }
    const row: RunRow = { id: run, status: 'queued', createdAt: created?.at ?? 0, items }
    const kept = { row: { ...row, ...rowFacts(created?.options ?? {}) }, shards: new Map(), items: new Map() }
    this.#runs.set(run, kept)
    return kept
  }

  #tell(row: JournalRow): void {
    const run = row.journal.slice(0, row.journal.lastIndexOf('/'))
    for (const listener of this.#listeners.get(run) ?? []) listener(row)
    for (const listener of this.#listeners.get(undefined) ?? []) listener(row)
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
    drive(journal, this.#stop.signal).then((wake) => {
      this.#driving.delete(journal)
      if (wake && Number.isFinite(wake.at)) this.#wakes.add(wake.at, wake.journal)
      else if (!this.keepsSteps && !journal.endsWith('/0')) this.#journals.delete(journal)
      this.#arm()
    })
  }
}
