// A level as nodes and pieces: its members in rows, ports where arrows pass its frame, and the room that loops take.

import type { ArrowKind, Drawing } from '../drawing.ts'
import type { GridNode, Piece, Size } from './grid.ts'
import type { Level, Part } from './levels.ts'
import type { Column } from './place.ts'
import type { LevelSizes } from './placed-level.ts'

/** At the right of a shape that leads to itself. */
export const loopRoom = 22

/** What stands in a level, and what leads where, before it has a place. */
export interface Draft {
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

export function draftOf(drawing: Drawing, level: Level, sizes: LevelSizes): Draft {
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

// ---

const none: Size = { width: 0, height: 0 }

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
