// A level as rows of nodes, and segments that each lead from one row to the next: what ordering and placing work on. An
// arrow over several rows passes a bend in each. Long arrows of one kind that begin or end at the same place share bends.

import { partsOf } from './parts.ts'

export interface Size {
  readonly width: number
  readonly height: number
}

/** From one node to another; `upper` stands in the earlier row. Equal for what leads from a node to itself. */
export interface Piece {
  readonly upper: number
  readonly lower: number
  /** Where it begins and ends on the nodes, from their middles; NaN: wherever there is room. */
  readonly upperAt: number
  readonly lowerAt: number
  readonly label?: Size
  /** Pieces with the same may share bends where they begin together, and where they end together. */
  readonly upperKey: string | number
  readonly lowerKey: string | number
}

export interface GridNode extends Size {
  readonly row: number
  /** Its place in the order of the file; -1: it has none. */
  readonly file: number
}

export interface Grid {
  /** The nodes of each row, from left to right; what `orderRows` rearranges. */
  readonly rows: number[][]
  readonly row: number[]
  readonly width: number[]
  readonly height: number[]
  readonly file: number[]
  /** By segment: its nodes, and how far from their middles it ends; NaN: wherever there is room. */
  readonly upper: number[]
  readonly lower: number[]
  readonly upperAt: number[]
  readonly lowerAt: number[]
  /** By piece: its segments from top to bottom; none if it leads to itself, or is one of too many to have bends. */
  readonly chains: (readonly number[])[]
  /** By piece: the node that its label is. */
  readonly labels: (number | undefined)[]
  /** Nodes from here on are bends, of which some are labels. */
  readonly firstBend: number
  /** By node: the first node of the part that it is connected with. */
  part: Int32Array
}

/** A row for each label stands between those that its arrow connects. More bends than `most` are not made. */
export function gridOf(
  nodes: readonly GridNode[],
  pieces: readonly Piece[],
  bends: 'shared' | 'own',
  most = 60_000,
): Grid {
  const { rowOf, count } = rowsWithLabels(nodes, pieces)
  const grid: Grid = {
    rows: Array.from({ length: count }, () => []),
    row: [],
    width: [],
    height: [],
    file: [],
    upper: [],
    lower: [],
    upperAt: [],
    lowerAt: [],
    chains: [],
    labels: [],
    firstBend: nodes.length,
    part: new Int32Array(0),
  }
  for (const node of nodes) addNode(grid, rowOf[node.row] ?? 0, node, node.file)
  const trunks = trunksOf(grid, pieces, bends, most)
  pieces.forEach((piece, i) => {
    const trunk = trunks[i]
    grid.chains.push(piece.upper === piece.lower || !trunk ? [] : chainOf(grid, piece, trunk))
    grid.labels.push(trunk?.label === undefined ? undefined : trunk.bends[0])
  })
  grid.part = partsOf(grid.row.length, grid.upper, grid.lower)
  return grid
}

// ---

const bend: Size = { width: 0, height: 0 }

function addNode(grid: Grid, row: number, { width, height }: Size, file: number): number {
  const node = grid.row.length
  grid.row.push(row)
  grid.width.push(width)
  grid.height.push(height)
  grid.file.push(file)
  grid.rows[row]?.push(node)
  return node
}

function addSegment(grid: Grid, upper: number, lower: number, upperAt: number, lowerAt: number): number {
  grid.upper.push(upper)
  grid.lower.push(lower)
  grid.upperAt.push(upperAt)
  grid.lowerAt.push(lowerAt)
  return grid.upper.length - 1
}

/** Labels stand under the row in which their arrow begins. */
function rowsWithLabels(nodes: readonly GridNode[], pieces: readonly Piece[]): { rowOf: number[]; count: number } {
  const labelled = new Set<number>()
  for (const { upper, lower, label } of pieces) {
    if (label && upper !== lower) labelled.add(nodes[upper]?.row ?? 0)
  }
  const last = nodes.reduce((most, { row }) => Math.max(most, row), -1)
  const rowOf: number[] = []
  let next = 0
  for (let row = 0; row <= last; row++) {
    rowOf.push(next++)
    if (labelled.has(row)) next++
  }
  return { rowOf, count: next }
}

/** Bends that several pieces may use, counted from the end that they have in common. */
interface Trunk {
  readonly from: 'upper' | 'lower'
  readonly label: Size | undefined
  readonly bends: number[]
  /** To each bend from the one before it. */
  readonly segments: number[]
  length: number
}

/** By piece; undefined for the longest, if there were too many bends. */
function trunksOf(grid: Grid, pieces: readonly Piece[], bends: 'shared' | 'own', most: number): (Trunk | undefined)[] {
  const span = (piece: Piece) => (grid.row[piece.lower] ?? 0) - (grid.row[piece.upper] ?? 0)
  type Key = string | number
  const counts = { upper: new Map<Key, number>(), lower: new Map<Key, number>() }
  for (const piece of pieces) {
    if (bends === 'own' || span(piece) < 2 || piece.label) continue
    counts.upper.set(piece.upperKey, (counts.upper.get(piece.upperKey) ?? 0) + 1)
    counts.lower.set(piece.lowerKey, (counts.lower.get(piece.lowerKey) ?? 0) + 1)
  }
  const shared = { upper: new Map<Key, Trunk>(), lower: new Map<Key, Trunk>() }
  const trunks = pieces.map((piece): Trunk => {
    const length = Math.max(0, span(piece) - 1)
    const own = (): Trunk => ({ from: 'upper', label: piece.label, bends: [], segments: [], length })
    if (length === 0 || piece.label) return own()
    const [below, above] = [counts.upper.get(piece.upperKey) ?? 0, counts.lower.get(piece.lowerKey) ?? 0]
    if (below < 2 && above < 2) return own()
    const from = below >= above ? 'upper' : 'lower'
    const key = from === 'upper' ? piece.upperKey : piece.lowerKey
    const trunk = shared[from].get(key) ?? { from, label: undefined, bends: [], segments: [], length: 0 }
    shared[from].set(key, trunk)
    trunk.length = Math.max(trunk.length, length)
    return trunk
  })
  const left = withinBounds(new Set(trunks), most)
  return trunks.map((trunk) => (left.has(trunk) ? trunk : undefined))
}

function withinBounds(trunks: ReadonlySet<Trunk>, most: number): ReadonlySet<Trunk> {
  let total = 0
  for (const { length } of trunks) total += length
  if (total <= most) return trunks
  const left = new Set(trunks)
  for (const trunk of [...trunks].sort((a, b) => b.length - a.length)) {
    if (total <= most) break
    left.delete(trunk)
    total -= trunk.length
  }
  return left
}

function chainOf(grid: Grid, piece: Piece, trunk: Trunk): number[] {
  const isDown = trunk.from === 'upper'
  const [near, far] = isDown ? [piece.upper, piece.lower] : [piece.lower, piece.upper]
  const [nearAt, farAt] = isDown ? [piece.upperAt, piece.lowerAt] : [piece.lowerAt, piece.upperAt]
  const step = isDown ? 1 : -1
  const link = (from: number, to: number, fromAt: number, toAt: number) =>
    isDown ? addSegment(grid, from, to, fromAt, toAt) : addSegment(grid, to, from, toAt, fromAt)
  const bends = Math.abs((grid.row[far] ?? 0) - (grid.row[near] ?? 0)) - 1
  while (trunk.bends.length < bends) {
    const before = trunk.bends.at(-1)
    const row = (grid.row[before ?? near] ?? 0) + step
    const node = addNode(grid, row, before === undefined && trunk.label ? trunk.label : bend, -1)
    trunk.bends.push(node)
    trunk.segments.push(link(before ?? near, node, before === undefined ? nearAt : 0, 0))
  }
  const chain = trunk.segments.slice(0, bends)
  const last = trunk.bends[bends - 1]
  chain.push(link(last ?? near, far, last === undefined ? nearAt : 0, farAt))
  return isDown ? chain : chain.reverse()
}
