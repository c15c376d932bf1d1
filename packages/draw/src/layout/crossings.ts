// How many segments cross between two rows, for one order of both: pairs that stand one way above and the other way below.

/** `lower`: for each segment, in the order of its upper ends, where its lower end stands. Equal ends do not cross. */
export class CrossingCounter {
  #tree = new Int32Array(0)

  /** `ends[0 .. count)` sorted by upper end and, for one upper end, by themselves; each below `width`. */
  count(ends: Int32Array, count: number, width: number): number {
    if (this.#tree.length < width + 1) this.#tree = new Int32Array(2 * width + 2)
    const tree = this.#tree.fill(0, 0, width + 1)
    let crossings = 0
    for (let i = 0; i < count; i++) {
      const end = ends[i] as number // within the bounds that were given
      // Those before it that end further right.
      let before = 0
      for (let at = end + 1; at > 0; at -= at & -at) before += tree[at] as number
      crossings += i - before
      for (let at = end + 1; at <= width; at += at & -at) tree[at] = (tree[at] as number) + 1
    }
    return crossings
  }
}
