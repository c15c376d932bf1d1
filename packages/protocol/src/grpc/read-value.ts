// The bytes of a `google.protobuf.Value` or `Struct` as JSON. Whatever the bytes are, it ends: with a value or with an error
// that says what is wrong with them.

import { isUtf8 } from 'node:buffer'
import { setOwn } from '@stepflow/engine'
import { RpcError, rpcCode } from '../wire.ts'

export function readValue(bytes: Uint8Array): unknown {
  return new ValueReader(bytes).value(bytes.length, 0)
}

export function readStruct(bytes: Uint8Array): Record<string, unknown> {
  return new ValueReader(bytes).fields(bytes.length, 0)
}

// ---

/** Messages inside one another, as protobuf's libraries have it. */
const MAX_MESSAGES = 100

class ValueReader {
  readonly #bytes: Buffer
  #at = 0

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    this.#bytes = Buffer.from(buffer, byteOffset, byteLength)
  }

  /** The last of its kinds counts, as protobuf has it; without any it is null. */
  value(end: number, depth: number): unknown {
    if (depth > MAX_MESSAGES) throw broken('is nested too deeply')
    let value: unknown = null
    while (this.#at < end) {
      const tag = this.#number()
      switch (tag) {
        case 0x08:
          this.#number()
          value = null
          break
        case 0x11:
          value = this.#double(end)
          break
        case 0x1a:
          value = this.#text(end)
          break
        case 0x20:
          value = this.#number() !== 0
          break
        case 0x2a:
          value = this.fields(this.#end(end), depth + 1)
          break
        case 0x32:
          value = this.#items(this.#end(end), depth + 1)
          break
        default:
          this.#skip(tag, end)
      }
    }
    return value
  }

  fields(end: number, depth: number): Record<string, unknown> {
    const fields: Record<string, unknown> = {}
    while (this.#at < end) {
      const tag = this.#number()
      if (tag !== 0x0a) this.#skip(tag, end)
      else this.#field(fields, this.#end(end), depth + 1)
    }
    return fields
  }

  // ---

  #field(fields: Record<string, unknown>, end: number, depth: number): void {
    let key = ''
    let value: unknown = null
    while (this.#at < end) {
      const tag = this.#number()
      if (tag === 0x0a) key = this.#text(end)
      else if (tag === 0x12) value = this.value(this.#end(end), depth + 1)
      else this.#skip(tag, end)
    }
    setOwn(fields, key, value)
  }

  #items(end: number, depth: number): unknown[] {
    const items: unknown[] = []
    while (this.#at < end) {
      const tag = this.#number()
      if (tag === 0x0a) items.push(this.value(this.#end(end), depth + 1))
      else this.#skip(tag, end)
    }
    return items
  }

  #double(end: number): number {
    if (this.#at + 8 > end) throw broken('is cut off')
    const number = this.#bytes.readDoubleLE(this.#at)
    this.#at += 8
    if (Number.isFinite(number)) return number
    throw broken(`has the number ${number}, which is not JSON`)
  }

  #text(within: number): string {
    const end = this.#end(within)
    const start = this.#at
    this.#at = end
    const text = this.#bytes.toString('utf8', start, end)
    // Each byte that is not UTF-8 has become one of these, which a text may also have of its own.
    if (text.includes('\ufffd') && !isUtf8(this.#bytes.subarray(start, end))) {
      throw broken('has a text that is not UTF-8')
    }
    return text
  }

  /** Where that ends whose length stands here. */
  #end(within: number): number {
    const size = this.#number()
    const end = this.#at + size
    if (end > within) throw broken('is cut off')
    return end
  }

  #number(): number {
    let number = 0
    for (let factor = 1; factor <= 2 ** 63; factor *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw broken('is cut off')
      number += (byte & 0x7f) * factor
      if (byte < 0x80) return number
    }
    throw broken('has a number without an end')
  }

  /** A field that we do not know. */
  #skip(tag: number, end: number): void {
    switch (tag % 8) {
      case 0:
        this.#number()
        break
      case 1:
        this.#at += 8
        break
      case 2:
        this.#at = this.#end(end)
        break
      case 5:
        this.#at += 4
        break
      default:
        throw broken('has a field of no known kind')
    }
    if (this.#at > end) throw broken('is cut off')
  }
}

function broken(what: string): RpcError {
  return new RpcError(rpcCode.malformed, `its value ${what}`)
}
