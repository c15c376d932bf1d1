// The rows of runs and of their items, as transactions change them. Read once and kept as long as nobody else writes to
// the file; a transaction writes each once.

import { type applyChanges, type project, type RunId, type RunRow, rowFacts } from '@stepflow/engine'
import type { Database } from './drivers.ts'
import { type RunRecord, runRow } from './run-row.ts'

export interface KeptRun {
  readonly number: number
  row: RunRow
}

interface Kept extends KeptRun {
  isNew: boolean
}

export class RunRows {
  readonly #kept = new Map<RunId, Kept>()
  readonly #changed = new Set<Kept>()
  #lastNumber = -1
  readonly #sql

  constructor(db: Database) {
    this.#sql = {
      get: db.prepare('SELECT * FROM runs WHERE id = ?'),
      lastNumber: db.prepare('SELECT coalesce(max(number), 0) AS number FROM runs'),
      insert: db.prepare(`
        INSERT INTO runs (status, ended_at, total, success, skipped, failed, cancelled, number, id, flow, created_at, facts)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
      update: db.prepare(`
        UPDATE runs SET status = ?, ended_at = ?, total = ?, success = ?, skipped = ?, failed = ?, cancelled = ?
        WHERE number = ?`),
      putItem: db.prepare('INSERT OR REPLACE INTO items (run, item, outcome) VALUES (?, ?, ?)'),
    }
  }

  get size(): number {
    return this.#kept.size
  }

  get(id: RunId): KeptRun | undefined {
    const kept = this.#kept.get(id)
    if (kept) return kept
    const record = this.#sql.get.get<RunRecord>(id)
    return record && this.#keep({ number: record.number, row: runRow(record), isNew: false })
  }

  add(id: RunId, { created, at }: ReturnType<typeof project>): KeptRun {
    if (this.#lastNumber < 0) this.#lastNumber = this.#sql.lastNumber.get<{ number: number }>()?.number ?? 0
    const items = { total: -1, success: 0, skipped: 0, failed: 0, cancelled: 0 }
    const facts = rowFacts(created?.options ?? {})
    const row: RunRow = { id, status: 'queued', createdAt: created?.at ?? at, items, ...facts }
    return this.#keep({ number: ++this.#lastNumber, row, isNew: true })
  }

  change(run: KeptRun, row: ReturnType<typeof applyChanges>): void {
    run.row = row
    this.#changed.add(run as Kept)
  }

  putItem(run: KeptRun, item: number, outcome: string): void {
    this.#sql.putItem.run(run.number, item, outcome)
  }

  flush(): void {
    for (const kept of this.#changed) {
      const { number, row } = kept
      const { id, flow = null, status, createdAt, endedAt = null, items } = row
      const { total, success, skipped, failed, cancelled } = items
      const columns = [status, endedAt, total, success, skipped, failed, cancelled, number]
      if (kept.isNew) this.#sql.insert.run(...columns, id, flow, createdAt, factsText(row))
      else this.#sql.update.run(...columns)
      kept.isNew = false
    }
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
    this.#lastNumber = -1
  }

  #keep(kept: Kept): Kept {
    this.#kept.set(kept.row.id, kept)
    return kept
  }
}

// ---

function factsText({ labels, origin, trigger }: RunRow): string {
  return JSON.stringify({ labels, origin, trigger })
}
