// The journals of a run that repeats another: the same shards, with the inputs and what is taken over of the outputs.

import type { RerunOptions } from '../../engine.ts'
import { FlowError } from '../../errors.ts'
import type { JournalEntry, RunId, RunOptions } from '../../journal/events.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Batch, ShardRow, Store } from '../../store/store.ts'
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

/** Writes them all at once: a run is there whole, or not at all. Nothing of it is driven yet. */
export async function writeRerun(store: Store, shards: readonly ShardRow[], rerun: Rerun): Promise<void> {
  const { run, at, before, plan, kept, options } = rerun
  const batches: Batch[] = []
  const items = shards.reduce((sum, shard) => sum + shard.items, 0)
  for (const [number, { journal: old }] of shards.entries()) {
    const rows = await store.read(old)
    const [created] = rows[0]?.entries ?? []
    if (created?.type !== 'created') throw new FlowError('INTERNAL', `journal ${old} does not begin with its items`)
    const inputs = created.inputs.map((input, i) => options.inputs?.[created.from + i] ?? input)
    const entries: JournalEntry[] = options.from ? carryOver(before, rows, options.from, plan) : []
    const begin: JournalEntry[] =
      number === 0
        ? [
            { type: 'created', at, run, plan, options: kept, from: 0, inputs },
            { type: 'sealed', at, items },
          ]
        : [{ type: 'created', at, run, from: created.from, inputs }]
    batches.push({ journal: `${run}/${number}`, after: 0, entries: [...begin, ...entries] })
  }
  await store.appendAll(batches)
}
