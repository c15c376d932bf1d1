// Follows a run, from its results to its end, for whoever began it or took it up. Drives nothing.

import type { RunHandle, SubmitOptions } from '../../engine.ts'
import { errorValue, FlowError } from '../../errors.ts'
import type { JournalEntry, RunId } from '../../journal/events.ts'
import { endedOf } from '../../journal/project.ts'
import { isPromise, type MaybePromise } from '../../json.ts'
import type { Patience } from '../../store/patience.ts'
import type { RunRow, Store } from '../../store/store.ts'
import type { LocalRun } from './local-run.ts'
import { type ItemResult, type ResultOrder, type ResultStream, readAlready } from './result-stream.ts'
import { checkOrder } from './run-options.ts'

const RESULTS_AT_ONCE = 1000

/** Hands on what is written of a run, from now on. Gives the way to stop that. */
export function watchRun(
  run: LocalRun,
  results: ResultStream,
  watch: SubmitOptions['watch'],
  warn: (message: string) => void,
): () => void {
  const listener = watch && guarded(run.id, watch, warn)
  if (watch) run.isWatched = true
  return run.follow((row) => {
    for (const entry of row.entries) {
      if (entry.type !== 'finished') continue
      const { item, to = item, outcome } = entry
      for (let i = item; i <= to; i++) results.push(i, run.rawOutcome(i) ?? outcome)
    }
    listener?.(row.entries)
  })
}

/** The results that are recorded, by and by. */
export async function* recordedResults(
  store: Store,
  id: RunId,
  patience: Patience,
): AsyncGenerator<readonly ItemResult[]> {
  for (let from = 0; ; ) {
    const start = from
    const page = await patience.ask(() => store.runs.items(id, start, RESULTS_AT_ONCE))
    const last = page.at(-1)
    if (last === undefined) return
    yield page.map(({ item, outcome }) => ({ index: item, outcome }))
    from = last.item + 1
  }
}

/** Resolves when the inputs are taken in and all items have ended; `release` is called when nothing more is to follow. */
export async function endOf(
  store: Store,
  run: LocalRun,
  results: ResultStream,
  intake: Promise<unknown> | undefined,
  patience: Patience,
  release: () => void,
): Promise<RunRow> {
  // A closed run waits no longer for inputs: they may never come.
  if (intake) await Promise.race([intake, run.closed()]).catch((error) => run.fail(error))
  // Nearly always it has ended when it is asked for: nothing is to be waited for.
  if (run.openCount > 0) await run.drained()
  const read = rowAtEnd(store, run, patience)
  const row = isPromise(read) ? await read : read
  // What another process has ended may be recorded before we have heard of it.
  if (row && results.lacks(endedOf(row.items))) results.follow(recordedResults(store, run.id, patience))
  release()
  if (run.bug || !row) throw run.bug ?? new FlowError('NOT_FOUND', `run ${run.id} was removed while it ran`)
  return row
}

/** What a program holds of a run. */
export function handleOf(
  store: Store,
  run: LocalRun,
  results: ResultStream,
  { ended, takenIn }: Pick<RunHandle, 'ended' | 'takenIn'>,
  cancel: (reason: string | undefined) => Promise<void>,
  warn: (message: string) => void,
): RunHandle {
  let isRead = false
  const read = (order: ResultOrder) => {
    checkOrder(order)
    if (isRead) throw readAlready()
    isRead = true
    return results.batches(order)
  }
  return {
    id: run.id,
    ended,
    takenIn,
    batches: async function* (order: ResultOrder = 'input') {
      yield* read(order)
      if (run.bug) throw run.bug
    },
    results: async function* (order: ResultOrder = 'input') {
      for await (const batch of read(order)) yield* batch
      if (run.bug) throw run.bug
    },
    discardResults: () => results.discard(),
    watch: (listener) => watchEntries(store, run.id, listener, warn),
    cancel,
    drain: () => run.drain(),
  }
}

// ---

/** Undefined, and the run has failed on our side, if it cannot be read: nobody is to wait for it for ever. */
function rowAtEnd(store: Store, run: LocalRun, patience: Patience): MaybePromise<RunRow | undefined> {
  try {
    const read = () => store.runs.get(run.id)
    const row = run.bug ? read() : patience.ask(read)
    return isPromise(row) ? row.catch((error) => void run.fail(error)) : row
  } catch (error) {
    return void run.fail(error)
  }
}

/** Tells somebody of everything that is written of a run from now on. */
export function watchEntries(
  store: Store,
  run: RunId,
  listener: Listener,
  warn: (message: string) => void,
): () => void {
  const told = guarded(run, listener, warn)
  return store.watch({ run }, ({ entries }) => told(entries))
}

type Listener = (entries: readonly JournalEntry[]) => void

/** A listener that throws harms nobody but itself: neither who writes nor who else listens. */
function guarded(run: RunId, listener: Listener, warn: (message: string) => void): Listener {
  return (entries) => {
    try {
      listener(entries)
    } catch (error) {
      warn(`a listener of run ${run} threw: ${errorValue(error).message}`)
    }
  }
}
