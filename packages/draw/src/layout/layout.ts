// Where the shapes and arrows of a drawing stand: plain data, for any surface. Knows sizes, but neither texts nor colours.

import type { Drawing } from '../drawing.ts'
import type { Size } from './grid.ts'
import { type Level, levelsOf } from './levels.ts'
import { placeLevel } from './place-level.ts'
import type { Box, Gaps, Movable, PlacedLevel, Point } from './placed-level.ts'

export type { Size } from './grid.ts'
export type { Box, Gaps, Point } from './placed-level.ts'

export type Direction = 'down' | 'right'

export interface Layout {
  readonly direction: Direction
  readonly width: number
  readonly height: number
  /** By shape; undefined if it is not drawn. */
  readonly boxes: readonly (Box | undefined)[]
  /** By shape: the box around the steps within it. */
  readonly frames: ReadonlyMap<number, Box>
  /**
   * By arrow: from edge to edge. Between two points the line is straight if they share a coordinate, else an S that leaves
   * and arrives in the layout's direction; `pathOf` writes it out.
   */
  readonly ways: readonly (readonly Point[])[]
  /** By arrow: the middle of its label. */
  readonly labels: ReadonlyMap<number, Point>
}

export interface LayoutOptions {
  readonly direction?: Direction
  /** Of a shape's box. */
  readonly sizeOf: (shape: number) => Size
  /** Of an arrow's label, if it has one. */
  readonly labelSizeOf?: (arrow: number) => Size | undefined
  readonly gaps?: Partial<Gaps>
  readonly margin?: number
}

/** The same drawing with the same sizes is laid out the same, on every machine. */
export function layout(drawing: Drawing, options: LayoutOptions): Layout {
  const direction = options.direction ?? 'down'
  // What leads to the right is laid out downwards, and turned.
  const turned = (size: Size): Size => (direction === 'down' ? size : { width: size.height, height: size.width })
  const gaps: Gaps = { shapes: 36, rows: 46, frame: 18, ...options.gaps }
  const labels = new Map<number, Size>()
  drawing.arrows.forEach(({ label }, arrow) => {
    const size = label === undefined ? undefined : options.labelSizeOf?.(arrow)
    if (size) labels.set(arrow, turned(size))
  })
  const levels = levelsOf(drawing)
  const placed = new Map<number | undefined, PlacedLevel>()
  for (const [holder, level] of levels) {
    const frames = level.members.map((shape) => (shape === holder ? undefined : placed.get(shape)))
    const members = level.members.map((shape, i) => frames[i] ?? turned(options.sizeOf(shape)))
    placed.set(holder, placeLevel(drawing, level, { members, frames, labels, gaps }))
  }
  return assemble(drawing, levels, placed, direction, options.margin ?? 24)
}

// ---

function assemble(
  drawing: Drawing,
  levels: ReadonlyMap<number | undefined, Level>,
  placed: ReadonlyMap<number | undefined, PlacedLevel>,
  direction: Direction,
  margin: number,
): Layout {
  const box = ({ x, y, width, height }: Box): Box =>
    direction === 'down' ? { x, y, width, height } : { x: y, y: x, width: height, height: width }
  const boxes = new Array<Box | undefined>(drawing.shapes.length).fill(undefined)
  const frames = new Map<number, Box>()
  const labels = new Map<number, Point>()
  const ways = new Array<Movable[]>(drawing.arrows.length).fill([])
  const corners = new Map<number | undefined, Point>([[undefined, { x: margin, y: margin }]])
  // From the outside in: a frame stands before what it holds.
  for (const [holder, level] of [...levels].reverse()) {
    const inside = placed.get(holder)
    const corner = corners.get(holder)
    if (!inside || !corner) continue
    const move = <P extends Point>(p: P): P => ({ ...p, x: p.x + corner.x, y: p.y + corner.y })
    level.members.forEach((shape, i) => {
      const at = move(inside.boxes[i] as Box)
      if (shape === holder || !levels.has(shape)) boxes[shape] = box(at)
      else {
        frames.set(shape, box(at))
        corners.set(shape, at)
      }
    })
    level.parts.forEach((part, i) => {
      const way = inside.ways[i] ?? []
      for (const point of way) {
        const [x, y] = [point.x + corner.x, point.y + corner.y]
        point.x = direction === 'down' ? x : y
        point.y = direction === 'down' ? y : x
      }
      const before = ways[part.arrow] as Movable[]
      // What leads out of a frame comes before what lies outside of it.
      if (before.length === 0) ways[part.arrow] = way
      else ways[part.arrow] = withoutNeedless(part.to === undefined ? [...way, ...before] : [...before, ...way])
      const label = inside.labels[i]
      if (label) {
        const { x, y } = move(label)
        labels.set(part.arrow, direction === 'down' ? { x, y } : { x: y, y: x })
      }
    })
  }
  const root = placed.get(undefined) ?? { width: 0, height: 0 }
  const [width, height] = [root.width + 2 * margin, root.height + 2 * margin]
  return {
    direction,
    width: direction === 'down' ? width : height,
    height: direction === 'down' ? height : width,
    boxes,
    frames,
    ways,
    labels,
  }
}

/** Without points that a straight line passes anyway. */
function withoutNeedless(way: readonly Movable[]): Movable[] {
  const kept: Movable[] = []
  for (const point of way) {
    const [last, before] = [kept.at(-1), kept.at(-2)]
    if (last && near(last.x, point.x) && near(last.y, point.y)) continue
    if (last && before && isStraight(before, last, point)) kept.pop()
    kept.push(point)
  }
  return kept
}

const near = (a: number, b: number) => Math.abs(a - b) < 0.05

function isStraight(a: Point, b: Point, c: Point): boolean {
  return (near(a.x, b.x) && near(b.x, c.x)) || (near(a.y, b.y) && near(b.y, c.y))
}
