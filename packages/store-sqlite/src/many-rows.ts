// One statement for many rows: a call costs as much as ten rows do. The statement is prepared for 1, 2, 4, ... rows, so
// that any number of them is a few calls. Knows no table.

import type { Database, Param, Statement } from './drivers.ts'

const MOST_ROWS = 64

export class ManyRows {
  readonly #db: Database
  readonly #width: number
  readonly #sql: (rows: string) => string
  readonly #statements = new Map<number, Statement>()

  /** `sql` is given the rows as they stand behind VALUES; `width` is the number of their columns. */
  constructor(db: Database, width: number, sql: (rows: string) => string) {
    this.#db = db
    this.#width = width
    this.#sql = sql
  }

  /** The columns of all rows, one after the other; answers how many rows were changed. */
  run(columns: readonly Param[]): number {
    const width = this.#width
    let changed = 0
    let left = columns.length / width
    for (let rows = MOST_ROWS, at = 0; left > 0; ) {
      if (rows > left) {
        rows >>= 1
        continue
      }
      changed += this.#statement(rows).run(...columns.slice(at, at + rows * width))
      at += rows * width
      left -= rows
    }
    return changed
  }

  #statement(rows: number): Statement {
    const known = this.#statements.get(rows)
    if (known) return known
    const row = `(${Array(this.#width).fill('?').join(', ')})`
    const statement = this.#db.prepare(this.#sql(Array(rows).fill(row).join(', ')))
    this.#statements.set(rows, statement)
    return statement
  }
}
