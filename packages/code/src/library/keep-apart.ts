// Keeps the inputs and results of functions apart from what they, or others, may still change: a run that is kept must
// continue with what was written.

import { type CallContext, type Component, FlowError, isPromise, setOwn } from '@stepflow/engine'
import { pathText } from './ref.ts'

/** The component with an input and results of its own. */
export function keepApart({ info, call }: Component): Component {
  return {
    info,
    call: (input, context) => {
      const result = call(apart(input, context), context)
      return isPromise(result) ? result.then((value) => apart(value, context)) : apart(result, context)
    },
  }
}

// ---

/** Deeper than any value that a person means. */
const DEEPEST = 2_000

/** Lists and plain objects anew; all else is as it is, and is refused if it is not JSON. */
function apart(value: unknown, context: CallContext): unknown {
  const around: object[] = []
  const path: string[] = []
  return copy(value)

  function copy(at: unknown): unknown {
    if (typeof at !== 'object' || at === null) return at
    const isList = Array.isArray(at)
    const prototype = Object.getPrototypeOf(at)
    if (!isList && prototype !== Object.prototype && prototype !== null) return at
    if (around.includes(at)) throw unkept(`${pathText(path)} is what it stands in`)
    if (around.length >= DEEPEST) throw unkept(`it is nested more than ${DEEPEST} levels deep`)
    around.push(at)
    const made = isList ? copyList(at) : copyObject(at)
    around.pop()
    return made
  }

  // Loops, for the stack has room for few calls a level; and paths of what is inside only, for lists may be long.

  function copyList(at: readonly unknown[]): unknown[] {
    const made = new Array<unknown>(at.length)
    for (let i = 0; i < at.length; i++) {
      const one = at[i]
      made[i] = typeof one === 'object' && one !== null ? under(String(i), one) : one
    }
    return made
  }

  function copyObject(at: object): object {
    const made: Record<string, unknown> = {}
    for (const key of Object.keys(at)) {
      const one = (at as Record<string, unknown>)[key] // its own key
      setOwn(made, key, typeof one === 'object' && one !== null ? under(key, one) : one)
    }
    return made
  }

  function under(key: string, one: unknown): unknown {
    path.push(key)
    const made = copy(one)
    path.pop()
    return made
  }

  function unkept(fault: string): FlowError {
    const what = `step "${context.stepId}" returned a value that JSON cannot carry, and this run is kept on disk`
    return new FlowError('COMPONENT_FAILED', `${what}: ${fault}`, { retryable: false })
  }
}
