// What a function returned, apart from what it may still change: a run that is kept must go on with what was written.

import { type Component, isPromise, setOwn } from '@stepflow/engine'

/** The component with results of its own. */
export function keepApart({ info, call }: Component): Component {
  return {
    info,
    call: (input, context) => {
      const result = call(input, context)
      return isPromise(result) ? result.then((value) => apart(value, 0)) : apart(result, 0)
    },
  }
}

// ---

/** Deeper ones are refused as no JSON, which is said elsewhere. */
const DEEPEST = 2_000

/** Lists and plain objects anew; all else is as it is, and is refused if it is no JSON. */
function apart(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return value
  if (Array.isArray(value)) return value.map((one) => apart(one, depth + 1))
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  const copy: Record<string, unknown> = {}
  for (const [key, one] of Object.entries(value)) setOwn(copy, key, apart(one, depth + 1))
  return copy
}
