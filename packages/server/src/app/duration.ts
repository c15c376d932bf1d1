// Lengths of time in requests, as in flows: a text like 30s, or seconds.

import { FlowError, parseDuration } from '@stepflow/engine'

/** In milliseconds. Throws INVALID_INPUT, which names the field and shows how one is written. */
export function durationOf(field: string, value: string | number, example: string): number {
  const ms = parseDuration(value)
  if (ms !== undefined) return ms
  throw new FlowError('INVALID_INPUT', `"${field}" is ${JSON.stringify(value)}, but must be a duration like ${example}`)
}
