// May a failed attempt be tried again, and when? Pure: chance is passed in.

import { FlowError, retryClass, statusOf } from '../../errors.ts'
import type { Retry } from '../../plan/plan.ts'
import type { Tries } from '../in-flight/active-run.ts'

/** Each attempt has a budget of its own for transport errors, apart from the step's `retry`: these tries are not attempts. */
const TRANSPORT: Retry = {
  attempts: 3,
  delayMs: 200,
  backoff: 'exponential',
  factor: 2,
  maxMs: 5_000,
  jitter: true,
}

/** Milliseconds to wait before the next attempt; undefined: the failure is final. Counts the failure in `tries`. */
export function retryDelay(
  thrown: unknown,
  retry: Retry | undefined,
  tries: Tries,
  random: () => number,
): number | undefined {
  const kind = retryClass(thrown)
  // "Not retryable" is the component's word, and stands above what the step wishes.
  if (FlowError.is(thrown) && (thrown.retryable === false || thrown.code === 'CANCELLED')) return undefined
  const code = FlowError.is(thrown) ? thrown.code : 'COMPONENT_FAILED'
  const asked = FlowError.is(thrown) && thrown.retryAfterMs !== undefined ? bounded(thrown.retryAfterMs) : undefined
  const most = (FlowError.is(thrown) && thrown.tries) || TRANSPORT.attempts
  if (kind === 'transport' && tries.transport + 1 < most) {
    tries.transport++
    return asked ?? backoff(TRANSPORT, tries.transport, random)
  }
  if (!retry || tries.step + 1 >= retry.attempts) return undefined
  if (retry.on ? !isNamed(retry.on, code, thrown) : kind === 'never') return undefined
  tries.step++
  tries.transport = 0
  return asked ?? backoff(retry, tries.step, random)
}

/** The delay before the n-th repetition (from 1). */
export function backoff(retry: Retry, n: number, random: () => number): number {
  const plain = retry.delayMs * growth(retry, n)
  const delay = Math.min(plain, retry.maxMs)
  return Math.round(retry.jitter ? delay * random() : delay)
}

// ---

/** Who asks for more time than a day has made a mistake: the step would never go on, and nobody would know why. */
const MOST_ASKED_MS = 86_400_000

function bounded(ms: number): number {
  return ms >= 0 ? Math.min(ms, MOST_ASKED_MS) : 0
}

function isNamed(on: readonly string[], code: string, thrown: unknown): boolean {
  return on.includes(code) || on.includes(String(statusOf(thrown)))
}

function growth(retry: Retry, n: number): number {
  if (retry.backoff === 'fixed') return 1
  if (retry.backoff === 'exponential') return retry.factor ** (n - 1)
  let [a, b] = [1, 1]
  for (let i = 1; i < n; i++) [a, b] = [b, a + b]
  return a
}
