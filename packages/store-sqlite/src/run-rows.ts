// The rows of runs (without the counts of their open shards), with those of their own journals, and of their items, as
// transactions change them. Read once and kept as long as nobody else writes to the file; a transaction writes each once.

import {
  type Changes,
  type Ends,
  FewMap,
  ITEM_BYTES,
  isEnded,
  newRunRow,
  type RunId,
  type RunRow,
  rowFacts,
} from '@stepflow/engine'
import type { Database, Param } from './drivers.ts'
import { HEAD, LAST, NEWS, PARTS, ROWS } from './journal-names.ts'
import { ManyRows } from './many-rows.ts'
import { RUN_COLUMNS, type RunRecord, runRow } from './run-row.ts'
import { COUNT_COLUMNS, type Shard, type ShardCountsRecord, shardColumns, shardCounts } from './shard-rows.ts'

export interface KeptRun {
  readonly number: number
  row: RunRow
  /** Its own journal, if that is there. */
  head: Shard | undefined
}

interface Kept extends KeptRun {
  /** Not in the file yet. */
  isNew: boolean
  /** Not as in the file. */
  isDirty: boolean
  /** Nothing of it but where its own journal ends. */
  hasGrown: boolean
  /** As the index has it: who holds it, while it is live. */
  indexed: string | null | undefined
  /** Of its only item: to be written. */
  outcome: string | undefined
}

/** Runs that have ended are remembered for whoever waits for their end. */
const MOST_ENDED = 64

export class RunRows {
  readonly #kept = new FewMap<RunId, Kept>()
  readonly #changed = new FewMap<Kept, true>()
  /** Not in the file yet. Their numbers count up. */
  #added: Kept[] = []
  #lastNumber = -1
  readonly #ended = new Map<RunId, RunRow>()
  /** Looked for in this transaction, and not there. */
  #missing: RunId | undefined
  readonly #sql

  constructor(db: Database) {
    const changing = `status = ?, started_at = ?, ended_at = ?, total = ?, success = ?, skipped = ?, failed = ?,
      cancelled = ?, recovered = ?, error = ?`
    const head = `head_open = ?, head_rows = ?, head_last = ?, head_success = ?, head_skipped = ?, head_failed = ?,
      head_cancelled = ?, head_recovered = ?, head_running = ?, head_waiting = ?, head_error = ?`
    this.#sql = {
      get: db.prepare(`SELECT ${RUN_COLUMNS} FROM runs WHERE id = ?`),
      head: db.prepare(`
        SELECT first, items, begins, driver, is_open, is_live, journals.last AS saved, ${ROWS} AS rows, ${LAST} AS last,
          ${COUNT_COLUMNS} FROM ${HEAD} ${NEWS}`),
      // A number of a run that was removed may stand in a slice.
      lastNumber: db.prepare(`
        SELECT max(value, coalesce((SELECT max(number) FROM runs), 0)) AS number FROM marks WHERE name = 'listed'`),
      insert: new ManyRows(
        db,
        `INSERT INTO runs (number, status, started_at, ended_at, total, success, skipped, failed, cancelled, recovered,
          error, id, flow, created_at, facts, head_first, head_items, head_begins, head_driver, head_open, head_rows,
          head_last, head_running, is_live) VALUES`,
        24,
      ),
      update: db.prepare(`UPDATE runs SET ${changing}, ${head} WHERE number = ?`),
      grow: new ManyRows(
        db,
        'WITH grown (place, number, rows, last) AS (VALUES',
        4,
        ') UPDATE runs SET head_rows = grown.rows, head_last = grown.last FROM grown WHERE runs.number = grown.number',
      ),
      // What stands in an index is written only where it changes: SQLite does not look.
      move: db.prepare(`
        UPDATE runs SET ${changing}, ${head}, head_driver = ?, is_live = ?, outcome = coalesce(?, outcome), head_begins = ?,
          head_first = ?, head_items = ? WHERE number = ?`),
      putItem: db.prepare('INSERT OR REPLACE INTO items (run, item, status, outcome) VALUES (?, ?, ?, ?)'),
      putItems: db.prepare(`
        WITH RECURSIVE numbers (item) AS (VALUES (?2) UNION ALL SELECT item + 1 FROM numbers WHERE item < ?3)
        INSERT OR REPLACE INTO items (run, item, status, outcome) SELECT ?1, item, ?4, ?5 FROM numbers`),
    }
  }

  get size(): number {
    return this.#kept.size
  }

  get(id: RunId): KeptRun | undefined {
    const kept = this.#kept.get(id)
    if (kept) return kept
    if (id === this.#missing) return undefined
    const record = this.#sql.get.get<RunRecord>(id)
    if (!record) this.#missing = id
    if (!record) return undefined
    const { head, indexed } = this.#head(id, record.number)
    const facts = { number: record.number, row: runRow(record), head, indexed, outcome: undefined }
    return this.#keep({ ...facts, isNew: false, isDirty: false, hasGrown: false })
  }

  /** Without a look at the file. */
  remembered(id: RunId): KeptRun | undefined {
    return this.#kept.get(id)
  }

  /** One that has ended in this process of late. */
  ended(id: RunId): RunRow | undefined {
    return this.#ended.get(id)
  }

  add(id: RunId, changes: Changes): KeptRun {
    if (this.#lastNumber < 0) this.#lastNumber = this.#sql.lastNumber.get<{ number: number }>()?.number ?? 0
    const facts = { number: ++this.#lastNumber, row: newRunRow(id, changes), head: undefined, indexed: undefined }
    const kept = this.#keep({ ...facts, outcome: undefined, isNew: true, isDirty: true, hasGrown: false })
    this.#missing = undefined
    this.#added.push(kept)
    this.#changed.set(kept, true)
    return kept
  }

  change(run: KeptRun, row: RunRow): void {
    run.row = row
    this.changed(run)
  }

  /** Its row or that of its own journal is another than before. */
  changed(run: KeptRun): void {
    const kept = run as Kept
    kept.isDirty = true
    this.#changed.set(kept, true)
  }

  /** Its own journal is longer than the file says. */
  grown(run: KeptRun): void {
    const kept = run as Kept
    kept.hasGrown = true
    this.#changed.set(kept, true)
  }

  putItems(run: KeptRun, { item, to, status }: Ends, outcome: string): void {
    const { head } = run
    if (head?.items === 1 && item === head.first && to === item) {
      const kept = run as Kept
      kept.outcome = outcome
      this.changed(kept)
    } else if (item === to) this.#sql.putItem.run(run.number, item, ITEM_BYTES[status], outcome)
    else this.#sql.putItems.run(run.number, item, to, ITEM_BYTES[status], outcome)
  }

  flush(): void {
    this.#insert()
    const grown: Param[] = []
    for (const kept of this.#changed.keys()) {
      const { head, number, hasGrown } = kept
      kept.hasGrown = false
      if (kept.isDirty) this.#update(kept)
      else if (hasGrown && head) {
        grown.push(number, head.rows, head.last)
        head.saved = head.last
      }
    }
    if (grown.length > 0) this.#sql.grow.run(0, grown)
  }

  committed(): void {
    for (const kept of this.#changed.keys()) {
      if (isLive(kept)) continue
      // Hardly anybody will ask for what is done, but who waits for its end.
      this.#kept.delete(kept.row.id)
      if (this.#ended.size >= MOST_ENDED) this.#ended.clear()
      this.#ended.set(kept.row.id, kept.row)
    }
    this.#changed.clear()
    this.#missing = undefined
  }

  /** What is in the file may be something else. */
  forget(): void {
    this.#missing = undefined
    this.#kept.clear()
    this.#changed.clear()
    this.#ended.clear()
    this.#added = []
    this.#lastNumber = -1
  }

  #insert(): void {
    const [first] = this.#added
    if (!first) return
    const columns: Param[] = []
    for (const kept of this.#added) {
      const { row, head } = kept
      kept.indexed = indexOf(kept)
      const own = [head?.first ?? 0, head?.items ?? 0, head?.begins ?? 0, head?.driver ?? null, head?.isOpen ? 1 : 0]
      const ends = [head?.rows ?? 0, head?.last ?? 0, head?.counts.running ?? 0]
      columns.push(...changing(row), ...lasting(row), ...own, ...ends, isLive(kept) ? 1 : 0)
      if (head) head.saved = head.last
      kept.isNew = false
      kept.hasGrown = false
      // One that has begun and ended at once has more to say.
      kept.isDirty = kept.outcome !== undefined || (head !== undefined && hasCounts(head))
    }
    this.#sql.insert.run(first.number, columns)
    this.#added = []
  }

  #update(kept: Kept): void {
    const { number, row, outcome } = kept
    const head = kept.head ?? NO_JOURNAL
    const [driver, ...columns] = shardColumns(head)
    const indexed = indexOf(kept)
    if (indexed === kept.indexed && outcome === undefined) this.#sql.update.run(...changing(row), ...columns, number)
    else {
      const more = [driver as string | null, isLive(kept) ? 1 : 0, outcome ?? null, head.begins, head.first, head.items]
      this.#sql.move.run(...changing(row), ...columns, ...more, number)
    }
    head.saved = head.last
    kept.indexed = indexed
    kept.outcome = undefined
    kept.isDirty = false
  }

  #head(id: RunId, number: number): Pick<Kept, 'head' | 'indexed'> {
    const record = this.#sql.head.get<HeadRecord>(id)
    if (!record) return { head: undefined, indexed: undefined }
    const { first, items, begins, driver, rows, last, saved } = record
    const place = { number: number * PARTS, journal: `${id}/0`, run: id }
    const facts = { ...place, first, items, begins, driver, rows, last, saved, counts: shardCounts(record) }
    return {
      head: { ...facts, isOpen: record.is_open === 1 },
      indexed: record.is_live === 1 ? driver : undefined,
    }
  }

  #keep(kept: Kept): Kept {
    this.#kept.set(kept.row.id, kept)
    return kept
  }
}

// ---

interface HeadRecord extends ShardCountsRecord {
  readonly first: number
  readonly items: number
  readonly begins: number
  readonly driver: string | null
  readonly is_open: number
  readonly is_live: number
  readonly rows: number
  readonly last: number
  readonly saved: number
}

const NO_JOURNAL: Shard = {
  ...{ number: 0, journal: '', run: '', first: 0, items: 0, begins: 0, rows: 0, last: 0, saved: 0 },
  counts: { success: 0, skipped: 0, failed: 0, cancelled: 0, recovered: 0, running: 0, waiting: 0 },
  driver: null,
  isOpen: false,
}

/** Something of it is still to come. */
function isLive({ row, head }: KeptRun): boolean {
  return !isEnded(row.status) || head?.isOpen === true
}

function indexOf(run: KeptRun): string | null | undefined {
  return isLive(run) ? (run.head?.driver ?? null) : undefined
}

function hasCounts({ counts }: Shard): boolean {
  const { success, skipped, failed, cancelled, recovered, waiting } = counts
  return success + skipped + failed + cancelled + recovered + waiting > 0
}

function changing({ status, startedAt, endedAt, items, recovered, error }: RunRow): Param[] {
  const { total, success, skipped, failed, cancelled } = items
  const first = error === undefined ? null : JSON.stringify(error)
  return [status, startedAt ?? null, endedAt ?? null, total, success, skipped, failed, cancelled, recovered, first]
}

function lasting(row: RunRow): Param[] {
  // The flow has a column of its own.
  const { flow = null, ...facts } = rowFacts(row)
  return [row.id, flow, row.createdAt, JSON.stringify(facts)]
}
