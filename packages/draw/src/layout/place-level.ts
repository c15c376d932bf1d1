// One level laid out: its members in rows, its arrows from row to row, and where arrows pass its frame.

import type { Drawing } from '../drawing.ts'
import { type Draft, draftOf, loopRoom } from './draft-level.ts'
import { endsOf } from './ends.ts'
import { type Grid, gridOf, type Piece, type Size } from './grid.ts'
import type { Level } from './levels.ts'
import { orderRows } from './order.ts'
import { placeNodes } from './place.ts'
import type { Box, Gaps, LevelSizes, Movable, PlacedLevel, Point } from './placed-level.ts'

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

/** With bends that arrows share, if that costs no crossing; where there are many, it is not tried. */
function orderedGrid({ nodes, pieces }: Draft): Grid {
  const shared = gridOf(nodes, pieces, 'shared')
  const crossings = orderRows(shared)
  if (crossings === 0 || shared.row.length > 1_500) return shared
  const own = gridOf(nodes, pieces, 'own')
  return own.row.length === shared.row.length || orderRows(own) >= crossings ? shared : own
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
