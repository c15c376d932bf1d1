// The journals of a run that repeats another: the same shards, with the inputs and what is taken over of the outputs.

import type { RerunOptions } from '../../engine.ts'
import { FlowError } from '../../errors.ts'
import type { JournalEntry, RunId, RunOptions } from '../../journal/events.ts'
import type { Plan } from '../../plan/plan.ts'
import type { ShardRow, Store } from '../../store/store.ts'
import { carryOver } from './rerun.ts'

export interface Rerun {
  readonly run: RunId
  readonly at: number
  /** The plan of the run that is repeated, and of this one. */
  readonly before: Plan
  readonly plan: Plan
  readonly kept: RunOptions
  readonly options: RerunOptions
}

/** Writes them all; nothing of it is driven. Answers the number of items. */
export async function writeRerun(store: Store, shards: readonly ShardRow[], rerun: Rerun): Promise<number> {
  const { run, at, before, plan, kept, options } = rerun
  let items = 0
  for (const [number, { journal: old }] of shards.entries()) {
    const rows = await store.read(old)
    const [created] = rows[0]?.entries ?? []
    if (created?.type !== 'created') continue
    const inputs = created.inputs.map((input, i) => options.inputs?.[created.from + i] ?? input)
    items = Math.max(items, created.from + inputs.length)
    const begin: JournalEntry =
      number === 0
        ? { type: 'created', at, run, plan, options: kept, from: 0, inputs }
        : { ...created, at, run, inputs }
    const journal = `${run}/${number}`
    await store.append({ journal, after: 0, entries: [begin] })
    const carried = options.from ? carryOver(before, rows, options.from) : []
    if (carried.length > 0) await store.append({ journal, after: 1, entries: carried })
  }
  return items
}

/** Recorded outputs are known by the places of their steps: these must be what they were. */
export function checkSameSteps(plan: Plan, before: Plan, isPartial: boolean): void {
  if (!isPartial || plan === before) return
  const ids = (of: Plan) => of.steps.map((step) => step.id).join('\n')
  if (ids(plan) === ids(before)) return
  throw new FlowError('CONFLICT', 'the flow has other steps than the run had: only the whole run can be run again')
}
