// What many runs are asked for by, in columns: 100,000 rows are looked through in the time in which 100 are read. Runs that have
// ended only: what is in here does not change any more. Knows no file.

import { FlowError, isRecord, own, type RunBegin, type RunRow } from '@stepflow/engine'
import { RunTexts } from './run-texts.ts'

/** What a row of the columns says of its run, beside its times. */
export const ENDED = ['completed', 'failed', 'cancelled'] as const

/** A run, as the table has it. */
export interface NumberedRun {
  readonly number: number
  readonly row: RunRow
}

/** The columns as a file keeps them. */
export interface KeptColumns {
  readonly size: number
  readonly columns: Uint8Array
  readonly texts: string
}

/** Numbers, of which the least and the greatest are known. */
export class Span {
  least = Number.POSITIVE_INFINITY
  greatest = Number.NEGATIVE_INFINITY

  cover(value: number): void {
    if (value < this.least) this.least = value
    if (value > this.greatest) this.greatest = value
  }
}

export class RunColumns {
  size = 0
  /** Of the runs, in the order of their creation, and their times; `took`: from their beginning to their end. */
  numbers: Float64Array
  created: Float64Array
  ended: Float64Array
  took: Float64Array
  /** Places in `begins` and in `errors`, of which the first is none; where the places of its labels end. */
  begin: Uint32Array
  error: Uint32Array
  labelEnd: Uint32Array
  /** A place in ENDED, and 4 for a test; 128: it has been removed. */
  state: Uint8Array
  /** Places in `labels`, run by run. */
  labelPlaces: Uint32Array
  readonly begins: RunBegin[] = []
  readonly errors: string[][] = [[]]
  /** Name and value. */
  readonly labels: string[][] = []
  readonly ids: string[] = []
  /** From the least to the greatest of a column. */
  readonly spans = { created: new Span(), ended: new Span(), took: new Span() }
  readonly #places = { begins: new Map<string, number>(), errors: new Map<string, number>() }
  #labelPlaces: Map<string, number> | undefined
  #texts: RunTexts | undefined

  constructor(bytes: ArrayBuffer = new ArrayBuffer(0), size = 0) {
    const parts = partsOf(bytes, size)
    ;[this.numbers, this.created, this.ended, this.took, this.begin, this.error, this.labelEnd, this.state] = parts
    this.labelPlaces = new Uint32Array(bytes.slice(size * ROW_BYTES))
  }

  add({ number, row }: NumberedRun): void {
    if (this.size === this.state.length) this.#grow()
    const { id, createdAt, startedAt = createdAt, endedAt = createdAt, status, kind, error, labels = {} } = row
    const i = this.size++
    this.numbers[i] = number
    this.created[i] = createdAt
    this.ended[i] = endedAt
    this.took[i] = endedAt - startedAt
    this.begin[i] = placeOf(this.#places.begins, this.begins, beginOf(row))
    this.error[i] = error === undefined ? 0 : placeOf(this.#places.errors, this.errors, [error.code, error.message])
    this.state[i] = ENDED.indexOf(status as (typeof ENDED)[number]) | (kind === 'test' ? IS_TEST : 0) // it has ended
    let end = i === 0 ? 0 : (this.labelEnd[i - 1] as number)
    for (const name of Object.keys(labels)) {
      if (end === this.labelPlaces.length) this.labelPlaces = larger(this.labelPlaces)
      this.labelPlaces[end++] = placeOf(this.#knownLabels, this.labels, [name, String(own(labels, name))])
    }
    this.labelEnd[i] = end
    this.ids.push(id)
    this.#cover(i)
    this.#texts = undefined
  }

  /** The place of a label; -1 if no run has it. */
  placeOfLabel(label: readonly [string, string]): number {
    return this.#knownLabels.get(JSON.stringify(label)) ?? -1
  }

  /** What is searched. */
  get texts(): RunTexts {
    this.#texts ??= new RunTexts(this)
    return this.#texts
  }

  /** In the order of their creation. */
  keep(): KeptColumns {
    const { size, begins, errors, labels } = this
    const order = Array.from({ length: size }, (_, i) => i)
    order.sort((a, b) => (this.numbers[a] as number) - (this.numbers[b] as number))
    const kept = new RunColumns(new ArrayBuffer(size * ROW_BYTES), size)
    const places: number[] = []
    for (const [to, from] of order.entries()) {
      for (let i = 0; i < COLUMNS; i++) (kept.#columns[i] as Column)[to] = (this.#columns[i] as Column)[from] as number
      const end = this.labelEnd[from] as number
      for (let i = from === 0 ? 0 : (this.labelEnd[from - 1] as number); i < end; i++) {
        places.push(this.labelPlaces[i] as number)
      }
      kept.labelEnd[to] = places.length
    }
    const columns = new Uint8Array(size * ROW_BYTES + 4 * places.length)
    columns.set(new Uint8Array(kept.numbers.buffer))
    columns.set(new Uint8Array(Uint32Array.from(places).buffer), size * ROW_BYTES)
    return { size, columns, texts: JSON.stringify({ ids: order.map((i) => this.ids[i]), begins, errors, labels }) }
  }

  /** Throws RESOURCE_UNAVAILABLE for what is damaged. */
  static of({ size, columns, texts }: KeptColumns): RunColumns {
    const { byteLength } = columns
    if (byteLength < size * ROW_BYTES || (byteLength - size * ROW_BYTES) % 4 > 0) throw damaged()
    // A copy: columns of numbers begin where numbers may.
    const read = new RunColumns(columns.slice().buffer, size)
    read.size = size
    const { ids, begins, errors, labels } = parsed(texts)
    for (const list of [ids, begins, errors, labels]) if (!Array.isArray(list)) throw damaged()
    read.errors.length = 0
    for (const id of ids as string[]) read.ids.push(id)
    for (const begin of begins as RunBegin[]) read.begins.push(begin)
    for (const error of errors as string[][]) read.errors.push(error)
    for (const label of labels as string[][]) read.labels.push(label)
    if (read.ids.length !== size) throw damaged()
    for (let i = 0; i < size; i++) read.#cover(i)
    return read
  }

  get #knownLabels(): Map<string, number> {
    this.#labelPlaces ??= new Map(this.labels.map((label, place) => [JSON.stringify(label), place]))
    return this.#labelPlaces
  }

  get #columns(): readonly Column[] {
    return [this.numbers, this.created, this.ended, this.took, this.begin, this.error, this.labelEnd, this.state]
  }

  #cover(i: number): void {
    const { created, ended, took } = this.spans
    created.cover(this.created[i] as number)
    ended.cover(this.ended[i] as number)
    took.cover(this.took[i] as number)
  }

  #grow(): void {
    const room = Math.max(256, this.state.length * 2)
    const before = this.#columns
    const after = partsOf(new ArrayBuffer(room * ROW_BYTES), room)
    for (let i = 0; i < COLUMNS; i++) (after[i] as Column).set(before[i] as Column)
    ;[this.numbers, this.created, this.ended, this.took, this.begin, this.error, this.labelEnd, this.state] = after
  }
}

/** In `state`. */
export const IS_TEST = 4
export const IS_GONE = 128

// ---

type Column = Float64Array | Uint32Array | Uint8Array

const COLUMNS = 8
/** Four numbers, three places and a state. */
const ROW_BYTES = 4 * 8 + 3 * 4 + 1

function partsOf(bytes: ArrayBuffer, room: number) {
  const number = (column: number) => new Float64Array(bytes, column * 8 * room, room)
  const place = (column: number) => new Uint32Array(bytes, (32 + column * 4) * room, room)
  const numbers = [number(0), number(1), number(2), number(3)] as const
  return [...numbers, place(0), place(1), place(2), new Uint8Array(bytes, 44 * room, room)] as const
}

function larger(places: Uint32Array): Uint32Array {
  const copy = new Uint32Array(Math.max(256, places.length * 2))
  copy.set(places)
  return copy
}

/** Of what began it, only what is asked for: the rest differs from run to run. */
function beginOf({ flow, flowId, trigger }: RunRow): RunBegin {
  const begin = { ...(flow === undefined ? {} : { flow }), ...(flowId === undefined ? {} : { flowId }) }
  if (!trigger) return begin
  const { type, flow: file } = trigger
  return { ...begin, trigger: file === undefined ? { type } : { type, flow: file } }
}

function placeOf<T>(places: Map<string, number>, list: T[], value: T): number {
  const key = JSON.stringify(value)
  const known = places.get(key)
  if (known !== undefined) return known
  places.set(key, list.length)
  return list.push(value) - 1
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch {
    throw damaged()
  }
}

function damaged(): FlowError {
  return new FlowError('RESOURCE_UNAVAILABLE', 'what runs are found by is damaged')
}
