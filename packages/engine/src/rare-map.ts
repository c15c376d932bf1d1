// Maps and sets that nearly always stay empty: each run has a dozen of them, and a table costs more than a step.

export class RareMap<K, V> {
  #map: Map<K, V> | undefined

  get size(): number {
    return this.#map === undefined ? 0 : this.#map.size
  }

  has(key: K): boolean {
    return this.#map?.has(key) ?? false
  }

  get(key: K): V | undefined {
    return this.#map?.get(key)
  }

  set(key: K, value: V): void {
    this.#map ??= new Map()
    this.#map.set(key, value)
  }

  delete(key: K): boolean {
    return this.#map?.delete(key) ?? false
  }

  keys(): Iterable<K> {
    return this.#map?.keys() ?? NOTHING
  }

  values(): Iterable<V> {
    return this.#map?.values() ?? NOTHING
  }

  clear(): void {
    this.#map?.clear()
  }
}

export class RareSet<T> implements Iterable<T> {
  #set: Set<T> | undefined

  get size(): number {
    return this.#set === undefined ? 0 : this.#set.size
  }

  has(one: T): boolean {
    return this.#set?.has(one) ?? false
  }

  add(one: T): void {
    this.#set ??= new Set()
    this.#set.add(one)
  }

  delete(one: T): boolean {
    return this.#set?.delete(one) ?? false
  }

  clear(): void {
    this.#set?.clear()
  }

  [Symbol.iterator](): Iterator<T> {
    return (this.#set ?? NOTHING)[Symbol.iterator]()
  }
}

// ---

const NOTHING: readonly never[] = []
