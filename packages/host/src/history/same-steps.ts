// Which steps are not what they were in another version of a flow: what a rerun takes over must have come from the same ones.

import { FlowError, isRecord, type Plan, type RerunPreview } from '@stepflow/engine'

/** The ids of steps that are in both plans, and differ. */
export function changedSteps(before: Plan, after: Plan): ReadonlySet<string> {
  const known = new Map(before.steps.map((step, i) => [step.id, textOf(before, i)]))
  const changed = new Set<string>()
  for (const [i, { id }] of after.steps.entries()) {
    const was = known.get(id)
    // What a compiler has added for a step is part of it.
    if (was !== undefined && was !== textOf(after, i)) changed.add(id.split('#', 1)[0] ?? id)
  }
  return changed
}

/** What is taken over must have come from the same steps; throws INVALID_INPUT. */
export function refuseChanged(before: Plan, plan: Plan, { steps }: RerunPreview): void {
  const changed = changedSteps(before, plan)
  const reused = steps.filter(({ stepId, reused }) => reused > 0 && changed.has(stepId)).map(({ stepId }) => stepId)
  if (reused.length === 0) return
  const [first] = reused
  const them = reused.map((id) => `"${id}"`).join(', ')
  throw new FlowError(
    'INVALID_INPUT',
    `the result of ${them} would be taken over, but the step has changed in this flow: rerun from "${first}"`,
  )
}

// ---

/** Of one step, with the steps that it names by their ids; where it is written does not matter. */
function textOf({ steps }: Plan, index: number): string {
  const { origin: _, ...step } = steps[index] ?? { origin: undefined }
  return JSON.stringify(named(step, ''))

  function named(value: unknown, key: string): unknown {
    if (typeof value === 'number') return STEP_KEYS.has(key) ? (steps[value]?.id ?? value) : value
    if (Array.isArray(value)) return value.map((one) => named(one, key))
    if (!isRecord(value) || value.op === 'literal') return value
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, named(one, name)]))
  }
}

/** Keys of steps and expressions whose numbers are steps. */
const STEP_KEYS: ReadonlySet<string> = new Set(['step', 'needs', 'handlers', 'to', 'of', 'lenient'])
