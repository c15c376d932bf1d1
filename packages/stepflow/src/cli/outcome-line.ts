// An outcome as one line of JSON. A result that JSON cannot carry becomes a failure.

import { isRecord, isTooDeep, MOST_LEVELS, type Outcome } from '@stepflow/engine'

/** What is told, and the line that tells it. A function that returns nothing has returned null. */
export function outcomeLine(outcome: Outcome): { readonly told: Outcome; readonly line: string } {
  const told: Outcome =
    outcome.outcome === 'success' && outcome.result === undefined ? { outcome: 'success', result: null } : outcome
  try {
    return { told, line: JSON.stringify(told) }
  } catch (thrown) {
    const [first] = (thrown as Error).message.split('\n') // JSON.stringify throws errors
    const isDeep = outcome.outcome === 'success' && thrown instanceof RangeError && isTooDeep(outcome.result)
    const why = isDeep ? `it has more than ${MOST_LEVELS} levels` : first
    const message = `the result cannot be written as JSON: ${why}`
    const failed: Outcome = { outcome: 'failed', error: { code: 'COMPONENT_FAILED', message } }
    return { told: failed, line: JSON.stringify(failed) }
  }
}

/**
 * The same, with its end of line, for `write`: piece by piece where a list in it is long, for all of it at once would take
 * as much memory as the list. Answers what was told.
 */
export function writeOutcome(outcome: Outcome, write: (text: Iterable<string>) => void): Outcome {
  if (outcome.outcome === 'success' && isLarge(outcome.result, 0)) {
    const text = new Pieces(outcome)
    try {
      write(text)
      return outcome
    } catch (thrown) {
      // What was begun is of no use: written whole, it tells why.
      if (text.fault === undefined) throw thrown
    }
  }
  const { told, line } = outcomeLine(outcome)
  write([`${line}\n`])
  return told
}

// ---

/** Elements of a list that are written at once. */
const ELEMENTS = 1_000
const DEPTH = 4

/** A list that is written in pieces is in it, not far down. */
function isLarge(value: unknown, depth: number): boolean {
  if (depth > DEPTH) return false
  if (Array.isArray(value)) return value.length > ELEMENTS
  return (
    isRecord(value) && typeof value.toJSON !== 'function' && Object.values(value).some((one) => isLarge(one, depth + 1))
  )
}

class Pieces implements Iterable<string> {
  readonly #value: unknown
  /** Why it cannot be written as JSON. */
  fault: unknown

  constructor(value: unknown) {
    this.#value = value
  }

  *[Symbol.iterator](): Generator<string> {
    try {
      yield* pieces(this.#value, -1)
      yield '\n'
    } catch (thrown) {
      this.fault = thrown
      throw thrown
    }
  }
}

function* pieces(value: unknown, depth: number): Generator<string> {
  if (!isLarge(value, depth)) yield JSON.stringify(value)
  else if (Array.isArray(value)) {
    for (let from = 0; from < value.length; from += ELEMENTS) {
      yield `${from === 0 ? '[' : ','}${JSON.stringify(value.slice(from, from + ELEMENTS)).slice(1, -1)}`
    }
    yield ']'
  } else {
    let next = '{'
    for (const [key, one] of Object.entries(value as Record<string, unknown>)) {
      // As JSON.stringify does it.
      if (one === undefined || typeof one === 'function' || typeof one === 'symbol') continue
      yield `${next}${JSON.stringify(key)}:`
      yield* pieces(one, depth + 1)
      next = ','
    }
    yield '}'
  }
}
