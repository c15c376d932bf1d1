// What functions of a program answer later, as a promise that can be relied on. A `then` of somebody else's may return
// nothing, throw, or call back twice.

import { isPromise } from '@stepflow/engine'

/** The answer, with a promise of the language in place of anything else that can be awaited. */
export function promised(answer: unknown): unknown {
  return !isPromise(answer) || answer instanceof Promise ? answer : Promise.resolve(answer)
}
