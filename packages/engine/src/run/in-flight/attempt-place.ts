// Where an attempt stands: its step, its item, the inputs around it, and whether anybody still wants its answer. Reads only.

import type { VisitRef } from '../../journal/events.ts'
import type { PlanStep } from '../../plan/plan.ts'
import { DONE } from '../scheduler/state.ts'
import type { ActiveRun } from './active-run.ts'
import type { Attempt } from './attempt.ts'
import type { ItemInput } from './drive.ts'

export function stepOf(attempt: Attempt): PlanStep {
  return attempt.run.plan.plan.steps[attempt.step] as PlanStep
}

/** False if the attempt, or its step or item, has ended: perhaps in this very turn. */
export function isWanted({ isLive, run, slot, key }: Attempt): boolean {
  return isLive && run.state.isLive[slot] === 1 && (run.state.status[key] as number) < DONE
}

/** The inputs around an attempt: its own item's, and those of the items that it is below. */
export function inputsOf(attempt: Attempt): ItemInput[] {
  const inputs: ItemInput[] = []
  for (let at: Attempt | undefined = attempt; at; at = at.run.parent?.attempt) {
    inputs.push({ plan: at.run.plan, input: at.input, ...variablesOf(at.run) })
  }
  return inputs
}

/** Those of them in which a schema marks something as secret: as a rule none. */
export function markedInputsOf(attempt: Attempt): readonly ItemInput[] {
  for (let at: Attempt | undefined = attempt; at; at = at.run.parent?.attempt) {
    const { checkInput, checkVariables } = at.run.plan
    if (checkInput?.secretsIn || (at.run.parent && checkVariables?.secretsIn)) return inputsOf(attempt)
  }
  return NONE
}

/** What a sub-run knows besides its inputs, if its plan marks some of that as secret; a run's own are known to it. */
export function variablesOf({ plan, parent, state }: ActiveRun): Pick<ItemInput, 'variables'> {
  return parent && plan.checkVariables?.secretsIn ? { variables: state.facts.variables } : {}
}

/** The item of the run itself in which an attempt, perhaps of a sub-run, is made. */
export function rootItem(attempt: Attempt): number {
  let at = attempt
  while (at.run.parent) at = at.run.parent.attempt
  return at.itemIndex
}

/** Its visit, as the journal names it. */
export function visitOf(attempt: Attempt): VisitRef {
  const { run, step, itemIndex: item, visit } = attempt
  return run.key === '' ? { item, step, visit } : { sub: run.key, item, step, visit }
}

/** What the schemas of these inputs mark as secret. */
export function secretsOf(inputs: readonly ItemInput[]): readonly unknown[] {
  let found: readonly unknown[] = []
  for (const { plan, input, variables } of inputs) {
    const ofInput = plan.checkInput?.secretsIn?.(input) ?? []
    const ofVariables = variables ? (plan.checkVariables?.secretsIn?.(variables) ?? []) : []
    for (const own of [ofInput, ofVariables]) if (own.length > 0) found = found.length === 0 ? own : [...found, ...own]
  }
  return found
}

/** All that its run knows to be secret by schemas, and by what it was given along: a run that it begins knows no schema of ours. */
export function secretsAround(attempt: Attempt): readonly unknown[] {
  let { run } = attempt
  while (run.parent) run = run.parent.attempt.run
  const { plan, state } = run
  const ofRun = plan.checkVariables?.secretsIn?.(state.facts.variables) ?? []
  return [...secretsOf(inputsOf(attempt)), ...ofRun, ...(state.facts.secrets ?? [])]
}

// ---

const NONE: readonly ItemInput[] = []
