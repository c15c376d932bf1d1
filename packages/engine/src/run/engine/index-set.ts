// A set of small whole numbers, a bit each: a million items in 125 KB. Most sets hold the first number only, and need no array.

export class IndexSet {
  /** The first of them. */
  #first = 0
  #bits = NOTHING

  has(index: number): boolean {
    if (index < FIRST) return (this.#first & (1 << index)) !== 0
    return ((this.#bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0
  }

  add(index: number): void {
    if (index < FIRST) {
      this.#first |= 1 << index
      return
    }
    if (index >> 3 >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(this.#bits.length * 2, (index >> 3) + 1, 32))
      larger.set(this.#bits)
      this.#bits = larger
    }
    this.#bits[index >> 3] = (this.#bits[index >> 3] as number) | (1 << (index & 7))
  }
}

// ---

const FIRST = 32
const NOTHING = new Uint8Array(0)
