// Where on their shapes the segments begin and end: as straight below or above what they lead to as the side allows, in an
// order in which they do not cross, and apart from each other.

import type { Grid } from './grid.ts'
import { Neighbours } from './neighbours.ts'
import { poolAdjacentViolators } from './place.ts'

export interface Ends {
  /** By segment. */
  readonly upper: Float64Array
  readonly lower: Float64Array
}

/** `inset`: how far from a shape's corner an arrow must stay. */
export function endsOf(grid: Grid, x: Float64Array, inset: number, apart = 16): Ends {
  const count = grid.upper.length
  const ends: Ends = { upper: new Float64Array(count), lower: new Float64Array(count) }
  const below = new Neighbours(grid.row.length, grid.upper, segments(count))
  const above = new Neighbours(grid.row.length, grid.lower, segments(count))
  for (let s = 0; s < count; s++) {
    ends.upper[s] = (x[grid.upper[s] as number] as number) + ((grid.upperAt[s] as number) || 0)
    ends.lower[s] = (x[grid.lower[s] as number] as number) + ((grid.lowerAt[s] as number) || 0)
  }
  // Read by all, so that no end is moved by another that has moved already.
  const from: Ends = { upper: ends.upper.slice(), lower: ends.lower.slice() }
  const side = new Side(grid, x, from, ends, inset, apart)
  for (let node = 0; node < grid.firstBend; node++) {
    side.spread(node, below, 'upper')
    side.spread(node, above, 'lower')
  }
  for (let s = 0; s < count; s++) side.align(s)
  return ends
}

// ---

const segments = (count: number) => Array.from({ length: count }, (_, s) => s)

/** The ends on one side of a shape. */
class Side {
  readonly #grid: Grid
  readonly #x: Float64Array
  readonly #from: Ends
  readonly #to: Ends
  readonly #inset: number
  readonly #apart: number
  /** Of each node how far apart its ends are above, and below. */
  readonly #steps: Readonly<Record<'upper' | 'lower', Float64Array>>

  constructor(grid: Grid, x: Float64Array, from: Ends, to: Ends, inset: number, apart: number) {
    this.#grid = grid
    this.#x = x
    this.#from = from
    this.#to = to
    this.#inset = inset
    this.#apart = apart
    this.#steps = { upper: new Float64Array(grid.firstBend), lower: new Float64Array(grid.firstBend) }
  }

  spread(node: number, segments: Neighbours, end: 'upper' | 'lower'): void {
    const at = end === 'upper' ? this.#grid.upperAt : this.#grid.lowerAt
    const first = segments.at(segments.start(node))
    const count = segments.end(node) - segments.start(node)
    if (count === 0) return
    this.#steps[end][node] = this.#apart
    if (count === 1) {
      if (Number.isNaN(at[first])) this.#to[end][first] = this.#wish(first, node, end)
      return
    }
    const far = end === 'upper' ? this.#from.lower : this.#from.upper
    const sorted: number[] = []
    for (let i = segments.start(node); i < segments.end(node); i++) {
      const s = segments.at(i)
      if (Number.isNaN(at[s])) sorted.push(s)
    }
    sorted.sort((a, b) => (far[a] as number) - (far[b] as number) || a - b)
    const half = this.#half(node)
    const step = Math.min(this.#apart, (2 * half) / Math.max(1, sorted.length - 1))
    this.#steps[end][node] = step
    const wish = new Float64Array(sorted.length)
    const weight = new Float64Array(sorted.length)
    sorted.forEach((segment, i) => {
      wish[i] = this.#wish(segment, node, end) - i * step
      // What two shapes agree on can move; a bend cannot.
      weight[i] = this.#isSettled(segment, end) ? 4 : 1
    })
    poolAdjacentViolators(wish, weight, sorted.length)
    const [low, high] = [
      (this.#x[node] as number) - half,
      (this.#x[node] as number) + half - (sorted.length - 1) * step,
    ]
    sorted.forEach((segment, i) => {
      this.#to[end][segment] = Math.min(Math.max(wish[i] as number, low), high) + i * step
    })
  }

  /** What is almost straight becomes straight, if its neighbours on both sides are far enough for that. */
  align(segment: number): void {
    const { upper, lower, upperAt, lowerAt, firstBend } = this.#grid
    const [above, below] = [upper[segment] as number, lower[segment] as number]
    const isFreeAbove = above < firstBend && Number.isNaN(upperAt[segment])
    const isFreeBelow = below < firstBend && Number.isNaN(lowerAt[segment])
    const [from, to] = [this.#to.upper[segment] as number, this.#to.lower[segment] as number]
    const off = Math.abs(from - to)
    if (off === 0 || (!isFreeAbove && !isFreeBelow)) return
    if (isFreeAbove && off * 2.5 > (this.#steps.upper[above] as number)) return
    if (isFreeBelow && off * 2.5 > (this.#steps.lower[below] as number)) return
    const at = isFreeAbove && isFreeBelow ? (from + to) / 2 : isFreeAbove ? to : from
    if (isFreeAbove && Math.abs(at - (this.#x[above] as number)) > this.#half(above)) return
    if (isFreeBelow && Math.abs(at - (this.#x[below] as number)) > this.#half(below)) return
    this.#to.upper[segment] = at
    this.#to.lower[segment] = at
  }

  #half(node: number): number {
    return Math.max(0, (this.#grid.width[node] as number) / 2 - this.#inset)
  }

  /** True if the other end will stay where it is. */
  #isSettled(segment: number, end: 'upper' | 'lower'): boolean {
    const { lower, upper, lowerAt, upperAt, firstBend } = this.#grid
    const other = (end === 'upper' ? lower : upper)[segment] as number
    return other >= firstBend || !Number.isNaN((end === 'upper' ? lowerAt : upperAt)[segment])
  }

  #wish(segment: number, node: number, end: 'upper' | 'lower'): number {
    const middle = this.#x[node] as number
    const half = this.#half(node)
    const far = (end === 'upper' ? this.#from.lower : this.#from.upper)[segment] as number
    // Two shapes meet half way: both come to the same place.
    const towards = (far - middle) * (this.#isSettled(segment, end) ? 1 : 0.5)
    return middle + Math.min(Math.max(towards, -half), half)
  }
}
