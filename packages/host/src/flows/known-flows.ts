// Which flow each plan of this process was compiled from. Read as JSON when somebody asks, which is seldom.

import { contentId, type Json, type Plan } from '@stepflow/engine'

export class KnownFlows {
  readonly #flows = new WeakMap<Plan, () => Json | undefined>()
  #main: { readonly id: () => string; readonly flow: () => Json | undefined } | undefined

  add(plan: Plan, flow: () => Json | undefined): void {
    this.#flows.set(plan, flow)
  }

  /** The flow that was opened: its plan is known again where it comes out of a journal. */
  addMain(plan: Plan, flow: () => Json | undefined): void {
    this.add(plan, flow)
    let id: string | undefined
    this.#main = {
      flow,
      id() {
        id ??= contentId(plan)
        return id
      },
    }
  }

  readonly of = (plan: Plan): Json | undefined => {
    const flow = this.#flows.get(plan)
    if (flow) return flow()
    return this.#main && contentId(plan) === this.#main.id() ? this.#main.flow() : undefined
  }
}
