// The only way to read recorded runs in order to show them, hand them on or give them to programs: everything that it
// returns is redacted. Code that continues a run reads the store itself, and shows nothing of it.

import {
  BEGINNING,
  FlowError,
  type ItemResult,
  type ItemRow,
  isEnded,
  isWaiting,
  type JournalEntry,
  type JournalId,
  type JournalRow,
  type LogLine,
  type Plan,
  type Redactor,
  type RunId,
  type RunPage,
  type RunQuery,
  type RunRow,
  type RunsSummary,
  redactEntry,
  redactOutcome,
  redactPins,
  type Store,
  type SummaryQuery,
  systemClock,
  type VisitReads,
  type VisitRow,
  type WhySummary,
  whySummary,
} from '@stepflow/engine'
import type { Secrets } from '../secrets/secrets.ts'
import { findRun } from './find-run.ts'
import { type FlowOfRun, flowOfRun } from './flow-of-run.ts'
import { firstWaiting, inputsIn, shardOf } from './item-entries.ts'
import { itemBytes, type ShardItems } from './item-states.ts'
import { type FailureCause, type ItemFilter, type ListedItem, listFailures, listItems } from './list-items.ts'
import { listWaiting } from './list-waiting.ts'
import { type Created, readCreated } from './read-created.ts'
import { readBlob } from './read-stored.ts'
import { entriesOf, RecordedItem, type VisitPlace, wholePlan } from './recorded-item.ts'
import { redactPlan } from './redact-plan.ts'
import { type LogFilter, readLog, readVisitLog, type ShownLog, shownLine, type VisitName } from './run-log.ts'
import { RunSecrets, redactorOfRun, redactRow } from './run-secrets.ts'
import { type Driving, heldBack, waitForInput, waitsForInput } from './run-why.ts'
import type { VisitDetail, WhichVisit } from './visit-detail.ts'
import { openWaits, type Wait, WaitFold, type WaitState, waitState } from './waits.ts'

/** So long a run on a shared store is left to nodes that may serve it before it says that none does. */
const UNSERVED_MS = 10_000

export interface RunReader {
  /** What is redacted in the rows is not found by `q` either. */
  list(query?: RunQuery): Promise<RunPage>
  summary(query: SummaryQuery): Promise<RunsSummary>
  /** What each of the runs of a list waits for, where nothing of it moves. */
  waiting(rows: readonly RunRow[]): Promise<(WhySummary | undefined)[]>
  /** Of the runs that have not ended, those that a process that is alive has in hand, and which. */
  holders(): Promise<ReadonlyMap<RunId, string>>
  /** Throws NOT_FOUND, with the ids that are most like it. */
  open(run: RunId): Promise<RecordedRun>
  /** The row of a run whose beginning is at hand, as it may be shown: nothing is read for it. */
  shown(row: RunRow, begun: Pick<Created, 'plan' | 'options'>): RunRow
  /** What a blob holds: bytes, or JSON. Throws NOT_FOUND. */
  blob(id: string): Promise<unknown>
}

export interface RecordedRun {
  readonly row: RunRow
  /** What it was begun with; absent if its journal is damaged. */
  readonly plan: Plan | undefined
  /** What keeps its journal from being read. What came out is kept apart, and can be read. */
  readonly damage: string | undefined
  /** What it runs, as it was written, and what patched it; throws if the journal is damaged. */
  flow(): Promise<FlowOfRun>
  /** The driver that has it in hand. */
  holder(): Promise<string | undefined>
  /** What happened to one item and inside it, in order; throws if the journal is damaged. */
  entriesOf(item: number): Promise<JournalEntry[]>
  /** The visits of an item's steps, or of those inside a step, by the key in its row; throws if the journal is damaged. */
  visitsOf(item: number, inside?: string): Promise<VisitRow[]>
  /** The plan of what runs inside a step, by the key in its row; undefined if nobody knows it. */
  planInside(item: number, inside: string): Promise<Plan | undefined>
  /**
   * What a visit was given and what its conditions read, evaluated again; undefined inside a step whose plan is not recorded.
   * Throws if the journal is damaged.
   */
  readsOf(item: number, visit: VisitPlace, inside?: string): Promise<VisitReads | undefined>
  /** One visit, with what it was given and what it answered; throws NOT_FOUND if there is none. */
  visit(item: number, which: WhichVisit, inside?: string): Promise<VisitDetail>
  /** What the item was begun with; throws NOT_FOUND if there is no such item. */
  inputOf(item: number): Promise<unknown>
  /** The open waits for signals, of each journal in the order in which they began. `item`: of the journal that has it only. */
  openWaits(item?: number): AsyncIterable<Wait>
  /** Its waits as they stood before row `seq` of a journal; undefined if that is damaged. */
  waitsBefore(journal: JournalId, seq: number): Promise<WaitFold | undefined>
  /** One by its visit, and what became of it; undefined if there was none. */
  wait(path: string): Promise<WaitState | undefined>
  /** What the first of its items waits for, if nothing of the run moves; by its row of now, if that is at hand. */
  waiting(row?: RunRow): Promise<WhySummary | undefined>
  /** What one of its items waits for, which has not ended; undefined if it moves. */
  itemWaiting(item: number): Promise<WhySummary | undefined>
  /** Hands on everything that has happened in it, and what happens from now on, until the signal. */
  follow(see: (entries: readonly JournalEntry[]) => void, signal: AbortSignal): void
  /** Its row as it is by now; undefined if it was removed. */
  now(): Promise<RunRow | undefined>
  /** Items that have ended, from number `from` on. */
  items(from: number, limit: number): Promise<ItemRow[]>
  /** What somebody who follows the run has been given, as it may be shown. */
  shown(results: readonly ItemResult[]): Promise<ItemResult[]>
  /** The items that are asked for, those that have not ended too; one more than the limit if others follow. */
  listItems(filter: ItemFilter): Promise<ListedItem[]>
  /** Its failures by their cause, the most frequent first. */
  failures(): Promise<FailureCause[]>
  /** How its items stand: `ITEM_BYTES` of each, shard by shard. */
  itemBytes(): AsyncIterable<ShardItems>
  /** A row of one of its journals, as it may be shown. */
  shownRow(row: JournalRow): Promise<JournalEntry[]>
  /** What was logged in it; undefined if the filter's place is none of this store. */
  log(filter: LogFilter): Promise<ShownLog | undefined>
  /** A line of its log, as it may be shown. */
  shownLine(line: LogLine): LogLine
  /** What one visit of a step has logged: the last lines. */
  logOf(item: number, visit: VisitName, inside?: string): Promise<LogLine[]>
  /** The first ones that failed. */
  failedItems(limit: number): Promise<ItemRow[]>
  /** Whole journals, row by row; the one with this item only. */
  journals(item?: number): AsyncIterable<ReadJournal>
}

export interface ReadJournal {
  readonly journal: JournalId
  readonly rows: readonly (readonly JournalEntry[])[]
  /** What a blob holds; undefined if there is none, or if it holds a secret: its id is the hash of what it holds. */
  blob(id: string): Promise<unknown>
}

/**
 * `secrets`: all values that this process knows to be secret are taken out, whatever a run's own flow marks. `serves`: is there
 * a component of that path? Unless told, it is not known that there is none.
 */
export function createRunReader(
  store: Store,
  secrets: Pick<Secrets, 'known' | 'refresh'>,
  serves: Driving['serves'] = () => true,
): RunReader {
  const process = secrets.known.named
  // Where nothing is secret nothing need be compared twice.
  const shown = () => (process.isEmpty ? undefined : (text: string) => process.text(text))
  const reader: RunReader = {
    // In most rows there is nothing that somebody brought.
    shown: (row, begun) => (row.labels || row.error ? redactRow(row, redactorOfRun(process, begun)) : row),
    async blob(id) {
      const value = await readBlob(store, id)
      return value instanceof Uint8Array ? value : process.value(value)
    },
    async list(query) {
      // Another process may have set one, and used it in a run that is shown here.
      await secrets.refresh()
      const page = await store.runs.list({ ...query, shown: shown() })
      return { ...page, rows: page.rows.map((row) => redactRow(row, process)) }
    },
    async summary(query) {
      await secrets.refresh()
      return store.runs.summary({ ...query, shown: shown() })
    },
    waiting: (rows) =>
      listWaiting(rows, {
        open: async () => store.runs.open(),
        waitingOf: async (run) => (await reader.open(run)).waiting(),
      }),
    async holders() {
      const held = new Map<RunId, string>()
      for (const { run, heldBy } of await store.runs.open()) if (heldBy !== undefined) held.set(run, heldBy)
      return held
    },
    async open(run) {
      await secrets.refresh()
      const row = await findRun(store, run)
      let created: Created | undefined
      let damage: string | undefined
      try {
        created = await readCreated(store, run)
      } catch (thrown) {
        if (!FlowError.is(thrown)) throw thrown
        damage = thrown.message
      }
      const redactor = created ? redactorOfRun(process, created) : process
      return new Recorded(store, redactRow(row, redactor), { created, damage, redactor, serves })
    },
  }
  return reader
}

// ---

/** The plan in an entry is handed on with it. */
function withPlan(entry: JournalEntry, redactor: Redactor): JournalEntry {
  if ((entry.type !== 'created' && entry.type !== 'opened') || !entry.plan) return entry
  return { ...entry, plan: redactPlan(entry.plan, redactor) }
}

interface RecordedParts {
  readonly created: Created | undefined
  readonly damage: string | undefined
  readonly redactor: Redactor
  readonly serves: Driving['serves']
}

class Recorded implements RecordedRun {
  readonly row: RunRow
  readonly plan: Plan | undefined
  readonly damage: string | undefined
  readonly #store: Store
  readonly #secrets: RunSecrets
  readonly #serves: Driving['serves']
  readonly #options: Created['options']

  constructor(store: Store, row: RunRow, { created, damage, redactor, serves }: RecordedParts) {
    const plan = created && redactPins(created.plan, created.options?.pins, redactor)
    this.#store = store
    this.#serves = serves
    this.row = row
    this.plan = plan
    this.#options = created?.options
    this.damage = damage
    this.#secrets = new RunSecrets(redactor, plan)
  }

  flow(): Promise<FlowOfRun> {
    return flowOfRun({
      store: this.#store,
      plan: wholePlan(this),
      options: this.#options,
      redactor: this.#secrets.redactor,
    })
  }

  async holder(): Promise<string | undefined> {
    return (await this.#store.runs.open(this.row.id)).find(({ heldBy }) => heldBy)?.heldBy
  }

  async entriesOf(item: number): Promise<JournalEntry[]> {
    return (await this.#itemOf(item)).entries()
  }

  async visitsOf(item: number, inside?: string): Promise<VisitRow[]> {
    return (await this.#itemOf(item)).visits(inside)
  }

  async planInside(item: number, inside: string): Promise<Plan | undefined> {
    return (await this.#itemOf(item)).planInside(inside)
  }

  async readsOf(item: number, visit: VisitPlace, inside?: string): Promise<VisitReads | undefined> {
    return (await this.#itemOf(item)).reads(visit, inside)
  }

  async visit(item: number, which: WhichVisit, inside?: string): Promise<VisitDetail> {
    return (await this.#itemOf(item)).visit(which, inside)
  }

  async inputOf(item: number): Promise<unknown> {
    return (await this.#itemOf(item)).input()
  }

  async #itemOf(item: number): Promise<RecordedItem> {
    const { row, plan, damage } = this
    const shard = shardOf(await this.#store.runs.shards(row.id), item)
    const rows = shard ? await this.#store.read(shard.journal) : []
    const input = shard && inputsIn(rows)[item - shard.first]
    const entries = entriesOf(rows, item, row)
    const redactor = this.#secrets.redactorOf(input === undefined ? [] : [input], entries)
    const held = () => heldBack(row, this.#driving)
    const run = { row, plan, damage, options: this.#options, held, blob: (id: string) => this.#found(id) }
    return new RecordedItem(run, { item, entries, input, redactor })
  }

  get #driving(): Driving {
    const { clock = systemClock, capacity } = this.#store
    const isNewToOthers = capacity !== undefined && clock.now() - this.row.createdAt < UNSERVED_MS
    return { plan: this.plan, serves: this.#serves, isNewToOthers, isDriven: () => this.#isDriven() }
  }

  async #isDriven(): Promise<boolean> {
    const open = await this.#store.runs.open(this.row.id)
    return open.some(({ heldBy, isOurs }) => isOurs || heldBy !== undefined)
  }

  async *openWaits(item?: number) {
    if (isEnded(this.row.status)) return
    const shards = await this.#store.runs.shards(this.row.id)
    const only = item === undefined ? undefined : shardOf(shards, item)
    for (const { journal, items, done } of item === undefined ? shards : only ? [only] : []) {
      if (this.plan && done < items) yield* openWaits(this.plan, await this.#shownRows(journal))
    }
  }

  async waitsBefore(journal: JournalId, seq: number): Promise<WaitFold | undefined> {
    if (!this.plan) return undefined
    const fold = new WaitFold(this.plan)
    const rows = seq === 0 ? [] : await this.#store.read(journal)
    for (const row of rows) {
      if (row.seq < seq && fold.concerns(row.entries)) fold.see(await this.shownRow(row))
    }
    return fold
  }

  async wait(path: string): Promise<WaitState | undefined> {
    const item = Number.parseInt(path, 10)
    const shard = shardOf(await this.#store.runs.shards(this.row.id), item)
    if (!this.plan || !shard) return undefined
    const sent = await this.#shownRows(`${this.row.id}/0`)
    const state = waitState(this.plan, path, await this.#shownRows(shard.journal), sent)
    return state && isEnded(this.row.status) ? { ...state, isOver: true } : state
  }

  async #shownRows(journal: JournalId): Promise<JournalRow[]> {
    const rows = await this.#store.read(journal)
    const redactor = this.#secrets.redactorOfRows(rows)
    return rows.map((row) => ({ ...row, entries: row.entries.map((entry) => redactEntry(entry, redactor)) }))
  }

  async waiting(row = this.row): Promise<WhySummary | undefined> {
    if (waitsForInput(row)) return whySummary(waitForInput(row))
    if (!isWaiting(row)) {
      // Whoever asks again and again, with a row of now, has begun while it was driven.
      const isAskedOften = row !== this.row && row.status === 'running'
      const held = isAskedOften ? undefined : await heldBack(row, this.#driving)
      return held && whySummary(held)
    }
    for (const { journal, counts } of await this.#store.runs.shards(this.row.id)) {
      if (counts.waiting === 0) continue
      const item = firstWaiting(await this.#store.read(journal))
      if (item !== undefined) return this.itemWaiting(item)
    }
    return undefined
  }

  async itemWaiting(item: number): Promise<WhySummary | undefined> {
    if (this.damage !== undefined || isEnded(this.row.status)) return undefined
    const why = await (await this.#itemOf(item)).waitsFor()
    return why && whySummary(why)
  }

  follow(see: (entries: readonly JournalEntry[]) => void, signal: AbortSignal): void {
    /** Of each journal, what is secret in its inputs. */
    const redactors = new Map<JournalId, Redactor>()
    const stop = this.#store.watch({ run: this.row.id, after: BEGINNING }, ({ journal, entries }) => {
      const [first] = entries
      if (first?.type === 'created') redactors.set(journal, this.#secrets.redactorOf(first.inputs))
      const redactor = redactors.get(journal) ?? this.#secrets.redactor
      see(entries.map((entry) => redactEntry(entry, redactor)))
    })
    signal.addEventListener('abort', stop, { once: true })
  }

  async now(): Promise<RunRow | undefined> {
    const row = await this.#store.runs.get(this.row.id)
    return row && redactRow(row, this.#secrets.redactor)
  }

  async items(from: number, limit: number): Promise<ItemRow[]> {
    return this.#redacted(await this.#store.runs.items(this.row.id, from, limit))
  }

  async shown(results: readonly ItemResult[]): Promise<ItemResult[]> {
    const rows = await this.#redacted(results.map(({ index, outcome }) => ({ item: index, outcome })))
    return rows.map(({ item, outcome }) => ({ index: item, outcome }))
  }

  listItems(filter: ItemFilter): Promise<ListedItem[]> {
    const items = (from: number, limit: number) => this.items(from, limit)
    return listItems({ store: this.#store, row: this.row, items }, filter)
  }

  failures(): Promise<FailureCause[]> {
    const failed = async (from: number, limit: number) =>
      this.#redacted(await this.#store.runs.items(this.row.id, from, limit, ['failed']))
    return listFailures({ failed })
  }

  async shownRow(row: JournalRow): Promise<JournalEntry[]> {
    const { journal, entries } = row
    const isFirst = entries[0]?.type === 'created'
    const redactor = this.#secrets.marksInputs
      ? this.#secrets.redactorOf(inputsIn(isFirst ? [row] : await this.#store.read(journal)))
      : this.#secrets.redactor
    return entries.map((entry) => redactEntry(entry, redactor))
  }

  itemBytes(): AsyncIterable<ShardItems> {
    return itemBytes(this.#store, this.row)
  }

  log(filter: LogFilter): Promise<ShownLog | undefined> {
    return readLog({ store: this.#store, row: this.row, redactor: this.#secrets.redactor }, filter)
  }

  shownLine(line: LogLine): LogLine {
    return shownLine(line, this.#secrets.redactor)
  }

  logOf(item: number, visit: VisitName, inside?: string): Promise<LogLine[]> {
    return readVisitLog({ store: this.#store, row: this.row, redactor: this.#secrets.redactor }, item, visit, inside)
  }

  async failedItems(limit: number): Promise<ItemRow[]> {
    return this.#redacted(await this.#store.runs.items(this.row.id, 0, limit, ['failed', 'cancelled']))
  }

  async *journals(item?: number) {
    const all = await this.#store.runs.shards(this.row.id)
    const asked = item === undefined ? all : [shardOf(all, item)].filter((shard) => shard !== undefined)
    for (const { journal } of asked) {
      const rows = await this.#store.read(journal)
      const redactor = this.#secrets.redactorOfRows(rows)
      const shown = (entry: JournalEntry) => withPlan(redactEntry(this.#secrets.hidden(entry), redactor), redactor)
      yield {
        journal,
        rows: rows.map(({ entries }) => entries.map(shown)),
        blob: (id: string) => this.#blob(id, redactor),
      }
    }
  }

  async #blob(id: string, redactor: Redactor): Promise<unknown> {
    const value = await this.#found(id)
    if (value === undefined || value instanceof Uint8Array) return value // bytes are bytes
    return redactor.value(value) === value ? value : undefined
  }

  async #found(id: string): Promise<unknown> {
    try {
      return await this.#store.blobs.get(id)
    } catch (thrown) {
      if (FlowError.is(thrown) && thrown.code === 'NOT_FOUND') return undefined
      throw thrown
    }
  }

  /** An outcome may hold what is secret in the item's input. */
  async #redacted(rows: readonly ItemRow[]): Promise<ItemRow[]> {
    const redactor = this.#secrets.redactorOf(
      this.#secrets.marksInputs && rows.length > 0 ? await this.#inputsOf(rows) : [],
    )
    return rows.map((row) => ({ ...row, outcome: redactOutcome(row.outcome, redactor) }))
  }

  async #inputsOf(rows: readonly ItemRow[]): Promise<unknown[]> {
    const inputs: unknown[] = []
    for (const shard of await this.#store.runs.shards(this.row.id)) {
      const places = rows.filter(({ item }) => shardOf([shard], item)).map(({ item }) => item - shard.first)
      if (places.length === 0) continue
      const given = inputsIn(await this.#store.read(shard.journal))
      for (const place of places) inputs.push(given[place])
    }
    return inputs
  }
}
