// Runs for people to read: a line each, in columns under their names. Text out; asks nobody.

import { isEnded, type RunRow } from '@stepflow/engine'
import { isWaiting } from '@stepflow/host/history'
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
}

/** The first line names the columns; a column that is empty in all runs is left out. */
export function drawRuns(runs: readonly ShownRun[], { color, columns }: DrawRuns): string[] {
  const rows = runs.map((run) => cellsOf(run))
  const shown = HEADERS.map((_, i) => i <= STATUS || rows.some((cells) => cells[i] !== ''))
  const widths = HEADERS.map((header, i) =>
    rows.reduce((most, cells) => Math.max(most, cells[i]?.length ?? 0), header.length),
  )
  const line = (cells: readonly string[], state: Color) => {
    const parts: string[] = []
    let room = columns
    for (const [i, cell] of cells.entries()) {
      if (!shown[i] || room <= 0) continue
      const width = widths[i] ?? 0
      const padded = i === TOOK ? cell.padStart(width) : cell.padEnd(width)
      const text = padded.length > room ? cut(padded, room) : padded
      room -= text.length + 2
      parts.push(i === STATUS ? paint(text, state, color) : i === CREATED ? paint(text, 'dim', color) : text)
    }
    return parts.join('  ').trimEnd()
  }
  return [
    paint(line(HEADERS, 'dim'), 'dim', color),
    ...rows.map((cells, i) => line(cells, COLORS[stateOf(runs[i] as ShownRun)])),
  ]
}

/** How a run stands; of one that goes on, whether somebody sees to that. */
export function stateOf({ row, isHeld }: ShownRun): RunState {
  if (isEnded(row.status) || row.status === 'paused') return row.status
  if (isWaiting(row)) return 'waiting'
  if (isHeld) return row.status
  return 'interrupted'
}

/** `12 of 20, 1 failed`; nothing of a single item, whose state is the run's. */
export function itemsText({ items, atWork, status }: RunRow): string {
  const { total, success, skipped, failed, cancelled } = items
  if (total === 1) return ''
  const ended = success + skipped + failed + cancelled
  const of = ended === total ? number(total) : `${number(ended)} of ${total < 0 ? '?' : number(total)}`
  const some = (count: number, word: string) => (count > 0 ? `, ${number(count)} ${word}` : '')
  const waiting = isEnded(status) ? 0 : atWork.waiting
  return `${of}${some(failed, 'failed')}${some(skipped, 'skipped')}${some(waiting, 'waiting')}`
}

// ---

type RunState = RunRow['status'] | 'waiting' | 'interrupted'

const HEADERS = ['ID', 'STATUS', 'CREATED (UTC)', 'TOOK', 'FLOW', 'ITEMS', 'NOTE'] as const
const STATUS = 1
const CREATED = 2
const TOOK = 3

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

function cellsOf(run: ShownRun): string[] {
  const { id, createdAt, startedAt = createdAt, endedAt, flow = '' } = run.row
  return [
    id,
    stateOf(run),
    new Date(createdAt).toISOString().slice(0, 19).replace('T', ' '),
    endedAt === undefined ? '' : duration(endedAt - startedAt),
    printable(flow),
    itemsText(run.row),
    printable(noteOf(run)),
  ]
}

/** What somebody may have to do something about. */
function noteOf({ row, waiting }: ShownRun): string {
  if (waiting !== undefined) return waiting
  const { error } = row
  if (error && row.status === 'failed') return `${error.step === undefined ? '' : `${error.step}: `}${error.message}`
  return ''
}

function cut(text: string, room: number): string {
  const trimmed = text.trimEnd()
  return trimmed.length <= room ? trimmed : `${trimmed.slice(0, Math.max(0, room - 1))}…`
}
