// A drawing for a terminal: the steps in the order they can run, those that can run at once under one bracket, each with
// what it waits for or where it leads. One line per step where the width allows.

import type { Arrow, Drawing, Shape } from './drawing.ts'
import { levelsOf } from './layout/levels.ts'
import { cells, clip, wrapText } from './terminal-cells.ts'

export interface TerminalOptions {
  readonly columns?: number
  readonly color?: 'yes' | 'no'
  /** `ascii` where the terminal may not know box-drawing characters. */
  readonly characters?: 'unicode' | 'ascii'
}

export function terminal(drawing: Drawing, options: TerminalOptions = {}): string {
  const page = pageOf(drawing, options)
  const lines: string[] = []
  if (drawing.name) lines.push(page.paint('bold', drawing.name), '')
  const groups = groupsOf(drawing)
  groups.forEach((group, at) => {
    if (at > 0) lines.push(`  ${page.paint('dim', page.glyphs.rail)}`)
    group.forEach((shape, i) => {
      lines.push(...entry(page, shape, markOf(page, group, i)))
    })
  })
  if (groups.length === 0) lines.push('  (no steps)')
  lines.push(...legendOf(page))
  return `${lines.map((l) => l.trimEnd()).join('\n')}\n`
}

// ---

interface Page {
  readonly drawing: Drawing
  readonly columns: number
  /** Where the components and the arrows begin. */
  readonly detailAt: number
  readonly detailColumns: number
  readonly arrowsAt: number
  readonly glyphs: Glyphs
  readonly into: readonly (readonly Arrow[])[]
  readonly out: readonly (readonly Arrow[])[]
  readonly back: ReadonlySet<Arrow>
  readonly depth: readonly number[]
  paint(style: Style, text: string): string
}

/** Narrower than this the arrows stand below, like the small print. */
const leastRoom = 16

type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'blue' | 'cyan'
const codes: Readonly<Record<Style, string>> = { bold: '1', dim: '2', red: '31', yellow: '33', blue: '34', cyan: '36' }

const unicode = {
  rail: '│',
  only: '●',
  first: '┌',
  middle: '├',
  last: '└',
  end: '◉',
  from: '←',
  to: '→',
  back: '↺',
  more: '…',
}
const ascii: Glyphs = {
  rail: '|',
  only: '*',
  first: '+',
  middle: '+',
  last: '+',
  end: 'o',
  from: '<-',
  to: '->',
  back: '(back)',
  more: '...',
}
type Glyphs = Readonly<Record<keyof typeof unicode, string>>

function pageOf(drawing: Drawing, options: TerminalOptions): Page {
  const into: Arrow[][] = drawing.shapes.map(() => [])
  const out: Arrow[][] = drawing.shapes.map(() => [])
  for (const arrow of drawing.arrows) {
    into[arrow.to]?.push(arrow)
    out[arrow.from]?.push(arrow)
  }
  const depth: number[] = []
  drawing.shapes.forEach((shape, i) => {
    depth[i] = shape.within === undefined ? 0 : (depth[shape.within] ?? 0) + 1
  })
  const columns = Math.max(30, Math.min(options.columns ?? 80, 160))
  const widest = (of: (shape: Shape, i: number) => number) =>
    drawing.shapes.reduce((w, s, i) => Math.max(w, of(s, i)), 0)
  const labels = widest((s, i) => cells(s.label) + 2 * (depth[i] ?? 0))
  const details = widest((s) => cells(s.detail))
  const detailAt = 4 + Math.min(labels, Math.floor(columns * 0.4)) + 2
  const arrowsAt = detailAt + Math.min(details, Math.floor(columns * 0.3)) + (details > 0 ? 2 : 0)
  const hasArrowColumn = columns - arrowsAt >= leastRoom
  return {
    drawing,
    columns,
    detailAt,
    detailColumns: hasArrowColumn ? arrowsAt - detailAt - 2 : columns - detailAt,
    arrowsAt,
    glyphs: options.characters === 'ascii' ? ascii : unicode,
    into,
    out,
    back: backArrows(drawing),
    depth,
    paint: (style, text) => (options.color === 'yes' && text ? `\u001b[${codes[style]}m${text}\u001b[0m` : text),
  }
}

function backArrows(drawing: Drawing): Set<Arrow> {
  const back = new Set<Arrow>()
  for (const { parts } of levelsOf(drawing).values()) {
    for (const part of parts) if (part.back) back.add(drawing.arrows[part.arrow] as Arrow)
  }
  return back
}

/** Layers of shapes, in the order of the file; those within a step follow it, in the order in which they run. */
function groupsOf(drawing: Drawing): number[][] {
  const levels = levelsOf(drawing)
  const rowsIn = (holder: number | undefined): number[][] => {
    const level = levels.get(holder)
    const rows: number[][] = []
    level?.members.forEach((shape, i) => {
      if (shape === holder) return
      const at = level.layer[i] ?? 0
      rows[at] ??= []
      rows[at].push(shape)
    })
    return rows.filter((row) => row !== undefined)
  }
  const withParts = (shape: number): number[] => [
    shape,
    ...(levels.has(shape) ? rowsIn(shape).flatMap((row) => row.flatMap(withParts)) : []),
  ]
  return rowsIn(undefined).map((row) => row.flatMap(withParts))
}

function markOf(page: Page, group: readonly number[], at: number): string {
  const { glyphs, drawing, depth } = page
  const shape = group[at] ?? 0
  if ((depth[shape] ?? 0) > 0) return isLastTop(page, group, at) ? ' ' : glyphs.rail
  const kind = drawing.shapes[shape]?.kind
  if (kind === 'input' || kind === 'output') return glyphs.end
  const tops = group.filter((i) => page.depth[i] === 0)
  if (tops.length === 1) return glyphs.only
  return shape === tops[0] ? glyphs.first : shape === tops.at(-1) ? glyphs.last : glyphs.middle
}

/** True of a part whose holder is the last of its group: nothing below it to lead a line to. */
function isLastTop(page: Page, group: readonly number[], at: number): boolean {
  return !group.slice(at).some((i) => page.depth[i] === 0)
}

function entry(page: Page, index: number, mark: string): string[] {
  const shape = page.drawing.shapes[index]
  if (!shape) return []
  const indent = '  '.repeat(page.depth[index] ?? 0)
  const isEnd = shape.kind === 'input' || shape.kind === 'output'
  const label = clip(shape.label, page.columns - 4 - indent.length, page.glyphs.more)
  // What does not fit its column has a line of its own, rather than an end that nobody can read.
  const isBeside = 4 + indent.length + cells(label) + 2 <= page.detailAt && cells(shape.detail) <= page.detailColumns
  const detail = isBeside ? shape.detail : ''
  let head = `  ${page.paint('dim', mark)} ${indent}${page.paint(isEnd ? 'cyan' : 'bold', label)}`
  let used = 4 + indent.length + cells(label)
  if (detail) {
    head += ' '.repeat(Math.max(1, page.detailAt - used)) + page.paint('dim', detail)
    used = Math.max(used + 1, page.detailAt) + cells(detail)
  }
  const rail =
    mark === page.glyphs.first || mark === page.glyphs.middle || mark === page.glyphs.rail ? page.glyphs.rail : ' '
  const hang = `  ${page.paint('dim', rail)} ${indent}  `
  const room = page.columns - page.arrowsAt
  const isShort = used + 2 <= page.arrowsAt
  const width = page.columns - 6 - indent.length
  const words = arrowsOf(page, index, width)
  const lines: string[] = []
  const below = (style: Style, text: string) => {
    for (const line of wrapText(text, width, page.glyphs.more)) lines.push(hang + page.paint(style, line))
  }
  // Too narrow for a third column: below, like the small print.
  const isInColumn = room >= leastRoom && isShort && words.every((word) => word.width <= room)
  const [first = '', ...rest] = isInColumn ? wrap(words, room) : []
  lines.push(first ? head + ' '.repeat(Math.max(1, page.arrowsAt - used)) + first : head)
  for (const line of rest) lines.push(`  ${page.paint('dim', rail)} ${' '.repeat(page.arrowsAt - 4)}${line}`)
  if (!isBeside) below('dim', shape.detail)
  if (!isInColumn) for (const line of wrap(words, width)) lines.push(hang + line)
  if (shape.when !== undefined) below('yellow', `when ${shape.when}`)
  if (shape.rule) below('yellow', shape.rule.replaceAll('_', ' '))
  below('dim', shape.marks.join(' · '))
  return lines
}

interface Word {
  readonly text: string
  readonly width: number
}

/** What leads here by data, and where it leads by transition: each said once, where its author said it. */
function arrowsOf(page: Page, index: number, width: number): Word[] {
  const { glyphs, drawing } = page
  const name = (shape: number) => drawing.shapes[shape]?.label ?? ''
  const words: Word[] = []
  const add = (style: Style | undefined, text: string) => {
    const fitting = clip(text, width, page.glyphs.more)
    words.push({ text: style ? page.paint(style, fitting) : fitting, width: cells(fitting) })
  }
  for (const arrow of page.into[index] ?? []) {
    const from = name(arrow.from)
    if (arrow.kind === 'data') add(undefined, `${glyphs.from} ${from}`)
    if (arrow.kind === 'maybe') add('dim', `${glyphs.from} ${from}?`)
    if (arrow.kind === 'order') add('dim', `${glyphs.from} (${from})`)
    // Of a flow: the failure that this step follows; of a step function it stands with the step that fails.
    if (arrow.kind === 'failure' && drawing.shapes[index]?.rule) add('red', `${glyphs.from} failure of ${from}`)
  }
  for (const arrow of page.out[index] ?? []) {
    const to = `${name(arrow.to)}${page.back.has(arrow) ? ` ${glyphs.back}` : ''}`
    if (drawing.shapes[index]?.kind === 'input') continue
    if (arrow.kind === 'next') add('blue', `${glyphs.to} ${to}`)
    if (arrow.kind === 'branch') add('blue', `${arrow.label ?? ''} ${glyphs.to} ${to}`)
    if (arrow.kind === 'failure' && !drawing.shapes[arrow.to]?.rule) add('red', `failure ${glyphs.to} ${to}`)
  }
  return words
}

/** What the signs around names mean; a drawing with data only explains itself. */
function legendOf(page: Page): string[] {
  const used = new Set(page.drawing.arrows.map(({ kind }) => kind))
  if (!used.has('maybe') && !used.has('order')) return []
  const { from } = page.glyphs
  const entries = [
    ...(used.has('data') ? [`${from} a data`] : []),
    ...(used.has('maybe') ? [`${from} a? maybe: if a branch is taken`] : []),
    ...(used.has('order') ? [`${from} (a) order: waits, reads nothing`] : []),
  ]
  const line = entries.join('   ')
  const lines = cells(line) + 2 <= page.columns ? [line] : entries
  return ['', ...lines.map((text) => `  ${page.paint('dim', clip(text, page.columns - 2, page.glyphs.more))}`)]
}

function wrap(words: readonly Word[], width: number): string[] {
  const lines: string[] = []
  let line = ''
  let used = 0
  for (const word of words) {
    if (line && used + 2 + word.width > width) {
      lines.push(line)
      line = ''
      used = 0
    }
    line += line ? `  ${word.text}` : word.text
    used += (used > 0 ? 2 : 0) + word.width
  }
  return line ? [...lines, line] : lines
}
