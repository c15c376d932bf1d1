// Which of the runs in columns fit what is asked for: the same ones as `createFit` says of their rows. Column by column, each
// with those that are left: without a call for each run.

import { createBeginFit, foldCase, listOf, type RunBegin, type RunFilter } from '@stepflow/engine'
import { ENDED, IS_TEST, type RunColumns } from './run-columns.ts'
import type { FoundTexts } from './run-texts.ts'

/** To be made once for all columns. */
export class RunMatch {
  /** Where those stand that were found last, in the order of the columns. */
  places = new Uint32Array(0)
  readonly #filter: RunFilter
  /** 1 for each state that is asked for. */
  readonly #states: Uint8Array
  readonly #fitsBegin: ((begin: RunBegin) => boolean) | undefined
  readonly #q: string | undefined

  constructor(filter: RunFilter) {
    const { flow, trigger, q } = filter
    this.#filter = filter
    this.#states = statesOf(filter)
    this.#fitsBegin = flow === undefined && trigger === undefined ? undefined : createBeginFit(filter)
    this.#q = q ? foldCase(q) : undefined
  }

  /** How many of the runs fit; where they stand is in `places` until the next call. */
  find(columns: RunColumns): number {
    const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, labels = [], shown } = this.#filter
    const { size, spans, created, begin, begins } = columns
    const { least, greatest } = spans.created
    if (greatest < since || least >= until || size === 0) return 0
    const wanted: number[] = []
    for (const label of labels) {
      const place = columns.placeOfLabel(label)
      if (place < 0) return 0
      wanted.push(place)
    }
    if (this.places.length < size) this.places = new Uint32Array(2 * size)
    const { places } = this
    let count = placesOf(columns.state, size, this.#states, places)
    if (least < since || greatest >= until) count = keepWithin(places, count, created, since, until)
    const fitsBegin = this.#fitsBegin
    if (fitsBegin) {
      const begun = Uint8Array.from(begins, (one) => (fitsBegin(one) ? 1 : 0))
      count = keepBegun(places, count, begin, begun)
    }
    for (const label of wanted) count = keepLabelled(places, count, columns, label)
    return this.#q === undefined ? count : keepFound(places, count, columns, columns.texts.find(this.#q, shown))
  }
}

// --- each leaves of the first `count` places those that fit, and answers how many they are

/** All that are in one of the states. */
function placesOf(state: Uint8Array, size: number, asked: Uint8Array, places: Uint32Array): number {
  let kept = 0
  for (let i = 0; i < size; i++) {
    places[kept] = i
    kept += asked[state[i] as number] as number
  }
  return kept
}

function keepWithin(places: Uint32Array, count: number, created: Float64Array, since: number, until: number): number {
  let kept = 0
  for (let n = 0; n < count; n++) {
    const i = places[n] as number
    const at = created[i] as number
    if (at >= since && at < until) places[kept++] = i
  }
  return kept
}

function keepBegun(places: Uint32Array, count: number, begin: Uint32Array, begun: Uint8Array): number {
  let kept = 0
  for (let n = 0; n < count; n++) {
    const i = places[n] as number
    places[kept] = i
    kept += begun[begin[i] as number] as number
  }
  return kept
}

function keepLabelled(places: Uint32Array, count: number, columns: RunColumns, label: number): number {
  const { labelEnd, labelPlaces } = columns
  let kept = 0
  for (let n = 0; n < count; n++) {
    const i = places[n] as number
    const end = labelEnd[i] as number
    for (let at = i === 0 ? 0 : (labelEnd[i - 1] as number); at < end; at++) {
      if (labelPlaces[at] !== label) continue
      places[kept++] = i
      break
    }
  }
  return kept
}

function keepFound(places: Uint32Array, count: number, columns: RunColumns, found: FoundTexts): number {
  let kept = 0
  for (let n = 0; n < count; n++) {
    const i = places[n] as number
    if (isFound(columns, found, i)) places[kept++] = i
  }
  return kept
}

function isFound({ begin, error, labelEnd, labelPlaces }: RunColumns, found: FoundTexts, i: number): boolean {
  if (found.ids[i] === 1 || found.begins[begin[i] as number] === 1 || found.errors[error[i] as number] === 1)
    return true
  const end = labelEnd[i] as number
  for (let n = i === 0 ? 0 : (labelEnd[i - 1] as number); n < end; n++) {
    if (found.labels[labelPlaces[n] as number] === 1) return true
  }
  return false
}

// ---

function statesOf({ status, kind }: RunFilter): Uint8Array {
  const asked = listOf(status)
  const states = new Uint8Array(256)
  for (const [i, one] of ENDED.entries()) {
    if (asked && !asked.includes(one)) continue
    if (kind !== 'test') states[i] = 1
    if (kind !== 'run') states[i | IS_TEST] = 1
  }
  return states
}
