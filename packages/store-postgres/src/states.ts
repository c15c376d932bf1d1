// What we know of runs and shards from having written or read them. Others may have written since: it is good for composing
// an append, whose statement finds out by the number of rows, or the version, whether it still holds.

import type { RunId, RunRow } from '@stepflow/engine'
import { ints, texts } from './arrays.ts'
import type { Connection } from './connection.ts'
import { RUN_COLUMNS, type RunRecord, runRow, SHARD_COLUMNS, type Shard, type ShardRecord, shardOf } from './rows.ts'
import { fromText, toText } from './text.ts'

export interface RunState {
  readonly row: RunRow
  readonly version: number
}

/** When it was asked for, in ticks of the writer; undefined inside: there is none. */
interface Known<T> {
  readonly state: T | undefined
  readonly tick: number
}

interface KnownRun {
  run?: Known<RunState>
  readonly shards: Map<number, Known<Shard>>
}

/** Runs that are remembered. */
const MOST_RUNS = 20_000
/** Runs that have just ended. */
const MOST_ENDED = 1_024
const ENDED_MS = 1_000

export class States {
  readonly #reader: () => Connection
  readonly #runs = new Map<RunId, KnownRun>()
  readonly #ended = new Map<RunId, { readonly row: RunRow; readonly at: number }>()

  constructor(reader: () => Connection) {
    this.#reader = reader
  }

  run(id: RunId): Known<RunState> | undefined {
    return this.#runs.get(id)?.run
  }

  shard(id: RunId, part: number): Known<Shard> | undefined {
    return this.#runs.get(id)?.shards.get(part)
  }

  putRun(id: RunId, state: RunState | undefined, tick: number): void {
    this.#entry(id).run = { state, tick }
  }

  putShard(id: RunId, part: number, state: Shard | undefined, tick: number): void {
    this.#entry(id).shards.set(part, { state, tick })
  }

  /** It may be something else by now. */
  forgetShard(id: RunId, part: number): void {
    this.#runs.get(id)?.shards.delete(part)
  }

  forgetRun(id: RunId): void {
    delete this.#runs.get(id)?.run
  }

  /** Hardly anybody will write to what is done; whoever waited for its end asks for its row. */
  ended(row: RunRow): void {
    this.#runs.delete(row.id)
    // A cancelled run counts what its shards end later.
    if (row.status === 'cancelled') return
    if (this.#ended.size >= MOST_ENDED) this.#ended.clear()
    this.#ended.set(row.id, { row, at: performance.now() })
  }

  /** The row of a run that has just ended here; once, and not for long: others may remove it. */
  takeEnded(id: RunId): RunRow | undefined {
    const found = this.#ended.get(id)
    if (!found) return undefined
    this.#ended.delete(id)
    return performance.now() - found.at < ENDED_MS ? found.row : undefined
  }

  /** It was removed. */
  drop(id: RunId): void {
    this.#runs.delete(id)
    this.#ended.delete(id)
  }

  /** Reads the rows of these journals and of their runs. */
  async load(journals: readonly { readonly run: RunId; readonly part: number }[], tick: number): Promise<void> {
    const ids = [...new Set(journals.map(({ run }) => run))]
    // On two connections, if there are two that are free.
    const [runs, shards] = await Promise.all([
      this.#reader().query<RunRecord>({
        name: 'load-runs',
        text: `SELECT ${RUN_COLUMNS} FROM runs WHERE id = ANY ($1::text[])`,
        values: [texts(ids.map(toText))],
      }),
      this.#reader().query<ShardRecord>({
        name: 'load-shards',
        text: `SELECT ${SHARD_COLUMNS} FROM shards WHERE (run, part) IN (SELECT * FROM unnest($1::text[], $2::integer[]))`,
        values: [texts(journals.map(({ run }) => toText(run))), ints(journals.map(({ part }) => part))],
      }),
    ])
    for (const id of ids) this.putRun(id, undefined, tick)
    for (const { run, part } of journals) this.putShard(run, part, undefined, tick)
    for (const record of runs) this.putRun(fromText(record.id), { row: runRow(record), version: record.version }, tick)
    for (const record of shards) this.putShard(fromText(record.run), record.part, shardOf(record), tick)
  }

  #entry(id: RunId): KnownRun {
    const known = this.#runs.get(id)
    if (known) return known
    // All of it can be read again.
    if (this.#runs.size >= MOST_RUNS) this.#runs.clear()
    const made: KnownRun = { shards: new Map() }
    this.#runs.set(id, made)
    return made
  }
}
