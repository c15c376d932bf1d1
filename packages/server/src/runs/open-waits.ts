// Which waits for signals are open, in all runs: known from the first time that somebody asks, and kept up by what is written
// from then on. Forgotten when nobody asks for a while. Holds where the waits are, and nothing that may be secret.

import { type Clock, type Cursor, type JournalRow, type RunId, runOfJournal, type Store } from '@stepflow/engine'
import { eachRun, type RecordedRun, type RunReader } from '@stepflow/host/history'
import { openIfThere } from './open-if-there.ts'

export interface OpenWait {
  readonly runId: RunId
  /** Its visit. */
  readonly path: string
  /** Epoch milliseconds. */
  readonly since: number
  /** Of the signal. */
  readonly name: string
}

export interface OpenWaitsOptions {
  readonly store: Pick<Store, 'cursor' | 'rowsAfter' | 'watch'>
  readonly runs: RunReader
  readonly clock: Clock
}

export class OpenWaits {
  readonly #options: OpenWaitsOptions
  /** Of runs that have some. */
  readonly #waits = new Map<RunId, readonly OpenWait[]>()
  /** Something of theirs may have begun or ended: they are read before the next answer. */
  readonly #changed = new Set<RunId>()
  /** All that was written up to there is in `#waits` or `#changed`; undefined: nothing is known. */
  #heard: Cursor | undefined
  #reading: Promise<unknown> = Promise.resolve()
  #stopWatch = () => {}
  #stopTimer = () => {}

  constructor(options: OpenWaitsOptions) {
    this.#options = options
  }

  /** In no order. */
  all(): Promise<readonly OpenWait[]> {
    this.#stopTimer()
    this.#stopTimer = this.#options.clock.timer(IDLE_MS, () => this.stop())
    const read = this.#reading.then(() => this.#read())
    this.#reading = read.catch(() => this.#forget())
    return read
  }

  stop(): void {
    this.#stopTimer()
    this.#reading = this.#reading.then(() => this.#forget())
  }

  // ---

  async #read(): Promise<readonly OpenWait[]> {
    const { store } = this.#options
    if (this.#heard === undefined) await this.#begin(await store.cursor())
    // What was written a moment ago may not have been told yet, and whoever decided a wait looks for the next.
    while (this.#heard !== undefined) {
      const page = await store.rowsAfter({ after: this.#heard, limit: ROWS_AT_ONCE })
      if (!page) {
        this.#forget()
        await this.#begin(await store.cursor())
        continue
      }
      for (const one of page.rows) if ('row' in one) this.#hear(one.row, one.cursor)
      if (page.next === undefined) break
      this.#heard = page.next
    }
    // What happens while they are read is for the next answer.
    const changed = [...this.#changed]
    this.#changed.clear()
    for (const runId of changed) await this.#look(runId)
    return [...this.#waits.values()].flat()
  }

  async #begin(after: Cursor): Promise<void> {
    const { store, runs } = this.#options
    this.#heard = after
    this.#stopWatch = store.watch({ after, onGap: () => this.#forget() }, (row, cursor) => this.#hear(row, cursor))
    for await (const { id } of eachRun(runs, { status: ['queued', 'running', 'paused'] })) this.#changed.add(id)
  }

  #hear({ journal, entries }: JournalRow, cursor: Cursor): void {
    this.#heard = cursor
    const runId = runOfJournal(journal)
    const hasNew = () => entries.some((entry) => entry.type === 'parked' && entry.signal !== undefined)
    if (this.#waits.has(runId) || hasNew()) this.#changed.add(runId)
  }

  async #look(runId: RunId): Promise<void> {
    const recorded = await openIfThere(this.#options.runs, runId)
    const found = recorded ? await openIn(recorded) : []
    if (found.length === 0) this.#waits.delete(runId)
    else this.#waits.set(runId, found)
  }

  #forget(): void {
    this.#stopWatch()
    this.#stopWatch = () => {}
    this.#heard = undefined
    this.#waits.clear()
    this.#changed.clear()
  }
}

/** Of one run, or of one item of it. */
export async function openIn(recorded: RecordedRun, item?: number): Promise<readonly OpenWait[]> {
  const found: OpenWait[] = []
  for await (const { path, since, name } of recorded.waits.open(item)) {
    found.push({ runId: recorded.row.id, path, since, name })
  }
  return found
}

// ---

const IDLE_MS = 5 * 60_000
const ROWS_AT_ONCE = 1000
