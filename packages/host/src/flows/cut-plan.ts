// A plan of which only a part is run: up to a step, or one step alone, with values that stand in for others. Pure.

import { allRefs, authorsId, FlowError, type Json, literal, type Plan, type PlanStep, suggest } from '@stepflow/engine'

export interface CutPlan {
  /** The result is this step's; what it needs is run. */
  readonly until?: string | undefined
  /** The result is this step's; nothing else is run. */
  readonly only?: string | undefined
  /** By step: what it would have answered. */
  readonly pins?: ReadonlyMap<string, Json> | undefined
}

/** Throws INVALID_INPUT for a step that is not there, and for what `only` reads without a pin. */
export function cutPlan(plan: Plan, { until, only, pins = new Map() }: CutPlan): Plan {
  if (until !== undefined && only !== undefined) {
    throw new FlowError(
      'INVALID_INPUT',
      '"until" and "only" each name the step whose result is wanted: give one of them',
    )
  }
  for (const id of pins.keys()) stepNamed(plan, id, 'pins')
  const pinned: Plan = { ...plan, steps: plan.steps.map((step) => asPinned(step, pins)) }
  const wanted = until ?? only
  if (wanted === undefined) return pinned
  const target = stepNamed(pinned, wanted, until === undefined ? 'only' : 'until')
  if (plan.entry !== plan.exit) {
    throw new FlowError(
      'INVALID_INPUT',
      `"${wanted}" is a step of a step function, whose steps follow one another: run all of it`,
    )
  }
  if (only !== undefined) refuseUnpinned(pinned, target, pins)
  return { ...pinned, entry: target, exit: target }
}

// ---

function stepNamed({ steps }: Plan, id: string, where: string): number {
  const found = steps.findIndex((step) => !step.hidden && step.id === id)
  if (found >= 0) return found
  const ids = steps.flatMap((step) => (step.hidden ? [] : [step.id]))
  const near = suggest(id, ids)
  const hint = near ? `did you mean "${near}"?` : `there are: ${ids.join(', ')}`
  throw new FlowError('INVALID_INPUT', `"${where}" names the step "${id}", which the flow does not have; ${hint}`)
}

function asPinned(step: PlanStep, pins: ReadonlyMap<string, Json>): PlanStep {
  const value = step.hidden ? undefined : pins.get(step.id)
  if (value === undefined) return step
  const { id, handlers, maxVisits, next, origin } = step
  return {
    id,
    component: null,
    input: literal(value),
    ...(handlers ? { handlers } : {}),
    ...(maxVisits === undefined ? {} : { maxVisits }),
    ...(next ? { next } : {}),
    ...(origin ? { origin } : {}),
  }
}

/** Through steps that a compiler put between: those are not the author's, and answer at once. */
function refuseUnpinned(plan: Plan, target: number, pins: ReadonlyMap<string, Json>): void {
  const missing = new Set<string>()
  const seen = new Set([target])
  const open = readBy(plan, target)
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) continue
    seen.add(at)
    const step = plan.steps[at]
    const id = step && authorsId(step)
    if (!step || (id !== undefined && pins.has(id))) continue
    if (step.hidden && step.component === null) open.push(...readBy(plan, at))
    else missing.add(id ?? step.id)
  }
  if (missing.size === 0) return
  const names = [...missing].map((id) => `"${id}"`).join(', ')
  const message = `"only" runs the step "${plan.steps[target]?.id}" alone, which reads ${names} without a pin`
  throw new FlowError('INVALID_INPUT', message, { data: { unpinned: [...missing] } })
}

function readBy({ steps }: Plan, at: number): number[] {
  const { input, fallback, cache, needs = [] } = steps[at] as PlanStep // a step of the plan
  const exprs = [input, fallback, cache?.key].filter((expr) => expr !== undefined)
  return [...needs, ...exprs.flatMap((expr) => [...allRefs(expr)])]
}
