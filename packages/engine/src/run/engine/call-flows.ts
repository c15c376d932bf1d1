// The flows of calls as blobs, for components that pass on where they are called from. Stored when first asked for.

import type { BlobAccess } from '../../component/plugin.ts'
import type { Json, MaybePromise } from '../../json.ts'
import { isPromise } from '../../json.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Attempt } from '../in-flight/attempt.ts'

export class CallFlows {
  readonly #flowOf: (plan: Plan) => Json | undefined
  readonly #blobs: BlobAccess
  readonly #ids = new WeakMap<Plan, MaybePromise<string>>()

  constructor(flowOf: ((plan: Plan) => Json | undefined) | undefined, blobs: BlobAccess) {
    this.#flowOf = flowOf ?? (() => undefined)
    this.#blobs = blobs
  }

  /** The id of the flow that the call's step stands in. */
  idOf({ run }: Attempt): MaybePromise<string> {
    const { plan } = run.plan
    const known = this.#ids.get(plan)
    if (known !== undefined) return known
    const id = this.#blobs.put(this.#flowAround(run))
    this.#ids.set(plan, id)
    if (isPromise(id)) {
      id.then(
        (done) => this.#ids.set(plan, done),
        () => this.#ids.delete(plan),
      )
    }
    return id
  }

  /** What is inside a flow (the body of a loop) has none of its own. A flow that nobody has is its plan. */
  #flowAround(run: Attempt['run']): unknown {
    let outer = run
    for (;;) {
      const flow = this.#flowOf(outer.plan.plan)
      if (flow !== undefined) return flow
      if (!outer.parent) return outer.plan.plan
      outer = outer.parent.attempt.run
    }
  }
}
