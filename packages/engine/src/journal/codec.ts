// Journal entries <-> text. Large values and bytes leave the text: they become blobs, and a note beside them says where
// they belong. Knows no store: the caller stores the blobs after encoding, and fetches them before decoding.

import { FlowError } from '../errors.ts'
import { isRecord, own, setOwn } from '../json.ts'
import { textId } from '../plan/id.ts'
import type { Plan } from '../plan/plan.ts'
import type { Outcome } from '../run/outcome.ts'
import type { JournalEntry } from './events.ts'
import {
  type BlobKind,
  type EncodedBlob,
  LARGE_BYTES,
  LargeValues,
  type Path,
  SCANNED_FIELDS,
  withoutParts,
} from './large-values.ts'
import { type Refusal, RefusedInput, refusalsIn, withRefusals } from './refused-input.ts'

export interface EncodedEntries {
  readonly text: string
  /** Of each `finished` entry, in order: its outcome, as a text of its own for `decodeOutcome`. */
  readonly outcomes: readonly string[]
  /** Likewise of each success that is kept for later calls. */
  readonly cached: readonly string[]
  /** What `text` refers to. Nearly always empty. */
  readonly blobs: readonly EncodedBlob[]
}

/** `value` is whole once every hole has been filled with its blob's value. */
export interface Decoded<T> {
  readonly value: T
  readonly holes: readonly Hole[]
}

export interface Hole {
  readonly id: string
  /** The value, if it is at hand: it need not be fetched. */
  readonly known?: unknown
  fill(value: unknown): void
}

/** What is wrong with a text that is not what `encode` wrote. `isTorn`: it may have been cut short. */
export interface Damage {
  readonly damage: string
  readonly isTorn: boolean
}

export interface CodecOptions {
  /** Values whose JSON has more bytes are blobs. */
  readonly largeBytes?: number
  /** Where a run's plan stands: in a blob of its own, which all runs of it share, or in the text. */
  readonly plans?: 'blobs' | 'text'
}

/**
 * A blob's place is noted in a field `blobs` of the outcome or entry around the value, where no user's data can be: it
 * needs no escaping. A plan's id stands in the place of the plan.
 */
export class JournalCodec {
  readonly #large: LargeValues
  readonly #plansInText: boolean
  readonly #planTexts = new WeakMap<Plan, { readonly text: string; readonly id: string }>()
  /** By id, those used last at the end: a plan that is read again is the same object, and is linked once. */
  readonly #plans = new Map<string, Plan>()

  constructor({ largeBytes = LARGE_BYTES, plans = 'blobs' }: CodecOptions = {}) {
    this.#large = new LargeValues(largeBytes)
    this.#plansInText = plans === 'text'
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
        throw new FlowError('INVALID_INPUT', `${nameOf(entry)} is not JSON: ${(error as Error).message}`, {
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
      takeRefusals(entry)
      const hasPlan = entry.type === 'created' || entry.type === 'opened'
      if (hasPlan && typeof entry.planId === 'string') this.#takePlan(entry, holes)
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
    this.#large.remember(value, id, kind)
  }

  // --- to text

  #entry(entry: JournalEntry, outcomes: string[], cached: string[], blobs: EncodedBlob[]): string {
    switch (entry.type) {
      case 'settled': {
        const isKept = entry.cache !== undefined && entry.outcome.outcome === 'success'
        const plain = !isKept && this.#isPlain(entry.outcome) ? JSON.stringify(entry) : undefined
        if (plain !== undefined && !this.#large.isLarge(plain)) return plain
        const { outcome, ...rest } = entry
        const text = this.#outcome(outcome, blobs, plain !== undefined)
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
        const { inputs, plan, ...rest } = entry
        const places: Place[] = []
        const refusals = refusalsIn(inputs)
        const texts = inputs.map((input, index) =>
          input instanceof RefusedInput ? 'null' : this.#value(input, [index], places, blobs),
        )
        const refused = refusals.length === 0 ? '' : `,"refused":${JSON.stringify(refusals)}`
        const planField = this.#planField(plan, blobs)
        return withField(rest, 'inputs', `[${texts.join(',')}]${placesField(places)}${refused}${planField}`)
      }
      case 'signalled': {
        if (entry.payload === undefined) return JSON.stringify(entry)
        const { payload, ...rest } = entry
        const places: Place[] = []
        const text = this.#value(payload, [], places, blobs)
        return withField(rest, 'payload', text + placesField(places))
      }
      case 'opened': {
        const { plan, ...rest } = entry
        const planField = this.#planField(plan, blobs)
        return planField === '' ? JSON.stringify(entry) : `${JSON.stringify(rest).slice(0, -1)}${planField}}`
      }
      default:
        return JSON.stringify(entry)
    }
  }

  #planField(plan: Plan | undefined, blobs: EncodedBlob[]): string {
    if (plan === undefined) return ''
    const { text, id } = this.#planText(plan)
    if (this.#plansInText) return `,"plan":${text}`
    blobs.push({ id, kind: 'json', content: () => text })
    return `,"planId":"${id}"`
  }

  /** Nobody changes a plan, and many runs have the same. */
  #planText(plan: Plan): { readonly text: string; readonly id: string } {
    const known = this.#planTexts.get(plan)
    if (known !== undefined) return known
    const text = JSON.stringify(plan)
    const made = { text, id: this.#plansInText ? '' : textId(text) }
    this.#planTexts.set(plan, made)
    if (!this.#plansInText) this.#keepPlan(made.id, plan)
    return made
  }

  #keepPlan(id: string, plan: Plan): void {
    this.#plans.delete(id)
    this.#plans.set(id, plan)
    if (this.#plans.size <= KEPT_PLANS) return
    for (const oldest of this.#plans.keys()) {
      this.#plans.delete(oldest)
      return
    }
  }

  /** `isLarge`: its text was made before, and was too large. */
  #outcome(outcome: Outcome, blobs: EncodedBlob[], isLarge = false): string {
    if (outcome.outcome !== 'success') return JSON.stringify(outcome)
    const plain = !isLarge && this.#isPlain(outcome) ? JSON.stringify(outcome) : undefined
    if (plain !== undefined && !this.#large.isLarge(plain)) return plain
    const places: Place[] = []
    const text = this.#value(outcome.result, [], places, blobs, isLarge || plain !== undefined)
    return `{"outcome":"success","result":${text}${placesField(places)}}`
  }

  /** The shortcut for nearly all: nothing in it is known to become a blob, and no field would get lost. */
  #isPlain(outcome: Outcome): boolean {
    if (outcome.outcome !== 'success') return true
    const { result } = outcome
    if (this.#large.needsCare(result)) return false
    if (typeof result !== 'object') return true
    let scanned = 0
    for (const key in result) {
      if (++scanned > SCANNED_FIELDS) break
      if (this.#large.needsCare((result as Record<string, unknown>)[key])) return false
    }
    return true
  }

  /** The value's text; what is large in it is `null` there, and noted in `places`. */
  #value(value: unknown, path: Path, places: Place[], blobs: EncodedBlob[], isLarge = false): string {
    const note = (at: Path, blob: EncodedBlob): void => {
      places.push([at, blob.id])
      blobs.push(blob)
    }
    const [firstPlace, firstBlob] = [places.length, blobs.length]
    const whole = this.#large.known(value)
    if (whole) {
      note(path, whole)
      return 'null'
    }
    const rest = withoutParts(value, (part) => this.#large.known(part), path, note)
    const text = isLarge ? undefined : (JSON.stringify(rest) ?? 'null')
    if (text !== undefined && !this.#large.isLarge(text)) return text
    // Met for the first time. Its fields first: they are what the next steps pass on in objects of their own.
    const small = withoutParts(rest, (part) => this.#large.measured(part), path, note)
    const smallText = small === rest && text !== undefined ? text : JSON.stringify(small)
    if (!this.#large.isLarge(smallText)) return smallText
    // Large without them too: then it is one blob, and nothing is a blob inside a blob.
    places.length = firstPlace
    blobs.length = firstBlob
    note(path, this.#large.keep(value, small === value ? smallText : JSON.stringify(value)))
    return 'null'
  }

  // --- from text

  #takePlan(entry: Record<string, unknown>, holes: Hole[]): void {
    const id = entry.planId as string
    delete entry.planId
    const fill = (plan: unknown) => {
      entry.plan = plan
      this.#keepPlan(id, plan as Plan)
    }
    const known = this.#plans.get(id)
    holes.push(known ? { id, known, fill } : { id, fill })
  }

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

/** Plans that are remembered. */
const KEPT_PLANS = 256

type Place = readonly [path: Path, id: string]

function withField(rest: object, name: string, text: string): string {
  return `${JSON.stringify(rest).slice(0, -1)},"${name}":${text}}`
}

function placesField(places: readonly Place[]): string {
  return places.length === 0 ? '' : `,"blobs":${JSON.stringify(places)}`
}

function takeRefusals(entry: Record<string, unknown>): void {
  const refusals = own(entry, 'refused')
  if (!Array.isArray(refusals) || !Array.isArray(entry.inputs)) return
  delete entry.refused
  entry.inputs = withRefusals(entry.inputs, refusals as Refusal[]) // what `encode` wrote
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
