// The lines of runs' logs. They have positions in the order of the journals' rows; whoever writes them gives those.

import {
  type Cursor,
  fitting,
  LOG_LEVELS,
  type Log,
  type LogLine,
  type LogPage,
  type LogQuery,
  type LogSize,
  type RunId,
  type RunLogs,
  type WrittenLine,
} from '@stepflow/engine'
import type { Database, Param } from './drivers.ts'
import { ManyRows } from './many-rows.ts'
import { type Bytes, textOf } from './text.ts'
import type { JournalTransaction } from './transaction.ts'
import type { Writer } from './writer.ts'

/** A line, and its place in the order of all rows. */
export interface PlacedLine {
  readonly position: number
  readonly run: RunId
  readonly line: LogLine
}

/** The statements of the two tables. */
export class LogTable {
  readonly #log: Log
  readonly #sql

  constructor(db: Database, log: Log) {
    this.#log = log
    const columns = 'logs.position, CAST(line AS BLOB) AS line'
    this.#sql = {
      size: db.prepare('SELECT bytes, dropped FROM log_sizes WHERE run = ?'),
      grow: db.prepare('INSERT OR REPLACE INTO log_sizes (run, bytes, dropped) VALUES (?, ?, ?)'),
      insert: new ManyRows(db, 'INSERT INTO logs (position, run, item, step, level, line) VALUES', 6),
      sizeOf: db.prepare('SELECT bytes, dropped FROM log_sizes WHERE run = (SELECT number FROM runs WHERE id = ?)'),
      read: db.prepare(`
        SELECT ${columns} FROM logs
        WHERE run = (SELECT number FROM runs WHERE id = ?) AND position > ? AND level >= ?
          AND (?4 IS NULL OR item = ?4) AND (?5 IS NULL OR step = ?5)
        ORDER BY position LIMIT ?6`),
      since: db.prepare(`
        SELECT ${columns}, runs.id AS run FROM logs JOIN runs ON runs.number = logs.run
        WHERE position > ? AND position <= ? ORDER BY position LIMIT ?`),
      sinceOf: db.prepare(`
        SELECT ${columns} FROM logs
        WHERE run = (SELECT number FROM runs WHERE id = ?) AND position > ? AND position <= ? ORDER BY position LIMIT ?`),
      last: db.prepare('SELECT max(position) AS position FROM logs'),
      forget: db.prepare('DELETE FROM logs WHERE run = (SELECT number FROM runs WHERE id = ?)'),
      forgetSize: db.prepare('DELETE FROM log_sizes WHERE run = (SELECT number FROM runs WHERE id = ?)'),
    }
  }

  /** Inside a transaction. Answers how many lines were written: they have the positions from `first` on. */
  add(run: number, lines: readonly LogLine[], first: number): number {
    const before = this.#sql.size.get<LogSize>(run) ?? { bytes: 0, dropped: 0 }
    const { texts, bytes, dropped } = fitting(lines, before)
    const columns: Param[] = []
    for (const [index, text] of texts.entries()) {
      const { item = null, step = null, level } = lines[index] as LogLine
      columns.push(run, item, step, LOG_LEVELS.indexOf(level), text)
    }
    if (texts.length > 0) this.#sql.insert.run(first, columns)
    this.#sql.grow.run(run, bytes, dropped)
    return texts.length
  }

  /** Inside a transaction. */
  remove(run: RunId): void {
    this.#sql.forget.run(run)
    this.#sql.forgetSize.run(run)
  }

  /** The last line of all. */
  get end(): number {
    return this.#sql.last.get<{ position: number | null }>()?.position ?? 0
  }

  dropped(run: RunId): number {
    return this.#sql.sizeOf.get<LogSize>(run)?.dropped ?? 0
  }

  /** Of one run: what is asked of its lines. */
  read({ run, limit, item, step, level = 'debug' }: LogQuery, after: number): PlacedLine[] {
    const least = LOG_LEVELS.indexOf(level)
    return this.#placed(this.#sql.read.all<Text>(run, after, least, item ?? null, step ?? null, limit), run)
  }

  /** In the order of writing: of one run, or of all. */
  since(run: RunId | undefined, after: number, to: number, limit: number): PlacedLine[] {
    const { since, sinceOf } = this.#sql
    return this.#placed(
      run === undefined ? since.all<Text>(after, to, limit) : sinceOf.all<Text>(run, after, to, limit),
      run,
    )
  }

  #placed(texts: readonly Text[], of: RunId | undefined): PlacedLine[] {
    return texts.map(({ position, line, run = of as RunId }) => ({ position, run, line: this.#line(line, position) }))
  }

  /** One that is damaged keeps nobody from the others. */
  #line(bytes: Bytes, position: number): LogLine {
    try {
      return JSON.parse(textOf(bytes).text) as LogLine
    } catch {
      const message = 'this line is damaged in the store'
      this.#log('warning', `a line of a run's log, at position ${position}, is damaged`)
      return { at: 0, level: 'warning', message }
    }
  }
}

export interface SqliteLogsOptions {
  readonly table: LogTable
  readonly writer: Writer<JournalTransaction>
  readonly read: <T>(read: () => T) => T
  readonly places: {
    readonly cursorAt: (position: number) => Cursor
    /** Undefined if it is none of this file. */
    readonly positionOf: (cursor: Cursor) => number | undefined
  }
}

export class SqliteLogs implements RunLogs {
  readonly #options: SqliteLogsOptions

  constructor(options: SqliteLogsOptions) {
    this.#options = options
  }

  add(run: RunId, lines: readonly LogLine[]): Promise<void> {
    return this.#options.writer.write((tx) => tx.addLog(run, lines))
  }

  read(query: LogQuery): LogPage | undefined {
    const { table, read, places } = this.#options
    return read(() => {
      const after = query.after === undefined ? 0 : places.positionOf(query.after)
      if (after === undefined) return undefined
      const found = table.read({ ...query, limit: query.limit + 1 }, after)
      const lines = found.slice(0, query.limit).map(({ run, line, position }): WrittenLine => {
        return { run, line, cursor: places.cursorAt(position) }
      })
      const last = lines.at(-1)
      const dropped = table.dropped(query.run)
      return found.length > query.limit && last ? { lines, next: last.cursor, dropped } : { lines, dropped }
    })
  }
}

// ---

interface Text {
  readonly position: number
  readonly line: Bytes
  readonly run?: RunId
}
