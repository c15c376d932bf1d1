// The appends of one statement: decides what their rows become, on copies of what is known, and gathers the columns. Writes
// nothing; the statement finds out whether what was known still holds.
//
// G1  A shard's rows count is the fence of its journal; a run's version is the fence of its row.
// G2  What changes a run's row is written together with the shards that it follows from, or not at all: their unit.

import {
  applyChanges,
  type Batch,
  type Changes,
  checkFence,
  concernsRun,
  count,
  type EncodedBlob,
  type EncodedEntries,
  hasShardEnded,
  ITEM_BYTES,
  type JournalParts,
  type JournalRow,
  type LogLine,
  newRunRow,
  noCounts,
  project,
  type RunId,
  type RunRow,
} from '@stepflow/engine'
import { partsOf } from './journal-names.ts'
import type { Shard } from './rows.ts'
import type { States } from './states.ts'

/** A batch that is to be appended. */
export interface Appended {
  readonly batch: Batch
  readonly encoded: EncodedEntries
  readonly parts: JournalParts
}

/** A shard as it will be, and as it was. */
export interface GroupShard extends Shard {
  /** Its place in the statement. */
  readonly n: number
  /** How many rows it had; 0: it is new. */
  readonly expected: number
  /** Is it in our hand from then on? */
  hold: boolean
  /** It is new, and is written only if its run takes more inputs. */
  isInput: boolean
  readonly ofRun: GroupRun
}

/** A run as it will be, and as it was. */
export interface GroupRun {
  readonly id: RunId
  readonly n: number
  /** 0: it is new. */
  readonly expected: number
  row: RunRow
  /** Written by the statement. */
  isWritten: boolean
  /** Runs of one unit have the same: that of the first. */
  unit: number
}

export interface GroupRow {
  readonly shard: GroupShard
  readonly seq: number
  readonly mark: number
  /** Where it stands in the statement, among rows and lines. */
  readonly place: number
  readonly text: string
  readonly row: JournalRow
}

/** A line of a log. */
export interface GroupLine {
  readonly n: number
  readonly run: RunId
  readonly place: number
  readonly line: LogLine
}

/** What is not known, and has to be read first. */
export class Unknown {
  readonly journals: readonly JournalParts[]

  constructor(journals: readonly JournalParts[]) {
    this.journals = journals
  }
}

export class Group {
  readonly shards: GroupShard[] = []
  readonly runs: GroupRun[] = []
  readonly rows: GroupRow[] = []
  readonly items: { n: number; run: RunId; item: number; to: number; status: number; outcome: string }[] = []
  readonly kept = new Map<string, { n: number; until: number | null; outcome: string }>()
  readonly wakes: { n: number; run: RunId; part: number; at: number }[] = []
  readonly signalled: { n: number; run: RunId; item: number | null }[] = []
  readonly blobs = new Map<string, EncodedBlob>()
  readonly lines: GroupLine[] = []
  readonly #states: States
  readonly #shards = new Map<string, GroupShard>()
  readonly #runs = new Map<RunId, GroupRun>()
  bytes = 0
  #place = 0

  constructor(states: States) {
    this.#states = states
  }

  /** Does the group change something of the journal, or of its run's row? */
  touches({ run, part }: JournalParts): boolean {
    return this.#shards.has(keyOf(run, part)) || this.#runs.get(run)?.isWritten === true
  }

  /**
   * Adds what belongs together; gives the shards, or what has to be known first. Throws CONFLICT and NOT_FOUND. `isTried`:
   * it was not as we thought, so nothing is taken for granted.
   */
  add(appended: readonly Appended[], mark: number, isTried: boolean): readonly GroupShard[] | Unknown {
    const unknown = appended.filter((one, index) => !this.#isKnown(one, appended.slice(0, index), isTried))
    if (unknown.length > 0) return new Unknown(unknown.map(({ parts }) => parts))
    for (const { batch, parts } of appended) this.#checkFence(batch, parts)
    const shards = appended.map((one) => this.#append(one, mark))
    if (shards.length > 1) this.#join(shards.map(({ ofRun }) => ofRun))
    return shards
  }

  // ---

  /** `before`: what is appended in the same breath may bring its run along. */
  #isKnown({ batch, parts: { run, part } }: Appended, before: readonly Appended[], isTried: boolean): boolean {
    const isNew = batch.after === 0 && !isTried
    if (isNew && part === 0) return true
    const comesAlong = !isTried && before.some(({ parts }) => parts.run === run)
    const isRunKnown = comesAlong || this.#runs.has(run) || this.#states.run(run) !== undefined
    return isRunKnown && (isNew || this.#shards.has(keyOf(run, part)) || this.#states.shard(run, part) !== undefined)
  }

  #checkFence(batch: Batch, { run, part }: JournalParts): void {
    const rows = (this.#shards.get(keyOf(run, part)) ?? this.#states.shard(run, part)?.state)?.rows ?? 0
    checkFence(batch, rows, (this.#runs.get(run) ?? this.#states.run(run)?.state)?.row)
  }

  #append({ batch, encoded, parts }: Appended, mark: number): GroupShard {
    const changes = project(batch.entries)
    const run = this.#run(parts.run, changes)
    const shard = this.#shard(parts, run, changes)
    const isNew = shard.rows === 0
    const seq = shard.rows++
    // Lines stand before their row, or behind it if it is the first.
    if (!isNew) this.#log(shard, batch)
    const row = { journal: batch.journal, seq, entries: batch.entries }
    this.rows.push({ shard, seq, mark, place: this.#place++, text: encoded.text, row })
    if (isNew) this.#log(shard, batch)
    this.bytes += encoded.text.length
    count(shard.counts, changes, batch.atWork)
    // Who writes the first row has the journal in hand, until it is put down.
    if (isNew || changes.claimed !== undefined) shard.hold = true
    if (batch.ifOpen || (batch.ifUnsealed && !isNew)) run.isWritten = true
    if (batch.ifUnsealed && isNew) shard.isInput = true
    this.#changeRun(shard, run, changes)
    this.#gather(shard, batch, changes, encoded)
    return shard
  }

  #log({ n, run }: GroupShard, { log }: Batch): void {
    for (const line of log ?? []) this.lines.push({ n, run, place: this.#place++, line })
  }

  #changeRun(shard: GroupShard, run: GroupRun, changes: Changes): void {
    if (concernsRun(run.row, changes)) this.#write(run, applyChanges(run.row, changes))
    if (!shard.isOpen || !hasShardEnded(shard.counts, shard.items, shard.part === 0, run.row)) return
    shard.isOpen = false
    this.#write(run, applyChanges(run.row, changes, shard.counts))
  }

  #write(run: GroupRun, row: RunRow): void {
    run.row = row
    run.isWritten = true
  }

  #gather(shard: GroupShard, batch: Batch, changes: Changes, encoded: EncodedEntries): void {
    const { n, run } = shard
    for (const [index, { item, to, status }] of changes.finished.entries()) {
      const outcome = encoded.outcomes[index] as string
      this.items.push({ n, run, item, to, status: ITEM_BYTES[status], outcome })
      this.bytes += outcome.length
    }
    for (const [index, { key, until = null }] of changes.cached.entries()) {
      this.kept.set(key, { n, until, outcome: encoded.cached[index] as string })
    }
    for (const { journal, at } of batch.wakes ?? []) {
      if (journal === batch.journal && shard.expected === 0) shard.hold = false
      if (Number.isFinite(at)) this.wakes.push({ n, ...partsOf(journal), at: Math.floor(at) })
    }
    if (changes.isSignalled) {
      for (const entry of batch.entries) {
        if (entry.type === 'signalled') this.signalled.push({ n, run, item: entry.item ?? null })
      }
    }
    for (const blob of encoded.blobs) this.blobs.set(blob.id, blob)
  }

  #run(id: RunId, changes: Changes): GroupRun {
    const here = this.#runs.get(id)
    if (here) return here
    const known = this.#states.run(id)?.state
    const n = this.runs.length
    const made: GroupRun = {
      id,
      n,
      unit: n,
      expected: known?.version ?? 0,
      row: known?.row ?? newRunRow(id, changes),
      isWritten: known === undefined,
    }
    this.#runs.set(id, made)
    this.runs.push(made)
    return made
  }

  #shard({ run, part }: JournalParts, ofRun: GroupRun, changes: Changes): GroupShard {
    const key = keyOf(run, part)
    const here = this.#shards.get(key)
    if (here) return here
    const known = this.#states.shard(run, part)?.state
    const { first = 0, count: items = 0 } = changes.items ?? {}
    const expected = known?.rows ?? 0
    // Field by field: there is one for each row that is written, and spreads made all of `add` four times as slow.
    const made: GroupShard = {
      n: this.shards.length,
      run,
      part,
      rows: expected,
      first: known ? known.first : first,
      items: known ? known.items : items,
      shares: known ? known.shares : changes.shares,
      isOpen: known ? known.isOpen : true,
      counts: known ? { ...known.counts } : noCounts(),
      expected,
      hold: false,
      isInput: false,
      ofRun,
    }
    this.#shards.set(key, made)
    this.shards.push(made)
    return made
  }

  /** G2. They are written together, so each of their runs has a say. */
  #join(runs: readonly GroupRun[]): void {
    const unit = Math.min(...runs.map((run) => run.unit))
    const joined = new Set(runs.map((run) => run.unit))
    for (const run of runs) run.isWritten = true
    for (const run of this.runs) if (joined.has(run.unit)) run.unit = unit
  }
}

// ---

function keyOf(run: RunId, part: number): string {
  return `${part}/${run}`
}
