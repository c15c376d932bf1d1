// Begins and takes up runs in a store that several processes work on: what is begun is a row and a wake, whoever drives it.

import type { Clock } from '../../clock.ts'
import type { Inputs, ResumeOptions, RunHandle, SubmitOptions } from '../../engine.ts'
import { FlowError } from '../../errors.ts'
import type { JournalEntry, JournalId, RunId, RunOptions } from '../../journal/events.ts'
import { isEnded } from '../../journal/project.ts'
import type { Plan } from '../../plan/plan.ts'
import { isAway } from '../../store/patience.ts'
import type { RunRow, Store } from '../../store/store.ts'
import { watchEntries } from './follow-run.ts'
import { isSmall, passOver } from './intake.ts'
import type { Returns } from './returns.ts'
import { beginningOf } from './run-journal.ts'
import type { SpreadRuns } from './spread-runs.ts'

export interface SharedRunsContext {
  readonly store: Store
  readonly clock: Clock
  readonly warn: (message: string) => void
  readonly spread: SpreadRuns
  readonly returns: Returns
}

export interface NewRun {
  readonly plan: Plan
  readonly inputs: Inputs
  readonly kept: RunOptions
}

export class SharedRuns {
  readonly #context: SharedRunsContext

  constructor(context: SharedRunsContext) {
    this.#context = context
  }

  /** Few inputs are one row, with a wake; many are taken in here, and driven by whoever has room. */
  async submit(
    id: RunId,
    { plan, inputs, kept }: NewRun,
    { watch, onBroken = 'fail' }: SubmitOptions,
  ): Promise<RunHandle> {
    const { store, clock, spread } = this.#context
    const at = clock.now()
    const created = (items: readonly unknown[]): JournalEntry => {
      return { type: 'created', at, run: id, plan, options: kept, from: 0, inputs: items }
    }
    if (isSmall(inputs)) {
      const sealed: JournalEntry = { type: 'sealed', at, items: inputs.length }
      return this.begin(id, watch, () => spread.begin(id, [created(inputs), sealed]))
    }
    const unwatch = this.#watching(id, watch)
    const journal = `${id}/0`
    const written = async () => store.append({ journal, after: 0, entries: [created([])] })
    const begun = this.#begun(id, unwatch, written(), journal)
    const taken = { items: 0, shards: 0 }
    const intake = spread.keep(begun.then(() => spread.takeIn(id, { options: kept, inputs, taken, onBroken })))
    intake.catch(() => {})
    await begun
    return spread.handle(id, intake, unwatch)
  }

  /** What of it nobody drives is woken; inputs that are given are taken in, unless somebody does. */
  async resume(row: RunRow, { inputs, further, watch, onBroken = 'fail' }: ResumeOptions): Promise<RunHandle> {
    const { store, clock, spread, returns } = this.#context
    const { id } = row
    if (isEnded(row.status)) return spread.handle(id)
    const open = await store.runs.open(id)
    const journal = `${id}/0`
    const isTaking = row.items.total < 0 && (inputs !== undefined || further !== undefined)
    const head = open.find((one) => one.journal === journal)
    if (isTaking && (head?.heldBy !== undefined || spread.isTakingIn(id))) {
      throw new FlowError('CONFLICT', `the inputs of run ${id} are being taken in by ${head?.heldBy ?? 'this process'}`)
    }
    const at = clock.now()
    for (const one of open) {
      if (one.heldBy !== undefined || one.isOurs || (one.journal === journal && row.items.total < 0)) continue
      await returns.handBack({ journal: one.journal, at })
    }
    const unwatch = this.#watching(id, watch)
    if (!isTaking) return spread.handle(id, undefined, unwatch)
    const claimed = spread.claimIntake(id)
    const goOn = async () => {
      await claimed
      const shards = await store.runs.shards(id)
      const items = shards.reduce((sum, shard) => sum + shard.items, 0)
      const { options } = beginningOf(id, await store.read(journal))
      const rest = further ?? passOver(inputs as Inputs, items) // one of them is given
      return spread.takeIn(id, { options, inputs: rest, taken: { items, shards: shards.length - 1 }, onBroken })
    }
    const intake = spread.keep(goOn())
    // Once it is claimed, it may be in our hand whatever happens.
    intake.catch(() => returns.handBack({ journal, at: clock.now() }))
    await claimed
    return spread.handle(id, intake, unwatch)
  }

  /** Of a run that `write` writes, with wakes for whoever has room; it is watched from its first row on. */
  async begin(id: RunId, watch: SubmitOptions['watch'], write: () => Promise<unknown>): Promise<RunHandle> {
    const unwatch = this.#watching(id, watch)
    await this.#begun(id, unwatch, write())
    return this.#context.spread.handle(id, undefined, unwatch)
  }

  #watching(id: RunId, watch: SubmitOptions['watch']): () => void {
    return watch ? watchEntries(this.#context.store, id, watch, this.#context.warn) : () => {}
  }

  /** `held`: it may be there, and in our hand, though a store that is away has refused it. */
  async #begun(id: RunId, unwatch: () => void, written: Promise<unknown>, held?: JournalId): Promise<void> {
    try {
      await written
    } catch (error) {
      unwatch()
      if (held !== undefined && isAway(error)) {
        const { returns, clock } = this.#context
        void returns.handBack({ journal: held, at: clock.now() })
      }
      throw FlowError.is(error) && error.code === 'CONFLICT' ? isThere(id) : error
    }
  }
}

/** What a second run of one id is refused with. */
export function isThere(id: RunId): FlowError {
  return new FlowError('CONFLICT', `there is a run ${id} already; resume it, or choose another id`)
}
