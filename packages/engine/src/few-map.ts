// A map that nearly always holds one, and is emptied and filled again and again: what one run has in hand, and what a process
// has of one run. A Map makes a new table each time it becomes empty, and each table knows the next: of those that have lived
// for a while, the first keeps all later ones, with what was in them, from the collector of young garbage.

export class FewMap<K, V> {
  #hasOne = false
  #key: K | undefined = undefined
  #value: V | undefined = undefined
  /** Of two and more, until it is empty again. */
  #map: Map<K, V> | undefined = undefined

  get size(): number {
    if (this.#map !== undefined) return this.#map.size
    return this.#hasOne ? 1 : 0
  }

  has(key: K): boolean {
    return this.#map === undefined ? this.#hasOne && this.#key === key : this.#map.has(key)
  }

  get(key: K): V | undefined {
    if (this.#map !== undefined) return this.#map.get(key)
    return this.#hasOne && this.#key === key ? this.#value : undefined
  }

  set(key: K, value: V): void {
    if (this.#map !== undefined) this.#map.set(key, value)
    else if (!this.#hasOne || this.#key === key) {
      this.#hasOne = true
      this.#key = key
      this.#value = value
    } else {
      this.#map = new Map([[this.#key as K, this.#value as V]])
      this.#map.set(key, value)
      this.#forgetOne()
    }
  }

  delete(key: K): boolean {
    if (this.#map !== undefined) {
      const isDeleted = this.#map.delete(key)
      if (this.#map.size === 0) this.#map = undefined
      return isDeleted
    }
    if (!this.#hasOne || this.#key !== key) return false
    this.#forgetOne()
    return true
  }

  clear(): void {
    this.#map = undefined
    this.#forgetOne()
  }

  keys(): Iterable<K> {
    if (this.#map !== undefined) return this.#map.keys()
    return this.#hasOne ? [this.#key as K] : NOTHING
  }

  values(): Iterable<V> {
    if (this.#map !== undefined) return this.#map.values()
    return this.#hasOne ? [this.#value as V] : NOTHING
  }

  #forgetOne(): void {
    this.#hasOne = false
    this.#key = undefined
    this.#value = undefined
  }
}

// ---

const NOTHING: readonly never[] = []
