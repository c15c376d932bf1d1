// What was written after a place, for whoever reads at his own pace: all that this store has written is among it.

import {
  BEGINNING,
  type Cursor,
  type RowsAfter,
  type RunId,
  type WrittenRow as WrittenJournalRow,
  type WrittenLine,
  type WrittenRows,
} from '@stepflow/engine'
import type { Connection } from './connection.ts'
import type { Page, PageQuery, Pages } from './pages.ts'
import { behind, cursorOf, isAfter, type Place, placeOf, readCursor, withTold } from './places.ts'
import { toText } from './text.ts'

export interface WholePagesOptions {
  readonly pages: Pages
  readonly store: string
  readonly base: number
}

/** For so long a reader waits for transactions that may still write below what he knows to be there. */
const HORIZON_LIMIT_MS = 5_000

export class WholePages {
  readonly #options: WholePagesOptions
  /** The last transaction of ours. */
  #lastTx = -1

  constructor(options: WholePagesOptions) {
    this.#options = options
  }

  /** Ours, just committed. */
  written(tx: number): void {
    if (tx > this.#lastTx) this.#lastTx = tx
  }

  async rowsAfter(
    { run, after, limit, logs = false }: RowsAfter,
    connection: () => Connection,
  ): Promise<WrittenRows | undefined> {
    const { store } = this.#options
    const from = await this.placeOf(after, run, connection())
    if (!from) return undefined
    const page = await this.read(
      { after: from, runs: run === undefined ? undefined : [run], limit, logs },
      connection(),
    )
    const rows: (WrittenJournalRow | WrittenLine)[] = []
    for (const placed of page.rows) {
      const cursor = cursorOf(behind(placed, from), store)
      if (placed.line) rows.push({ ...placed.line, cursor })
      else if (placed.row) rows.push({ row: placed.row, cursor })
    }
    return page.isFull ? { rows, next: cursorOf(page.next, store) } : { rows }
  }

  /** A page that has all that we know to be there: what we have written, above all. */
  async read(query: PageQuery, connection: Connection): Promise<Page> {
    const { pages } = this.#options
    const [wanted, since] = [this.#lastTx, performance.now()]
    let page = await pages.read(connection, query)
    while (!page.isFull && page.horizon <= wanted && performance.now() - since < HORIZON_LIMIT_MS) {
      page = await pages.read(connection, { ...query, horizon: await pages.horizon(connection) })
    }
    return page
  }

  /** Waits until all that we have written stands below the horizon, which it gives. */
  async horizon(connection: Connection): Promise<number> {
    const [wanted, since] = [this.#lastTx, performance.now()]
    for (;;) {
      const horizon = await this.#options.pages.horizon(connection)
      if (horizon > wanted || performance.now() - since > HORIZON_LIMIT_MS) return horizon
    }
  }

  // --- places

  async cursor(connection: Connection): Promise<Cursor> {
    return cursorOf(await this.now(connection), this.#options.store)
  }

  /** Where rows are written from now on. */
  async now(connection: Connection): Promise<Place> {
    const [found] = await connection.query<{ snapshot: string }>({
      name: 'now',
      text: 'SELECT pg_current_snapshot()::text AS snapshot',
    })
    return placeOf((found as { snapshot: string }).snapshot, this.#options.base)
  }

  /** A cursor as a place of the log of one run; undefined if it is none of this store. */
  placeIn(cursor: Cursor): Place | undefined {
    return readCursor(cursor, this.#options.store)
  }

  /** Undefined if it is no cursor of this store, or what follows it is gone. */
  async placeOf(cursor: Cursor, run: RunId | undefined, connection: Connection): Promise<Place | undefined> {
    const place = readCursor(cursor, this.#options.store)
    const [found] = await connection.query<{ removed: number; place: number; tx: number | null }>({
      name: 'place-of',
      text: `SELECT value AS removed, place, (SELECT tx FROM journal WHERE run = $1 AND part = 0 AND seq = 0) AS tx
        FROM marks WHERE name = 'removed'`,
      values: [run === undefined ? null : toText(run)],
    })
    if (!place || !found) return undefined
    if (run === undefined) {
      const isGone =
        cursor === BEGINNING
          ? found.removed >= 0
          : isAfter({ tx: found.removed, place: found.place }, withTold(place, []))
      return isGone ? undefined : place
    }
    // A run's rows go all together.
    if (found.tx === null) return undefined
    return place.tx < found.tx - 1 ? { ...place, tx: found.tx - 1, place: -1 } : place
  }
}
