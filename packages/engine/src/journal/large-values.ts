// Which values are too large to stand in the journal, and which blobs they are. Remembers them, so that a value that
// travels through many steps is measured and hashed once. That rests on values not being changed once they were handed
// over.

import { setOwn } from '../json.ts'
import { utf8Bytes } from '../json-size.ts'
import { contentId, textId } from '../plan/id.ts'

/** Values whose compact JSON has more bytes than this become blobs. */
export const LARGE_BYTES = 1024 * 1024
/** Fields of a value that are looked at one by one; a value with more is taken as a whole. */
export const SCANNED_FIELDS = 64

export type BlobKind = 'json' | 'bytes'

export interface EncodedBlob {
  readonly id: string
  readonly kind: BlobKind
  /** Made again for a value that was encoded before: only to be asked for if the blob is not there. */
  content(): string | Uint8Array
}

/** A value by itself, however small. */
export function encodeBlob(value: unknown): EncodedBlob {
  if (value instanceof Uint8Array) return { id: contentId(value), kind: 'bytes', content: () => value }
  const text = JSON.stringify(value) ?? 'null'
  return { id: textId(text), kind: 'json', content: () => text }
}

/** Where in a value. */
export type Path = readonly (string | number)[]

export class LargeValues {
  readonly #largeBytes: number
  readonly #ids = new WeakMap<object, { readonly id: string; readonly kind: BlobKind }>()
  /** Strings have no identity that could be held weakly: the latest few, oldest first. */
  readonly #strings = new Map<string, string>()
  #stringLength = 0

  constructor(largeBytes: number) {
    this.#largeBytes = largeBytes
  }

  isLarge(text: string): boolean {
    if (text.length > this.#largeBytes) return true
    // A character has three bytes at most: most texts need no counting.
    return text.length * 3 > this.#largeBytes && utf8Bytes(text) > this.#largeBytes
  }

  /** May be a blob, or nothing that JSON knows: told without measuring it. */
  needsCare(value: unknown): boolean {
    if (typeof value === 'string') return value.length > this.#largeBytes
    if (typeof value === 'object') return value !== null && (value instanceof Uint8Array || this.#ids.has(value))
    return typeof value !== 'number' && typeof value !== 'boolean'
  }

  /** What can be told to be a blob without measuring it: known values, bytes, long strings. */
  known(value: unknown): EncodedBlob | undefined {
    if (typeof value === 'string') return value.length > this.#largeBytes ? this.#string(value) : undefined
    if (typeof value !== 'object' || value === null) return undefined
    const known = this.#ids.get(value)
    if (known) {
      return { ...known, content: () => (known.kind === 'bytes' ? (value as Uint8Array) : JSON.stringify(value)) }
    }
    if (!(value instanceof Uint8Array)) return undefined
    const id = contentId(value)
    this.#ids.set(value, { id, kind: 'bytes' })
    return { id, kind: 'bytes', content: () => value }
  }

  /** Measures the value. */
  measured(value: unknown): EncodedBlob | undefined {
    if (typeof value !== 'object' || value === null) return undefined
    const text = JSON.stringify(value) ?? 'null'
    return this.isLarge(text) ? this.keep(value, text) : undefined
  }

  /** The value, whose text is given, is a blob from now on. */
  keep(value: unknown, text: string): EncodedBlob {
    const id = textId(text)
    this.remember(value, id, 'json')
    return { id, kind: 'json', content: () => text }
  }

  remember(value: unknown, id: string, kind: BlobKind): void {
    if (typeof value === 'object' && value !== null) this.#ids.set(value, { id, kind })
    else if (typeof value === 'string' && value.length > this.#largeBytes) this.#keepString(value, id)
  }

  #string(value: string): EncodedBlob {
    const known = this.#strings.get(value)
    if (known === undefined) return this.keep(value, JSON.stringify(value))
    this.#keepString(value, known)
    return { id: known, kind: 'json', content: () => JSON.stringify(value) }
  }

  #keepString(value: string, id: string): void {
    if (!this.#strings.delete(value)) this.#stringLength += value.length
    this.#strings.set(value, id)
    for (const oldest of this.#strings.keys()) {
      if (this.#strings.size === 1 || this.#stringLength <= KEPT_STRING_LENGTH) return
      this.#strings.delete(oldest)
      this.#stringLength -= oldest.length
    }
  }
}

/** A copy of the value without those fields that are blobs; the value itself if there are none. */
export function withoutParts(
  value: unknown,
  asBlob: (part: unknown) => EncodedBlob | undefined,
  path: Path,
  note: (at: Path, blob: EncodedBlob) => void,
): unknown {
  // Its JSON may have other fields than itself.
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value
  if (Array.isArray(value)) {
    if (value.length > SCANNED_FIELDS) return value
    let copy: unknown[] | undefined
    for (let i = 0; i < value.length; i++) {
      const blob = asBlob(value[i])
      if (!blob) continue
      copy ??= [...value]
      copy[i] = null
      note([...path, i], blob)
    }
    return copy ?? value
  }
  let copy: Record<string, unknown> | undefined
  let scanned = 0
  for (const key in value) {
    if (++scanned > SCANNED_FIELDS) break
    if (!Object.hasOwn(value, key)) continue
    const blob = asBlob((value as Record<string, unknown>)[key])
    if (!blob) continue
    copy ??= { ...value }
    // Null, not absent: the fields keep their order.
    setOwn(copy, key, null)
    note([...path, key], blob)
  }
  return copy ?? value
}

// ---

/** Characters of large strings that are kept to be recognised. */
const KEPT_STRING_LENGTH = 128 * 1024 * 1024
