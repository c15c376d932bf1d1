// The rows of runs (without the counts of their open shards) and of their items, as transactions change them. Read once and
// kept as long as nobody else writes to the file; a transaction writes each once.

import { type Changes, type Ends, ITEM_BYTES, newRunRow, type RunId, type RunRow, rowFacts } from '@stepflow/engine'
import type { Database, Param } from './drivers.ts'
import { ManyRows } from './many-rows.ts'
import { RUN_COLUMNS, type RunRecord, runRow } from './run-row.ts'

export interface KeptRun {
  readonly number: number
  row: RunRow
}

interface Kept extends KeptRun {
  /** Not in the file yet. */
  isNew: boolean
  /** Not as in the file. */
  isDirty: boolean
}

export class RunRows {
  readonly #kept = new Map<RunId, Kept>()
  readonly #changed = new Set<Kept>()
  /** Not in the file yet. Their numbers count up. */
  #added: Kept[] = []
  #lastNumber = -1
  readonly #sql

  constructor(db: Database) {
    this.#sql = {
      get: db.prepare(`SELECT ${RUN_COLUMNS} FROM runs WHERE id = ?`),
      lastNumber: db.prepare('SELECT coalesce(max(number), 0) AS number FROM runs'),
      insert: new ManyRows(
        db,
        `INSERT INTO runs (number, status, started_at, ended_at, total, success, skipped, failed, cancelled, recovered,
          error, id, flow, created_at, facts) VALUES`,
        15,
      ),
      update: db.prepare(`
        UPDATE runs SET status = ?, started_at = ?, ended_at = ?, total = ?, success = ?, skipped = ?, failed = ?,
          cancelled = ?, recovered = ?, error = ? WHERE number = ?`),
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
    const record = this.#sql.get.get<RunRecord>(id)
    return record && this.#keep({ number: record.number, row: runRow(record), isNew: false, isDirty: false })
  }

  add(id: RunId, changes: Changes): KeptRun {
    if (this.#lastNumber < 0) this.#lastNumber = this.#sql.lastNumber.get<{ number: number }>()?.number ?? 0
    const row = newRunRow(id, changes)
    const kept = this.#keep({ number: ++this.#lastNumber, row, isNew: true, isDirty: true })
    this.#added.push(kept)
    this.#changed.add(kept)
    return kept
  }

  change(run: KeptRun, row: RunRow): void {
    const kept = run as Kept
    kept.row = row
    kept.isDirty = true
    this.#changed.add(kept)
  }

  putItems(run: KeptRun, { item, to, status }: Ends, outcome: string): void {
    if (item === to) this.#sql.putItem.run(run.number, item, ITEM_BYTES[status], outcome)
    else this.#sql.putItems.run(run.number, item, to, ITEM_BYTES[status], outcome)
  }

  flush(): void {
    for (const kept of this.#changed) {
      if (kept.isDirty && !kept.isNew) this.#sql.update.run(...changing(kept.row), kept.number)
      kept.isDirty = false
    }
    const [first] = this.#added
    if (!first) return
    const columns = this.#added.flatMap(({ row }) => [...changing(row), ...lasting(row)])
    this.#sql.insert.run(first.number, columns)
    for (const kept of this.#added) kept.isNew = false
    this.#added = []
  }

  committed(): void {
    // Hardly anybody will ask for what is done.
    for (const { row } of this.#changed) if (row.endedAt !== undefined) this.#kept.delete(row.id)
    this.#changed.clear()
  }

  /** What is in the file may be something else. */
  forget(): void {
    this.#kept.clear()
    this.#changed.clear()
    this.#added = []
    this.#lastNumber = -1
  }

  #keep(kept: Kept): Kept {
    this.#kept.set(kept.row.id, kept)
    return kept
  }
}

// ---

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
