// Runs for people to read: a line each, in columns under their names. Text out; asks nobody.

import { endedOf, isEnded, isWaiting, type RunRow } from '@stepflow/engine'
import { type Color, duration, paint, printable } from '../progress/draw-tree.ts'
import { number } from '../progress/number.ts'

export interface ShownRun {
  readonly row: RunRow
  /** A process that is alive has it in hand. */
  readonly isHeld: boolean
  /** What it waits for. */
  readonly waiting?: string | undefined
}

export interface DrawRuns {
  readonly color: boolean
  /** Lines are cut there. */
  readonly columns: number
  readonly now: number
}

/** The first line names the columns; a column that is empty in all runs is left out. What has no room stands below its run. */
export function drawRuns(runs: readonly ShownRun[], options: DrawRuns): string[] {
  const { color, columns } = options
  const rows = runs.map((run) => cellsOf(run, options))
  const headers = headersOf(options)
  const widths = widthsOf(rows, headers)
  const withItems = widths.slice(0, NOTE).reduce((sum, width) => sum + (width > 0 ? width + GAP : 0), 0)
  const last = withItems <= columns ? ITEMS : TOOK
  const used = last === ITEMS ? withItems : withItems - (widths[ITEMS] ?? 0) - GAP
  const isBeside = (widths[NOTE] ?? 0) <= columns - used || columns - used >= ROOM_FOR_NOTE
  const shownIn = (i: number) => (widths[i] ?? 0) > 0 && (i <= last || (i === NOTE && isBeside && last === ITEMS))
  const line = (cells: readonly string[], state: Color | undefined) => {
    const parts: string[] = []
    let room = columns
    for (const [i, cell] of cells.entries()) {
      if (!shownIn(i) || room <= 0) continue
      const width = widths[i] ?? 0
      const text = cut(i === TOOK ? cell.padStart(width) : cell.padEnd(width), room)
      room -= text.length + GAP
      parts.push(i === STATUS && state ? paint(text, state, color) : i === CREATED ? paint(text, 'dim', color) : text)
    }
    return parts.join(' '.repeat(GAP)).trimEnd()
  }
  const lines = [paint(line(headers, undefined), 'dim', color)]
  for (const [i, cells] of rows.entries()) {
    lines.push(line(cells, COLORS[stateOf(runs[i] as ShownRun)])) // a row for each
    const below = [ITEMS, NOTE]
      .filter((at) => !shownIn(at) && cells[at] !== '')
      .map((at) => (at === ITEMS ? `items: ${cells[at]}` : cells[at]))
    if (below.length > 0) lines.push(paint(cut(`  ${below.join('; ')}`, columns), 'dim', color))
  }
  return lines
}

/** How a run stands; of one that goes on, whether somebody sees to that. */
export function stateOf({ row, isHeld }: ShownRun): RunState {
  if (isEnded(row.status) || row.status === 'paused') return row.status
  if (isWaiting(row)) return 'waiting'
  if (isHeld) return row.status
  return 'interrupted'
}

/** `12 of 20, 1 failed, 2 recovered`; of a single item, whose state is the run's, only what was recovered. */
export function itemsText({ items, atWork, status, recovered }: RunRow): string {
  const { total, skipped, failed } = items
  if (total === 1) return recovered > 0 ? `${number(recovered)} recovered` : ''
  const ended = endedOf(items)
  const of = ended === total ? number(total) : `${number(ended)} of ${total < 0 ? '?' : number(total)}`
  const some = (count: number, word: string) => (count > 0 ? `, ${number(count)} ${word}` : '')
  const waiting = isEnded(status) ? 0 : atWork.waiting
  return `${of}${some(failed, 'failed')}${some(skipped, 'skipped')}${some(waiting, 'waiting')}${some(recovered, 'recovered')}`
}

// ---

type RunState = RunRow['status'] | 'waiting' | 'interrupted'

const [STATUS, CREATED, TOOK, ITEMS, NOTE] = [1, 2, 4, 5, 6]
const GAP = 2
/** A note that is cut is worth its place from so many characters on. */
const ROOM_FOR_NOTE = 40
/** In a narrower terminal how long ago stands in place of a date. */
const ROOM_FOR_DATES = 120

function headersOf({ columns }: DrawRuns): string[] {
  return ['ID', 'STATUS', columns < ROOM_FOR_DATES ? 'AGE' : 'CREATED (UTC)', 'FLOW', 'TOOK', 'ITEMS', 'NOTE']
}

/** 0 of a column that is empty in all rows. */
function widthsOf(rows: readonly (readonly string[])[], headers: readonly string[]): number[] {
  return headers.map((header, i) => {
    const widest = rows.reduce((most, cells) => Math.max(most, cells[i]?.length ?? 0), 0)
    return widest === 0 && i > CREATED ? 0 : Math.max(widest, header.length)
  })
}

const COLORS: Record<RunState, Color> = {
  queued: 'dim',
  running: 'cyan',
  waiting: 'yellow',
  interrupted: 'red',
  paused: 'yellow',
  completed: 'green',
  failed: 'red',
  cancelled: 'yellow',
}

function cellsOf(run: ShownRun, { columns, now }: DrawRuns): string[] {
  const { id, createdAt, startedAt = createdAt, endedAt, flow = '' } = run.row
  return [
    id,
    stateOf(run),
    columns < ROOM_FOR_DATES ? age(now - createdAt) : new Date(createdAt).toISOString().slice(0, 19).replace('T', ' '),
    printable(flow),
    endedAt === undefined ? '' : duration(endedAt - startedAt),
    itemsText(run.row),
    printable(noteOf(run)),
  ]
}

/** `40s`, `5m`, `3h`, `12d`. */
function age(ms: number): string {
  const [seconds, minutes, hours] = [1_000, 60_000, 3_600_000].map((unit) => Math.max(0, Math.floor(ms / unit)))
  if (!minutes) return `${seconds}s`
  if (!hours) return `${minutes}m`
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`
}

/** What somebody may have to do something about. */
function noteOf(run: ShownRun): string {
  const { row, waiting } = run
  const state = stateOf(run)
  // Its state says it.
  if (state === 'paused' || state === 'interrupted') return ''
  if (waiting !== undefined) return waiting
  const { error } = row
  if (!error || row.status !== 'failed') return ''
  const { step, message } = error
  return step === undefined || message.startsWith(`step "${step}"`) ? message : `${step}: ${message}`
}

function cut(text: string, room: number): string {
  if (text.length <= room) return text
  const trimmed = text.trimEnd()
  return trimmed.length <= room ? trimmed : `${trimmed.slice(0, Math.max(0, room - 1))}…`
}
