// Writes a driver's turns to its journal, one row each, and finds out what it means when somebody else has written there.

import { FlowError } from '../../errors.ts'
import type { JournalEntry } from '../../journal/events.ts'
import { isPromise, type MaybePromise } from '../../json.ts'
import type { DriverOptions } from '../in-flight/drive.ts'

/** Why a turn could not be written: a new journal is there already, or another drives this one by now. */
export type Conflict = 'is there' | 'is lost'

export class JournalWriter {
  readonly #options: Pick<DriverOptions, 'journal' | 'rows' | 'append' | 'read'>
  /** How many rows the journal has: what the next append must find. */
  #after: number

  constructor(options: Pick<DriverOptions, 'journal' | 'rows' | 'append' | 'read'>) {
    this.#options = options
    this.#after = options.rows.length
  }

  /** One row. Gives nothing, once it is written; or why it is not. */
  append(entries: readonly JournalEntry[]): MaybePromise<Conflict | undefined> {
    const batch = { journal: this.#options.journal, after: this.#after, entries }
    this.#after++
    try {
      const appended = this.#options.append(batch)
      return isPromise(appended) ? appended.then(nothing, (error) => this.#settleConflict(error, entries)) : undefined
    } catch (error) {
      return this.#settleConflict(error, entries)
    }
  }

  /**
   * Somebody else has written. Signals come by another way: the turn is written after them. Anything else ends the driver:
   * another has the journal, or what it wrote before it was gone is to be read first, by a driver that begins anew.
   */
  async #settleConflict(error: unknown, entries: readonly JournalEntry[]): Promise<Conflict | undefined> {
    if (!FlowError.is(error) || error.code !== 'CONFLICT') throw error
    if (this.#options.rows.length === 0 && this.#after === 1) return 'is there'
    const tail = await this.#options.read(this.#after - 1)
    if (tail.some((row) => !row.entries.every(isBeside))) return 'is lost'
    this.#after = (tail.at(-1)?.seq ?? this.#after - 2) + 1
    return this.append(entries)
  }
}

// ---

const nothing = () => undefined

/** Does not change where a driver stands. */
function isBeside({ type }: JournalEntry): boolean {
  return type === 'signalled' || type === 'sealed'
}
