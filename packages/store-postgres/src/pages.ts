// Reads rows in the order of writing, up to the horizon: below it, no transaction is under way that could still write.

import type { JournalRow, LogLine, RunId } from '@stepflow/engine'
import { bigints, ints, texts } from './arrays.ts'
import type { Connection } from './connection.ts'
import type { JournalReader } from './journal.ts'
import { MARKS } from './marks.ts'
import { behind, type Place } from './places.ts'
import { fromText, toText } from './text.ts'

export interface PageQuery {
  readonly after: Place
  /** Of these; absent: of all. */
  readonly runs?: readonly RunId[] | undefined
  readonly limit: number
  /** Without those that the writer with these marks has written. */
  readonly without?: number | undefined
  /** Lines of logs, too. */
  readonly logs?: boolean | undefined
  /** Found by `horizon`; absent: the oldest transaction of the whole cluster that is under way. */
  readonly horizon?: number | undefined
}

export interface PlacedRow {
  readonly tx: number
  readonly place: number
  /** Undefined if it is damaged, or a line. */
  readonly row: JournalRow | undefined
  readonly line?: { readonly run: RunId; readonly line: LogLine }
}

export interface Page {
  readonly rows: readonly PlacedRow[]
  /** Everything below it that was asked for has been read, unless the page is full. */
  readonly horizon: number
  readonly isFull: boolean
  /** Where to go on. */
  readonly next: Place
  /** Something of the cluster is under way, which may be none of ours. */
  readonly isHeldUp: boolean
  /** How many rows were left out, as those of the writer that it is `without`, up to `next`. */
  readonly leftOut: number
}

export class Pages {
  readonly #reader: JournalReader
  readonly #base: number

  constructor(reader: JournalReader, base: number) {
    this.#reader = reader
    this.#base = base
  }

  async read(connection: Connection, { after, runs, limit, without, horizon, logs = false }: PageQuery): Promise<Page> {
    const told = after.told ?? []
    const records = await connection.query<PageRecord>({
      name: logs ? 'page-with-logs' : 'page',
      text: `WITH h AS MATERIALIZED (
          SELECT coalesce($9::bigint, pg_snapshot_xmin(pg_current_snapshot())::text::bigint + $1::bigint) AS horizon,
            pg_snapshot_xmax(pg_current_snapshot())::text::bigint + $1::bigint AS xmax),
        found AS MATERIALIZED (
          SELECT j.* FROM h, LATERAL (${logs ? `${ROWS} UNION ALL ${LINES} ORDER BY tx, place LIMIT $8` : ROWS}) AS j),
        others AS (${LEFT_OUT})
        SELECT horizon, xmax, left_out, found.* FROM h CROSS JOIN others LEFT JOIN found ON true ORDER BY tx, place`,
      values: [
        this.#base,
        ...[after.tx, after.place, after.skips?.xmax ?? null, bigints(after.skips?.xip ?? [])],
        ...[runs ? texts(runs.map(toText)) : null, without ?? null, limit, horizon ?? null],
        ...[bigints(told.map(({ tx }) => tx)), ints(told.map(({ from }) => from)), ints(told.map(({ to }) => to))],
      ],
    })
    const [first] = records as [PageRecord]
    const found = first.run === null ? [] : (records as unknown as readonly RowRecord[]) // one row, or all
    const rows = await this.#reader.written(found.filter(({ seq }) => seq !== null))
    let at = 0
    const isFull = found.length === limit
    const last = found.at(-1)
    const end = { tx: first.horizon, place: -1 }
    return {
      rows: found.map(({ tx, place, run, seq, entries }) =>
        seq === null
          ? { tx, place, row: undefined, line: { run: fromText(run), line: JSON.parse(entries) as LogLine } }
          : { tx, place, row: rows[at++] },
      ),
      horizon: first.horizon,
      isFull,
      next: isFull && last ? behind(last, after) : behind(end, after),
      isHeldUp: first.horizon < first.xmax,
      leftOut: first.left_out,
    }
  }

  /**
   * The horizon by those transactions alone that write to the journal: others of the cluster may take hours. Whoever is in
   * the first snapshot, and not among the locks that are read after it, has ended by then; the page is read after both.
   */
  async horizon(connection: Connection): Promise<number> {
    const [found] = await connection.query<{ xmax: number; oldest: number | null }>({
      name: 'horizon',
      text: `SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xmax, (
          SELECT min(age_of.full_xid) FROM pg_locks AS held, LATERAL (
            SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xmax, held.transactionid::text::bigint AS xid) AS x,
            LATERAL (SELECT CASE WHEN x.xid + (x.xmax / 4294967296) * 4294967296 > x.xmax + 2147483648
              THEN x.xid + (x.xmax / 4294967296 - 1) * 4294967296
              ELSE x.xid + (x.xmax / 4294967296) * 4294967296 END AS full_xid) AS age_of
          WHERE held.locktype = 'transactionid' AND held.mode = 'ExclusiveLock' AND held.granted
            AND held.virtualtransaction IN (
              SELECT virtualtransaction FROM pg_locks
              WHERE locktype = 'relation' AND relation = 'journal'::regclass AND mode = 'RowExclusiveLock'
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))) AS oldest`,
    })
    const { xmax, oldest } = found as { xmax: number; oldest: number | null }
    return Math.min(xmax, oldest ?? xmax) + this.#base
  }
}

// ---

const BEYOND = `(tx, place) > ($2::bigint, $3::integer) AND tx < horizon
  AND ($4::bigint IS NULL OR tx >= $4 OR tx = ANY ($5::bigint[]))`
const OF_RUNS = '($6::text[] IS NULL OR run = ANY ($6))'
const IS_THEIRS = `($7::bigint IS NULL OR mark < $7 OR mark >= $7 + ${MARKS})`
const IS_NEW = `NOT EXISTS (SELECT FROM unnest($10::bigint[], $11::integer[], $12::integer[]) AS told (of, first, last)
  WHERE of = tx AND place BETWEEN first AND last)`
const ROWS = `(SELECT run, part, seq, tx, place, entries FROM journal
  WHERE ${BEYOND} AND ${OF_RUNS} AND ${IS_THEIRS} AND ${IS_NEW} ORDER BY tx, place LIMIT $8)`
const LINES = `(SELECT run, NULL, NULL, tx, place, line FROM logs
  WHERE ${BEYOND} AND ${OF_RUNS} ORDER BY tx, place LIMIT $8)`
/** Of all runs, up to the end of what was found if that is full. */
const LEFT_OUT = `SELECT count(*)::integer AS left_out FROM h, journal
  WHERE $7::bigint IS NOT NULL AND ${BEYOND} AND NOT ${IS_THEIRS} AND ((SELECT count(*) FROM found) < $8
    OR (tx, place) < (SELECT tx, place FROM found ORDER BY tx DESC, place DESC LIMIT 1))`

interface PageRecord {
  readonly horizon: number
  readonly xmax: number
  readonly left_out: number
  /** Null if there is no row. */
  readonly run: string | null
}

export interface RowRecord {
  readonly run: string
  readonly part: number
  /** Null for lines of logs. */
  readonly seq: number | null
  readonly tx: number
  readonly place: number
  readonly entries: string
}
