// What was logged in a run, as it may be shown. It is searched after the secrets were taken out: nobody learns of one by
// asking for it.

import {
  type Cursor,
  LOG_LEVELS,
  type LogLine,
  type LogQuery,
  type Redactor,
  RUN_LOG_BYTES,
  type RunRow,
  type Store,
  type VisitRow,
} from '@stepflow/engine'

/** Which lines are shown. */
export interface LogFilter extends Omit<LogQuery, 'run'> {
  /** A part of the message, in any case. */
  readonly text?: string
}

export interface ShownLog {
  readonly lines: readonly LogLine[]
  /** Others may follow: from there. */
  readonly next?: Cursor
}

export interface LogSource {
  readonly store: Store
  readonly row: RunRow
  readonly redactor: Redactor
}

/** Undefined if `after` is no cursor of the store. */
export async function readLog(source: LogSource, { text, limit, ...query }: LogFilter): Promise<ShownLog | undefined> {
  const { store, row, redactor } = source
  const wanted = text?.toLowerCase()
  const lines: LogLine[] = []
  let last: Cursor | undefined
  for (let from = query.after; ; ) {
    const most = wanted === undefined ? limit + 1 - lines.length : LINES_AT_ONCE
    const page = await store.logs.read({
      ...query,
      run: row.id,
      limit: most,
      ...(from === undefined ? {} : { after: from }),
    })
    if (!page) return undefined
    for (const { line, cursor } of page.lines) {
      const shown = shownLine(line, redactor)
      if (wanted !== undefined && !shown.message.toLowerCase().includes(wanted)) continue
      if (lines.length === limit) return { lines, next: last as Cursor } // of the line before
      lines.push(shown)
      last = cursor
    }
    if (page.next === undefined)
      return { lines: [...lines, ...leftOut(page.dropped, query, wanted, lines.at(-1)?.at ?? row.createdAt)] }
    from = page.next
    // Others have their turn: a log may be long, and what is looked for rare.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

export type VisitName = Pick<VisitRow, 'stepId' | 'visit' | 'element'>

/** What one visit of a step has logged: the last lines. */
export async function readVisitLog(
  source: LogSource,
  item: number,
  { stepId: step, visit, element }: VisitName,
  inside: string | undefined,
): Promise<LogLine[]> {
  const lines: LogLine[] = []
  let next: Cursor | undefined
  do {
    const of = { item, step, limit: LINES_AT_ONCE, ...(next === undefined ? {} : { after: next }) }
    const page: ShownLog | undefined = await readLog(source, of)
    for (const line of page?.lines ?? []) {
      if (line.visit === visit && line.inside === inside && line.element === element) lines.push(line)
    }
    if (lines.length > MOST_OF_VISIT) lines.splice(0, lines.length - MOST_OF_VISIT)
    next = page?.next
  } while (next !== undefined)
  return lines
}

/** Of one line, whoever has read it. */
export function shownLine(line: LogLine, redactor: Redactor): LogLine {
  const { message, data } = line
  return {
    ...line,
    message: redactor.text(message),
    ...(data === undefined ? {} : { data: redactor.value(data) }),
  }
}

// ---

const LINES_AT_ONCE = 1_000
/** Lines that are shown with a visit. */
const MOST_OF_VISIT = 1_000

/** The line that says how many are missing, if it is asked for. */
function leftOut(
  dropped: number,
  { item, step, level = 'debug' }: Omit<LogFilter, 'limit'>,
  text: string | undefined,
  at: number,
): LogLine[] {
  const isWanted = LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf('warning')
  if (dropped === 0 || item !== undefined || step !== undefined || text !== undefined || !isWanted) return []
  return [{ at, level: 'warning', message: leftOutMessage(dropped) }]
}

export function leftOutMessage(lines: number): string {
  const count = lines === 1 ? '1 line was' : `${lines.toLocaleString('en-US')} lines were`
  return `${count} left out: the log of a run has at most ${RUN_LOG_BYTES / 1024 / 1024} MiB`
}
