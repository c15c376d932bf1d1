// What is logged in a run: lines beside its journal, which nothing follows from. How large a run's log may become.

import type { LogLevel } from '../component/plugin.ts'
import type { RunId } from '../journal/events.ts'
import type { Json, MaybePromise } from '../json.ts'
import type { Cursor } from './store.ts'

/** One line of a run's log: of an attempt of a step, or of the run. */
export interface LogLine {
  /** Epoch milliseconds. */
  readonly at: number
  readonly level: LogLevel
  readonly message: string
  readonly data?: Json
  /** From 0. */
  readonly item?: number
  /** By id. */
  readonly step?: string
  /** From 1. */
  readonly visit?: number
  readonly attempt?: number
  /** Of a step in a loop or an inner flow: the path of the visit that it is inside, and the number of the element. */
  readonly inside?: string
  readonly element?: number
  /** Who wrote it, where a store knows several. */
  readonly node?: string
}

/** A line that was written, and where the order of all that was written stands after it. */
export interface WrittenLine {
  readonly run: RunId
  readonly line: LogLine
  readonly cursor: Cursor
}

/** The logs of runs. They are written in the order of a store's rows, are removed with their run, and have a bound. */
export interface RunLogs {
  /**
   * Lines for a run's log, by themselves; with a row: `Batch.log`. Of a run that is not there nothing is kept. Those that are
   * beyond RUN_LOG_BYTES are counted, and so is all that comes after them (`fitting`).
   */
  add(run: RunId, lines: readonly LogLine[]): MaybePromise<void>
  /** The lines of one run, in the order of writing. Undefined if `after` is no cursor of this store. */
  read(of: LogQuery): MaybePromise<LogPage | undefined>
}

/** Which lines are read. */
export interface LogQuery {
  readonly run: RunId
  /** Those that were written after that; absent: from the first on. */
  readonly after?: Cursor
  readonly limit: number
  readonly item?: number
  readonly step?: string
  /** Of this level, or one that matters more. */
  readonly level?: LogLevel
}

/** Lines that were asked for. */
export interface LogPage {
  readonly lines: readonly WrittenLine[]
  /** Others may follow: from there. Absent: these were all there are by now. */
  readonly next?: Cursor
  /** So many lines of the run are not there because its log is full. */
  readonly dropped: number
}

/** What the lines of a run may take as JSON. */
export const RUN_LOG_BYTES = 16 * 1024 * 1024

/** In the order of what matters more. */
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warning', 'error']

/** How a run's log stands. */
export interface LogSize {
  readonly bytes: number
  readonly dropped: number
}

/** Lines as a store keeps them, as JSON, and how the log stands then: once one line is left out, all that follow are. */
export function fitting(
  lines: readonly LogLine[],
  { bytes, dropped }: LogSize,
): LogSize & { readonly texts: readonly string[] } {
  const texts: string[] = []
  for (const line of lines) {
    const text = JSON.stringify(line)
    if (dropped === 0 && bytes + text.length <= RUN_LOG_BYTES) {
      texts.push(text)
      bytes += text.length
    } else dropped++
  }
  return { texts, bytes, dropped }
}
