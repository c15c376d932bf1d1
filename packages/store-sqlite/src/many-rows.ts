// One statement for many rows: a call costs as much as several rows do. Prepared for 1 to 8 and 16, 24, ... rows, so that
// nearly all that is to be written is one call or two. Knows no table.

import type { Database, Param, Statement } from './drivers.ts'

const MOST_ROWS = 64
const STEP = 8

export class ManyRows {
  readonly #db: Database
  readonly #insert: string
  readonly #width: number
  readonly #rest: string
  readonly #statements = new Map<number, Statement>()

  /**
   * `insert` ends at VALUES. The first of its `width` columns counts up from row to row: it is given for all at once. `rest`:
   * what follows the rows.
   */
  constructor(db: Database, insert: string, width: number, rest = '') {
    this.#db = db
    this.#insert = insert
    this.#width = width
    this.#rest = rest
  }

  /** `columns`: those of all rows, one after the other, without the first. */
  run(first: number, columns: readonly Param[]): void {
    const width = this.#width - 1
    const all = columns.length / width
    for (let done = 0; done < all; ) {
      const rows = portion(all - done)
      const own = rows === all ? columns : columns.slice(done * width, (done + rows) * width)
      this.#statement(rows).run(first + done, ...own)
      done += rows
    }
  }

  #statement(rows: number): Statement {
    const known = this.#statements.get(rows)
    if (known) return known
    const others = ', ?'.repeat(this.#width - 1)
    const texts = Array.from({ length: rows }, (_, row) => `(?1 + ${row}${others})`)
    const statement = this.#db.prepare(`${this.#insert} ${texts.join(', ')}${this.#rest}`)
    this.#statements.set(rows, statement)
    return statement
  }
}

// ---

function portion(left: number): number {
  return left < STEP ? left : Math.min(left - (left % STEP), MOST_ROWS)
}
