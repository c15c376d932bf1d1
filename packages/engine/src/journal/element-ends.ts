// Which elements of what runs inside a step have ended, each counted once. Pure.

import type { ErrorValue } from '../errors.ts'
import type { JournalEntry } from './events.ts'

type Opened = Extract<JournalEntry, { type: 'opened' }>
type EndInside = Extract<JournalEntry, { type: 'settled' | 'closed' }>

const ENDED = 1
const FAILED = 2

export class ElementEnds {
  readonly #attempt: number
  readonly #isByStep: boolean
  /** By element. */
  readonly #ends: Uint8Array
  #ended = 0
  #failed = 0
  #error: ErrorValue | undefined

  private constructor({ attempt, byStep, elements }: Opened) {
    this.#attempt = attempt
    this.#isByStep = byStep === true
    this.#ends = new Uint8Array(elements)
  }

  /** A run that goes on after a crash opens what it had open once more: what has ended there has ended still. */
  static opened(entry: Opened, before: ElementEnds | undefined): ElementEnds {
    const isAgain = before && before.total === entry.elements && before.#attempt === entry.attempt
    return isAgain && before.ended < before.total ? before : new ElementEnds(entry)
  }

  get total(): number {
    return this.#ends.length
  }

  get ended(): number {
    return this.#ended
  }

  get failed(): number {
    return this.#failed
  }

  /** Of the first that failed, if a step of it says so. */
  get error(): ErrorValue | undefined {
    return this.#error
  }

  /**
   * A step of an element has ended, or the element itself, which can follow its only step: a step that succeeded may stand in an
   * element whose output fails.
   */
  see(entry: EndInside): void {
    if (entry.type === 'settled' && !this.#isByStep) return
    const before = this.#ends[entry.item]
    if (before === undefined) return
    const outcome = entry.type === 'closed' ? entry.outcome : entry.outcome.outcome
    const now = outcome === 'failed' ? FAILED : ENDED
    this.#ends[entry.item] = now
    if (before === 0) this.#ended++
    this.#failed += (now === FAILED ? 1 : 0) - (before === FAILED ? 1 : 0)
    if (entry.type === 'settled' && entry.outcome.outcome === 'failed') this.#error ??= entry.outcome.error
  }
}
