// Links each plan once, for all runs of an engine. While it is being linked, all of them wait for the same.

import { coreComponent } from '../../component/core.ts'
import type { PlanEngineOptions } from '../../engine.ts'
import type { MaybePromise } from '../../json.ts'
import type { Plan } from '../../plan/plan.ts'
import { type LinkedPlan, link } from '../link.ts'

export function linking({
  router,
  functions = () => undefined,
  schema,
}: Pick<PlanEngineOptions, 'router' | 'functions' | 'schema'>): (plan: Plan) => MaybePromise<LinkedPlan> {
  const links = new WeakMap<Plan, MaybePromise<LinkedPlan>>()
  return (plan) => {
    const known = links.get(plan)
    if (known) return known
    const linked = link(plan, { router, core: coreComponent, functions, schema }).then((result) => {
      links.set(plan, result)
      return result
    })
    links.set(plan, linked)
    return linked
  }
}
