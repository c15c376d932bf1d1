// Journal entries <-> text. Large values and bytes leave the text: they are blobs, and a note beside them says where they
// belong. Knows no store: who encodes puts the blobs away, who decodes fetches them.

import { FlowError } from '../errors.ts'
import { isRecord, own, setOwn } from '../json.ts'
import { contentId } from '../plan/id.ts'
import type { Outcome } from '../run/outcome.ts'
import type { JournalEntry } from './events.ts'

/** Values whose compact JSON has more bytes than this become blobs. */
export const LARGE_BYTES = 1024 * 1024

export interface EncodedEntries {
  readonly text: string
  /** Of each `finished` entry, in order: its outcome, as a text of its own for `decodeOutcome`. */
  readonly outcomes: readonly string[]
  /** Likewise of each success that is kept for later calls. */
  readonly cached: readonly string[]
  /** What `text` refers to. Nearly always empty. */
  readonly blobs: readonly EncodedBlob[]
}

export interface EncodedBlob {
  readonly id: string
  readonly kind: BlobKind
  /** Made again for a value that was encoded before: only to be asked for if the blob is not there. */
  content(): string | Uint8Array
}

export type BlobKind = 'json' | 'bytes'

/** `value` is whole once every hole has been filled with its blob's value. */
export interface Decoded<T> {
  readonly value: T
  readonly holes: readonly Hole[]
}

export interface Hole {
  readonly id: string
  fill(value: unknown): void
}

/** What is wrong with a text that is not what `encode` wrote. `isTorn`: it may have been cut short. */
export interface Damage {
  readonly damage: string
  readonly isTorn: boolean
}

/**
 * Remembers which values are large, so that one that travels through many steps is measured and hashed once. That rests
 * on values not being changed once they were handed over.
 *
 * A blob's place is noted in a field `blobs` of the outcome or entry around the value, where no user's data can be: it
 * needs no escaping.
 */
export class JournalCodec {
  readonly #largeBytes: number
  readonly #ids = new WeakMap<object, { readonly id: string; readonly kind: BlobKind }>()
  /** Strings have no identity that could be held weakly: the latest few, oldest first. */
  readonly #strings = new Map<string, string>()
  #stringLength = 0

  constructor(largeBytes = LARGE_BYTES) {
    this.#largeBytes = largeBytes
  }

  encode(entries: readonly JournalEntry[]): EncodedEntries {
    const blobs: EncodedBlob[] = []
    const outcomes: string[] = []
    const cached: string[] = []
    const texts: string[] = []
    for (const entry of entries) {
      try {
        texts.push(this.#entry(entry, outcomes, cached, blobs))
      } catch (error) {
        throw new FlowError('INVALID_INPUT', `${nameOf(entry)} is no JSON: ${(error as Error).message}`, {
          cause: error,
        })
      }
    }
    return { text: `[${texts.join(',')}]`, outcomes, cached, blobs }
  }

  decode(text: string): Decoded<JournalEntry[]> | Damage {
    const entries = parse(text)
    if (isDamage(entries)) return entries
    if (!Array.isArray(entries)) return { damage: 'it is no list of entries', isTorn: false }
    const holes: Hole[] = []
    for (const [index, entry] of entries.entries()) {
      if (typeof own(entry, 'type') !== 'string') return { damage: `its entry ${index} has no type`, isTorn: false }
      this.#takeHoles(entry, entry.type === 'created' ? 'inputs' : 'payload', holes)
      if (isRecord(entry.outcome)) this.#takeHoles(entry.outcome, 'result', holes)
    }
    return { value: entries as JournalEntry[], holes }
  }

  decodeOutcome(text: string): Decoded<Outcome> | Damage {
    const outcome = parse(text)
    if (isDamage(outcome)) return outcome
    if (typeof own(outcome, 'outcome') !== 'string') return { damage: 'it is no outcome', isTorn: false }
    const holes: Hole[] = []
    this.#takeHoles(outcome as Record<string, unknown>, 'result', holes)
    return { value: outcome as Outcome, holes }
  }

  /** The value is known to be the blob `id`: it need not be hashed again. */
  remember(value: unknown, id: string, kind: BlobKind = 'json'): void {
    if (typeof value === 'object' && value !== null) this.#ids.set(value, { id, kind })
    else if (typeof value === 'string' && value.length > this.#largeBytes) this.#keepString(value, id)
  }

  // --- to text

  #entry(entry: JournalEntry, outcomes: string[], cached: string[], blobs: EncodedBlob[]): string {
    switch (entry.type) {
      case 'settled': {
        const isKept = entry.cache !== undefined && entry.outcome.outcome === 'success'
        const plain = !isKept && this.#isPlain(entry.outcome) ? JSON.stringify(entry) : undefined
        if (plain !== undefined && !this.#isLarge(plain)) return plain
        const { outcome, ...rest } = entry
        const text = this.#outcome(outcome, blobs)
        if (isKept) cached.push(text)
        return withField(rest, 'outcome', text)
      }
      case 'finished': {
        const { outcome, ...rest } = entry
        const text = this.#outcome(outcome, blobs)
        outcomes.push(text)
        return withField(rest, 'outcome', text)
      }
      case 'created': {
        const { inputs, ...rest } = entry
        const places: Place[] = []
        const texts = inputs.map((input, index) => this.#value(input, [index], places, blobs))
        return withField(rest, 'inputs', `[${texts.join(',')}]${placesField(places)}`)
      }
      case 'signalled': {
        if (entry.payload === undefined) return JSON.stringify(entry)
        const { payload, ...rest } = entry
        const places: Place[] = []
        const text = this.#value(payload, [], places, blobs)
        return withField(rest, 'payload', text + placesField(places))
      }
      default:
        return JSON.stringify(entry)
    }
  }

  #outcome(outcome: Outcome, blobs: EncodedBlob[]): string {
    const plain = this.#isPlain(outcome) ? JSON.stringify(outcome) : undefined
    if (outcome.outcome !== 'success') return plain as string
    if (plain !== undefined && !this.#isLarge(plain)) return plain
    const places: Place[] = []
    const text = this.#value(outcome.result, [], places, blobs)
    return `{"outcome":"success","result":${text}${placesField(places)}}`
  }

  /** The shortcut for nearly all: nothing in it is known to become a blob, and no field would get lost. */
  #isPlain(outcome: Outcome): boolean {
    if (outcome.outcome !== 'success') return true
    const { result } = outcome
    if (this.#isKnown(result)) return false
    if (typeof result !== 'object') return true
    let scanned = 0
    for (const key in result) {
      if (++scanned > SCANNED_FIELDS) break
      if (this.#isKnown((result as Record<string, unknown>)[key])) return false
    }
    return true
  }

  /** Can be told to need care without measuring it. */
  #isKnown(value: unknown): boolean {
    if (typeof value === 'string') return value.length > this.#largeBytes
    if (typeof value === 'object') return value !== null && (value instanceof Uint8Array || this.#ids.has(value))
    return typeof value !== 'number' && typeof value !== 'boolean'
  }

  /** The value's text; what is large in it is `null` there, and noted in `places`. */
  #value(value: unknown, path: Path, places: Place[], blobs: EncodedBlob[]): string {
    const note = (at: Path, blob: EncodedBlob): void => {
      places.push([at, blob.id])
      blobs.push(blob)
    }
    const [firstPlace, firstBlob] = [places.length, blobs.length]
    const whole = this.#known(value)
    if (whole) {
      note(path, whole)
      return 'null'
    }
    const rest = this.#withoutParts(value, (part) => this.#known(part), path, note)
    const text = JSON.stringify(rest) ?? 'null'
    if (!this.#isLarge(text)) return text
    // Met for the first time. Its fields first: they are what the next steps pass on in objects of their own.
    const small = this.#withoutParts(rest, (part) => this.#fresh(part), path, note)
    const smallText = small === rest ? text : JSON.stringify(small)
    if (!this.#isLarge(smallText)) return smallText
    // Large without them too: then it is one blob, and nothing is a blob inside a blob.
    places.length = firstPlace
    blobs.length = firstBlob
    note(path, this.#keep(value, rest === value ? text : JSON.stringify(value)))
    return 'null'
  }

  /** A copy without the fields that are blobs; the value itself if there are none. */
  #withoutParts(
    value: unknown,
    asBlob: (part: unknown) => EncodedBlob | undefined,
    path: Path,
    note: (at: Path, blob: EncodedBlob) => void,
  ): unknown {
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
      const blob = asBlob((value as Record<string, unknown>)[key])
      if (!blob || !Object.hasOwn(value, key)) continue
      copy ??= { ...value }
      // Null, not absent: the fields keep their order.
      setOwn(copy, key, null)
      note([...path, key], blob)
    }
    return copy ?? value
  }

  /** What can be told to be a blob without measuring it: known values, bytes, long strings. */
  #known(value: unknown): EncodedBlob | undefined {
    if (typeof value === 'string') return value.length > this.#largeBytes ? this.#string(value) : undefined
    if (typeof value !== 'object' || value === null) return undefined
    const known = this.#ids.get(value)
    if (known)
      return { ...known, content: () => (known.kind === 'bytes' ? (value as Uint8Array) : JSON.stringify(value)) }
    if (!(value instanceof Uint8Array)) return undefined
    const id = contentId(value)
    this.#ids.set(value, { id, kind: 'bytes' })
    return { id, kind: 'bytes', content: () => value }
  }

  #fresh(value: unknown): EncodedBlob | undefined {
    if (typeof value !== 'object' || value === null) return undefined
    const text = JSON.stringify(value) ?? 'null'
    return this.#isLarge(text) ? this.#keep(value, text) : undefined
  }

  #keep(value: unknown, text: string): EncodedBlob {
    const id = contentId(Buffer.from(text))
    this.remember(value, id)
    return { id, kind: 'json', content: () => text }
  }

  #string(value: string): EncodedBlob {
    const known = this.#strings.get(value)
    if (known === undefined) return this.#keep(value, JSON.stringify(value))
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

  #isLarge(text: string): boolean {
    if (text.length > this.#largeBytes) return true
    // A character has three bytes at most: most texts need no counting.
    return text.length * 3 > this.#largeBytes && Buffer.byteLength(text) > this.#largeBytes
  }

  // --- from text

  #takeHoles(holder: Record<string, unknown>, field: string, holes: Hole[]): void {
    const places = own(holder, 'blobs')
    if (!Array.isArray(places)) return
    delete holder.blobs
    for (const [path, id] of places as Place[]) {
      const keys = [field, ...path]
      holes.push({
        id,
        fill: (value) => {
          this.remember(value, id, value instanceof Uint8Array ? 'bytes' : 'json')
          let at: Record<string, unknown> = holder
          for (const key of keys.slice(0, -1)) at = own(at, String(key)) as Record<string, unknown>
          setOwn(at, String(keys.at(-1)), value)
        },
      })
    }
  }
}

export function isDamage(decoded: unknown): decoded is Damage {
  return typeof own(decoded, 'damage') === 'string' && typeof own(decoded, 'isTorn') === 'boolean'
}

// ---

/** Fields of a value that are looked at one by one; a value with more is taken as a whole. */
const SCANNED_FIELDS = 64
/** Characters of large strings that are kept to be recognised. */
const KEPT_STRING_LENGTH = 128 * 1024 * 1024

type Path = readonly (string | number)[]
type Place = readonly [path: Path, id: string]

function withField(rest: object, name: string, text: string): string {
  return `${JSON.stringify(rest).slice(0, -1)},"${name}":${text}}`
}

function placesField(places: readonly Place[]): string {
  return places.length === 0 ? '' : `,"blobs":${JSON.stringify(places)}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return { damage: `it does not parse: ${(error as Error).message}`, isTorn: true } satisfies Damage
  }
}

function nameOf(entry: JournalEntry): string {
  switch (entry.type) {
    case 'settled':
      return `the result of step ${entry.step} of item ${entry.item}`
    case 'finished':
      return `the result of item ${entry.item}`
    case 'created':
      return 'an input of the run'
    case 'signalled':
      return `the payload of signal "${entry.signal ?? entry.name}"`
    default:
      return `an entry "${entry.type}"`
  }
}
