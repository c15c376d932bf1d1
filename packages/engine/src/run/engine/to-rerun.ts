// A run that is to be run again: what is read of it, and why it may be refused.

import type { RerunOptions } from '../../engine.ts'
import { FlowError } from '../../errors.ts'
import type { JournalId, RunId } from '../../journal/events.ts'
import { isEnded } from '../../journal/project.ts'
import type { Plan } from '../../plan/plan.ts'
import type { ShardRow, Store } from '../../store/store.ts'
import { stepToRerun } from './rerun.ts'
import { type Beginning, beginningOf, rowOf } from './run-journal.ts'
import { checkItems, type ReadJournal } from './write-rerun.ts'

/** What a rerun begins with. */
export interface ToRerun {
  readonly shards: readonly ShardRow[]
  readonly before: Beginning
  readonly plan: Plan
  readonly read: ReadJournal
}

/** Throws CONFLICT for a run that has not ended, NOT_FOUND or INVALID_INPUT for what it does not have. */
export async function readToRerun(
  store: Store,
  id: RunId,
  { from, items, plan }: Pick<RerunOptions, 'from' | 'items' | 'plan'>,
): Promise<ToRerun> {
  const row = await rowOf(store, id)
  if (!isEnded(row.status)) {
    throw new FlowError('CONFLICT', `run ${id} has not ended (${row.status}): wait for it, or cancel it first`)
  }
  const shards = await store.runs.shards(id)
  const head = await store.read(`${id}/0`)
  const before = beginningOf(id, head)
  const next = plan ?? before.plan
  if (from && 'step' in from) stepToRerun(next, from.step)
  checkItems(
    items,
    shards.reduce((sum, shard) => sum + shard.items, 0),
  )
  const read = (journal: JournalId) => (journal === `${id}/0` ? head : store.read(journal))
  return { shards, before, plan: next, read }
}
