// The pure functions that every plan may call. All others are passed in by name.

import { isRecord, own, setOwn } from '../json.ts'

/** A function that an Expr may `call`: pure and synchronous. Throws a FlowError to fail. */
export type PureFunction = (...args: readonly unknown[]) => unknown

/** `reopen` is not here: it gives skips and failures back, which only an expression can carry (run/scheduler/compile-expr.ts). */
export const ownFunctions: Readonly<Record<string, PureFunction>> = {
  not: (x) => !isTruthy(x),
  truthy: (x) => isTruthy(x),
  /** The values of the outcomes that succeeded, by key. */
  doneOf(outcomes) {
    const done: Record<string, unknown> = {}
    for (const [key, outcome] of Object.entries(outcomes as Record<string, unknown>)) {
      if (isRecord(outcome) && outcome.status === 'success') setOwn(done, key, own(outcome, 'value') ?? null)
    }
    return done
  },
}

/** `null`, `false`, `0` and `""` are false; all else is true. */
export function isTruthy(value: unknown): boolean {
  return !(value === null || value === undefined || value === false || value === 0 || value === '')
}
