// Results on their way from the drivers to whoever reads them: in input order or as they end. Knows how far behind the
// reader is, so that the intake can wait for it.

import { FlowError } from '../../errors.ts'
import { joined } from '../../joined.ts'
import { RareMap } from '../../rare-map.ts'
import type { Outcome } from '../outcome.ts'
import { IndexSet } from './index-set.ts'

/** How one of a run's items ended. */
export interface ItemResult {
  /** From 0. */
  readonly index: number
  readonly outcome: Outcome
}

/** Results, some at a time, by rising index. */
export type Past = AsyncIterable<readonly ItemResult[]>

/** Results come in the order of the inputs, or as items end. */
export type ResultOrder = 'input' | 'completion'

export class ResultStream {
  readonly #waiting = new RareMap<number, ItemResult>()
  #order: ResultOrder = 'input'
  #next = 0
  #ready: ItemResult[] = []
  #isEnded = false
  #pasts: Past[] = []
  #count = 0
  /** Results may come twice: from the past and as news. */
  readonly #seen = new IndexSet()
  #wakeReader: (() => void) | undefined
  #wakeWriter: (() => void) | undefined
  hasReader = false
  #isDiscarded = false

  /** Nobody will read: nothing is held. */
  discard(): void {
    this.#isDiscarded = true
    this.#ready = []
    this.#waiting.clear()
    this.#pasts.length = 0
  }

  /** Results that were not read yet. */
  get backlog(): number {
    return this.#waiting.size + this.#ready.length
  }

  /** What is recorded already; it is read when the reader wants it, so that it need not be held. */
  follow(past: Past): void {
    this.#pasts = joined(this.#pasts, past)
  }

  /** Of so many results, some are neither here nor in a past that is still to be read. */
  lacks(count: number): boolean {
    return this.#count < count && (this.#pasts.length === 0 || this.hasReader)
  }

  push(index: number, outcome: Outcome): void {
    if (this.#isDiscarded || this.#seen.has(index)) return
    this.#seen.add(index)
    this.#count++
    const result = { index, outcome }
    if (this.#order === 'completion') this.#ready.push(result)
    else if (index === this.#next) {
      this.#ready = joined(this.#ready, result)
      this.#next++
      if (this.#waiting.size > 0) this.#takeWaiting()
    } else this.#waiting.set(index, result)
    if (this.#wakeReader && this.#ready.length > 0) this.#wake()
  }

  /** No more results will come; where items are missing, the later ones follow without them. */
  end(): void {
    this.#isEnded = true
    if (this.#pasts.length === 0) this.#takeAll()
    this.#wake()
  }

  /** Resolves once the reader has caught up; at once if nobody reads. */
  async room(limit: number): Promise<void> {
    while (this.hasReader && this.backlog > limit && !this.#isEnded) {
      await new Promise<void>((resolve) => {
        this.#wakeWriter = resolve
      })
    }
  }

  /** Several at a time: as many as are there. Throws CONFLICT while somebody reads: two would take each other's away. */
  async *batches(order: ResultOrder): AsyncGenerator<readonly ItemResult[]> {
    if (this.hasReader || this.#isDiscarded) throw readAlready()
    this.hasReader = true
    if (order === 'completion') {
      this.#order = order
      for (const result of this.#waiting.values()) this.#ready.push(result)
      this.#waiting.clear()
    }
    try {
      for (;;) {
        if (this.#pasts.length > 0) yield* this.#pages()
        if (this.#ready.length > 0) {
          const batch = this.#ready
          this.#ready = []
          this.#wakeWriter?.()
          yield batch
        } else if (this.#isEnded) return
        else {
          await new Promise<void>((resolve) => {
            this.#wakeReader = resolve
          })
        }
      }
    } finally {
      this.hasReader = false
      this.#wakeWriter?.()
    }
  }

  async *#pages(): AsyncGenerator<readonly ItemResult[]> {
    for (let past = this.#pasts[0]; past; past = this.#pasts[0]) {
      for await (const page of past) {
        for (const { index, outcome } of page) this.push(index, outcome)
        if (this.#ready.length > 0) yield this.#ready.splice(0)
      }
      this.#pasts.shift()
    }
    if (this.#isEnded) this.#takeAll()
  }

  #takeAll(): void {
    const rest = [...this.#waiting.values()].sort((a, b) => a.index - b.index)
    for (const result of rest) this.#ready.push(result)
    this.#waiting.clear()
  }

  #wake(): void {
    const wake = this.#wakeReader
    this.#wakeReader = undefined
    wake?.()
  }

  #takeWaiting(): void {
    for (let result = this.#waiting.get(this.#next); result; result = this.#waiting.get(this.#next)) {
      this.#waiting.delete(this.#next)
      this.#ready.push(result)
      this.#next++
    }
  }
}

/** What a second reader is told. */
export function readAlready(): FlowError {
  return new FlowError(
    'CONFLICT',
    'these results are already being read, and each is given only once: keep them, or get results of your own by resume(id)',
  )
}
