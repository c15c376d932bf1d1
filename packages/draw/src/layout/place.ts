// Where the nodes of each row stand along it. Each is drawn to the middle of its neighbours above or below; a row of such
// wishes that keeps its order and its distances, with the least squares, is found by pooling adjacent violators.

import type { Grid } from './grid.ts'

export interface Spacing {
  /** Between two shapes of a row. */
  readonly shapes: number
  /** Between a shape and a bend, or two bends. */
  readonly bends: number
}

/** Nodes that want to stand under each other though no arrow says so. */
export type Column = readonly [upper: number, lower: number]

/** The middles of the nodes. */
export function placeNodes(grid: Grid, spacing: Spacing, columns: readonly Column[] = []): Float64Array {
  const x = new Float64Array(grid.row.length)
  const wishes = new Wishes(grid, x, columns)
  const rows = grid.rows.map((row) => new Row(grid, row, spacing))
  for (const row of rows) row.pack(x)
  const isSmall = grid.row.length <= 20_000
  for (let round = 0; round < (isSmall ? 8 : 3); round++) {
    for (let r = 1; r < rows.length; r++) rows[r]?.settle(x, wishes, 'above')
    for (let r = rows.length - 2; r >= 0; r--) rows[r]?.settle(x, wishes, 'below')
  }
  for (let round = 0; round < (isSmall ? 4 : 1); round++) {
    for (const row of rows) row.settle(x, wishes, 'both')
  }
  straighten(grid, x, spacing)
  closeUp(grid, x, spacing)
  return x
}

/**
 * The values nearest to `wish` (by weighted squares) that do not fall: where they would, neighbours are pooled to their mean.
 * Overwrites `wish[0 .. count)`.
 */
export function poolAdjacentViolators(wish: Float64Array, weight: Float64Array, count: number): void {
  const ends: number[] = []
  const weights: number[] = []
  for (let i = 0; i < count; i++) {
    let mean = wish[i] as number
    let total = weight[i] as number
    while (ends.length > 0 && (wish[ends.length - 1] as number) > mean) {
      const before = weights.pop() as number
      ends.pop()
      mean = ((wish[ends.length] as number) * before + mean * total) / (before + total)
      total += before
    }
    // Pools are fewer than the wishes read so far, so that this overwrites none that is still to be read.
    wish[ends.length] = mean
    ends.push(i)
    weights.push(total)
  }
  let at = count - 1
  for (let pool = ends.length - 1; pool >= 0; pool--) {
    const mean = wish[pool] as number
    const first = pool === 0 ? 0 : (ends[pool - 1] as number) + 1
    for (; at >= first; at--) wish[at] = mean
  }
}

// ---

class Row {
  readonly #nodes: readonly number[]
  /** How far each stands from the first at least. */
  readonly #offset: Float64Array
  readonly #wish: Float64Array
  readonly #weight: Float64Array

  constructor(grid: Grid, nodes: readonly number[], spacing: Spacing) {
    this.#nodes = nodes
    this.#offset = new Float64Array(nodes.length)
    this.#wish = new Float64Array(nodes.length)
    this.#weight = new Float64Array(nodes.length)
    for (let i = 1; i < nodes.length; i++) {
      this.#offset[i] =
        (this.#offset[i - 1] as number) + apart(grid, nodes[i - 1] as number, nodes[i] as number, spacing)
    }
  }

  pack(x: Float64Array): void {
    const half = (this.#offset.at(-1) ?? 0) / 2
    for (let i = 0; i < this.#nodes.length; i++) x[this.#nodes[i] as number] = (this.#offset[i] as number) - half
  }

  settle(x: Float64Array, wishes: Wishes, by: 'above' | 'below' | 'both'): void {
    const count = this.#nodes.length
    for (let i = 0; i < count; i++) {
      const node = this.#nodes[i] as number
      wishes.of(node, by)
      this.#wish[i] = wishes.at - (this.#offset[i] as number)
      this.#weight[i] = wishes.weight
    }
    poolAdjacentViolators(this.#wish, this.#weight, count)
    for (let i = 0; i < count; i++)
      x[this.#nodes[i] as number] = (this.#wish[i] as number) + (this.#offset[i] as number)
  }
}

function apart(grid: Grid, left: number, right: number, spacing: Spacing): number {
  const gap = left < grid.firstBend && right < grid.firstBend ? spacing.shapes : spacing.bends
  return ((grid.width[left] as number) + (grid.width[right] as number)) / 2 + gap
}

/** Where a node would like to stand, and how much: long arrows more than others, to be straight. */
class Wishes {
  readonly #x: Float64Array
  readonly #firstBend: number
  /** By segment; columns come after those that are drawn. */
  readonly #upper: readonly number[]
  readonly #lower: readonly number[]
  readonly #upperAt: readonly number[]
  readonly #lowerAt: readonly number[]
  /** Of each node the segments up and down, side by side. */
  readonly #segments: Int32Array
  readonly #start: Int32Array
  readonly #middle: Int32Array
  at = 0
  weight = 0

  constructor(grid: Grid, x: Float64Array, columns: readonly Column[]) {
    this.#x = x
    this.#firstBend = grid.firstBend
    this.#upper = columns.length === 0 ? grid.upper : grid.upper.concat(columns.map(([upper]) => upper))
    this.#lower = columns.length === 0 ? grid.lower : grid.lower.concat(columns.map(([, lower]) => lower))
    this.#upperAt = grid.upperAt
    this.#lowerAt = grid.lowerAt
    const nodes = grid.row.length
    const ups = new Int32Array(nodes)
    const downs = new Int32Array(nodes)
    for (const node of this.#lower) ups[node] = (ups[node] as number) + 1
    for (const node of this.#upper) downs[node] = (downs[node] as number) + 1
    this.#start = new Int32Array(nodes + 1)
    this.#middle = new Int32Array(nodes)
    for (let node = 0; node < nodes; node++) {
      this.#middle[node] = (this.#start[node] as number) + (ups[node] as number)
      this.#start[node + 1] = (this.#middle[node] as number) + (downs[node] as number)
    }
    this.#segments = new Int32Array(2 * this.#upper.length)
    const nextUp = this.#start.slice()
    const nextDown = this.#middle.slice()
    for (let s = 0; s < this.#upper.length; s++) {
      const [upper, lower] = [this.#upper[s] as number, this.#lower[s] as number]
      this.#segments[nextUp[lower] as number] = s
      nextUp[lower] = (nextUp[lower] as number) + 1
      this.#segments[nextDown[upper] as number] = s
      nextDown[upper] = (nextDown[upper] as number) + 1
    }
  }

  #degree(node: number): number {
    return (this.#start[node + 1] as number) - (this.#start[node] as number)
  }

  /** Sets `at` and `weight`. */
  of(node: number, by: 'above' | 'below' | 'both'): void {
    const [upper, lower, firstBend] = [this.#upper, this.#lower, this.#firstBend]
    const from = by === 'below' ? (this.#middle[node] as number) : (this.#start[node] as number)
    const to = by === 'above' ? (this.#middle[node] as number) : (this.#start[node + 1] as number)
    // Where many arrows branch off, what they share outweighs them all: else it would drift aside, row by row.
    const trunk = 8 * (this.#degree(node) - 1)
    let sum = 0
    let total = 0
    for (let i = from; i < to; i++) {
      const s = this.#segments[i] as number
      const isLower = lower[s] === node
      const other = (isLower ? upper[s] : lower[s]) as number
      const own = ((isLower ? this.#lowerAt : this.#upperAt)[s] as number) || 0 // where there is room: the middle
      const its = ((isLower ? this.#upperAt : this.#lowerAt)[s] as number) || 0
      // What branches off with many others need not stand near.
      const branch = this.#degree(node < firstBend ? other : node) > 8 ? 0.1 : 2
      const weight = node < firstBend ? (other < firstBend ? 1 : branch) : other < firstBend ? branch : trunk
      sum += weight * ((this.#x[other] as number) + its - own)
      total += weight
    }
    this.at = total === 0 ? (this.#x[node] as number) : sum / total
    this.weight = total === 0 ? 0.01 : total
  }
}

/** Bends that follow each other get one line as far as their neighbours leave room. */
function straighten(grid: Grid, x: Float64Array, spacing: Spacing): void {
  const { rows, row, firstBend } = grid
  const next = new Int32Array(row.length).fill(-1)
  const isFollowed = new Uint8Array(row.length)
  for (let s = 0; s < grid.upper.length; s++) {
    const [upper, lower] = [grid.upper[s] as number, grid.lower[s] as number]
    if (upper < firstBend || lower < firstBend) continue
    next[upper] = lower
    isFollowed[lower] = 1
  }
  const position = new Int32Array(row.length)
  for (const nodes of rows) for (let i = 0; i < nodes.length; i++) position[nodes[i] as number] = i
  let left = 0
  let right = 0
  const room = (node: number) => {
    const nodes = rows[row[node] as number] as number[]
    const at = position[node] as number
    const [before, after] = [nodes[at - 1], nodes[at + 1]]
    left = before === undefined ? Number.NEGATIVE_INFINITY : (x[before] as number) + apart(grid, before, node, spacing)
    right = after === undefined ? Number.POSITIVE_INFINITY : (x[after] as number) - apart(grid, node, after, spacing)
  }
  for (let start = firstBend; start < row.length; start++) {
    if (isFollowed[start]) continue
    for (let first = start; first >= 0; ) {
      let [low, high, sum, count] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0]
      let node = first
      for (; node >= 0; node = next[node] as number) {
        room(node)
        if (Math.max(low, left) > Math.min(high, right) && count > 0) break
        low = Math.max(low, left)
        high = Math.min(high, right)
        sum += x[node] as number
        count++
      }
      const line = Math.min(Math.max(sum / count, low), high)
      for (let at = first; at !== node; at = next[at] as number) x[at] = line
      first = node
    }
  }
}

/** Parts that are not connected come as close to each other as their rows allow. */
function closeUp(grid: Grid, x: Float64Array, spacing: Spacing): void {
  const { part } = grid
  if (part.every((of) => of === part[0])) return
  const rowsOf = new Map<number, { first: number; last: number; row: number }[]>()
  grid.rows.forEach((nodes, r) => {
    for (let i = 0; i < nodes.length; ) {
      const of = part[nodes[i] as number] as number
      let last = i
      while (last + 1 < nodes.length && part[nodes[last + 1] as number] === of) last++
      const stretch = { first: nodes[i] as number, last: nodes[last] as number, row: r }
      const known = rowsOf.get(of)
      if (known) known.push(stretch)
      else rowsOf.set(of, [stretch])
      i = last + 1
    }
  })
  const placed: (number | undefined)[] = []
  const by = new Map<number, number>()
  for (const of of [...rowsOf.keys()].sort((a, b) => a - b)) {
    const stretches = rowsOf.get(of) ?? []
    let free = Number.POSITIVE_INFINITY
    for (const { first, row } of stretches) {
      const before = placed[row]
      const edge =
        before === undefined
          ? (grid.width[first] as number) / 2
          : (x[before] as number) + (by.get(part[before] as number) ?? 0) + apart(grid, before, first, spacing)
      free = Math.min(free, (x[first] as number) - edge)
    }
    by.set(of, -free)
    for (const { last, row } of stretches) placed[row] = last
  }
  for (let node = 0; node < x.length; node++) x[node] = (x[node] as number) + (by.get(part[node] as number) ?? 0)
}
