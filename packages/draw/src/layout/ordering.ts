// An order of the nodes in each row that is being improved, and the best that was found so far. Decides on no strategy.

import { CrossingCounter } from './crossings.ts'
import type { Grid } from './grid.ts'
import { Neighbours } from './neighbours.ts'

export class Ordering {
  readonly #grid: Grid
  readonly upper: Neighbours
  readonly lower: Neighbours
  readonly #part: Int32Array
  readonly #position: Int32Array
  readonly #key: Float64Array
  readonly #counter = new CrossingCounter()
  readonly #ends: Int32Array
  /** The rows one after the other. */
  readonly #kept: Int32Array
  #keptInversions = Number.POSITIVE_INFINITY
  best = Number.POSITIVE_INFINITY

  constructor(grid: Grid) {
    this.#grid = grid
    const nodes = grid.row.length
    this.upper = new Neighbours(nodes, grid.lower, grid.upper)
    this.lower = new Neighbours(nodes, grid.upper, grid.lower)
    this.#part = grid.part
    this.#position = new Int32Array(nodes)
    this.#key = new Float64Array(nodes)
    this.#kept = new Int32Array(nodes)
    this.#ends = new Int32Array(grid.upper.length)
    for (const row of grid.rows) this.#place(row)
  }

  /** Starts anew from this order; what was kept stays. */
  take(rows: readonly (readonly number[])[]): void {
    rows.forEach((from, r) => {
      const row = this.#grid.rows[r] ?? []
      for (let i = 0; i < row.length; i++) this.#key[row[i] as number] = i
      from.forEach((node, i) => {
        this.#key[node] = i
      })
      this.#sort(row)
    })
  }

  sweep(direction: 'down' | 'up', by: 'median' | 'mean'): void {
    const { rows } = this.#grid
    const fixed = direction === 'down' ? this.upper : this.lower
    for (let i = 1; i < rows.length; i++) {
      const at = direction === 'down' ? i : rows.length - 1 - i
      const row = rows[at] as number[]
      const beside = rows[direction === 'down' ? at - 1 : at + 1] as number[]
      const scale = beside.length / Math.max(1, row.length)
      for (const node of row) {
        const median = by === 'median' ? fixed.median(node, this.#position) : fixed.mean(node, this.#position)
        this.#key[node] = median < 0 ? (this.#position[node] as number) * scale : median
      }
      this.#sort(row)
    }
  }

  /** Exchanges neighbours in a row as long as that saves crossings. */
  exchange(rounds: number): void {
    for (let round = 0; round < rounds; round++) {
      let saved = 0
      for (const row of this.#grid.rows) {
        for (let i = 0; i + 1 < row.length; i++) saved += this.#exchangeAt(row, i, 'fewer')
      }
      if (saved === 0) return
    }
  }

  /** Moves each node to where in its row it costs the fewest crossings. */
  sift(): void {
    for (const row of this.#grid.rows) {
      for (const node of row.slice()) this.#siftOne(row, node)
    }
  }

  /** Exchanges some neighbours, which ones is up to the number. */
  shake(number: number): void {
    let state = Math.imul(number, 0x9e3779b1) >>> 0
    for (const row of this.#grid.rows) {
      for (let i = 0; i + 1 < row.length; i++) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
        if (state >>> 29 === 0) this.#swap(row, i)
      }
    }
  }

  crossings(): number {
    let sum = 0
    const { rows } = this.#grid
    for (let r = 0; r + 1 < rows.length; r++) {
      const row = rows[r] as number[]
      let count = 0
      for (const node of row) count = this.lower.sortedPositions(node, this.#position, this.#ends, count)
      sum += this.#counter.count(this.#ends, count, (rows[r + 1] as number[]).length)
    }
    return sum
  }

  keepIfBetter(): boolean {
    const crossings = this.crossings()
    const inversions = crossings <= this.best ? this.#inversions() : 0
    if (crossings > this.best || (crossings === this.best && inversions >= this.#keptInversions)) return false
    const isFewer = crossings < this.best
    this.best = crossings
    this.#keptInversions = inversions
    let at = 0
    for (const row of this.#grid.rows) for (let i = 0; i < row.length; i++) this.#kept[at++] = row[i] as number
    return isFewer
  }

  takeBest(): void {
    let at = 0
    for (const row of this.#grid.rows) {
      for (let i = 0; i < row.length; i++) row[i] = this.#kept[at++] as number
      this.#place(row)
    }
  }

  finish(): number {
    this.takeBest()
    if (this.best > 0) this.exchange(this.#grid.row.length <= 1_500 ? 20 : 2)
    this.#unmirror()
    for (let round = 0; round < 20; round++) {
      let moved = 0
      for (const row of this.#grid.rows) {
        for (let i = 0; i + 1 < row.length; i++) moved += this.#exchangeAt(row, i, 'as in file')
      }
      if (moved === 0) break
    }
    return this.crossings()
  }

  // ---

  #place(row: readonly number[]): void {
    for (let i = 0; i < row.length; i++) this.#position[row[i] as number] = i
  }

  /** By part, then by key; what is equal stays as it is. */
  #sort(row: number[]): void {
    const [key, part] = [this.#key, this.#part]
    const comesBefore = (a: number, b: number) =>
      (part[a] as number) - (part[b] as number) || (key[a] as number) - (key[b] as number)
    if (row.length <= 16) {
      for (let i = 1; i < row.length; i++) {
        const node = row[i] as number
        let at = i
        for (; at > 0 && comesBefore(row[at - 1] as number, node) > 0; at--) row[at] = row[at - 1] as number
        row[at] = node
      }
    } else row.sort(comesBefore)
    this.#place(row)
  }

  /** 1 if the node at `i` and the next one changed places. */
  #exchangeAt(row: number[], i: number, aim: 'fewer' | 'as in file'): 0 | 1 {
    const [left, right] = [row[i] as number, row[i + 1] as number]
    if (this.#part[left] !== this.#part[right]) return 0
    const { file } = this.#grid
    if (aim === 'as in file') {
      const [first, second] = [file[left] as number, file[right] as number]
      if (first < 0 || second < 0 || first < second) return 0
    }
    const now = this.#between(left, right)
    if (aim === 'fewer' && now === 0) return 0
    const then = this.#between(right, left)
    if (aim === 'fewer' ? then >= now : then > now) return 0
    this.#swap(row, i)
    return 1
  }

  #swap(row: number[], i: number): void {
    const [left, right] = [row[i] as number, row[i + 1] as number]
    if (this.#part[left] !== this.#part[right]) return
    row[i] = right
    row[i + 1] = left
    this.#position[right] = i
    this.#position[left] = i + 1
  }

  #siftOne(row: number[], node: number): void {
    const at = this.#position[node] as number
    let [best, to] = [0, at]
    for (const step of [-1, 1]) {
      let saved = 0
      for (let i = at + step; i >= 0 && i < row.length; i += step) {
        const other = row[i] as number
        if (this.#part[other] !== this.#part[node]) break
        const [left, right] = step < 0 ? [other, node] : [node, other]
        saved += this.#between(left, right) - this.#between(right, left)
        if (saved > best) [best, to] = [saved, i]
      }
    }
    for (let i = at; i < to; i++) this.#swap(row, i)
    for (let i = at; i > to; i--) this.#swap(row, i - 1)
  }

  /** Crossings of the segments of two nodes if `left` stands left. */
  #between(left: number, right: number): number {
    return this.upper.crossings(left, right, this.#position) + this.lower.crossings(left, right, this.#position)
  }

  /** Neighbours in a row that stand against the order of the file. */
  #inversions(): number {
    const { rows, file } = this.#grid
    let count = 0
    for (const row of rows) {
      let before = -1
      for (const node of row) {
        const at = file[node] as number
        if (at < 0) continue
        if (at < before) count++
        before = at
      }
    }
    return count
  }

  /** The picture from behind has the same crossings: whichever is more like the file. */
  #unmirror(): void {
    const before = this.#inversions()
    if (before === 0) return
    const mirror = () => {
      for (const row of this.#grid.rows) {
        row.forEach((node, i) => {
          this.#key[node] = -i
        })
        this.#sort(row)
      }
    }
    mirror()
    if (this.#inversions() >= before) mirror()
  }
}
