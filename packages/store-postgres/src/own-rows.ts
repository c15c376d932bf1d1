// The rows of this store that stand beyond what has been read of the table, until it has been read past them: which of them
// were told ahead of their turn, and which wait for it.

import type { JournalId, JournalRow } from '@stepflow/engine'
import { isAfter, type Place, type Span, type Spot } from './places.ts'
import type { WrittenRow } from './writer.ts'

export interface OwnRow extends Spot {
  readonly row: JournalRow
  isTold: boolean
}

/** So many spans are told ahead at most: all of them stand in each cursor. */
const MOST_AHEAD = 128

export class OwnRows {
  readonly #rows = new Map<string, OwnRow>()
  #ahead: { readonly tx: number; readonly from: number; to: number }[] = []
  #untold = 0

  /** Those that were told, as spans. */
  get ahead(): readonly Span[] {
    return this.#ahead
  }

  get hasUntold(): boolean {
    return this.#untold > 0
  }

  /** The table is to be read, so that others may be told ahead. */
  get areMany(): boolean {
    return this.#ahead.length > MOST_AHEAD / 2
  }

  get(spot: Spot): OwnRow | undefined {
    return this.#rows.get(keyOf(spot))
  }

  /** To be told ahead. `isGoingOn`: nothing of ours stands between the last one and it. False if there are too many already. */
  goAhead(tx: number, { place, row }: WrittenRow, isGoingOn: boolean): boolean {
    const last = this.#ahead.at(-1)
    if (isGoingOn && last) last.to = place
    else if (this.#ahead.length >= MOST_AHEAD) return false
    else this.#ahead.push({ tx, from: place, to: place })
    this.#put({ tx, place, row, isTold: true })
    return true
  }

  /** It waits for its turn. */
  wait(tx: number, { place, row }: WrittenRow): void {
    this.#put({ tx, place, row, isTold: false })
    this.#untold++
  }

  /** Its turn has come. */
  told(own: OwnRow): void {
    own.isTold = true
    this.#untold--
  }

  /** Those up to a place. */
  upTo(next: Place): OwnRow[] {
    const rows: OwnRow[] = []
    for (const own of this.#rows.values()) if (!isAfter(own, next)) rows.push(own)
    return rows
  }

  /** The table has been read up to there, and these are ours up to it: those that still wait are told by now, in order. */
  forget(rows: readonly OwnRow[], next: Place, tell: (own: OwnRow) => void): void {
    for (const own of rows) {
      this.#rows.delete(keyOf(own))
      if (own.isTold) continue
      this.#untold--
      tell(own)
    }
    this.#ahead = this.#ahead.filter(({ tx, to }) => isAfter({ tx, place: to }, next))
  }

  /**
   * For whoever has heard of all up to a place: those beyond it that were told ahead, each with all that he has heard of beyond
   * it then.
   */
  *aheadOf(heard: Place, isHis: (journal: JournalId) => boolean): Generator<readonly [own: OwnRow, told: Span[]]> {
    const told = [...(heard.told ?? [])]
    let of: Span | undefined
    for (const own of this.#rows.values()) {
      if (!own.isTold || !isAfter(own, heard)) continue
      const span = this.#ahead.find(({ tx, from, to }) => tx === own.tx && from <= own.place && own.place <= to)
      // Told, but in its turn: it stands below what has been read.
      if (!span) continue
      const before = span === of ? told.pop() : undefined
      told.push({ tx: own.tx, from: before?.from ?? own.place, to: own.place })
      of = span
      if (isHis(own.row.journal)) yield [own, [...told]]
    }
  }

  clear(): void {
    this.#rows.clear()
    this.#ahead = []
    this.#untold = 0
  }

  #put(own: OwnRow): void {
    this.#rows.set(keyOf(own), own)
  }
}

// ---

function keyOf({ tx, place }: Spot): string {
  return `${tx}.${place}`
}
