// JSON as the bytes of a `google.protobuf.Value` or `Struct`: measured first, then written into one buffer of that size. By
// hand, for a library would make an object of each value in between.

import { RpcError, rpcCode } from '../wire.ts'

/** Throws an RpcError for what a worker could not read. */
export function writeValue(value: unknown): Uint8Array {
  const sizes = new Sizes()
  const bytes = Buffer.allocUnsafe(sizes.ofValue(value, 0))
  new ValueWriter(bytes, sizes.list).value(value)
  return bytes
}

// ---

/** Messages inside one another: protobuf's libraries read 100, and some stand around each value. */
const MAX_MESSAGES = 92

class Sizes {
  /** Of texts, lists, objects and keys, in the order in which they are written: what stands inside them, in bytes. */
  readonly list: number[] = []

  ofValue(value: unknown, depth: number): number {
    if (depth > MAX_MESSAGES) {
      throw new RpcError(rpcCode.unsendable, 'the value is nested more deeply than gRPC workers can read')
    }
    switch (typeof value) {
      case 'string':
        return framed(this.#text(value))
      case 'number':
        return NUMBER_BYTES
      case 'object':
        if (value !== null) return framed(Array.isArray(value) ? this.#items(value, depth) : this.#fields(value, depth))
        return FLAG_BYTES
      case 'boolean':
      case 'undefined':
        return FLAG_BYTES
      default:
        throw new RpcError(rpcCode.unsendable, `a ${typeof value} is not JSON`)
    }
  }

  #text(text: string): number {
    const bytes = Buffer.byteLength(text)
    this.list.push(bytes)
    return bytes
  }

  #items(items: readonly unknown[], depth: number): number {
    const at = this.list.push(0) - 1
    let size = 0
    for (let i = 0; i < items.length; i++) size += framed(this.ofValue(items[i], depth + 2))
    this.list[at] = size
    return size
  }

  #fields(object: object, depth: number): number {
    const at = this.list.push(0) - 1
    let size = 0
    for (const [key, value] of Object.entries(object)) {
      if (value === undefined) continue
      const keySize = framed(this.#text(key))
      size += framed(keySize + framed(this.ofValue(value, depth + 3)))
    }
    this.list[at] = size
    return size
  }
}

class ValueWriter {
  readonly #bytes: Buffer
  readonly #sizes: readonly number[]
  #at = 0
  #next = 0

  constructor(bytes: Buffer, sizes: readonly number[]) {
    this.#bytes = bytes
    this.#sizes = sizes
  }

  value(value: unknown): void {
    switch (typeof value) {
      case 'string':
        this.#byte(tag.text)
        return this.#text(value)
      case 'number':
        this.#byte(tag.number)
        this.#at = this.#bytes.writeDoubleLE(value, this.#at)
        return
      case 'boolean':
        this.#byte(tag.flag)
        return this.#byte(value ? 1 : 0)
      case 'object':
        if (value !== null) return Array.isArray(value) ? this.#items(value) : this.#fields(value)
    }
    this.#byte(tag.nothing)
    this.#byte(0)
  }

  #items(items: readonly unknown[]): void {
    this.#byte(tag.list)
    this.#size(this.#take())
    for (let i = 0; i < items.length; i++) {
      this.#byte(tag.element)
      this.#size(this.#sizeOf(items[i]))
      this.value(items[i])
    }
  }

  #fields(object: object): void {
    this.#byte(tag.object)
    this.#size(this.#take())
    for (const [key, value] of Object.entries(object)) {
      if (value === undefined) continue
      const keySize = framed(this.#sizes[this.#next] as number) // measured before
      this.#byte(tag.element)
      const sizeAt = this.#next++
      const valueSize = this.#sizeOf(value)
      this.#next = sizeAt
      this.#size(keySize + framed(valueSize))
      this.#byte(tag.key)
      this.#text(key)
      this.#byte(tag.value)
      this.#size(valueSize)
      this.value(value)
    }
  }

  #text(text: string): void {
    const size = this.#take()
    this.#size(size)
    this.#at += this.#bytes.write(text, this.#at, size, 'utf8')
  }

  /** Of the value that is written next. */
  #sizeOf(value: unknown): number {
    if (typeof value === 'number') return NUMBER_BYTES
    const isSized = typeof value === 'string' || (typeof value === 'object' && value !== null)
    return isSized ? framed(this.#sizes[this.#next] as number) : FLAG_BYTES // measured before
  }

  #take(): number {
    return this.#sizes[this.#next++] as number // measured before
  }

  #byte(byte: number): void {
    this.#bytes[this.#at++] = byte
  }

  #size(size: number): void {
    let left = size
    while (left > 0x7f) {
      this.#byte((left & 0x7f) | 0x80)
      left >>>= 7
    }
    this.#byte(left)
  }
}

/** Field number and kind, as protobuf writes them. */
const tag = {
  nothing: 0x08,
  number: 0x11,
  text: 0x1a,
  flag: 0x20,
  object: 0x2a,
  list: 0x32,
  element: 0x0a,
  key: 0x0a,
  value: 0x12,
} as const
const NUMBER_BYTES = 9
const FLAG_BYTES = 2

/** With its tag and its own length before it. */
function framed(size: number): number {
  if (size < 0x80) return size + 2
  if (size < 0x4000) return size + 3
  if (size < 0x20_0000) return size + 4
  return size + (size < 0x1000_0000 ? 5 : 6)
}
