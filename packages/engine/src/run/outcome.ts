// How a step or an item ended, as data, in the one shape that users see: {"outcome":"success","result":...}.

import type { ErrorValue } from '../errors.ts'

/** How a run or a step ended. */
export type Outcome =
  | { readonly outcome: 'success'; readonly result: unknown }
  /** `cause`: the failure that it goes back to, if it does (steps only). */
  | { readonly outcome: 'skipped'; readonly reason: string; readonly cause?: ErrorValue }
  /** A cancelled step or item is a failed one whose code is CANCELLED. */
  | { readonly outcome: 'failed'; readonly error: ErrorValue }

export const success = (result: unknown): Outcome => ({ outcome: 'success', result })
export const failed = (error: ErrorValue): Outcome => ({ outcome: 'failed', error })
