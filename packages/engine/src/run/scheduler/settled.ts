// What the scheduler reports to whoever keeps a record: steps that have settled, items that have ended.

import type { ErrorValue } from '../../errors.ts'
import type { Outcome } from '../outcome.ts'

/**
 * Of the steps that settle, which are recorded: all; those by which a failure was made good, for a count; or only those that
 * the driver asks for.
 */
export type Records = 'steps' | 'recoveries' | 'nothing'

export interface Settled {
  readonly item: number
  readonly step: number
  readonly visit: number
  readonly outcome: Outcome
  /** Follows from what is known already: no component answered. */
  readonly derived: boolean
  /** The failure in whose place a fallback put this outcome. */
  readonly recovered?: ErrorValue
  /** Filled in by the driver: the attempt's number, that of the signal that it used up, the key of its kept output. */
  attempt?: number
  took?: number
  /** Its output is that of an earlier call. */
  cached?: true
  /** Elements of it that failed, without which it ended well. */
  lost?: number
  cache?: { readonly key: string; readonly until?: number }
}

export interface Finished {
  readonly slot: number
  readonly item: number
  readonly outcome: Outcome
}
