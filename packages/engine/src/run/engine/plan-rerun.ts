// What a rerun will be: its plan, what it takes over of the run that it repeats, and the options it is kept with. Writes
// nothing.

import type { RerunOptions } from '../../engine.ts'
import type { RunId, RunOptions } from '../../journal/events.ts'
import type { MaybePromise } from '../../json.ts'
import type { Plan } from '../../plan/plan.ts'
import type { ShardRow, Store } from '../../store/store.ts'
import { checkedVariables } from '../check-variables.ts'
import type { LinkedPlan } from '../link.ts'
import { keptOptions, repeatedOptions } from './run-options.ts'
import { LeftSecrets } from './secrets-left.ts'
import { readToRerun } from './to-rerun.ts'
import { type TakenOver, takeOver } from './write-rerun.ts'

export interface PlannedRerun {
  /** Of the run that is repeated. */
  readonly shards: readonly ShardRow[]
  readonly plan: Plan
  readonly linked: LinkedPlan
  readonly taken: readonly TakenOver[]
  readonly kept: RunOptions
}

/** Throws as `readToRerun` does, and INVALID_INPUT for variables that do not fit the plan. */
export async function planRerun(
  store: Store,
  id: RunId,
  options: RerunOptions,
  link: (plan: Plan) => MaybePromise<LinkedPlan>,
): Promise<PlannedRerun> {
  const { shards, before, plan, read } = await readToRerun(store, id, options)
  const linked = await link(plan)
  const variables = checkedVariables(linked, options.variables ?? before.options?.variables ?? {})
  const left = new LeftSecrets({
    before: { ...before, linked: await link(before.plan) },
    next: { linked, variables },
    inputs: options.inputs,
  })
  const taken = await takeOver(read, shards, { before: before.plan, plan, options }, (rows) => left.see(rows))
  const { from: start } = options
  const from = start === undefined ? {} : 'step' in start ? { from: start.step } : { failed: true as const }
  const secrets = left.all
  const kept = keptOptions(
    {
      ...repeatedOptions(before.options ?? {}, options),
      ...options,
      ...(secrets.length === 0 ? {} : { secrets }),
      origin: { runId: id, ...from },
    },
    variables,
  )
  return { shards, plan, linked, taken, kept }
}
