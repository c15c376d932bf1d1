// Takes a run's inputs in: a few stay in the run's own journal, many are split into shards, each a journal of its own.

import type { Clock } from '../../clock.ts'
import { errorValue, FlowError } from '../../errors.ts'
import type { JournalEntry, JournalId, RunId, Share } from '../../journal/events.ts'
import { jsonBytes } from '../../json-size.ts'
import type { Patience } from '../../store/patience.ts'
import type { Store } from '../../store/store.ts'

/** Shards of a run that are driven at once. */
export const OPEN_SHARDS = 4
/** Items of shards in which all only waits, held beside them. */
export const WAITING_ITEMS = 65_536
const FIRST_SHARD_ITEMS = 16
export const LARGEST_SHARD_ITEMS = 1024
/** Inputs of a shard are one row: no store is asked to take a row of a gigabyte, and no driver to hold it. */
const LARGEST_SHARD_BYTES = 8 * 1024 * 1024
/** Who lets few items run at once has slow ones: their inputs are not read far ahead. Items of a shard for each of these. */
const ITEMS_FOR_EACH = 16
/** An input that pauses for so long has its items run meanwhile; milliseconds. */
const PAUSE_MS = 20

export interface IntakeTools {
  readonly store: Store
  readonly patience: Patience
  readonly clock: Clock
  /** Starts a journal with these entries; resolves when they are written. */
  readonly open: (journal: JournalId, entries: readonly JournalEntry[]) => Promise<void>
  /** Resolves once there is room for another shard, of so many items at most. */
  readonly room: (items: number) => Promise<void>
}

/** The run whose inputs are taken in. */
export interface IntakeRun {
  readonly id: RunId
  /** Items of a shard that may be in flight at once. */
  readonly limit: number
  /** Of each of its shards. */
  readonly share?: Share | undefined
  /** Items of a shard, at most, as it is now. */
  readonly shardItems?: number
  /** No more inputs are taken. */
  readonly isClosed: boolean
}

/** True for inputs that are known and few: they need no shards. */
export function isSmall(inputs: Iterable<unknown> | AsyncIterable<unknown>): inputs is readonly unknown[] {
  if (!Array.isArray(inputs) || inputs.length > FIRST_SHARD_ITEMS) return false
  return inputs.length <= 1 || jsonBytes(inputs, LARGEST_SHARD_BYTES) <= LARGEST_SHARD_BYTES
}

/** Where an intake goes on: how many items it has taken, in how many shards. */
export interface Taken {
  readonly items: number
  readonly shards: number
}

/**
 * Writes the inputs as shards, and their number when they have ended. `inputs` starts at the first that is not taken. Throws
 * what their source fails with, if `onBroken` says so.
 */
export async function takeIn(
  run: IntakeRun,
  inputs: Iterable<unknown> | AsyncIterable<unknown>,
  taken: Taken,
  onBroken: 'fail' | 'keep',
  tools: IntakeTools,
): Promise<'whole' | 'broken'> {
  const { store, patience, clock } = tools
  let from = taken.items
  let shards = taken.shards
  const forLimit = Math.min(LARGEST_SHARD_ITEMS, Math.max(FIRST_SHARD_ITEMS, run.limit * ITEMS_FOR_EACH))
  const largest = () => Math.min(forLimit, run.shardItems ?? LARGEST_SHARD_ITEMS)
  let size = FIRST_SHARD_ITEMS
  let shard: unknown[] = []
  let bytes = 0
  let flushing: Promise<void> = Promise.resolve()
  let isSourceAtFault = true

  const write = async (journal: JournalId, entry: JournalEntry) => {
    await tools.open(journal, [entry])
    await tools.room(largest())
  }
  /** Writes to the run's own journal, after whatever it holds. */
  const note = async (entry: JournalEntry) => {
    await patience.ask(async () => {
      try {
        await store.append({ journal: `${run.id}/0`, ifUnsealed: true, entries: [entry] })
      } catch (error) {
        if (!FlowError.is(error) || error.code !== 'CONFLICT' || entry.type !== 'sealed') throw error
        // By us, whose answer was lost, or by somebody else who has taken in the same.
        if ((await store.runs.get(run.id))?.items.total !== entry.items) throw error
      }
    })
  }
  const flush = (): Promise<void> => {
    if (shard.length === 0) return flushing
    const { id, share } = run
    const own = share === undefined ? {} : { share }
    const entry: JournalEntry = { type: 'created', at: clock.now(), run: id, from, inputs: shard, ...own }
    const journal = `${run.id}/${++shards}`
    from += shard.length
    shard = []
    bytes = 0
    size = Math.min(size * 2, largest())
    flushing = flushing.then(() => write(journal, entry))
    return flushing
  }
  const add = (input: unknown): Promise<void> | undefined => {
    const more = jsonBytes(input, LARGEST_SHARD_BYTES)
    // One that is larger than all that fits has a shard of its own.
    const waiting = bytes + more > LARGEST_SHARD_BYTES ? flush() : undefined
    shard.push(input)
    bytes += more
    return shard.length >= size ? flush() : waiting
  }
  const written = async (waiting: Promise<void>) => {
    isSourceAtFault = false
    await waiting
    isSourceAtFault = true
  }
  const stopWatching = watchForPauses(clock, () => from + shard.length, flush)

  try {
    if (Symbol.asyncIterator in inputs) {
      for await (const input of inputs) {
        if (run.isClosed) break
        const waiting = add(input)
        if (waiting) await written(waiting)
      }
    } else {
      for (const input of inputs) {
        if (run.isClosed) break
        const waiting = add(input)
        if (waiting) await written(waiting)
      }
    }
  } catch (error) {
    // Somebody else takes them in by now, from where we were.
    if (!isSourceAtFault && FlowError.is(error) && error.code === 'CONFLICT') throw error
    // What was read before the source failed is taken, and run.
    if (!run.isClosed) {
      await flush()
      await note({ type: 'broken', at: clock.now(), items: from, error: errorValue(error) })
    }
    if (onBroken === 'keep' && isSourceAtFault) return 'broken'
    throw error
  } finally {
    stopWatching()
  }
  // A closed intake was broken off: what it has not written, it has not taken, and it does not know the end.
  if (run.isClosed) return 'broken'
  await flush()
  await note({ type: 'sealed', at: clock.now(), items: from })
  return 'whole'
}

/** Inputs that trickle in are not kept waiting for a shard to be full. */
function watchForPauses(clock: Clock, count: () => number, flush: () => Promise<void>): () => void {
  let seen = 0
  let cancel: () => void
  const look = () => {
    const now = count()
    // A write that fails is heard of by the intake, which waits for the same promise.
    if (now === seen) flush().catch(() => {})
    seen = now
    cancel = clock.timer(PAUSE_MS, look)
  }
  cancel = clock.timer(PAUSE_MS, look)
  return () => cancel()
}

/** The inputs from number `count` on. */
export async function* passOver(
  inputs: Iterable<unknown> | AsyncIterable<unknown>,
  count: number,
): AsyncGenerator<unknown> {
  let passed = 0
  for await (const input of inputs) if (passed++ >= count) yield input
}
