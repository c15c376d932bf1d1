// The waits for signals of one recorded run, as they may be shown.

import {
  isEnded,
  type JournalId,
  type JournalRow,
  type Plan,
  type RunRow,
  redactEntry,
  type Store,
} from '@stepflow/engine'
import { shardOf } from './item-entries.ts'
import type { RunSecrets } from './run-secrets.ts'
import { type EndedWait, openWaits, type Wait, WaitFold, type WaitState, waitState } from './waits.ts'

interface WaitsParts {
  readonly store: Store
  readonly row: RunRow
  /** Absent if the run's journal is damaged: nothing is known of its waits then. */
  readonly plan: Plan | undefined
  readonly secrets: RunSecrets
}

export class RecordedWaits {
  readonly #store: Store
  readonly #row: RunRow
  readonly #plan: Plan | undefined
  readonly #secrets: RunSecrets

  constructor({ store, row, plan, secrets }: WaitsParts) {
    this.#store = store
    this.#row = row
    this.#plan = plan
    this.#secrets = secrets
  }

  /** Those that are open, of each journal in the order in which they began. `item`: of this one only. */
  async *open(item?: number): AsyncIterable<Wait> {
    if (isEnded(this.#row.status)) return
    const shards = await this.#store.runs.shards(this.#row.id)
    const only = item === undefined ? undefined : shardOf(shards, item)
    for (const { journal, items, done } of item === undefined ? shards : only ? [only] : []) {
      if (!this.#plan || done >= items) continue
      const waits = openWaits(this.#plan, await this.#shownRows(journal))
      yield* item === undefined ? waits : waits.filter((wait) => wait.item === item)
    }
  }

  /** Those that ended at that time or later (epoch milliseconds), how, and what was decided. */
  async over(since: number): Promise<EndedWait[]> {
    if (!this.#plan) return []
    const ended: EndedWait[] = []
    let sent: readonly JournalRow[] | undefined
    for (const { journal } of await this.#store.runs.shards(this.#row.id)) {
      const fold = new WaitFold(this.#plan)
      const rows = await this.#shownRows(journal)
      const changes = rows.flatMap(({ entries }) => (fold.concerns(entries) ? fold.see(entries) : []))
      for (const { wait, at, end } of changes) {
        if (end === undefined || at < since) continue
        sent ??= await this.#shownRows(`${this.#row.id}/0`)
        const state = waitState(this.#plan, wait.path, rows, sent)
        if (state) ended.push({ ...state, wait, endedAt: at })
      }
    }
    return ended
  }

  /** As they stood before row `seq` of a journal; undefined if that is damaged. */
  async before(journal: JournalId, seq: number): Promise<WaitFold | undefined> {
    if (!this.#plan) return undefined
    const fold = new WaitFold(this.#plan)
    const rows = seq === 0 ? [] : await this.#store.read(journal)
    const redactor = this.#secrets.redactorOfRows(rows)
    for (const { seq: at, entries } of rows) {
      if (at < seq && fold.concerns(entries)) fold.see(entries.map((entry) => redactEntry(entry, redactor)))
    }
    return fold
  }

  /** One by its visit, and what became of it; undefined if there was none. */
  async at(path: string): Promise<WaitState | undefined> {
    const item = Number.parseInt(path, 10)
    const shard = shardOf(await this.#store.runs.shards(this.#row.id), item)
    if (!this.#plan || !shard) return undefined
    const sent = await this.#shownRows(`${this.#row.id}/0`)
    const state = waitState(this.#plan, path, await this.#shownRows(shard.journal), sent)
    return state && isEnded(this.#row.status) ? { ...state, isOver: true } : state
  }

  // ---

  async #shownRows(journal: JournalId): Promise<JournalRow[]> {
    const rows = await this.#store.read(journal)
    const redactor = this.#secrets.redactorOfRows(rows)
    return rows.map((row) => ({ ...row, entries: row.entries.map((entry) => redactEntry(entry, redactor)) }))
  }
}
