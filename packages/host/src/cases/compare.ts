// Does a result meet a test's expectation? An expectation says what must be there, not all that may be.

import { isRecord, own } from '@stepflow/engine'

/** A place where a result is not what is expected. */
export interface Difference {
  readonly path: string
  /** Absent: nothing is expected there, or there is nothing. */
  readonly expected?: unknown
  readonly actual?: unknown
  /** The same for people. */
  readonly text: string
}

/** Where the result first differs from what is expected, or undefined if it does not. */
export function mismatch(expected: unknown, actual: unknown): string | undefined {
  return differencesOf(expected, actual)[0]?.text
}

/** Where the result differs from what is expected, in the order of what is expected. */
export function differencesOf(expected: unknown, actual: unknown): readonly Difference[] {
  const found: Difference[] = []
  const [e, a] = [normalised(expected), normalised(actual)]
  if (!isRecord(e) || !isRecord(a)) differs('$', e, a, found)
  else if (e.outcome !== undefined && e.outcome !== a.outcome) found.push(difference('$.outcome', e.outcome, a.outcome))
  else if (a.outcome === 'failed') errorDiffers(e.error, a.error, found)
  // Its siblings are compared as they stand: `result` of a success, `reason` of a skip.
  else differs('$', e, a, found)
  return found
}

/** A result without what is different in every run. */
export function normalised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalised)
  if (!isRecord(value)) return value
  const kept: Record<string, unknown> = Object.create(null)
  for (const key of Object.keys(value).sort()) {
    if (key === 'backtrace') continue
    const one = value[key]
    kept[key] = key === 'run_id' && typeof one === 'string' ? NO_RUN : normalised(one)
  }
  return kept
}

// ---

const NO_RUN = '00000000-0000-0000-0000-000000000000'

/** What the numbers and names of older versions are called now. A number may stand for several. */
const OLDER: Readonly<Record<string, readonly string[]>> = {
  1: ['EXPRESSION_FAILURE'],
  8: ['COMPONENT_FAILED'],
  400: ['INVALID_INPUT'],
  404: ['NOT_FOUND', 'COMPONENT_NOT_FOUND'],
  500: ['UNREACHABLE', 'COMPONENT_FAILED', 'RESOURCE_UNAVAILABLE', 'COMPONENT_NOT_FOUND', 'INTERNAL'],
  ORCHESTRATOR_ERROR: ['INTERNAL', 'INVALID_FLOW', 'COMPONENT_NOT_FOUND'],
  WORKER_ERROR: ['INTERNAL', 'COMPONENT_FAILED'],
  UNSPECIFIED: ['COMPONENT_FAILED', 'INTERNAL'],
}

function errorDiffers(expected: unknown, actual: unknown, found: Difference[]): void {
  if (expected === undefined) return
  const [code, message, data] = [own(expected, 'code'), own(expected, 'message'), own(expected, 'data')]
  if (code !== undefined && !isCode(code, own(actual, 'code'))) {
    found.push(difference('$.error.code', code, own(actual, 'code')))
  }
  if (message !== undefined && message !== own(actual, 'message')) {
    found.push(difference('$.error.message', message, own(actual, 'message')))
  }
  // The error stacks of older versions say how that program was built; nothing here is built like it.
  if (data === undefined || own(data, 'stack') !== undefined) return
  differs('$.error.data', data, own(actual, 'data'), found)
}

function isCode(expected: unknown, actual: unknown): boolean {
  const name = String(expected).replace(/^TASK_ERROR_CODE_/, '')
  if (name === actual) return true
  const older = Object.hasOwn(OLDER, name) ? OLDER[name] : undefined
  if (older) return older.includes(String(actual))
  // Any other number was a component's own.
  return typeof expected === 'number' && actual === 'COMPONENT_FAILED'
}

/** Objects may have more keys than expected; lists must match element by element; numbers compare as numbers. */
function differs(at: string, expected: unknown, actual: unknown, found: Difference[]): void {
  if (found.length >= MOST_DIFFERENCES) return
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) found.push(difference(at, expected, actual))
    else if (expected.length !== actual.length) {
      const text = `${at}: expected ${expected.length} elements, got ${actual.length}: ${short(actual)}`
      found.push({ path: at, expected, actual, text })
    } else for (const [i, one] of expected.entries()) differs(`${at}[${i}]`, one, actual[i], found)
  } else if (isRecord(expected)) {
    if (!isRecord(actual)) {
      found.push(difference(at, expected, actual))
      return
    }
    for (const key of Object.keys(expected)) {
      const path = /^[\w-]+$/.test(key) ? `${at}.${key}` : `${at}[${JSON.stringify(key)}]`
      if (Object.hasOwn(actual, key)) differs(path, expected[key], actual[key], found)
      else {
        const text = `${path}: expected ${short(expected[key])}, but it is not there`
        found.push({ path, expected: expected[key], text })
      }
    }
  } else if (expected !== actual) found.push(difference(at, expected, actual))
}

const MOST_DIFFERENCES = 100

function difference(at: string, expected: unknown, actual: unknown): Difference {
  return { path: at, expected, actual, text: `${at}: expected ${short(expected)}, got ${short(actual)}` }
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 200 ? `${text.slice(0, 200)}...` : text
}
