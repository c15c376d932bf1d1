// What lists of runs have in common, whoever shows them.

import type { MaybePromise, RunPage, RunQuery, RunRow } from '@stepflow/engine'

/** So many of the runs that fit are counted at most. */
export const MOST_COUNTED = 10_000

/** All runs that fit, in their order, read page by page. */
export async function* eachRun(
  runs: { list(query: RunQuery): MaybePromise<RunPage> },
  query: Omit<RunQuery, 'cursor'>,
): AsyncGenerator<RunRow> {
  for (let cursor: string | undefined; ; ) {
    const { rows, next } = await runs.list({ ...query, limit: AT_ONCE, cursor })
    yield* rows
    if (next === undefined) return
    cursor = next
  }
}

// ---

const AT_ONCE = 1000
