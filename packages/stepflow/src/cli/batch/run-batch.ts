// A batch: reads lines, runs them, writes results. Holds nothing that is not in flight.
//
// 1. The output's lines are whole and in order whatever ends the batch, so that --resume can go on behind them.
// 2. The first interrupt starts nothing more and writes what still ends; the second stops at once.
// 3. A bad line is an item like any other: one that fails.
// 4. With a store, a line is written after its result is recorded: what the output lacks is in the journal.

import { FlowError, type RunHandle } from '@stepflow/engine'
import { type Lines, readLines } from '@stepflow/host'
import { countOption, outputOf } from '../args.ts'
import { DRAIN_MS, onInterrupt } from '../interrupts.ts'
import { ReaderGone } from '../io.ts'
import { type BatchProgress, describeEnd, followProgress } from '../progress/batch-progress.ts'
import { showBatch } from '../progress/show-batch.ts'
import { watchWaits } from '../progress/watch-waits.ts'
import { takeUp } from '../recorded-run.ts'
import { announceRun } from '../run-line.ts'
import { explainMissing } from '../single-run.ts'
import { storeWords } from '../store-option.ts'
import { countLines } from './count-lines.ts'
import { howToGoOn, howToRerun } from './go-on.ts'
import type { OpenBatch, ReadyRun } from './open-batch.ts'
import { openInput, refuseSameFile } from './open-files.ts'
import { withResultWriter } from './result-output.ts'
import type { Kept } from './resume.ts'
import { beginBehind, keptBefore, type Recorded, refuseOtherOutput, refuseUnfinished, whereToBegin } from './take-up.ts'
import type { ResultWriter } from './write-results.ts'

export async function runBatch(ready: ReadyRun): Promise<number> {
  const { args, io, messages } = ready
  const input = openInput(args.value('inputs') as string, io) // asked for before a batch is run
  try {
    const batch: OpenBatch = {
      ...ready,
      input,
      output: outputOf(args),
      order: args.value('order') === 'completion' ? 'completion' : 'input',
      limit: countOption({ name: 'run' }, args, 'limit'),
    }
    const { output, order } = batch
    refuseSameFile(input, output, io)
    await refuseUnfinished(batch)
    await ready.project.start()
    const found = await whereToBegin(batch)
    const kept = keptBefore(batch, found)
    const recorded = beginBehind(found, kept, order)
    return await withResultWriter({ output, order, kept, io }, (writer) => {
      if (kept) messages.hint(`${kept.lines} results are already in the output`)
      messages.countRepeats()
      return drive(batch, writer, kept, recorded)
    })
  } finally {
    input.close()
  }
}

// ---

async function drive(
  batch: OpenBatch,
  writer: ResultWriter,
  kept: Kept | undefined,
  recorded: Recorded | undefined,
): Promise<number> {
  const { project, args, io, messages, input, limit, drainMs = DRAIN_MS } = batch
  let isInterrupted = false
  const isDone = passedOver(recorded, kept)
  const lines = readLines({ read: input.read, ...(isDone ? { isDone } : {}), ...(limit ? { limit } : {}) })
  const handle = await begin(batch, lines, recorded)
  const { store } = project
  // The results of a run that is taken up come sooner than the lines that they belong to.
  const itemOf = recorded ? (index: number) => index + linesBefore(recorded) : (index: number) => lines.itemOf(index)
  const rest = () => howToGoOn({ args, writer, kept, isRecorded: store.durable })
  // Before the run is named: whoever reads that may interrupt at once.
  const restore = onInterrupt(
    () => {
      isInterrupted = true
      messages.problem(`waiting up to ${drainMs / 1000} s for the items in flight; press Ctrl-C again to stop at once`)
      lines.stop()
      handle.drain()
    },
    () => messages.problem(rest()),
    drainMs,
  )
  let display = { end() {} }
  let progress: () => Promise<BatchProgress>
  try {
    await announceRun({ store, io, messages, opens: args.has('open') }, handle.id)
    progress = await followProgress({
      store,
      run: handle.id,
      before: beforeRun(recorded, kept),
      total: totalOf(batch, lines),
      retries: () => messages.retries,
    })
    display = showBatch(progress, io, messages)
    await writeResults(handle, batch.order, itemOf, writer, kept)
    await writer.flush()
  } catch (thrown) {
    lines.stop()
    if (store.durable) handle.drain()
    else void handle.cancel('the results cannot be written').catch(() => {})
    if (thrown instanceof ReaderGone || !FlowError.is(thrown)) throw thrown
    throw new FlowError(thrown.code, `${thrown.message}\n${rest()}`, { cause: thrown })
  } finally {
    display.end()
    restore()
  }
  const { counts } = writer
  messages.sayRepeats()
  messages.hint(describeEnd({ ...(await progress()), counts }))
  if (isInterrupted) {
    messages.problem(rest())
    return 130
  }
  refuseOtherOutput(batch, kept, lines, recorded)
  const words = storeWords(project.config.stateStore, io)
  const { status } = await handle.ended
  if (status !== 'completed' && status !== 'failed') return explainMissing(handle, words, messages)
  if (counts.failed > 0) messages.hint(howToRerun(handle.id, store.durable, words))
  return counts.failed > 0 && !args.has('allow-failures') ? 1 : 0
}

/** Starts the run, or takes up the one that is recorded: then all lines are read again, and those it has are passed over. */
async function begin(
  { project, plan, overrides, options, io, messages }: OpenBatch,
  lines: Lines,
  recorded: Recorded | undefined,
): Promise<RunHandle> {
  const { engine, store, file } = project
  const flow = plan.name || file
  if (!recorded) return engine.submit(plan, lines.values, { ...options, flow })
  const waits = watchWaits(plan, messages.hint, storeWords(project.config.stateStore, io))
  const { run, origin: trigger } = recorded
  if (!run) {
    const { recordFlow } = await import('@stepflow/host')
    const facts = { flow, ...(await recordFlow(store, project, overrides)), trigger }
    const handle = await engine.submit(plan, lines.values, { ...options, ...facts, watch: waits.see })
    waits.name(handle.id)
    return handle
  }
  const { maxConcurrent } = options
  const resumeOptions = { inputs: lines.values, ...(maxConcurrent === undefined ? {} : { maxConcurrent }) }
  const handle = await takeUp({ engine, store, run, messages, see: waits.see, options: resumeOptions })
  waits.name(handle.id)
  return handle
}

/** Lines that are no items of the run; undefined if all are. */
function passedOver(recorded: Recorded | undefined, kept: Kept | undefined): ((item: number) => boolean) | undefined {
  if (!recorded) return kept?.isDone
  const before = linesBefore(recorded)
  return before > 0 ? (item) => item < before : undefined
}

/** The run's first item is the line after so many. */
function linesBefore({ run, origin }: Recorded): number {
  return Number((run ? run.trigger?.kept : origin.kept) ?? 0)
}

/** What the output held that is not the run's. */
function beforeRun(recorded: Recorded | undefined, kept: Kept | undefined) {
  if (!recorded?.run) return kept?.counts
  // How these ended is known only to the output, and it may be another one by now.
  return { success: linesBefore(recorded), skipped: 0, failed: 0 }
}

async function writeResults(
  handle: RunHandle,
  order: 'input' | 'completion',
  itemOf: (index: number) => number,
  writer: ResultWriter,
  kept: Kept | undefined,
): Promise<void> {
  for await (const results of handle.batches(order)) {
    for (const { index, outcome } of results) {
      const item = itemOf(index)
      if (kept?.isDone(item)) continue
      const waiting = writer.add(item, outcome)
      if (waiting) await waiting
    }
  }
}

/** Larger files are not read twice: their number of lines is guessed from those that were read. */
const COUNTED_BYTES = 1 << 26

function totalOf({ input, limit }: OpenBatch, lines: Lines): () => BatchProgress['total'] {
  const { size } = input
  if (size === undefined) return () => undefined
  const most = (items: number) => (limit === undefined ? items : Math.min(items, limit))
  if (size > COUNTED_BYTES) {
    return () => {
      if (lines.items === 0 || lines.bytes === 0) return undefined
      return { items: most(Math.round((lines.items / lines.bytes) * size)), isAbout: true }
    }
  }
  let counted: number | undefined
  // A file that cannot be read is met by who reads it.
  countLines(input.fd, limit).then(
    (items) => {
      counted = items
    },
    () => {},
  )
  return () => (counted === undefined ? undefined : { items: counted })
}
