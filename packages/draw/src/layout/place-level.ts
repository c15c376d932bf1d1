// One level laid out: its members in rows, its arrows from row to row, and where arrows pass its frame.

import type { ArrowKind, Drawing } from '../drawing.ts'
import { endsOf } from './ends.ts'
import { type Grid, type GridNode, gridOf, type Piece, type Size } from './grid.ts'
import type { Level, Part } from './levels.ts'
import { orderRows } from './order.ts'
import { type Column, placeNodes } from './place.ts'

export interface Point {
  readonly x: number
  readonly y: number
}

/** Of a way that is still on its way to its final place. */
export interface Movable {
  x: number
  y: number
}

export interface Box extends Size {
  /** The left upper corner. */
  readonly x: number
  readonly y: number
}

export interface Gaps {
  /** Between the shapes of a row, and between rows. */
  readonly shapes: number
  readonly rows: number
  /** Around the steps that a frame holds. */
  readonly frame: number
}

export interface PlacedLevel extends Size {
  /** By member; of a holder, in the level that it stands in, the frame. */
  readonly boxes: readonly Box[]
  /** By part, in the direction of the arrow. */
  readonly ways: readonly Movable[][]
  /** By part: the middle of the arrow's label, if that stands in this level. */
  readonly labels: readonly (Point | undefined)[]
  /** By arrow: how far from the middle it passes the frame. */
  readonly passes: ReadonlyMap<number, number>
}

export interface LevelSizes {
  /** Of a member: its box, or its frame. */
  readonly members: readonly Size[]
  /** Of what is in the members that are frames. */
  readonly frames: readonly (PlacedLevel | undefined)[]
  readonly labels: ReadonlyMap<number, Size>
  readonly gaps: Gaps
}

export function placeLevel(drawing: Drawing, level: Level, sizes: LevelSizes): PlacedLevel {
  const draft = draftOf(drawing, level, sizes)
  const grid = orderedGrid(draft)
  const { gaps } = sizes
  const x = placeNodes(grid, { shapes: gaps.shapes, bends: Math.min(18, gaps.shapes) }, draft.columns)
  const ends = endsOf(grid, x, 16)
  const tracks = tracksOf(grid, ends, draft, gaps)
  const [left, right] = extentOf(grid, x)
  const padding = level.holder === undefined ? 0 : gaps.frame
  const move = padding - left
  const width = right - left + 2 * padding
  const top = level.holder === undefined ? 0 : draft.hasTop ? 0 : gaps.frame
  const bottom = level.holder === undefined ? 0 : draft.hasBottom ? 0 : gaps.frame
  const boxes = level.members.map((_, i): Box => {
    const size = sizes.members[i] ?? none
    const row = grid.row[i] as number
    const middle = top + ((tracks.top[row] as number) + (tracks.bottom[row] as number)) / 2
    const loop = draft.loops[i] ?? 0
    return { x: (x[i] as number) - (size.width + loop) / 2 + move, y: middle - size.height / 2, ...size }
  })
  const labels: (Point | undefined)[] = []
  const ways = level.parts.map((part, i): Movable[] => {
    const node = grid.labels[i]
    labels.push(undefined)
    if (part.from !== undefined && part.from === part.to) {
      const box = boxes[part.from] as Box
      const label = sizes.labels.get(part.arrow)
      const out = box.x + box.width + loopRoom
      if (label) labels[i] = { x: out + 4 + label.width / 2, y: box.y + box.height / 2 }
      return loopOf(box, out)
    }
    if (node !== undefined) {
      const row = grid.row[node] as number
      labels[i] = {
        x: (x[node] as number) + move,
        y: top + ((tracks.top[row] as number) + (tracks.bottom[row] as number)) / 2,
      }
    }
    const piece = draft.pieces[i] as Piece
    const way = wayOf(grid, grid.chains[i] ?? [], piece, ends, tracks, x)
    for (const point of way) {
      point.x += move
      point.y += top
    }
    // To the edge of its shapes; at a port it is at the frame already.
    const [first, last] = [way[0] as Movable, way.at(-1) as Movable]
    const [upper, lower] = [boxes[piece.upper], boxes[piece.lower]]
    if (upper) first.y = upper.y + upper.height
    if (lower) last.y = lower.y
    return part.back ? way.reverse() : way
  })
  const height = (tracks.bottom.at(-1) ?? 0) + top + bottom
  const passes = new Map<number, number>()
  level.parts.forEach((part, i) => {
    const port = draft.ports[i]
    if (port !== undefined) passes.set(part.arrow, (x[port] as number) + move - width / 2)
  })
  return { width, height, boxes, ways, labels, passes }
}

// ---

const none: Size = { width: 0, height: 0 }
const loopRoom = 22

interface Draft {
  readonly nodes: GridNode[]
  readonly pieces: Piece[]
  /** By part: the node at the frame. */
  readonly ports: (number | undefined)[]
  /** By member: the room that arrows to itself take at its right. */
  readonly loops: readonly number[]
  readonly hasTop: boolean
  readonly hasBottom: boolean
  /** Of layers that are several rows. */
  readonly columns: readonly Column[]
}

function draftOf(drawing: Drawing, level: Level, sizes: LevelSizes): Draft {
  const passes = (side: 'top' | 'bottom') => level.parts.some((p) => isPass(p) && p.side === side)
  const [hasTop, hasBottom] = [passes('top'), passes('bottom')]
  const { row, count, columns } = rowsOf(level, hasTop ? 1 : 0)
  const loops = level.members.map(() => 0)
  for (const { from, to, arrow } of level.parts) {
    if (from === undefined || from !== to) continue
    loops[from] = Math.max(loops[from] ?? 0, loopRoom + 4 + (sizes.labels.get(arrow)?.width ?? 0))
  }
  const nodes: GridNode[] = level.members.map((_, i) => {
    const size = sizes.members[i] ?? none
    return { row: row[i] ?? 0, file: i, width: size.width + (loops[i] ?? 0), height: size.height }
  })
  const known = new Map<string, number>()
  const ports: (number | undefined)[] = []
  const portOf = (part: Part, key: string): number => {
    const before = known.get(key)
    if (before !== undefined) return before
    known.set(key, nodes.length)
    nodes.push({ row: part.side === 'top' ? 0 : count, file: -1, ...none })
    return nodes.length - 1
  }
  const pieces = level.parts.map((part, i): Piece => {
    const { kind } = drawing.arrows[part.arrow] ?? { kind: 'data' }
    const label = isPass(part) ? undefined : sizes.labels.get(part.arrow)
    const [above, below] = part.back ? [part.to, part.from] : [part.from, part.to]
    const [upperAt, lowerAt] = [endAt(above, part.arrow, sizes, loops), endAt(below, part.arrow, sizes, loops)]
    const own = sizes.labels.has(part.arrow) ? part.arrow : -1
    const upperKey = keyOf(above, upperAt, kind, part.back, own)
    const lowerKey = keyOf(below, lowerAt, kind, part.back, own)
    const port = isPass(part) ? portOf(part, `${part.from === undefined} ${upperKey} ${lowerKey}`) : undefined
    ports[i] = port
    const ends = { upper: above ?? port ?? 0, lower: below ?? port ?? 0, upperAt, lowerAt, upperKey, lowerKey }
    return label ? { ...ends, label } : ends
  })
  return { nodes, pieces, ports, loops, hasTop, hasBottom, columns }
}

/** Where an arrow meets a member: at a frame where it passes that. */
function endAt(member: number | undefined, arrow: number, sizes: LevelSizes, loops: readonly number[]): number {
  if (member === undefined) return 0
  const at = sizes.frames[member]?.passes.get(arrow)
  if (at !== undefined) return at
  return loops[member] ? -loops[member] / 2 : Number.NaN
}

const kinds: readonly ArrowKind[] = ['data', 'maybe', 'order', 'next', 'branch', 'failure', 'parallel']

/** What arrows that share bends have in common: a number, unless they meet their member at a certain place. */
function keyOf(member: number | undefined, at: number, kind: ArrowKind, back: boolean, own: number): string | number {
  const key = ((member ?? -1) * 8 + kinds.indexOf(kind)) * 2 + (back ? 1 : 0)
  return Number.isNaN(at) && own < 0 ? key : `${key} ${at} ${own}`
}

const isPass = (part: Part) => part.from === undefined || part.to === undefined

/** With bends that arrows share, if that costs no crossing; where there are many, it is not tried. */
function orderedGrid({ nodes, pieces }: Draft): Grid {
  const shared = gridOf(nodes, pieces, 'shared')
  const crossings = orderRows(shared)
  if (crossings === 0 || shared.row.length > 1_500) return shared
  const own = gridOf(nodes, pieces, 'own')
  return own.row.length === shared.row.length || orderRows(own) >= crossings ? shared : own
}

/** A layer too broad to be read is several rows, in the order of the file. */
function rowsOf({ layer }: Level, first: number): { row: number[]; count: number; columns: Column[] } {
  const perRow = Math.max(16, Math.ceil(Math.sqrt(layer.length) * 0.8))
  const sizes: number[] = []
  for (const at of layer) sizes[at] = (sizes[at] ?? 0) + 1
  const start: number[] = []
  let count = first
  for (const size of sizes) {
    start.push(count)
    count += Math.ceil((size ?? 0) / perRow)
  }
  const taken: number[][] = sizes.map(() => [])
  const columns: Column[] = []
  const row = layer.map((at, member) => {
    const nth = taken[at]?.push(member) ?? 1
    const above = taken[at]?.[nth - 1 - perRow]
    if (above !== undefined) columns.push([above, member])
    return (start[at] ?? 0) + Math.floor((nth - 1) / perRow)
  })
  return { row, count, columns }
}

/** The upper and lower edge of each row, and the room between rows in which arrows bend. */
interface Tracks {
  readonly top: number[]
  readonly bottom: number[]
}

function tracksOf(grid: Grid, ends: { upper: Float64Array; lower: Float64Array }, draft: Draft, gaps: Gaps): Tracks {
  const widest = new Float64Array(grid.rows.length)
  for (let s = 0; s < grid.upper.length; s++) {
    const row = grid.row[grid.upper[s] as number] as number
    const reach = Math.abs((ends.upper[s] as number) - (ends.lower[s] as number))
    widest[row] = Math.max(widest[row] as number, reach)
  }
  const tracks: Tracks = { top: [], bottom: [] }
  let y = 0
  const isLabels = (row: number) => (grid.rows[row] ?? []).every((node) => node >= grid.firstBend)
  grid.rows.forEach((nodes, row) => {
    const height = nodes.reduce((most, node) => Math.max(most, grid.height[node] as number), 0)
    tracks.top.push(y)
    tracks.bottom.push(y + height)
    const last = grid.rows.length - 1
    const isPort = (draft.hasTop && row === 0) || (draft.hasBottom && row === last - 1)
    const base = isPort ? gaps.frame + 4 : isLabels(row) || isLabels(row + 1) ? gaps.rows * 0.6 : gaps.rows
    // Long ways across need room to be told apart.
    y += height + (row === last ? 0 : base + Math.min(72, Math.max(0, (widest[row] as number) - 160) * 0.1))
  })
  return tracks
}

function extentOf(grid: Grid, x: Float64Array): [number, number] {
  let [left, right] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let node = 0; node < x.length; node++) {
    const half = (grid.width[node] as number) / 2
    left = Math.min(left, (x[node] as number) - half)
    right = Math.max(right, (x[node] as number) + half)
  }
  return x.length === 0 ? [0, 0] : [left, right]
}

/** From row to row, upright but where it must go aside; from top to bottom. */
function wayOf(
  grid: Grid,
  chain: readonly number[],
  piece: Piece,
  ends: { upper: Float64Array; lower: Float64Array },
  { top, bottom }: Tracks,
  x: Float64Array,
): Movable[] {
  const [first, last] = [grid.row[piece.upper] as number, grid.row[piece.lower] as number]
  const [firstSegment, lastSegment] = [chain[0], chain.at(-1)]
  const startX =
    firstSegment === undefined ? (x[piece.upper] as number) + (piece.upperAt || 0) : ends.upper[firstSegment]
  const endX = lastSegment === undefined ? (x[piece.lower] as number) + (piece.lowerAt || 0) : ends.lower[lastSegment]
  const way: Movable[] = [{ x: startX as number, y: bottom[first] as number }]
  if (chain.length === 0) aside(way, startX as number, first, endX as number, last, top, bottom)
  for (let i = 0; i < chain.length; i++) {
    const s = chain[i] as number
    aside(way, ends.upper[s] as number, first + i, ends.lower[s] as number, first + i + 1, top, bottom)
  }
  way.push({ x: endX as number, y: top[last] as number })
  return way
}

/** Upright where it leaves a row and where it comes to the next, so that all of an arrow's head is seen. */
function aside(
  way: Movable[],
  upperX: number,
  upperRow: number,
  lowerX: number,
  lowerRow: number,
  top: readonly number[],
  bottom: readonly number[],
): void {
  if (Math.abs(upperX - lowerX) < 0.05) return
  const [from, to] = [bottom[upperRow] as number, top[lowerRow] as number]
  const upright = Math.min(9, (to - from) / 4)
  way.push({ x: upperX, y: from + upright }, { x: lowerX, y: to - upright })
}

function loopOf(box: Box, out: number): Movable[] {
  const [right, top, bottom] = [box.x + box.width, box.y + box.height * 0.3, box.y + box.height * 0.7]
  return [
    { x: right, y: top },
    { x: out, y: top },
    { x: out, y: bottom },
    { x: right, y: bottom },
  ]
}
