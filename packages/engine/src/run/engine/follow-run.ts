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

/** What those who began a run, took it up or follow it need of its engine. */
export interface HandleTools {
  readonly store: Store
  readonly patience: Patience
  readonly warn: (message: string) => void
  readonly cancel: (run: RunId, reason: string | undefined) => Promise<void>
}

/** Resolves when the inputs are taken in and all items have ended; `release` is called when nothing more is to follow. */
export function endOf(
  tools: HandleTools,
  run: LocalRun,
  results: ResultStream,
  intake: Promise<unknown> | undefined,
  release: () => void,
): Promise<RunRow> {
  // Nearly always it has ended when it is asked for: nothing is to be waited for.
  const row = intake || run.openCount > 0 ? undefined : rowAtEnd(tools, run)
  if (row && !isPromise(row) && !run.bug) {
    takeMissed(tools, run, results, row)
    release()
    return Promise.resolve(row)
  }
  const ended = awaitEnd(tools, run, results, intake, row, release)
  // Whoever reads the results sees the failure there; a run that nobody awaits must not end the process.
  ended.catch(() => {})
  return ended
}

/** What a program holds of a run. Its methods may be taken from it: each that is asked for knows its run. */
export class LocalHandle implements RunHandle {
  readonly ended: Promise<RunRow>
  readonly takenIn: Promise<'whole' | 'broken'>
  readonly #run: LocalRun
  readonly #results: ResultStream
  readonly #tools: HandleTools
  #isRead = false

  constructor(
    tools: HandleTools,
    run: LocalRun,
    results: ResultStream,
    { ended, takenIn }: Pick<RunHandle, 'ended' | 'takenIn'>,
  ) {
    this.ended = ended
    this.takenIn = takenIn
    this.#tools = tools
    this.#run = run
    this.#results = results
  }

  get id(): RunId {
    return this.#run.id
  }

  get batches(): RunHandle['batches'] {
    return (order = 'input') => this.#batches(order)
  }

  get results(): RunHandle['results'] {
    return (order = 'input') => this.#each(order)
  }

  get discardResults(): RunHandle['discardResults'] {
    return () => this.#results.discard()
  }

  get watch(): RunHandle['watch'] {
    const { store, warn } = this.#tools
    return (listener) => watchEntries(store, this.id, listener, warn)
  }

  get cancel(): RunHandle['cancel'] {
    return (reason) => this.#tools.cancel(this.id, reason)
  }

  get drain(): RunHandle['drain'] {
    return () => this.#run.drain()
  }

  async *#batches(order: ResultOrder): AsyncGenerator<readonly ItemResult[]> {
    yield* this.#read(order)
    if (this.#run.bug) throw this.#run.bug
  }

  async *#each(order: ResultOrder): AsyncGenerator<ItemResult> {
    for await (const batch of this.#read(order)) yield* batch
    if (this.#run.bug) throw this.#run.bug
  }

  #read(order: ResultOrder): AsyncIterable<readonly ItemResult[]> {
    checkOrder(order)
    if (this.#isRead) throw readAlready()
    this.#isRead = true
    return this.#results.batches(order)
  }
}

// ---

async function awaitEnd(
  tools: HandleTools,
  run: LocalRun,
  results: ResultStream,
  intake: Promise<unknown> | undefined,
  known: MaybePromise<RunRow | undefined>,
  release: () => void,
): Promise<RunRow> {
  // A closed run waits no longer for inputs: they may never come.
  if (intake) await Promise.race([intake, run.closed()]).catch((error) => run.fail(error))
  if (run.openCount > 0) await run.drained()
  const row = await (known ?? rowAtEnd(tools, run))
  if (row) takeMissed(tools, run, results, row)
  release()
  if (run.bug || !row) throw run.bug ?? new FlowError('NOT_FOUND', `run ${run.id} was removed while it ran`)
  return row
}

/** What another process has ended may be recorded before we have heard of it. */
function takeMissed({ store, patience }: HandleTools, run: LocalRun, results: ResultStream, row: RunRow): void {
  if (results.lacks(endedOf(row.items))) results.follow(recordedResults(store, run.id, patience))
}

/** Undefined, and the run has failed on our side, if it cannot be read: nobody is to wait for it for ever. */
function rowAtEnd({ store, patience }: HandleTools, run: LocalRun): MaybePromise<RunRow | undefined> {
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
