// The value that stands for the output of a step without one.

import type { ErrorValue } from '../../errors.ts'
import { becauseSkipped } from '../../journal/why.ts'
import { dependencyFailure, type NoValue, skip } from './no-value.ts'
import type { RunState, SkipFact } from './state.ts'

/** A skip that goes back to a skipped step. */
export function skipBecause(state: RunState, key: number, id: string | undefined): NoValue {
  const fact = state.value[key] as SkipFact
  return skip(becauseSkipped(id, fact.reason), fact.cause)
}

export function failedBecause(state: RunState, key: number): NoValue {
  return dependencyFailure(state.value[key] as ErrorValue)
}
