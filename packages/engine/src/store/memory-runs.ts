// The runs of a store in memory: their rows, their journals, the outcomes of their items. The oldest of those that have
// ended make room for others.

import { joined } from '../joined.ts'
import type { JournalEntry, JournalId, RunId } from '../journal/events.ts'
import { runOfJournal } from '../journal/journal-name.ts'
import {
  applyChanges,
  type CachedOutput,
  type Changes,
  type ChangingRow,
  type Counts,
  changeRow,
  concernsRun,
  count,
  endedOf,
  hasShardEnded,
  ITEM_BYTES,
  isEnded,
  itemStatus,
  newRunRow,
  noCounts,
  summed,
} from '../journal/project.ts'
import { roughBytes, roughSum } from '../json-size.ts'
import type { Outcome } from '../run/outcome.ts'
import type { PlacedLine, PlacedRow } from './memory-watchers.ts'
import { fitting, type LogLine } from './run-log.ts'
import {
  checkQuery,
  comparePlaces,
  createFit,
  cursorOf,
  placeOf,
  type RunPage,
  type RunPlace,
  type RunQuery,
  readCursor,
} from './run-query.ts'
import { checkSummary, type RunsSummary, RunTally, type SummaryQuery } from './run-summary.ts'
import type { Batch, ItemRow, ItemStatus, OpenJournal, RunRow, Runs, ShardRow } from './store.ts'

/** How much is remembered of runs that have ended; the oldest are forgotten first. */
export interface History {
  readonly runs: number
  readonly bytes: number
}

export interface MemoryJournal {
  readonly id: JournalId
  readonly run: KeptRun
  readonly first: number
  readonly items: number
  readonly counts: Counts
  isOpen: boolean
  /** How many rows were appended; a store that keeps no steps has only the first. */
  length: number
  rows: PlacedRow[]
}

export interface KeptRun {
  /** In the order of creation. */
  readonly number: number
  /** With the counts of the journals that have ended. */
  row: ChangingRow
  /** Its own journal, `RUN/0`. */
  head: MemoryJournal | undefined
  /** That and its shards: nearly always one. */
  journals: MemoryJournal[]
  outcomes: (Outcome | undefined)[]
  /** Items that were taken in. */
  taken: number
  bytes: number
  /** Only if something was logged. */
  log: KeptLog | undefined
  isRemoved: boolean
}

export interface KeptLog {
  readonly lines: PlacedLine[]
  bytes: number
  dropped: number
}

export class MemoryRuns implements Runs {
  readonly #shards = new Map<JournalId, MemoryJournal>()
  readonly #runs = new Map<RunId, KeptRun>()
  readonly #cached = new Map<string, CachedOutput>()
  #lastNumber = 0
  readonly #keepsSteps: boolean
  readonly #history: History
  readonly #onRemoved: () => void
  /** Those that have ended, in that order; from `#oldest` on. Some may have been removed since. */
  #ended: (KeptRun | undefined)[] = []
  #oldest = 0
  #endedRuns = 0
  #endedBytes = 0

  constructor(keepsSteps: boolean, history: History, onRemoved: () => void) {
    this.#keepsSteps = keepsSteps
    this.#history = history
    this.#onRemoved = onRemoved
  }

  journal(id: JournalId): MemoryJournal | undefined {
    return id.endsWith('/0') ? this.#runs.get(runOfJournal(id))?.head : this.#shards.get(id)
  }

  /** Makes the journal of a batch that is its first. */
  begin(batch: Batch, changes: Changes): MemoryJournal {
    // That of the entry, where there is one: what is looked for by it has its hash.
    const run = changes.created?.run ?? runOfJournal(batch.journal)
    const kept = this.#runs.get(run) ?? this.#add(run, changes)
    const { first = 0, count: items = 0 } = changes.items ?? {}
    const made = { id: batch.journal, run: kept, first, items, counts: noCounts(), isOpen: true, length: 0, rows: [] }
    if (made.id.endsWith('/0')) kept.head = made
    else this.#shards.set(made.id, made)
    kept.journals = joined(kept.journals, made)
    kept.taken += items
    return made
  }

  apply(journal: MemoryJournal, batch: Batch, changes: Changes): void {
    const { run } = journal
    const { finished } = changes
    const isHead = journal === run.head
    count(journal.counts, changes, batch.atWork)
    if (this.#keepsSteps) {
      for (const { item, to, outcome } of finished) {
        if (to === 0 && run.outcomes.length === 0) run.outcomes = [outcome]
        else for (let i = item; i <= to; i++) run.outcomes[i] = outcome
      }
    }
    for (const output of changes.cached) this.#cached.set(output.key, output)
    const wasEnded = isEnded(run.row.status)
    // A row that somebody may have stays as it is; that of a run which begins here nobody has seen.
    const isFirst = journal.length === 1 && run.journals.length === 1
    if (isFirst) changeRow(run.row, changes)
    else if (concernsRun(run.row, changes)) run.row = applyChanges(run.row, changes)
    if (journal.isOpen && hasShardEnded(journal.counts, journal.items, isHead, run.row)) {
      journal.isOpen = false
      if (isFirst) changeRow(run.row, changes, journal.counts)
      else run.row = applyChanges(run.row, changes, journal.counts)
      if (!this.#keepsSteps && !isHead) this.forget(journal.id)
    }
    if (!wasEnded && isEnded(run.row.status)) this.#hasEnded(run)
  }

  /** Nobody will ask for the journal any more. */
  forget(id: JournalId): void {
    const journal = this.#shards.get(id)
    if (!journal) return
    // Of those of a run that are kept, it is among the first.
    journal.run.journals.splice(journal.run.journals.indexOf(journal), 1)
    this.#shards.delete(id)
  }

  /** All rows that are kept: of one run, or of all; undefined if they are not kept, or the run is not there. */
  rows(of: RunId | undefined, logs = false): (PlacedRow | PlacedLine)[] | undefined {
    const run = of === undefined ? undefined : this.#runs.get(of)
    if (!this.#keepsSteps || (of !== undefined && !run)) return undefined
    const rows: (PlacedRow | PlacedLine)[] = []
    for (const { journals } of run ? [run] : this.#runs.values()) {
      for (const journal of journals) for (const row of journal.rows) rows.push(row)
    }
    if (!logs) return rows
    for (const { log } of run ? [run] : this.#runs.values()) for (const line of log?.lines ?? []) rows.push(line)
    return rows
  }

  /** True if lines were written; `place` gives each its place. */
  addLog(run: RunId, lines: readonly LogLine[], place: () => number): boolean {
    const kept = this.#runs.get(run)
    if (!kept || !this.#keepsSteps) return false
    kept.log ??= { lines: [], bytes: 0, dropped: 0 }
    const { log } = kept
    const { texts, bytes, dropped } = fitting(lines, log)
    // As text: what the writer does to its data later is not in it.
    for (const text of texts) log.lines.push({ run, line: JSON.parse(text) as LogLine, position: place() })
    if (isEnded(kept.row.status)) {
      this.#endedBytes += bytes - log.bytes
      kept.bytes += bytes - log.bytes
    }
    log.bytes = bytes
    log.dropped = dropped
    return texts.length > 0
  }

  log(run: RunId): KeptLog | undefined {
    return this.#runs.get(run)?.log
  }

  // --- what can be asked

  get(run: RunId): RunRow | undefined {
    const kept = this.#runs.get(run)
    return kept && rowOf(kept)
  }

  list(query: RunQuery = {}): RunPage {
    checkQuery(query)
    const { sort = '-createdAt', limit = 100, cursor, count = 0 } = query
    const fits = createFit(query)
    const after = cursor === undefined ? undefined : readCursor(cursor, sort)
    const found: Found[] = []
    let total = 0
    for (const kept of this.#runs.values()) {
      const row = rowOf(kept)
      if (!fits(row)) continue
      total++
      const place = placeOf(row, kept.number, sort)
      if (!after || comparePlaces(place, after) > 0) found.push({ row, place })
    }
    found.sort((a, b) => comparePlaces(a.place, b.place))
    const last = found[limit - 1]
    return {
      rows: found.slice(0, limit).map(({ row }) => row),
      ...(last && found.length > limit ? { next: cursorOf(last.place, sort) } : {}),
      ...(count > 0 ? { total: Math.min(total, count) } : {}),
    }
  }

  summary(query: SummaryQuery): RunsSummary {
    checkSummary(query)
    const fits = createFit(query)
    const tally = new RunTally(query)
    for (const kept of this.#runs.values()) {
      const row = rowOf(kept)
      if (fits(row)) tally.addRow(row)
    }
    return tally.summary()
  }

  items(run: RunId, from = 0, limit = Number.POSITIVE_INFINITY, statuses?: readonly ItemStatus[]): ItemRow[] {
    const outcomes = this.#runs.get(run)?.outcomes ?? []
    const rows: ItemRow[] = []
    for (let item = from; item < outcomes.length && rows.length < limit; item++) {
      const outcome = outcomes[item]
      if (outcome && (!statuses || statuses.includes(itemStatus(outcome)))) rows.push({ item, outcome })
    }
    return rows
  }

  statuses(run: RunId, from = 0, limit = Number.POSITIVE_INFINITY): Uint8Array {
    const kept = this.#runs.get(run)
    const bytes = new Uint8Array(Math.max(0, Math.min(limit, (kept?.taken ?? 0) - from)))
    for (let i = 0; i < bytes.length; i++) {
      const outcome = kept?.outcomes[from + i]
      if (outcome) bytes[i] = ITEM_BYTES[itemStatus(outcome)]
    }
    return bytes
  }

  cached(key: string, now: number): { readonly output: unknown } | undefined {
    const kept = this.#cached.get(key)
    return kept && (kept.until === undefined || kept.until > now) ? { output: kept.output } : undefined
  }

  shards(run: RunId): ShardRow[] {
    return this.#runs.get(run)?.journals.map(shardRow) ?? []
  }

  shard(journal: JournalId): ShardRow | undefined {
    const kept = this.journal(journal)
    return kept && shardRow(kept)
  }

  open(of?: RunId): OpenJournal[] {
    const run = of === undefined ? undefined : this.#runs.get(of)
    if (of !== undefined && !run) return []
    const open: OpenJournal[] = []
    for (const { row, journals } of run ? [run] : this.#runs.values()) {
      for (const { id, isOpen } of journals) if (isOpen) open.push({ journal: id, run: row.id, isOurs: true })
    }
    return open
  }

  remove(run: RunId): void {
    const kept = this.#runs.get(run)
    if (!kept) return
    this.#remove(kept)
    // What is left of it in the list of those that have ended holds nothing.
    kept.bytes = 0
    kept.head = undefined
    kept.journals = []
    kept.outcomes = []
    kept.log = undefined
    if (this.#ended.length - this.#oldest > 2 * this.#endedRuns + 1_024) this.#sweepEnded()
  }

  // ---

  #remove(kept: KeptRun): void {
    for (const journal of kept.journals) if (journal !== kept.head) this.#shards.delete(journal.id)
    this.#runs.delete(kept.row.id)
    kept.isRemoved = true
    if (isEnded(kept.row.status)) this.#endedRuns--
    this.#endedBytes -= kept.bytes
    this.#onRemoved()
  }

  #add(run: RunId, changes: Changes): KeptRun {
    this.#makeRoom()
    const kept: KeptRun = {
      number: ++this.#lastNumber,
      row: newRunRow(run, changes),
      head: undefined,
      journals: [],
      outcomes: [],
      taken: 0,
      bytes: 0,
      log: undefined,
      isRemoved: false,
    }
    this.#runs.set(run, kept)
    return kept
  }

  #hasEnded(run: KeptRun): void {
    let bytes = RUN_BYTES + (run.log?.bytes ?? 0)
    for (const { rows } of run.journals) bytes += rowsBytes(rows, this.#history.bytes)
    run.bytes = bytes
    this.#endedBytes += bytes
    this.#ended.push(run)
    this.#endedRuns++
  }

  #sweepEnded(): void {
    this.#ended = this.#ended.slice(this.#oldest).filter((run) => run?.isRemoved === false)
    this.#oldest = 0
  }

  /** Not when a run ends: whoever awaits that may still ask for it. */
  #makeRoom(): void {
    const { runs, bytes } = this.#history
    while (this.#endedRuns > runs || (this.#endedBytes > bytes && this.#endedRuns > 0)) {
      const run = this.#ended[this.#oldest] as KeptRun // before that one, they are gone
      this.#ended[this.#oldest++] = undefined
      if (!run.isRemoved) this.#remove(run)
    }
    if (this.#oldest >= 1_024 && this.#oldest * 2 >= this.#ended.length) this.#sweepEnded()
  }
}

// ---

interface Found {
  readonly row: RunRow
  readonly place: RunPlace
}

/** What a run takes beside what its users brought. */
const RUN_BYTES = 1_000
/** What an entry takes beside that. */
const ENTRY_BYTES = 200

/** What a journal takes, roughly: to look at all of it would cost as much as to run it. Its inputs are measured by all means. */
function rowsBytes(rows: readonly PlacedRow[], most: number): number {
  const [first] = rows[0]?.entries ?? []
  const inputs = first?.type === 'created' ? roughBytes(first.inputs, most) : 0
  return inputs + roughSum(rows, rowBytes, most)
}

function rowBytes({ entries }: PlacedRow, most: number): number {
  return ENTRY_BYTES * entries.length + roughSum(entries, userBytes, most)
}

function userBytes(entry: JournalEntry, most: number): number {
  switch (entry.type) {
    case 'settled':
      return entry.outcome.outcome === 'success' ? roughBytes(entry.outcome.result, most) : 0
    case 'parked':
      return roughBytes(entry.state, most)
    case 'signalled':
      return roughBytes(entry.payload, most)
    default:
      return 0
  }
}

function shardRow({ id, first, items, counts, length }: MemoryJournal): ShardRow {
  return { journal: id, first, items, done: endedOf(counts), counts: { ...counts }, rows: length }
}

function rowOf({ row, journals }: KeptRun): RunRow {
  const open: Counts[] = []
  for (const { isOpen, counts } of journals) if (isOpen) open.push(counts)
  return summed(row, open)
}
