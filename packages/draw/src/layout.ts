// Where the shapes and arrows of a drawing stand, in pixels. Fine for drawings of a readable size (by dagre); beyond that
// in rows, in linear time. Draws nothing.

import type { Drawing, Shape } from './drawing.ts'
import { connected, layersOf } from './layers.ts'
import { fitText, textWidth } from './measure.ts'

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Box {
  /** The left upper corner. */
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface TextLine {
  readonly text: string
  readonly size: number
  readonly role: 'label' | 'detail' | 'when' | 'mark'
}

export interface Layout {
  readonly width: number
  readonly height: number
  /** By shape; undefined if it is not drawn. */
  readonly boxes: readonly (Box | undefined)[]
  /** By shape: the box around the steps within it. */
  readonly frames: ReadonlyMap<number, Box>
  readonly texts: readonly (readonly TextLine[])[]
  /** By arrow: from edge to edge. */
  readonly ways: readonly (readonly Point[])[]
  /** By arrow: the middle of its label. */
  readonly labels: ReadonlyMap<number, Point>
}

/** The part of @dagrejs/dagre that we use. */
export interface Dagre {
  readonly graphlib: { readonly Graph: new (options: { multigraph: boolean; compound: boolean }) => DagreGraph }
  layout(graph: DagreGraph): unknown
}

export const labelSize = 10.5

/** A shape of kind `each` is three sheets, each this much to the right of and above the one before it. */
export const sheetStep = 4

/** Without `dagre` always in rows. */
export function layout(drawing: Drawing, dagre?: Dagre): Layout {
  const texts = drawing.shapes.map(linesOf)
  const sizes = drawing.shapes.map((shape, i) => sizeOf(shape, texts[i] ?? []))
  return dagre && isReadable(drawing) ? fine(drawing, dagre, texts, sizes) : rows(drawing, texts, sizes)
}

// ---

interface DagreGraph {
  setGraph(label: object): unknown
  setNode(id: string, label: object): unknown
  setParent(id: string, parent: string): unknown
  setEdge(from: string, to: string, label: object, name: string): unknown
  node(id: string): { x: number; y: number; width: number; height: number }
  edge(edge: { v: string; w: string; name: string }): { points?: Point[]; x?: number; y?: number }
}

interface Size {
  readonly width: number
  readonly height: number
}

const maxText = 300
const lineHeight = 15

function linesOf(shape: Shape): TextLine[] {
  const line = (text: string, size: number, role: TextLine['role']): TextLine => ({
    text: fitText(text, size, maxText, role === 'label' ? 'bold' : 'regular'),
    size,
    role,
  })
  const lines = [line(shape.label, 13, 'label')]
  if (shape.detail) lines.push(line(shape.detail, 11, 'detail'))
  if (shape.when !== undefined) lines.push(line(`when ${shape.when}`, 10.5, 'when'))
  const marks = [shape.rule?.replaceAll('_', ' '), ...shape.marks].filter((m) => m !== undefined)
  if (marks.length > 0) lines.push(line(marks.join(' · '), 10.5, 'mark'))
  return lines
}

function sizeOf(shape: Shape, lines: readonly TextLine[]): Size {
  const text = Math.max(...lines.map((l) => textWidth(l.text, l.size, l.role === 'label' ? 'bold' : 'regular')))
  const isEnd = shape.kind === 'input' || shape.kind === 'output'
  const sheets = shape.kind === 'each' ? 2 * sheetStep : 0
  return {
    width: Math.ceil(Math.max(isEnd ? 80 : 112, text + 32)) + sheets,
    height: (isEnd ? 34 : lines.length * lineHeight + 18) + sheets,
  }
}

/**
 * What dagre lays out well and in about a second: few shapes, and few rows crossed by arrows, each of which costs it a shape
 * of its own.
 */
function isReadable(drawing: Drawing): boolean {
  if (drawing.shapes.length > 160 || drawing.arrows.length > 400) return false
  const { layer } = layersOf(drawing)
  let crossed = 0
  for (const arrow of drawing.arrows) crossed += Math.abs((layer[arrow.to] ?? 0) - (layer[arrow.from] ?? 0))
  return crossed <= 1_500
}

function labelBox(label: string): Size {
  return { width: Math.ceil(textWidth(label, labelSize)) + 10, height: 16 }
}

function fine(drawing: Drawing, dagre: Dagre, texts: Layout['texts'], sizes: readonly Size[]): Layout {
  const graph = new dagre.graphlib.Graph({ multigraph: true, compound: true })
  graph.setGraph({ rankdir: 'TB', nodesep: 36, ranksep: 44, edgesep: 18 })
  const shown = connected(drawing)
  const holders = new Set(drawing.shapes.flatMap((s) => (s.within === undefined ? [] : [s.within])))
  for (const holder of holders) graph.setNode(`f${holder}`, {})
  drawing.shapes.forEach((shape, i) => {
    if (!shown[i]) return
    graph.setNode(`s${i}`, { ...sizes[i] })
    if (holders.has(i)) graph.setParent(`s${i}`, `f${i}`)
    if (shape.within === undefined) return
    if (!holders.has(i)) graph.setParent(`s${i}`, `f${shape.within}`)
    else graph.setParent(`f${i}`, `f${shape.within}`)
  })
  drawing.arrows.forEach((arrow, i) => {
    const label = arrow.label === undefined ? {} : { ...labelBox(arrow.label), labelpos: 'c' }
    const weight = arrow.kind === 'failure' || arrow.kind === 'maybe' ? 1 : 3
    graph.setEdge(`s${arrow.from}`, `s${arrow.to}`, { ...label, weight }, `a${i}`)
  })
  dagre.layout(graph)

  const boxOf = (id: string): Box => {
    const { x, y, width, height } = graph.node(id)
    return { x: x - width / 2, y: y - height / 2, width, height }
  }
  const boxes = drawing.shapes.map((_, i) => (shown[i] ? boxOf(`s${i}`) : undefined))
  const halves = new Map<number, number>()
  for (const box of boxes) {
    if (!box) continue
    const middle = Math.round(box.y + box.height / 2)
    halves.set(middle, Math.max(halves.get(middle) ?? 0, box.height / 2))
  }
  const labels = new Map<number, Point>()
  const ways = drawing.arrows.map((arrow, i) => {
    const edge = graph.edge({ v: `s${arrow.from}`, w: `s${arrow.to}`, name: `a${i}` })
    if (arrow.label !== undefined && edge.x !== undefined && edge.y !== undefined)
      labels.set(i, { x: edge.x, y: edge.y })
    const [from, to] = [boxes[arrow.from], boxes[arrow.to]]
    const points = edge.points ?? []
    return from && to && from !== to ? routed(points, from, to, halves) : points
  })
  return inFrame({
    boxes,
    frames: new Map([...holders].map((holder) => [holder, boxOf(`f${holder}`)])),
    texts,
    ways,
    labels,
  })
}

/**
 * Dagre bends an arrow in the middle of each row that it crosses, and lets it leave a shape at any side. Upright through the
 * rows, and in and out at top and bottom, it never runs through a shape. `halves`: half a row's height by its middle.
 */
function routed(points: readonly Point[], from: Box, to: Box, halves: ReadonlyMap<number, number>): Point[] {
  const inner = points.slice(1, -1)
  const isDown = from.y + from.height / 2 <= to.y + to.height / 2
  const bends = inner.flatMap(({ x, y }) => {
    const half = halves.get(Math.round(y))
    if (half === undefined) return [{ x, y }]
    return [
      { x, y: isDown ? y - half : y + half },
      { x, y: isDown ? y + half : y - half },
    ]
  })
  const [first] = bends
  const last = bends.at(-1)
  const start = sidePoint(from, isDown ? 'bottom' : 'top', (first ?? to).x)
  const end = sidePoint(to, isDown ? 'top' : 'bottom', (last ?? from).x)
  // Upright into the shape, so that the whole head is seen.
  return [start, ...bends, { x: end.x, y: end.y + (isDown ? -headRoom : headRoom) }, end]
}

const headRoom = 14

/** Towards `x` without reaching the corner. */
function sidePoint(box: Box, side: 'top' | 'bottom', x: number): Point {
  const middle = box.x + box.width / 2
  const reach = Math.max(0, box.width / 2 - 16)
  const off = Math.min(Math.max((x - middle) * 0.6, -reach), reach)
  return { x: middle + off, y: side === 'top' ? box.y : box.y + box.height }
}

/** Moves all to where nothing, a bend of an arrow included, is left of or above the margin. */
function inFrame(placed: Omit<Layout, 'width' | 'height'>): Layout {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  const reach = (x: number, y: number) => {
    left = Math.min(left, x)
    top = Math.min(top, y)
    right = Math.max(right, x)
    bottom = Math.max(bottom, y)
  }
  for (const box of [...placed.boxes, ...placed.frames.values()]) {
    if (!box) continue
    reach(box.x, box.y)
    reach(box.x + box.width, box.y + box.height)
  }
  for (const way of placed.ways) for (const { x, y } of way) reach(x, y)
  const by = { x: gap.margin - left, y: gap.margin - top }
  const move = <P extends Point>(p: P): P => ({ ...p, x: p.x + by.x, y: p.y + by.y })
  return {
    width: right - left + 2 * gap.margin,
    height: bottom - top + 2 * gap.margin,
    boxes: placed.boxes.map((box) => box && move(box)),
    frames: new Map([...placed.frames].map(([shape, box]) => [shape, move(box)])),
    texts: placed.texts,
    ways: placed.ways.map((way) => way.map(move)),
    labels: new Map([...placed.labels].map(([arrow, at]) => [arrow, move(at)])),
  }
}

const gap = { x: 28, y: 64, margin: 24 }

/** Layer under layer, a broad layer in several rows; in a row by where what leads there stands. */
function rows(drawing: Drawing, texts: Layout['texts'], sizes: readonly Size[]): Layout {
  const { layer } = layersOf(drawing)
  const shown = connected(drawing)
  const layers: number[][] = []
  drawing.shapes.forEach((_, i) => {
    const row = layer[i] ?? 0
    layers[row] ??= []
    if (shown[i]) layers[row].push(i)
  })
  const into: number[][] = drawing.shapes.map(() => [])
  for (const arrow of drawing.arrows) into[arrow.to]?.push(arrow.from)

  const perRow = Math.max(8, Math.ceil(Math.sqrt(drawing.shapes.length) * 0.6))
  const boxes = new Array<Box | undefined>(drawing.shapes.length).fill(undefined)
  const middles = new Array<number>(drawing.shapes.length).fill(0)
  let y = 0
  for (const members of layers) {
    if (!members) continue
    const wish = new Map(members.map((i) => [i, mean(into[i] ?? [], middles)]))
    const sorted = [...members].sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0) || a - b)
    for (let at = 0; at < sorted.length; at += perRow) {
      const row = sorted.slice(at, at + perRow)
      const width = row.reduce((sum, i) => sum + (sizes[i]?.width ?? 0) + gap.x, -gap.x)
      let x = -width / 2
      let tallest = 0
      for (const i of row) {
        const size = sizes[i] ?? { width: 0, height: 0 }
        boxes[i] = { x, y, ...size }
        middles[i] = x + size.width / 2
        x += size.width + gap.x
        tallest = Math.max(tallest, size.height)
      }
      y += tallest + gap.y
    }
  }
  return connectRows(drawing, texts, boxes)
}

function connectRows(drawing: Drawing, texts: Layout['texts'], boxes: readonly (Box | undefined)[]): Layout {
  const labels = new Map<number, Point>()
  const ways = drawing.arrows.map((arrow, i) => {
    const from = boxes[arrow.from]
    const to = boxes[arrow.to]
    if (!from || !to) return []
    const start = { x: from.x + from.width / 2, y: from.y + from.height }
    const end = { x: to.x + to.width / 2, y: to.y }
    // Just over the shape it leads to: between the rows, where no shape is.
    if (arrow.label !== undefined) labels.set(i, { x: end.x, y: end.y - 22 })
    return [start, { x: start.x, y: start.y + 18 }, { x: end.x, y: end.y - 26 }, end]
  })
  return inFrame({ boxes, frames: new Map(), texts, ways, labels })
}

function mean(of: readonly number[], values: readonly number[]): number {
  if (of.length === 0) return 0
  return of.reduce((sum, i) => sum + (values[i] ?? 0), 0) / of.length
}
