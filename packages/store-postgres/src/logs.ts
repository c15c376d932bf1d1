// The logs of runs.

import {
  LOG_LEVELS,
  type LogLine,
  type LogPage,
  type LogQuery,
  RUN_LOG_BYTES,
  type RunId,
  type RunLogs,
} from '@stepflow/engine'
import { bigints } from './arrays.ts'
import type { Connection } from './connection.ts'
import { LINE_COLUMNS, lineColumns } from './group-statement.ts'
import { behind, cursorOf, START } from './places.ts'
import { toText } from './text.ts'
import type { WholePages } from './whole-pages.ts'

export interface LogOptions {
  readonly connection: () => Connection
  readonly base: number
  readonly store: string
  readonly whole: WholePages
  /** Lines were written, by this transaction. */
  readonly written: (tx: number) => void
  readonly answered: <T>(ask: () => Promise<T>, doing: 'read' | 'write to') => Promise<T>
}

export class LogTable implements RunLogs {
  readonly #options: LogOptions

  constructor(options: LogOptions) {
    this.#options = options
  }

  async add(run: RunId, lines: readonly LogLine[]): Promise<void> {
    if (lines.length === 0) return
    const { connection, base, answered, written } = this.#options
    const values: unknown[] = []
    const put = (type: string, value: unknown) => `$${values.push(value)}::${type}`
    const tx = `pg_current_xact_id()::text::bigint + ${put('bigint', base)}`
    const id = put('text', toText(run))
    const json = lines.map((line) => JSON.stringify(line))
    const columns = lineColumns(
      lines.map((_, place) => place),
      lines,
      json,
      put,
    )
    // A run that is being removed takes nothing more.
    const text = `WITH there AS MATERIALIZED (SELECT id FROM runs WHERE id = ${id} FOR KEY SHARE)
      SELECT add_lines(id, ${tx}, ${RUN_LOG_BYTES}, ${columns.join(', ')}) AS lines, ${tx} AS tx FROM there`
    const [done] = await answered(
      () => connection().query<{ tx: number }>({ name: `log-${LINE_COLUMNS.length}`, text, values }),
      'write to',
    )
    if (done) written(done.tx)
  }

  async read({ run, after, limit, item, step, level = 'debug' }: LogQuery): Promise<LogPage | undefined> {
    const { connection, store, whole, answered } = this.#options
    const from = after === undefined ? START : whole.placeIn(after)
    if (!from) return undefined
    return answered(async () => {
      const reader = connection()
      const below = await whole.horizon(reader)
      const found = await reader.query<LineRecord>({
        name: 'read-log',
        text: `SELECT tx, place, line, coalesce(dropped, 0) AS dropped FROM (SELECT 1) AS one
          LEFT JOIN log_sizes ON log_sizes.run = $1
          LEFT JOIN LATERAL (
            SELECT tx, place, line FROM logs
            WHERE logs.run = $1 AND (tx, place) > ($2::bigint, $3::integer) AND tx < $4
              AND ($5::bigint IS NULL OR tx >= $5 OR tx = ANY ($6::bigint[]))
              AND level >= $7 AND ($8::integer IS NULL OR item = $8) AND ($9::text IS NULL OR step = $9)
            ORDER BY tx, place LIMIT $10) AS found ON true
          ORDER BY tx, place`,
        values: [
          ...[toText(run), from.tx, from.place, below, from.skips?.xmax ?? null, bigints(from.skips?.xip ?? [])],
          ...[LOG_LEVELS.indexOf(level), item ?? null, step === undefined ? null : toText(step), limit + 1],
        ],
      })
      const lines = found.filter(({ tx }) => tx !== null).slice(0, limit)
      const written = lines.map(({ tx, place, line }) => {
        const cursor = cursorOf(behind({ tx, place }, from), store)
        return { run, line: JSON.parse(line) as LogLine, cursor }
      })
      const dropped = found[0]?.dropped ?? 0
      const last = written.at(-1)
      return found.length > limit && last ? { lines: written, next: last.cursor, dropped } : { lines: written, dropped }
    }, 'read')
  }
}

// ---

interface LineRecord {
  readonly tx: number
  readonly place: number
  readonly line: string
  readonly dropped: number
}
