// Freezes results in tests, so that a step that changes a value it was given fails there.

import { type Component, isPromise } from '@stepflow/engine'

/** The component, with frozen results. */
export function freeze({ info, call }: Component): Component {
  return {
    info,
    call: (input, context) => {
      const result = call(input, context)
      return isPromise(result) ? result.then(frozen) : frozen(result)
    },
  }
}

// ---

/** Lists and plain objects only: what has a class may need to change. */
function frozen(value: unknown): unknown {
  const open = [value]
  while (open.length > 0) {
    const at = open.pop()
    if (typeof at !== 'object' || at === null || Object.isFrozen(at)) continue
    const prototype = Object.getPrototypeOf(at)
    if (!Array.isArray(at) && prototype !== Object.prototype && prototype !== null) continue
    for (const one of Object.values(at)) open.push(one)
    Object.freeze(at)
  }
  return value
}
