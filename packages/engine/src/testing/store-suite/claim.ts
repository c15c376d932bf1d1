// How the suites claim something of a store.

import type { Store } from '../../store/store.ts'

/** A test of an empty store. */
export type Claim = (claimed: string, body: (store: Store) => Promise<void>) => void
/** Deep equality; throws if it does not hold. */
export type Equal = (actual: unknown, expected: unknown) => void

/** What only some stores can do; their part of the contract is tested where they are given. */
export interface SuiteOptions {
  /** Another handle on what `store` keeps, as another process would have it; the suite closes it. */
  readonly twin?: (store: Store) => Store | Promise<Store>
  /** Replaces the text of a journal's row by another, or removes the row. */
  readonly damage?: (store: Store, journal: string, seq: number, text: string | null) => void | Promise<void>
}

/** What `body` throws. */
export async function thrown(body: () => unknown): Promise<unknown> {
  try {
    await body()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** The code of the error that `body` throws. */
export async function codeOf(body: () => unknown): Promise<unknown> {
  return ((await thrown(body)) as { code?: string }).code
}
