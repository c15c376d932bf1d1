// The journals of a run that repeats another: the same shards, with the inputs and what is taken over of the outputs.

import type { ItemRange, RerunOptions, RerunPreview } from '../../engine.ts'
import { FlowError } from '../../errors.ts'
import type { JournalEntry, JournalId, RunId, RunOptions } from '../../journal/events.ts'
import type { MaybePromise } from '../../json.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Batch, JournalRow, ShardRow, Store } from '../../store/store.ts'
import { type CarriedOver, carryOver } from './rerun.ts'
import { shareOf } from './share.ts'

/** A journal of the run that is repeated. */
export type ReadJournal = (journal: JournalId) => MaybePromise<readonly JournalRow[]>

export interface Rerun {
  readonly run: RunId
  readonly at: number
  readonly plan: Plan
  readonly kept: RunOptions
  /** Whoever has room drives it. */
  readonly isWoken?: boolean
}

/** What a journal of a rerun begins with. */
export interface TakenOver {
  readonly from: number
  readonly inputs: readonly unknown[]
  readonly entries: readonly JournalEntry[]
}

/** Reads each journal once; `see` is shown its rows. `before`: the plan of the run that is repeated; `plan`: of the new one. */
export async function takeOver(
  read: ReadJournal,
  shards: readonly ShardRow[],
  { before, plan, options }: { readonly before: Plan; readonly plan: Plan; readonly options: RerunOptions },
  see: (rows: readonly JournalRow[]) => void,
): Promise<TakenOver[]> {
  const taken: TakenOver[] = []
  for (const { journal } of shards) {
    const rows = await read(journal)
    see(rows)
    const [created] = rows[0]?.entries ?? []
    if (created?.type !== 'created') throw new FlowError('INTERNAL', `journal ${journal} does not begin with its items`)
    const inputs = created.inputs.map((input, i) => options.inputs?.[created.from + i] ?? input)
    const { from, items: again } = options
    const { entries } = from || again ? carryOver({ plan: before, rows, from, next: plan, items: again }) : NOTHING
    taken.push({ from: created.from, inputs, entries })
  }
  return taken
}

/** Writes them all at once: a run is there whole, or not at all. Nothing of it is driven yet. */
export async function writeRerun(store: Store, taken: readonly TakenOver[], rerun: Rerun): Promise<void> {
  const { run, at, plan, kept, isWoken = false } = rerun
  const share = isWoken && taken.length > 1 ? shareOf(kept.maxConcurrent) : undefined
  const own = share === undefined ? {} : { share }
  const items = taken.reduce((sum, { inputs }) => sum + inputs.length, 0)
  const batches = taken.map(({ from, inputs, entries }, number): Batch => {
    const begin: JournalEntry[] =
      number === 0
        ? [
            { type: 'created', at, run, plan, options: kept, from: 0, inputs, ...own },
            { type: 'sealed', at, items },
          ]
        : [{ type: 'created', at, run, from, inputs, ...own }]
    const journal = `${run}/${number}`
    const woken = isWoken ? { wakes: [{ journal, at }] } : {}
    return { journal, after: 0, entries: [...begin, ...entries], ...woken }
  })
  await store.appendAll(batches)
}

/** What a rerun would take over and what it would do again. */
export async function previewOf(
  read: ReadJournal,
  shards: readonly ShardRow[],
  before: Plan,
  plan: Plan,
  { from, items }: Pick<RerunOptions, 'from' | 'items'>,
): Promise<RerunPreview> {
  let total = 0
  let kept = 0
  const reused = plan.steps.map(() => 0)
  for (const { journal, items: count } of shards) {
    total += count
    if (!from && !items) continue
    const carried = carryOver({ plan: before, rows: await read(journal), from, next: plan, items })
    kept += carried.kept
    countReused(carried.entries, reused)
  }
  const again = total - kept
  const steps = plan.steps.flatMap(({ id, hidden }, step) => {
    if (hidden) return []
    const count = reused[step] ?? 0
    return [{ stepId: id, reused: count, again: again - count }]
  })
  return { items: { total, kept, again }, steps }
}

/** Throws INVALID_INPUT for what is no range of the run's items. */
export function checkItems(items: readonly ItemRange[] | undefined, total: number): void {
  for (const [first, last] of items ?? []) {
    if (Number.isInteger(first) && Number.isInteger(last) && first >= 0 && first <= last && last < total) continue
    const range = first === last ? `${first}` : `${first}-${last}`
    throw new FlowError('INVALID_INPUT', `the run has no items ${range}: it has ${total}, counted from 0`)
  }
}

// ---

const NOTHING: CarriedOver = { entries: [], kept: 0 }

/** Of each item that is done again, a step once; entries of an item that is kept end with its end. */
function countReused(entries: readonly JournalEntry[], reused: number[]): void {
  const kept = new Set<number>()
  for (const entry of entries) if (entry.type === 'finished') kept.add(entry.item)
  let [item, seen] = [-1, new Set<number>()]
  for (const entry of entries) {
    if (entry.type !== 'settled' || entry.sub !== undefined || kept.has(entry.item)) continue
    if (entry.item !== item) [item, seen] = [entry.item, new Set()]
    if (seen.has(entry.step)) continue
    seen.add(entry.step)
    reused[entry.step] = (reused[entry.step] ?? 0) + 1
  }
}
