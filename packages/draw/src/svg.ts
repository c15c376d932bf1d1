// A laid-out drawing as SVG that stands alone: no script, no font, nothing fetched; readable on light and dark ground.

import { declutter } from './declutter.ts'
import type { Arrow, ArrowKind, Drawing, Shape } from './drawing.ts'
import { type Box, type Layout, layout, type Point } from './layout/layout.ts'
import { num, pathOf } from './layout/path.ts'
import { strokesOf } from './layout/strokes.ts'
import { fitText, textWidth } from './measure.ts'
import { boxSizeOf, labelBoxOf, labelSize, lineHeight, sheetStep, type TextLine, textsOf } from './shape-texts.ts'

/** `auto` follows the reader's preference for dark; `light` is for what cannot ask. */
export function svg(full: Drawing, options: { readonly theme?: 'auto' | 'light' } = {}): string {
  const drawing = declutter(full)
  const texts = textsOf(drawing)
  const placed = layout(drawing, {
    sizeOf: (shape) => boxSizeOf(drawing.shapes[shape] as Shape, texts[shape] ?? []),
    labelSizeOf: (arrow) => labelBoxOf(drawing.arrows[arrow] as Arrow),
  })
  const strokes = strokesOf(placed, (arrow) => drawing.arrows[arrow]?.kind ?? '')
  const legend = legendOf(drawing)
  const legendWidth = legend.reduce((sum, kind) => sum + legendStep(kind), 0)
  const title = fitText(drawing.name, 15, 900, 'bold')
  const top = title ? 36 : 0
  const width = Math.ceil(Math.max(placed.width, legendWidth + 48, textWidth(title, 15, 'bold') + 48))
  const height = Math.ceil(placed.height + top + (legend.length > 0 ? 30 : 0))
  const shift = (width - placed.width) / 2
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="${font}">`,
    `<title>${escapeText(drawing.name || 'Workflow')}</title>`,
    ...(options.theme === 'light' ? [] : [`<style>${darkStyle}</style>`]),
    `<rect class="bg" width="${width}" height="${height}" fill="${light.ground}"/>`,
  ]
  if (title) parts.push(textAt(24, 32, title, 15, 'ink', ' font-weight="bold"'))
  parts.push(`<g transform="translate(${num(shift)} ${top})">`)
  for (const frame of placed.frames.values()) parts.push(frameOf(frame))
  drawing.arrows.forEach((arrow, i) => {
    parts.push(arrowOf(arrow.kind, placed.ways[i] ?? [], strokes[i] ?? []))
  })
  drawing.shapes.forEach((_, i) => {
    parts.push(...shapeOf(drawing, placed, texts[i] ?? [], i))
  })
  // After the shapes, so that no arrow crosses a word.
  drawing.arrows.forEach((arrow, i) => {
    const at = placed.labels.get(i)
    if (at && arrow.label !== undefined) parts.push(labelOf(arrow, at))
  })
  parts.push('</g>')
  let x = (width - legendWidth) / 2
  for (const kind of legend) {
    parts.push(legendEntry(kind, x, height - 18))
    x += legendStep(kind)
  }
  return `${parts.filter(Boolean).join('\n')}\n</svg>\n`
}

// ---

const font = "Inter,'Segoe UI','Helvetica Neue',Arial,'DejaVu Sans Condensed',sans-serif"

type Ink = 'ink' | 'dim' | 'when' | ArrowKind
type Colours = Readonly<Record<Ink | 'ground' | 'box' | 'edge' | 'end' | 'frame', string>>

const light: Colours = {
  ground: '#ffffff',
  box: '#f6f8fa',
  edge: '#8c959f',
  end: '#ddf4ff',
  frame: '#fbfaff',
  ink: '#1f2328',
  dim: '#59636e',
  when: '#7d4e00',
  data: '#57606a',
  maybe: '#57606a',
  order: '#6e7781',
  next: '#1a7f37',
  branch: '#0969da',
  failure: '#cf222e',
  parallel: '#8250df',
}

const dark: Colours = {
  ground: '#0d1117',
  box: '#161b22',
  edge: '#6e7681',
  end: '#0c2d4d',
  frame: '#13111c',
  ink: '#f0f6fc',
  dim: '#9198a1',
  when: '#e3b341',
  data: '#9198a1',
  maybe: '#9198a1',
  order: '#8b949e',
  next: '#3fb950',
  branch: '#58a6ff',
  failure: '#f85149',
  parallel: '#bc8cff',
}

const kinds: readonly ArrowKind[] = ['data', 'maybe', 'order', 'next', 'branch', 'failure', 'parallel']

const darkStyle = `@media (prefers-color-scheme:dark){.bg{fill:${dark.ground}}.box{fill:${dark.box};stroke:${dark.edge}}.end{fill:${dark.end};stroke:${dark.branch}}.frame{fill:${dark.frame};stroke:${dark.edge}}${['ink', 'dim', 'when', ...kinds].map((k) => `.t-${k}{fill:${dark[k as Ink]}}`).join('')}${kinds.map((k) => `.l-${k}{stroke:${dark[k]}}`).join('')}}`

const strokesOfKind: Readonly<Record<ArrowKind, string>> = {
  data: '',
  maybe: ' stroke-dasharray="6 4"',
  order: ' stroke-dasharray="1.5 4" stroke-linecap="round"',
  next: '',
  branch: '',
  failure: ' stroke-dasharray="6 4"',
  parallel: '',
}

const meanings: Readonly<Record<ArrowKind, string>> = {
  data: 'data',
  maybe: 'maybe: if a branch is taken',
  order: 'order: waits, reads nothing',
  next: 'success',
  branch: 'branch',
  failure: 'failure',
  parallel: 'runs inside',
}

function legendOf(drawing: Drawing): ArrowKind[] {
  const used = new Set(drawing.arrows.map((a) => a.kind))
  // A drawing with one sort of arrow explains itself.
  return used.size < 2 ? [] : kinds.filter((kind) => used.has(kind))
}

const legendStep = (kind: ArrowKind) => 34 + textWidth(meanings[kind], labelSize) + 18

function legendEntry(kind: ArrowKind, x: number, y: number): string {
  const way = [
    { x, y },
    { x: x + 27, y },
  ]
  const line = arrowOf(kind, way, [way])
  return line + textAt(x + 34, y + 3.5, meanings[kind], labelSize, 'dim')
}

function shapeOf(drawing: Drawing, placed: Layout, lines: readonly TextLine[], index: number): string[] {
  const shape = drawing.shapes[index]
  const outer = placed.boxes[index]
  if (!shape || !outer) return []
  const parts: string[] = []
  const isEnd = shape.kind === 'input' || shape.kind === 'output'
  const dashed = shape.when !== undefined || shape.rule !== undefined ? ' stroke-dasharray="5 3"' : ''
  const sheets = shape.kind === 'each' ? 2 * sheetStep : 0
  const box = { x: outer.x, y: outer.y + sheets, width: outer.width - sheets, height: outer.height - sheets }
  for (let by = sheets; by > 0; by -= sheetStep)
    parts.push(rect('box', { ...box, x: box.x + by, y: box.y - by }, 8, ''))
  parts.push(rect(isEnd ? 'end' : 'box', box, isEnd ? box.height / 2 : 8, dashed))
  const middle = box.x + box.width / 2
  let y = box.y + (box.height - lines.length * lineHeight) / 2 + 11.5
  for (const line of lines) {
    const ink: Ink = line.role === 'label' ? 'ink' : line.role === 'when' ? 'when' : 'dim'
    const weight = line.role === 'label' ? ' font-weight="bold"' : ''
    parts.push(textAt(middle, y, line.text, line.size, ink, `${weight} text-anchor="middle"`))
    y += lineHeight
  }
  return parts
}

function rect(role: 'box' | 'end', box: Box, radius: number, more: string): string {
  const stroke = role === 'end' ? light.branch : light.edge
  return `<rect class="${role}" x="${num(box.x)}" y="${num(box.y)}" width="${num(box.width)}" height="${num(box.height)}" rx="${num(radius)}" fill="${light[role]}" stroke="${stroke}"${more}/>`
}

function frameOf(box: Box): string {
  return `<rect class="frame" x="${num(box.x)}" y="${num(box.y)}" width="${num(box.width)}" height="${num(box.height)}" rx="12" fill="${light.frame}" stroke="${light.edge}" stroke-opacity="0.5"/>`
}

function labelOf(arrow: Arrow, at: Point): string {
  const width = textWidth(arrow.label ?? '', labelSize) + 8
  const ground = `<rect class="bg" x="${num(at.x - width / 2)}" y="${num(at.y - 8)}" width="${num(width)}" height="16" rx="4" fill="${light.ground}"/>`
  return ground + textAt(at.x, at.y + 3.5, arrow.label ?? '', labelSize, arrow.kind, ' text-anchor="middle"')
}

function textAt(x: number, y: number, text: string, size: number, ink: Ink, more = ''): string {
  return `<text class="t-${ink}" x="${num(x)}" y="${num(y)}" font-size="${size}" fill="${light[ink]}"${more}>${escapeText(text)}</text>`
}

/** A line with its head drawn out: markers take no colour from their line everywhere. */
function arrowOf(kind: ArrowKind, way: readonly Point[], lines: readonly (readonly Point[])[]): string {
  const end = way.at(-1)
  const before = way.at(-2)
  if (!end || !before) return ''
  const length = Math.hypot(end.x - before.x, end.y - before.y) || 1
  const unit = { x: (end.x - before.x) / length, y: (end.y - before.y) / length }
  const neck = { x: end.x - unit.x * 7, y: end.y - unit.y * 7 }
  const wing = { x: -unit.y * 3.6, y: unit.x * 3.6 }
  const head = [end, { x: neck.x + wing.x, y: neck.y + wing.y }, { x: neck.x - wing.x, y: neck.y - wing.y }]
  // The line ends where its head begins.
  const d = lines.map((line) => pathOf(line.at(-1) === end ? [...line.slice(0, -1), neck] : line, 'down')).join('')
  const path = d
    ? `<path class="l-${kind}" d="${d}" fill="none" stroke="${light[kind]}" stroke-width="${kind === 'parallel' ? 2 : 1.3}"${strokesOfKind[kind]}/>`
    : ''
  return `${path}<path class="t-${kind}" d="M${head.map(pair).join('L')}Z" fill="${light[kind]}"/>`
}

const pair = (p: Point) => `${num(p.x)} ${num(p.y)}`

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
}
