// A journal that this process drives: what its driver is given, and who hears what becomes of it. A class, not a record: V8
// makes records old at once whose like have lived for long, and an old one keeps all that it has led to.

import type { JournalEntry, JournalId } from '../../journal/events.ts'
import type { JournalRow, Wake } from '../../store/store.ts'
import type { Driver } from '../driver/driver.ts'
import type { DrivenJournal, DriverEnd, ItemGate } from '../in-flight/drive.ts'
import type { LocalRun } from './local-run.ts'
import { ShareGate } from './share.ts'

export class JournalHere implements DrivenJournal {
  readonly run: LocalRun
  readonly journal: JournalId
  readonly gate: ItemGate
  readonly from: number
  readonly inputs: readonly unknown[]
  readonly preamble: readonly JournalEntry[]
  readonly rows: readonly JournalRow[]
  driver: Driver | undefined
  /** Who began it, and waits until it is written. */
  heard: { resolve(): void; reject(why: unknown): void } | undefined
  readonly #ended: (here: JournalHere, end: DriverEnd) => void
  /** Called when nothing is left to do here: when to drive it again, if ever. */
  readonly left: (wake: Wake | null) => void

  constructor(
    run: LocalRun,
    journal: JournalId,
    { from, inputs, share }: Extract<JournalEntry, { readonly type: 'created' }>,
    preamble: readonly JournalEntry[],
    rows: readonly JournalRow[],
    place: number | undefined,
    ended: (here: JournalHere, end: DriverEnd) => void,
    left: (wake: Wake | null) => void,
  ) {
    this.run = run
    this.journal = journal
    this.gate = share ? new ShareGate(share, place, () => this.driver?.onFree()) : run
    this.from = from
    this.inputs = inputs
    this.preamble = preamble
    this.rows = rows
    this.#ended = ended
    this.left = left
  }

  accepted(): void {
    this.heard?.resolve()
  }

  refused(why: unknown): void {
    this.heard?.reject(why)
  }

  over(end: DriverEnd): void {
    this.#ended(this, end)
  }
}
