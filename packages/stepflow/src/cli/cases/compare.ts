// Does a result meet a test's expectation? An expectation says what must be there, not all that may be.

import { isRecord, own } from '@stepflow/engine'

/** Where the result first differs from what is expected, or undefined if it does not. */
export function mismatch(expected: unknown, actual: unknown): string | undefined {
  const [e, a] = [normalised(expected), normalised(actual)]
  if (!isRecord(e) || !isRecord(a)) return differs('$', e, a)
  if (e.outcome !== undefined && e.outcome !== a.outcome) return difference('$.outcome', e.outcome, a.outcome)
  if (a.outcome === 'failed') return mismatchOfError(e.error, a.error)
  // Its siblings are compared as they stand: `result` of a success, `reason` of a skip.
  return differs('$', e, a)
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

function mismatchOfError(expected: unknown, actual: unknown): string | undefined {
  if (expected === undefined) return undefined
  const [code, message, data] = [own(expected, 'code'), own(expected, 'message'), own(expected, 'data')]
  if (code !== undefined && !isCode(code, own(actual, 'code'))) {
    return difference('$.error.code', code, own(actual, 'code'))
  }
  if (message !== undefined && message !== own(actual, 'message')) {
    return difference('$.error.message', message, own(actual, 'message'))
  }
  // The error stacks of older versions say how that program was built; nothing here is built like it.
  if (data === undefined || own(data, 'stack') !== undefined) return undefined
  return differs('$.error.data', data, own(actual, 'data'))
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
function differs(at: string, expected: unknown, actual: unknown): string | undefined {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return difference(at, expected, actual)
    if (expected.length !== actual.length) {
      return `${at}: expected ${expected.length} elements, got ${actual.length}: ${short(actual)}`
    }
    for (let i = 0; i < expected.length; i++) {
      const found = differs(`${at}[${i}]`, expected[i], actual[i])
      if (found) return found
    }
    return undefined
  }
  if (isRecord(expected)) {
    if (!isRecord(actual)) return difference(at, expected, actual)
    for (const key of Object.keys(expected)) {
      const path = /^[\w-]+$/.test(key) ? `${at}.${key}` : `${at}[${JSON.stringify(key)}]`
      if (!Object.hasOwn(actual, key)) return `${path}: expected ${short(expected[key])}, but it is not there`
      const found = differs(path, expected[key], actual[key])
      if (found) return found
    }
    return undefined
  }
  return expected === actual ? undefined : difference(at, expected, actual)
}

function difference(at: string, expected: unknown, actual: unknown): string {
  return `${at}: expected ${short(expected)}, got ${short(actual)}`
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 200 ? `${text.slice(0, 200)}...` : text
}
