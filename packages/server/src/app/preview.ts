// Values that are too large to be sent along: their beginning, and how large they are. Cut after they were redacted.

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

// ---

const PREVIEW = 500
