// Values that are too large to be sent along: their beginning, and how large they are. Cut after they were redacted.

import type { Json, Outcome } from '@stepflow/engine'

/** Of a value in a list. */
export const MOST_IN_LIST = 2 * 1024

/** Of a value of one resource. */
export const MOST_OF_ONE = 256 * 1024

/** The value, or `{$preview, bytes}` in its place. */
export function preview(value: unknown, mostBytes: number): unknown {
  const text = JSON.stringify(value) ?? 'null'
  // A character has three bytes at most.
  if (text.length * 3 <= mostBytes) return value
  const bytes = Buffer.byteLength(text)
  return bytes <= mostBytes ? value : { $preview: text.slice(0, PREVIEW), bytes }
}

/** Of an outcome: how it ended stays, and what it ended with is cut. */
export function previewOutcome(outcome: Outcome, mostBytes: number): Outcome {
  if (outcome.outcome === 'success') return { ...outcome, result: preview(outcome.result, mostBytes) }
  if (outcome.outcome === 'skipped') return outcome
  const { error } = outcome
  if (preview(error, mostBytes) === error) return outcome
  const { message, data } = error
  // What was long in it stands in the preview, so that whoever reads sees that this is not all.
  const isLong = Buffer.byteLength(message) > mostBytes
  const cut = preview(isLong ? { message, data } : data, mostBytes) as Json // plain JSON, and so is its beginning
  return { ...outcome, error: { ...error, ...(isLong ? { message: `${message.slice(0, PREVIEW)}…` } : {}), data: cut } }
}

// ---

const PREVIEW = 500
