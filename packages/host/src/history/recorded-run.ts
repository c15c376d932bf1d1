// One recorded run, as it may be shown: what it was begun with, its items, their steps, its waits, its log. Whatever it answers
// is redacted.

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
  type RunRow,
  redactEntry,
  redactOutcome,
  redactPins,
  type Store,
  systemClock,
  type VisitReads,
  type VisitRow,
  type WhySummary,
  whySummary,
} from '@stepflow/engine'
import { type FlowOfRun, flowOfRun } from './flow-of-run.ts'
import { firstWaiting, inputsIn, shardOf } from './item-entries.ts'
import { itemBytes, type ShardItems } from './item-states.ts'
import { type FailureCause, type ItemFilter, type ListedItem, listFailures, listItems } from './list-items.ts'
import type { Created } from './read-created.ts'
import { entriesOf, RecordedItem, type VisitPlace, wholePlan } from './recorded-item.ts'
import { RecordedWaits } from './recorded-waits.ts'
import { redactPlan } from './redact-plan.ts'
import { type LogFilter, readLog, readVisitLog, type ShownLog, shownLine, type VisitName } from './run-log.ts'
import { RunSecrets, redactRow } from './run-secrets.ts'
import { type Driving, heldBack, waitForInput, waitsForInput } from './run-why.ts'
import type { VisitDetail, WhichVisit } from './visit-detail.ts'

/** So long a run on a shared store is left to nodes that may serve it before it says that none does. */
const UNSERVED_MS = 10_000

export interface ReadJournal {
  readonly journal: JournalId
  readonly rows: readonly (readonly JournalEntry[])[]
  /** What a blob holds; undefined if there is none, or if it holds a secret: its id is the hash of what it holds. */
  blob(id: string): Promise<unknown>
}

/** What the door that opens it has found. */
export interface RecordedParts {
  readonly created: Created | undefined
  readonly damage: string | undefined
  readonly redactor: Redactor
  readonly serves: Driving['serves']
}

export class RecordedRun {
  readonly row: RunRow
  /** What waits for a signal, and what became of it. */
  readonly waits: RecordedWaits
  /** What it was begun with; absent if its journal is damaged. */
  readonly plan: Plan | undefined
  /** What keeps its journal from being read. What came out is kept apart, and can be read. */
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
    this.waits = new RecordedWaits({ store, row, plan, secrets: this.#secrets })
  }

  /** What it runs, as it was written, and what patched it; throws if the journal is damaged. */
  flow(): Promise<FlowOfRun> {
    return flowOfRun({
      store: this.#store,
      plan: wholePlan(this),
      options: this.#options,
      redactor: this.#secrets.redactor,
    })
  }

  /** The driver that has it in hand. */
  async holder(): Promise<string | undefined> {
    return (await this.#store.runs.open(this.row.id)).find(({ heldBy }) => heldBy)?.heldBy
  }

  /** What happened to one item and inside it, in order; throws if the journal is damaged. */
  async entriesOf(item: number): Promise<JournalEntry[]> {
    return (await this.#itemOf(item)).entries()
  }

  /** The visits of an item's steps, or of those inside a step, by the key in its row; throws if the journal is damaged. */
  async visitsOf(item: number, inside?: string): Promise<VisitRow[]> {
    return (await this.#itemOf(item)).visits(inside)
  }

  /** The plan of what runs inside a step, by the key in its row; undefined if nobody knows it. */
  async planInside(item: number, inside: string): Promise<Plan | undefined> {
    return (await this.#itemOf(item)).planInside(inside)
  }

  /**
   * What a visit was given and what its conditions read, evaluated again; undefined inside a step whose plan is not recorded.
   * Throws if the journal is damaged.
   */
  async readsOf(item: number, visit: VisitPlace, inside?: string): Promise<VisitReads | undefined> {
    return (await this.#itemOf(item)).reads(visit, inside)
  }

  /** One visit, with what it was given and what it answered; throws NOT_FOUND if there is none. */
  async visit(item: number, which: WhichVisit, inside?: string): Promise<VisitDetail> {
    return (await this.#itemOf(item)).visit(which, inside)
  }

  /** What the item was begun with; throws NOT_FOUND if there is no such item. */
  async inputOf(item: number): Promise<unknown> {
    return (await this.#itemOf(item)).input()
  }

  /** A value that somebody has kept elsewhere, without what is secret in the run and in this item of it. */
  async withoutSecrets(item: number, value: unknown): Promise<unknown> {
    if (this.damage !== undefined) throw new FlowError('RESOURCE_UNAVAILABLE', this.damage)
    return (await this.#itemOf(item)).redacted(value)
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

  /** What the first of its items waits for, if nothing of the run moves; by its row of now, if that is at hand. */
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

  /** What one of its items waits for, which has not ended; undefined if it moves. */
  async itemWaiting(item: number): Promise<WhySummary | undefined> {
    if (this.damage !== undefined || isEnded(this.row.status)) return undefined
    const why = await (await this.#itemOf(item)).waitsFor()
    return why && whySummary(why)
  }

  /** Hands on everything that has happened in it, and what happens from now on, until the signal. */
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

  /** Its row as it is by now; undefined if it was removed. */
  async now(): Promise<RunRow | undefined> {
    const row = await this.#store.runs.get(this.row.id)
    return row && redactRow(row, this.#secrets.redactor)
  }

  /** Items that have ended, from number `from` on. */
  async items(from: number, limit: number): Promise<ItemRow[]> {
    return this.#redacted(await this.#store.runs.items(this.row.id, from, limit))
  }

  /** What somebody who follows the run has been given, as it may be shown. */
  async shown(results: readonly ItemResult[]): Promise<ItemResult[]> {
    const rows = await this.#redacted(results.map(({ index, outcome }) => ({ item: index, outcome })))
    return rows.map(({ item, outcome }) => ({ index: item, outcome }))
  }

  /** The items that are asked for, those that have not ended too; one more than the limit if others follow. */
  listItems(filter: ItemFilter): Promise<ListedItem[]> {
    const items = (from: number, limit: number) => this.items(from, limit)
    return listItems({ store: this.#store, row: this.row, items }, filter)
  }

  /** Its failures by their cause, the most frequent first. */
  failures(): Promise<FailureCause[]> {
    const failed = async (from: number, limit: number) =>
      this.#redacted(await this.#store.runs.items(this.row.id, from, limit, ['failed']))
    return listFailures({ failed })
  }

  /** A row of one of its journals, as it may be shown. */
  async shownRow(row: JournalRow): Promise<JournalEntry[]> {
    const { journal, entries } = row
    const isFirst = entries[0]?.type === 'created'
    const redactor = this.#secrets.marksInputs
      ? this.#secrets.redactorOf(inputsIn(isFirst ? [row] : await this.#store.read(journal)))
      : this.#secrets.redactor
    return entries.map((entry) => redactEntry(entry, redactor))
  }

  /** How its items stand: `ITEM_BYTES` of each, shard by shard. */
  itemBytes(): AsyncIterable<ShardItems> {
    return itemBytes(this.#store, this.row)
  }

  /** What was logged in it; undefined if the filter's place is none of this store. */
  log(filter: LogFilter): Promise<ShownLog | undefined> {
    return readLog({ store: this.#store, row: this.row, redactor: this.#secrets.redactor }, filter)
  }

  /** A line of its log, as it may be shown. */
  shownLine(line: LogLine): LogLine {
    return shownLine(line, this.#secrets.redactor)
  }

  /** What one visit of a step has logged: the last lines. */
  logOf(item: number, visit: VisitName, inside?: string): Promise<LogLine[]> {
    return readVisitLog({ store: this.#store, row: this.row, redactor: this.#secrets.redactor }, item, visit, inside)
  }

  /** The first ones that failed. */
  async failedItems(limit: number): Promise<ItemRow[]> {
    return this.#redacted(await this.#store.runs.items(this.row.id, 0, limit, ['failed', 'cancelled']))
  }

  /** Whole journals, row by row; the one with this item only. */
  async *journals(item?: number): AsyncIterable<ReadJournal> {
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

// ---

/** The plan in an entry is handed on with it. */
function withPlan(entry: JournalEntry, redactor: Redactor): JournalEntry {
  if ((entry.type !== 'created' && entry.type !== 'opened') || !entry.plan) return entry
  return { ...entry, plan: redactPlan(entry.plan, redactor) }
}
