// The picture of a run in a terminal: a line per step, steps under what they wait for. Text in, text out; moves no cursor.

import { criticalPath, type StepState, type StepStates } from '@stepflow/engine'
import { number } from './number.ts'

export interface DrawOptions {
  readonly now: number
  readonly color: boolean
  readonly columns: number
  /** Lines there is room for; the rest is counted in one line. */
  readonly rows: number
  /** `cut`: a line per step, whatever is to be said. */
  readonly errors?: 'whole' | 'cut'
}

/** The lines of the tree, none wider than the terminal. */
export function drawTree(states: StepStates, options: DrawOptions): string[] {
  const rows = inOrder(states)
  const widths = widthsOf(rows, options)
  if (options.errors === 'whole') return rows.flatMap((row) => drawWhole(row, widths, options))
  if (rows.length <= options.rows) return rows.map((row) => drawStep(row, widths, options))
  // What runs and what failed is worth the room; what is settled or has not begun is not.
  const isNews = (step: StepState) => !['pending', 'success', 'skipped'].includes(step.status)
  const room = Math.max(1, options.rows - 1)
  const shown = new Set(rows.flatMap(({ step }, i) => (isNews(step) ? [i] : [])).slice(0, room))
  for (let i = 0; i < rows.length && shown.size < room; i++) shown.add(i)
  const hidden = rows.filter((_, i) => !shown.has(i))
  const more = `  and ${number(hidden.length)} more ${hidden.length === 1 ? 'step' : 'steps'}: ${countStates(hidden)}`
  const lines = rows.filter((_, i) => shown.has(i)).map((row) => drawStep(row, widths, options))
  return [...lines, paint(shortened(more, options.columns - 1), 'dim', options.color)]
}

/** The tree of a run that has ended or is looked at: all of it with whole errors, or what is worth reading of a long one. */
export function drawLongTree(states: StepStates, options: Omit<DrawOptions, 'rows' | 'errors'>): string[] {
  const isLong = states.steps.length > LONG
  return drawTree(states, {
    ...options,
    rows: isLong ? LONG : Number.POSITIVE_INFINITY,
    errors: isLong ? 'cut' : 'whole',
  })
}

/** `critical path 1.2s: fetch > enrich`, or nothing if no step ran. */
export function drawCriticalPath(states: StepStates, color: boolean): string | undefined {
  const { ids, ms } = criticalPath(states)
  if (ids.length === 0) return undefined
  const middle = ids.length - 2 * PATH_ENDS
  const told = middle > 1 ? [...ids.slice(0, PATH_ENDS), `${number(middle)} steps`, ...ids.slice(-PATH_ENDS)] : ids
  return paint(`critical path ${duration(ms)}: ${told.join(' > ')}`, 'dim', color)
}

/** `850ms`, `1.2s`, `3m 5s`, `2h 4m`. */
export function duration(ms: number): string {
  // A clock that was set back does not make anything take less than no time.
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}s`
  const seconds = Math.round(ms / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return hours > 0 ? `${hours}h ${minutes}m` : `${minutes}m ${seconds % 60}s`
}

/** Text from outside, safe to print: control characters could move the cursor or forge lines. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
}

/** `each 3/6, 1 failed`, of a step that runs once per element. */
export function eachOf({ elements }: StepState): string[] {
  if (!elements || elements.total === 1) return []
  const failed = elements.failed > 0 ? `, ${elements.failed} failed` : ''
  return [`each ${elements.ended}/${elements.total}${failed}`]
}

// ---

/** A tree of more steps is summed up. */
const LONG = 200
/** So far steps are indented: a chain of a hundred thousand may have something beside each of its steps. */
const DEEPEST = 60
/** Of a long critical path, so many steps of its beginning and of its end. */
const PATH_ENDS = 10

/** `99,790 success, 10 skipped`. */
function countStates(rows: readonly Row[]): string {
  const counts = new Map<string, number>()
  for (const { step } of rows) counts.set(step.status, (counts.get(step.status) ?? 0) + 1)
  return [...counts].map(([status, count]) => `${number(count)} ${status}`).join(', ')
}

const ICONS: Record<StepState['status'], readonly [icon: string, color: Color]> = {
  pending: ['·', 'dim'],
  running: ['●', 'cyan'],
  waiting: ['◌', 'yellow'],
  success: ['✓', 'green'],
  skipped: ['↷', 'dim'],
  failed: ['✗', 'red'],
  cancelled: ['■', 'yellow'],
}

export type Color = 'dim' | 'red' | 'green' | 'yellow' | 'cyan'
const CODES: Record<Color, number> = { dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 }

export function paint(text: string, color: Color, isOn: boolean): string {
  return isOn ? `\u001b[${CODES[color]}m${text}\u001b[0m` : text
}

interface Widths {
  /** Up to where the times begin, and how wide they are. */
  readonly head: number
  readonly time: number
}

/** Times stand in a column, unless a name takes more than half of the terminal. */
function widthsOf(rows: readonly Row[], { now, columns }: DrawOptions): Widths {
  let head = 0
  let time = 0
  for (const row of rows) {
    head = Math.max(head, headOf(row).length)
    time = Math.max(time, timeOf(row.step, now).length)
  }
  return { head: Math.min(head, Math.floor(columns / 2)), time }
}

function headOf({ step, prefix }: Row): string {
  const [icon] = ICONS[step.status]
  return `${prefix}${icon} ${nameOf(step)}`
}

function nameOf({ id, visits }: StepState): string {
  return visits > 1 ? `${id} x${visits}` : id
}

function drawStep(row: Row, widths: Widths, options: DrawOptions): string {
  const told = afterHead(row.step, widths, options)
  const room = options.columns - 1 - Math.max(headOf(row).length, widths.head) - 2
  return drawLine(row, shortened(told, room), widths, options)
}

function shortened(text: string, room: number): string {
  return text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…` : text
}

/** With all that is to be said of it, on lines of their own if need be. */
function drawWhole(row: Row, widths: Widths, options: DrawOptions): string[] {
  const told = afterHead(row.step, widths, options)
  const room = options.columns - 1 - Math.max(headOf(row).length, widths.head) - 2
  if (told.length <= room) return [drawLine(row, told, widths, options)]
  const notes = notesOf(row.step)
  const last = notes.pop() ?? ''
  const indent = ' '.repeat(Math.min(row.prefix.length + 4, Math.floor(options.columns / 2)))
  const color = colorOf(row.step)
  const below = wrapped(printable(last), Math.max(10, options.columns - 1 - indent.length))
  const first = printable([timeOf(row.step, options.now).padStart(widths.time), ...notes].join('  ')).trimEnd()
  return [
    drawLine(row, shortened(first, room), widths, options),
    ...below.map((line) => indent + paint(line, color, options.color)),
  ]
}

function drawLine(row: Row, told: string, widths: Widths, { color }: DrawOptions): string {
  const { step, prefix } = row
  const [icon, iconColor] = ICONS[step.status]
  const gap = ' '.repeat(Math.max(0, widths.head - headOf(row).length) + 2)
  const after = told.trim() === '' ? '' : `${gap}${paint(told, colorOf(step), color)}`
  return `${paint(prefix, 'dim', color && prefix !== '')}${paint(icon, iconColor, color)} ${nameOf(step)}${after}`
}

function colorOf({ status, recovered }: StepState): Color {
  if (status === 'failed') return 'red'
  return recovered ? 'yellow' : 'dim'
}

function afterHead(step: StepState, { time }: Widths, { now }: DrawOptions): string {
  const times = time > 0 ? [timeOf(step, now).padStart(time)] : []
  return printable([...times, ...notesOf(step)].join('  ')).trimEnd()
}

function timeOf(step: StepState, now: number): string {
  if (step.startedAt === undefined || step.status === 'skipped') return ''
  return duration((step.endedAt ?? now) - step.startedAt)
}

/** The longest comes last. */
function notesOf(step: StepState): string[] {
  const { elements, recovered, error } = step
  const isOver = step.endedAt !== undefined
  const notes: string[] = []
  if (step.attempts > 1) notes.push(`attempt ${step.attempts}`)
  notes.push(...eachOf(step))
  if ((!elements || elements.total === 1) && step.inside > 0 && !isOver)
    notes.push(`${step.inside} ${step.inside === 1 ? 'step' : 'steps'} inside`)
  if (step.status === 'waiting') notes.push(`waiting ${step.reason ?? ''}`.trim())
  if (step.status === 'pending' && step.reason !== undefined) notes.push(step.reason)
  // Of a skip that a failure became, the failure says why.
  const isTold = recovered?.error !== undefined && recovered.error.message === step.reason
  if (step.status === 'skipped') notes.push(isTold ? 'skipped' : `skipped: ${step.reason}`)
  if (error) notes.push(`${error.code}: ${error.message}`)
  else if (recovered?.error) notes.push(`recovered: ${recovered.error.code}: ${recovered.error.message}`)
  return notes
}

/** Lines of at most so many characters, broken between words where that is possible. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let rest = text
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width)
    const at = space > 0 ? space : width
    lines.push(rest.slice(0, at))
    rest = rest.slice(space > 0 ? at + 1 : at)
  }
  return [...lines, rest]
}

interface Row {
  readonly step: StepState
  readonly prefix: string
}

/** Steps under their parents, in the order of the file; a step whose parent is below it, or in a loop, stands on its own. */
function inOrder({ steps }: StepStates): Row[] {
  const inLoop = stepsInLoops(steps)
  const roots: number[] = []
  const children = new Map<number, number[]>()
  steps.forEach((step, i) => {
    if (!step) return
    const parent = inLoop.has(i) ? undefined : step.parent
    const siblings = parent === undefined ? roots : children.get(parent)
    if (siblings) siblings.push(i)
    else children.set(parent as number, [i]) // there: else it were a root
  })
  const rows: Row[] = []
  // A stack of its own: a chain may have a hundred thousand steps.
  const open = roots.map((at) => ({ at, own: '', below: '' })).reverse()
  for (let row = open.pop(); row; row = open.pop()) {
    const { at, own, below } = row
    rows.push({ step: steps[at] as StepState, prefix: own })
    const next = children.get(at) ?? []
    // An only child goes on at the same depth: a chain of twenty steps is a list, not a staircase.
    if (next.length === 1) open.push({ at: next[0] as number, own: below, below })
    else {
      const isDeep = below.length >= DEEPEST
      for (let i = next.length - 1; i >= 0; i--) {
        const isLast = i === next.length - 1
        open.push({
          at: next[i] as number,
          own: isDeep ? below : `${below}${isLast ? '└ ' : '├ '}`,
          below: isDeep ? below : `${below}${isLast ? '  ' : '│ '}`,
        })
      }
    }
  }
  return rows
}

/** Steps that come to themselves again by going up. Each step is gone through once. */
function stepsInLoops(steps: readonly (StepState | undefined)[]): ReadonlySet<number> {
  const looped = new Set<number>()
  const known = new Set<number>()
  for (const start of steps.keys()) {
    const way = new Set<number>()
    let at: number | undefined = start
    for (; at !== undefined && !known.has(at) && !way.has(at); at = steps[at]?.parent) way.add(at)
    if (at !== undefined && way.has(at)) {
      for (let i: number | undefined = at; i !== undefined && !looped.has(i); i = steps[i]?.parent) looped.add(i)
    }
    for (const i of way) known.add(i)
  }
  return looped
}
