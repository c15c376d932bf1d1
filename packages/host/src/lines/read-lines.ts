// JSON Lines in, one value at a time, however long the file. A line that is not JSON is an input like any other: a refused one.
//
// 1. Every line that is not blank is one item, in the order of the file.
// 2. Lines of items that are done already are passed over; the others keep their numbers.

import { isTooDeep, MOST_LEVELS, RefusedInput, whyNotJson } from '@stepflow/engine'
import { holdsTooLarge, TOO_LARGE } from '../flows/too-large.ts'
import { type Chunk, Chunks } from './read-chunks.ts'

export interface Lines {
  /** A line's value, or a RefusedInput. One reader at a time. */
  readonly values: AsyncIterable<unknown>
  /** The item number of the `n`th value (both from 0). */
  itemOf(n: number): number
  /** How many items the lines that were taken are, those passed over among them. */
  readonly items: number
  /** How much of the file the lines that were taken are. */
  readonly bytes: number
  /** Takes no further lines; `values` ends. */
  stop(): void
}

export interface ReadLinesOptions {
  /** The next bytes; none at the end. */
  readonly read: () => Promise<Buffer>
  /** True for items that are done already: their lines are passed over. */
  readonly isDone?: (item: number) => boolean
  /** So many items at most. */
  readonly limit?: number
  /** A line longer than this is a bad line. */
  readonly maxLineBytes?: number
}

export function readLines({ read, maxLineBytes = 1 << 28, ...options }: ReadLinesOptions): Lines {
  return new JsonLines(new Chunks(read, maxLineBytes), options)
}

// ---

const DONE: IteratorResult<unknown> = { done: true, value: undefined }

class JsonLines implements Lines {
  readonly #chunks: Chunks
  readonly #isDone: ((item: number) => boolean) | undefined
  readonly #limit: number
  /** Item numbers are dense but for those passed over: `gaps[k]` values were given before the k-th jump of `shifts`. */
  readonly #gaps: number[] = []
  readonly #shifts: number[] = []
  #given = 0
  #item = 0
  #line = 0
  #chunk: { readonly text: string; readonly bytes: number } = { text: '', bytes: 0 }
  #at = 0
  /** Bytes of the chunks before this one. */
  #before = 0
  #isStopped = false
  #wake = () => {}

  constructor(chunks: Chunks, { isDone, limit }: Pick<ReadLinesOptions, 'isDone' | 'limit'>) {
    this.#chunks = chunks
    this.#isDone = isDone
    this.#limit = limit ?? Number.POSITIVE_INFINITY
  }

  readonly values: AsyncIterable<unknown> = {
    [Symbol.asyncIterator]: () => ({
      next: () => this.#next(),
      return: () => {
        this.stop()
        return Promise.resolve(DONE)
      },
    }),
  }

  itemOf(n: number): number {
    let low = 0
    let high = this.#gaps.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#gaps[middle] as number) <= n) low = middle + 1
      else high = middle
    }
    return low === 0 ? n : n + (this.#shifts[low - 1] as number)
  }

  get items(): number {
    return this.#item
  }

  get bytes(): number {
    const { text, bytes } = this.#chunk
    return this.#before + (text.length === 0 ? bytes : Math.round((this.#at / text.length) * bytes))
  }

  stop(): void {
    this.#isStopped = true
    this.#wake()
  }

  #next(): Promise<IteratorResult<unknown>> {
    const here = this.#isStopped ? DONE : this.#take()
    return here ? Promise.resolve(here) : this.#nextChunk()
  }

  async #nextChunk(): Promise<IteratorResult<unknown>> {
    while (!this.#isStopped && this.#item < this.#limit) {
      // A pipe may be silent for hours: whoever stops must not wait for it.
      const chunk = await this.#orStopped(this.#chunks.next())
      if (chunk === undefined) break
      const first = this.#begin(chunk) ?? this.#take()
      if (first) return first
    }
    return DONE
  }

  /** The next line of the chunk at hand, if there is one. */
  #take(): IteratorResult<unknown> | undefined {
    const { text } = this.#chunk
    while (this.#at < text.length && this.#item < this.#limit) {
      const end = text.indexOf('\n', this.#at)
      const start = this.#at
      const stop = end < 0 ? text.length : end
      this.#at = Math.min(stop + 1, text.length)
      this.#line++
      if (isBlank(text, start, stop)) continue
      if (!this.#isPassedOver()) return this.#give(this.#parse(text.slice(start, stop)))
    }
    return undefined
  }

  #begin(chunk: Chunk): IteratorResult<unknown> | undefined {
    this.#before += this.#chunk.bytes
    this.#at = 0
    if (chunk.text === undefined) {
      this.#chunk = { text: '', bytes: chunk.bytes }
      this.#line++
      return this.#isPassedOver() ? undefined : this.#give(this.#refused(chunk.bad))
    }
    this.#chunk = chunk
    // A byte order mark is no part of the first line.
    if (this.#line === 0 && chunk.text.charCodeAt(0) === 0xfeff) this.#at = 1
    return undefined
  }

  #give(value: unknown): IteratorResult<unknown> {
    this.#given++
    return { done: false, value }
  }

  /** Numbers the line at hand. */
  #isPassedOver(): boolean {
    const item = this.#item++
    if (!this.#isDone?.(item)) return false
    const shift = (this.#shifts.at(-1) ?? 0) + 1
    if (this.#gaps.at(-1) === this.#given) this.#shifts[this.#shifts.length - 1] = shift
    else {
      this.#gaps.push(this.#given)
      this.#shifts.push(shift)
    }
    return true
  }

  #parse(text: string): unknown {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (thrown) {
      return this.#refused(whyNotJson(thrown))
    }
    if (holdsTooLarge(text, value)) return this.#refused(TOO_LARGE)
    // So many levels take a bracket each, at both ends.
    if (text.length > 2 * MOST_LEVELS && isTooDeep(value)) return this.#tooDeep()
    return value
  }

  #refused(why: string): RefusedInput {
    return new RefusedInput(`line ${this.#line} is not JSON: ${why}`)
  }

  #tooDeep(): RefusedInput {
    return new RefusedInput(`line ${this.#line} has more than ${MOST_LEVELS} levels of lists and objects`)
  }

  /** Not a race with a promise that lives as long as the file: that one would hold every chunk it was raced with. */
  #orStopped(chunk: Promise<Chunk | undefined>): Promise<Chunk | undefined> {
    return new Promise((resolve, reject) => {
      this.#wake = () => resolve(undefined)
      chunk.then(resolve, reject)
    })
  }
}

function isBlank(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i)
    if (c !== 0x20 && c !== 0x09 && c !== 0x0d) return false
  }
  return true
}
