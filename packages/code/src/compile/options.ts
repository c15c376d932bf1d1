// Checks options at run time, too, for authors who write JavaScript. Knows no step.

import { FlowError, isRecord, kindOf, parseDuration, type Retry, suggest } from '@stepflow/engine'

type Unit = 'ms' | 's' | 'm' | 'h' | 'd'

/** `'30s'`, `'5m'`, `'500ms'`, `'1h30m'`, or seconds as a number. */
export type Duration = number | `${number}${Unit}` | `${number}${Unit}${number}${Unit}`

/** How often a step is tried, and the delays between the attempts. */
export interface RetryOptions {
  /** In all, the first included; 3 if absent. */
  readonly maxAttempts?: number
  /** Before the first repetition; `'1s'` if absent. */
  readonly delay?: Duration
  readonly backoff?: 'fixed' | 'exponential' | 'fibonacci'
  readonly factor?: number
  readonly maxDelay?: Duration
  /** On for `exponential`, off for the others, unless told. */
  readonly jitter?: boolean
  /** Error codes and HTTP statuses that are retried; else those that may pass, such as `COMPONENT_FAILED`, `TIMEOUT`, 503. */
  readonly on?: readonly (string | number)[]
}

/** Refuses what is not an object, and options that do not exist. `what` begins the message. */
export function checkKeys(options: unknown, known: readonly string[], what: string): asserts options is object {
  if (!isRecord(options)) throw wrong(`${what} must be an object, not ${shown(options)}`)
  const problems = unknownKeys(options, known, what)
  if (problems.length > 0) throw wrong(problems.join('; '))
}

/** A sentence for each option that does not exist. */
export function unknownKeys(options: object, known: readonly string[], what: string): string[] {
  const unknown = Object.keys(options).filter((key) => !known.includes(key))
  return unknown.map((key) => {
    const near = suggest(camel(key), known)
    return `${what} has no option "${key}"; ${near ? `did you mean "${near}"?` : `there are ${known.join(', ')}`}`
  })
}

export function readRetry(retry: RetryOptions | undefined, what: string): Retry | undefined {
  if (retry === undefined) return undefined
  checkKeys(retry, ['maxAttempts', 'delay', 'backoff', 'factor', 'maxDelay', 'jitter', 'on'], `"retry" of ${what}`)
  const { maxAttempts = 3, backoff = 'exponential', factor = 2, on } = retry
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1) {
    throw wrong(`"maxAttempts" of ${what} must be a whole number from 1 on, not ${shown(maxAttempts)}`)
  }
  if (!['fixed', 'exponential', 'fibonacci'].includes(backoff)) {
    throw wrong(`"backoff" of ${what} must be fixed, exponential or fibonacci, not ${shown(backoff)}`)
  }
  if (!(Number.isFinite(factor) && factor >= 1)) {
    throw wrong(`"factor" of ${what} must be a number from 1 on, not ${shown(factor)}`)
  }
  if (
    on !== undefined &&
    !(Array.isArray(on) && on.every((code) => typeof code === 'string' || Number.isInteger(code)))
  ) {
    throw wrong(`"on" of ${what} must be a list of error codes and HTTP statuses, not ${shown(on)}`)
  }
  const delayMs = readDuration(retry.delay, `"delay" of ${what}`) ?? 1_000
  return {
    attempts: maxAttempts,
    delayMs,
    backoff,
    factor,
    // As in a file: a delay that somebody wrote is not cut by what nobody wrote.
    maxMs: readDuration(retry.maxDelay, `"maxDelay" of ${what}`) ?? Math.max(30_000, delayMs),
    jitter: readSwitch(retry.jitter, `"jitter" of ${what}`) ?? backoff === 'exponential',
    ...(on ? { on: on.map(String) } : {}),
  }
}

/** Milliseconds. */
export function readDuration(value: Duration | undefined, what: string): number | undefined {
  if (value === undefined) return undefined
  const ms = parseDuration(value)
  if (ms !== undefined) return ms
  throw wrong(`${what} must be a duration such as '30s', '500ms' or seconds as a number, not ${shown(value)}`)
}

export function readCount(value: unknown, what: string): number | undefined {
  if (value === undefined) return undefined
  if (Number.isInteger(value) && (value as number) >= 1) return value as number
  throw wrong(`${what} must be a whole number from 1 on, not ${shown(value)}`)
}

/** A word such as `'false'` would count as true if it were let in. */
export function readSwitch(value: unknown, what: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  throw wrong(`${what} must be true or false, not ${shown(value)}`)
}

export function readName(value: unknown, what: string): string {
  if (typeof value !== 'string' || value.trim() === '') {
    throw wrong(`${what} must be a text that is not empty, not ${shown(value)}`)
  }
  if (!UNNAMEABLE.test(value)) return value
  throw wrong(`${what} must be well-formed text without the character U+0000, not ${shown(value)}`)
}

/** What is wrong with how a flow was put together. */
export function wrong(message: string): FlowError {
  return new FlowError('INVALID_FLOW', message)
}

/** A value as a message shows it: a long text only in part. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > LONGEST ? `${JSON.stringify(value.slice(0, LONGEST))}...` : JSON.stringify(value)
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return value === undefined ? 'nothing' : kindOf(value)
}

// ---

const LONGEST = 200
/** Names become parts of paths, which must be text through and through; U+0000 parts the names of a place. */
const UNNAMEABLE = /\0|\p{Surrogate}/u

/** Other spellings (`next_step`) are near ours once they look alike. */
function camel(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
