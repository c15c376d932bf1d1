// A drawing for a terminal: the steps in the order they can run, those that can run at once under one bracket, each with
// what it waits for or where it leads. One line per step where the width allows.

import type { Arrow, Drawing, Shape } from './drawing.ts'
import { levelsOf } from './layout/levels.ts'

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
  readonly arrowsAt: number
  readonly glyphs: Glyphs
  readonly into: readonly (readonly Arrow[])[]
  readonly out: readonly (readonly Arrow[])[]
  readonly back: ReadonlySet<Arrow>
  readonly depth: readonly number[]
  paint(style: Style, text: string): string
}

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
  return {
    drawing,
    columns,
    detailAt,
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
  const label = clip(shape.label, page.detailAt - 6 - indent.length, page)
  const detail = clip(shape.detail, page.arrowsAt - page.detailAt - 2, page)
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
  const words = arrowsOf(page, index, page.columns - 6 - indent.length)
  const lines: string[] = []
  // Too narrow for a third column: below, like the small print.
  if (words.length > 0 && room >= 16 && words.every((word) => word.width <= room)) {
    const [first = '', ...rest] = wrap(words, room)
    lines.push(head + ' '.repeat(Math.max(1, page.arrowsAt - used)) + first)
    for (const line of rest) lines.push(`  ${page.paint('dim', rail)} ${' '.repeat(page.arrowsAt - 4)}${line}`)
  } else {
    lines.push(head)
    for (const line of wrap(words, page.columns - 6 - indent.length)) lines.push(hang + line)
  }
  const print = [
    ...(shape.when === undefined ? [] : [{ style: 'yellow' as const, text: `when ${shape.when}` }]),
    ...(shape.rule ? [{ style: 'yellow' as const, text: shape.rule.replaceAll('_', ' ') }] : []),
    ...(shape.marks.length > 0 ? [{ style: 'dim' as const, text: shape.marks.join(' · ') }] : []),
  ]
  for (const { style, text } of print)
    lines.push(hang + page.paint(style, clip(text, page.columns - 6 - indent.length, page)))
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
    const fitting = clip(text, width, page)
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
    ...(used.has('data') ? [`${from} a  data`] : []),
    ...(used.has('maybe') ? [`${from} a?  maybe: if a branch is taken`] : []),
    ...(used.has('order') ? [`${from} (a)  order: waits, reads nothing`] : []),
  ]
  const words = entries.map((text) => ({ text: page.paint('dim', text), width: cells(text) + 1 }))
  return ['', ...wrap(words, page.columns - 2).map((line) => `  ${line}`)]
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

/** Columns that a text takes on a terminal. */
function cells(text: string): number {
  let count = 0
  for (const char of text) count += cellsOf(char.codePointAt(0) ?? 0)
  return count
}

function cellsOf(code: number): number {
  if (code < 0x300) return 1
  if (code <= 0x36f || (code >= 0x200b && code <= 0x200f) || (code >= 0xfe00 && code <= 0xfe0f)) return 0
  const isWide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    code >= 0x20000
  return isWide ? 2 : 1
}

function clip(text: string, width: number, page: Page): string {
  if (cells(text) <= width) return text
  const more = page.glyphs.more
  let kept = ''
  let used = cells(more)
  for (const char of text) {
    used += cellsOf(char.codePointAt(0) ?? 0)
    if (used > width) break
    kept += char
  }
  return kept + more
}
