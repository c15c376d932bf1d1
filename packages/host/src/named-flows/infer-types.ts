// What the steps of a flow and the flow itself answer, as far as that can be told without running it. Asks no component server
// that has not been asked before.

import { type ComponentInfo, FlowError, type Json, type Plan, type Router } from '@stepflow/engine'

export interface InferredTypes {
  /** JSON Schemas of outputs, by step; of those that are known. */
  readonly steps: Readonly<Record<string, unknown>>
  readonly output: unknown
}

export async function inferTypes(plan: Plan, flow: Json | undefined, router: Router): Promise<InferredTypes> {
  const { declaredSteps, inferSchemas } = await import('@stepflow/dialects/infer')
  const infoOf = (path: string): ComponentInfo | undefined => {
    try {
      return router.route(path).component?.info
    } catch (thrown) {
      if (FlowError.is(thrown)) return undefined
      throw thrown
    }
  }
  const { steps, output } = inferSchemas(plan, infoOf, { steps: declaredSteps(flow) })
  return { steps, output }
}
