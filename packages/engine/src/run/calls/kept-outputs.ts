// Outputs that are kept for later calls: under which key, how one is found, how long it is valid. What to do with one is
// decided elsewhere.

import { isRecord, type MaybePromise, setOwn } from '../../json.ts'
import { contentId } from '../../plan/id.ts'
import type { Attempt } from '../in-flight/attempt.ts'
import { stepOf } from '../in-flight/attempt-place.ts'
import type { Drive } from '../in-flight/drive.ts'
import { NoValue } from '../scheduler/no-value.ts'
import { jsonFault } from './json-fault.ts'

export interface KeptOutput {
  readonly output: unknown
}

/** The key of what the call would give; undefined if its input, or what its author chose of it, makes no key. */
export function cacheKeyOf(attempt: Attempt): string | undefined {
  const { run, key, slot, step } = attempt
  const evaluate = run.plan.cacheKeys[step]
  const own = evaluate ? evaluate(run.state, slot) : run.state.value[key]
  if (own instanceof NoValue || (!evaluate && jsonFault(own) !== undefined)) return undefined
  return contentId([stepOf(attempt).component, evaluate ? 'key' : 'input', inOrder(own ?? null)])
}

/** The value with the keys of its objects in one order: who writes them in another means the same. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (!isRecord(value)) return value
  const sorted: Record<string, unknown> = {}
  for (const key of Object.keys(value).sort()) setOwn(sorted, key, inOrder(value[key]))
  return sorted
}

/** The output of an earlier success: of this very turn, or in the store. */
export function findKept(drive: Drive, key: string): MaybePromise<KeptOutput | undefined> {
  return drive.kept.get(key) ?? drive.tools.cached(key, drive.now)
}

/** What a record says of the output of a call whose success is kept. */
export function keptFor(attempt: Attempt, now: number): { readonly key: string; readonly until?: number } {
  const key = attempt.cacheKey as string // the caller has looked
  const ttlMs = stepOf(attempt).cache?.ttlMs
  return ttlMs === undefined ? { key } : { key, until: now + ttlMs }
}
