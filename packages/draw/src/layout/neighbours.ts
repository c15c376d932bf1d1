// The neighbours of each node in the row above or below, side by side in one array: no lists per node, no closures.

export class Neighbours {
  readonly #start: Int32Array
  readonly #of: Int32Array
  /** Positions of the neighbours of one node, and of another. */
  readonly #some: Int32Array
  readonly #others: Int32Array

  /** `to[s]` is a neighbour of `from[s]`. */
  constructor(nodes: number, from: readonly number[], to: readonly number[]) {
    this.#start = new Int32Array(nodes + 1)
    for (const node of from) this.#start[node + 1] = (this.#start[node + 1] as number) + 1
    let most = 0
    for (let node = 0; node < nodes; node++) {
      most = Math.max(most, this.#start[node + 1] as number)
      this.#start[node + 1] = (this.#start[node + 1] as number) + (this.#start[node] as number)
    }
    this.#of = new Int32Array(from.length)
    const next = this.#start.slice()
    for (let s = 0; s < from.length; s++) {
      const node = from[s] as number
      const at = next[node] as number
      this.#of[at] = to[s] as number
      next[node] = at + 1
    }
    for (let node = 0; node < nodes; node++) {
      if (this.end(node) - this.start(node) > 1) this.#of.subarray(this.start(node), this.end(node)).sort()
    }
    this.#some = new Int32Array(most)
    this.#others = new Int32Array(most)
  }

  start(node: number): number {
    return this.#start[node] as number
  }

  end(node: number): number {
    return this.#start[node + 1] as number
  }

  at(i: number): number {
    return this.#of[i] as number
  }

  /** The middle of the neighbours' positions; -1 without neighbours. Between two middles nearer to the denser side. */
  median(node: number, position: Int32Array): number {
    const count = this.#sorted(node, position, this.#some, 0)
    if (count === 0) return -1
    const half = count >> 1
    const high = this.#some[half] as number
    if (count % 2 === 1) return high
    const low = this.#some[half - 1] as number
    if (count === 2) return (low + high) / 2
    const left = low - (this.#some[0] as number)
    const right = (this.#some[count - 1] as number) - high
    return left + right === 0 ? (low + high) / 2 : (low * right + high * left) / (left + right)
  }

  mean(node: number, position: Int32Array): number {
    const count = this.end(node) - this.start(node)
    if (count === 0) return -1
    let sum = 0
    for (let i = this.start(node); i < this.end(node); i++) sum += position[this.#of[i] as number] as number
    return sum / count
  }

  /** Writes the positions of the neighbours, the least first, to `ends` from `at` on; gives back where they end. */
  sortedPositions(node: number, position: Int32Array, ends: Int32Array, at: number): number {
    return this.#sorted(node, position, ends, at)
  }

  /** Crossings of what leads from two nodes to their neighbours if `left` stands left of `right`. */
  crossings(left: number, right: number, position: Int32Array): number {
    const lefts = this.#sorted(left, position, this.#some, 0)
    const rights = this.#sorted(right, position, this.#others, 0)
    let crossings = 0
    let passed = 0
    for (let i = 0; i < lefts; i++) {
      while (passed < rights && (this.#others[passed] as number) < (this.#some[i] as number)) passed++
      crossings += passed
    }
    return crossings
  }

  #sorted(node: number, position: Int32Array, into: Int32Array, from: number): number {
    let end = from
    for (let i = this.start(node); i < this.end(node); i++) {
      const value = position[this.#of[i] as number] as number
      let at = end++
      for (; at > from && (into[at - 1] as number) > value; at--) into[at] = into[at - 1] as number
      into[at] = value
    }
    return end
  }
}
