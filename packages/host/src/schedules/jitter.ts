// By how much runs of a schedule may be late on purpose.

import { FlowError, parseDuration } from '@stepflow/engine'

/** Of runs that wait for longer, there could be any number. */
const MOST_MS = 86_400_000

/** Throws INVALID_INPUT. */
export function checkJitter(jitter: string | number | undefined): void {
  if (jitter === undefined) return
  const ms = parseDuration(jitter)
  if (ms !== undefined && ms <= MOST_MS) return
  const what = 'a duration like 30s, at most 24h'
  throw new FlowError('INVALID_INPUT', `"jitter" is ${JSON.stringify(jitter)}, but must be ${what}`)
}
