// Waits for a promise, but not for ever.

import type { Clock } from '@stepflow/engine'

/** What it resolves to; undefined if it does not within so long. */
export async function inTime<T>(promise: Promise<T>, clock: Clock, ms: number): Promise<T | undefined> {
  let cancel = () => {}
  const late = new Promise<undefined>((resolve) => {
    cancel = clock.timer(ms, () => resolve(undefined))
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    cancel()
  }
}
