// A batch: lines in, results out, with the engine between them. Nothing is held that is not in flight.
//
// 1. The output's lines are whole and in order whatever ends the batch, so that --resume can go on behind them.
// 2. The first interrupt starts nothing more and writes what still ends; the second stops at once.
// 3. A bad line never reaches the engine; its failure is written in its place.
// 4. With a store, a line is written after its result is recorded: what the output lacks is in the journal.

import { closeSync } from 'node:fs'
import { resolve } from 'node:path'
import { FlowError, type Plan, type RunHandle, type RunRow } from '@stepflow/engine'
import { cannot } from '@stepflow/host'
import { usage } from '../args.ts'
import type { Args, Io } from '../command.ts'
import { DRAIN_MS, onInterrupt } from '../interrupts.ts'
import { ReaderGone } from '../io.ts'
import type { Messages } from '../messages.ts'
import { describeBatch, showBatch } from '../progress/show-batch.ts'
import { shellWord, watchWaits } from '../progress/watch-waits.ts'
import type { Project } from '../project.ts'
import { describeOrigin, findRunToResume, type Origin, takeUp } from '../recorded-run.ts'
import { explainMissing } from '../single-run.ts'
import { storeWords } from '../store-option.ts'
import { openInput, openOutput, refuseSameFile, sizeOf } from './open-files.ts'
import { isFile, pipeWriter } from './pipes.ts'
import { type Lines, readLines } from './read-lines.ts'
import { type Kept, readKept } from './resume.ts'
import { createResultWriter, type ResultWriter } from './write-results.ts'

/** What `stepflow run` has before it starts anything. */
export interface ReadyRun {
  readonly project: Project
  readonly plan: Plan
  /** How long what is in flight at an interrupt may take. */
  readonly drainMs?: number | undefined
  readonly options: { readonly variables: Record<string, unknown>; readonly maxConcurrent?: number }
  readonly args: Args
  readonly io: Io
  readonly messages: Messages
}

export async function runBatch(batch: ReadyRun): Promise<number> {
  const { args, io, messages } = batch
  const order = args.value('order') === 'completion' ? 'completion' : 'input'
  const inputs = args.value('inputs') as string // asked for before a batch is run
  const output = args.value('output')
  const input = openInput(inputs, io)
  try {
    refuseSameFile(input, output, io)
    const recorded = await findRecorded(batch)
    const kept = keptBefore(args, order, recorded !== undefined, io)
    const taken = recorded && takeRecorded(recorded, kept, order)
    const target = openOutput(output, args.has('resume'), io)
    try {
      const writer = createResultWriter({
        fd: target,
        order,
        name: output ?? 'the output',
        ...(output === undefined && !isFile(target) ? { write: pipeWriter() } : {}),
        ...(order === 'input' ? { from: kept?.lines ?? 0 } : {}),
      })
      if (kept) messages.hint(`${kept.lines} results are there already`)
      return await drive(batch, order, input, writer, kept, taken)
    } finally {
      if (output !== undefined) closeSync(target)
    }
  } finally {
    if (inputs !== '-') closeSync(input)
  }
}

// ---

/** Where the batch is recorded, if it is. */
interface Recorded {
  readonly origin: Origin
  /** The run that is taken up; absent: a new one begins. */
  readonly run?: RunRow
}

async function findRecorded({ project, plan, options, args, io, messages }: ReadyRun): Promise<Recorded | undefined> {
  const { store, file } = project
  if (!store.durable) return undefined
  const origin = describeOrigin({ plan, file, args, io, variables: options.variables })
  const named = args.value('resume')
  const run = named === undefined ? undefined : await findRunToResume(store, origin, named)
  if (!run && named !== undefined) messages.hint('no run of this flow and these inputs is recorded: a new one begins')
  return run ? { origin, run } : { origin }
}

/** A new run behind results of before has to know how many they were: its first item is the line after them. */
function takeRecorded({ origin, run }: Recorded, kept: Kept | undefined, order: 'input' | 'completion'): Recorded {
  if (run) return { origin, run }
  if (!kept || kept.lines === 0) return { origin }
  if (order === 'input') return { origin: { ...origin, kept: String(kept.lines) } }
  throw usage(
    { name: 'run' },
    'no run of this batch is recorded, and its output is in the order of completion: --resume goes on with it without --store',
  )
}

async function drive(
  batch: ReadyRun,
  order: 'input' | 'completion',
  input: number,
  writer: ResultWriter,
  kept: Kept | undefined,
  recorded: Recorded | undefined,
): Promise<number> {
  const { project, args, io, messages, drainMs = DRAIN_MS } = batch
  const startedAt = Date.now()
  const elapsedMs = () => Date.now() - startedAt
  let isInterrupted = false
  const isWritten = kept?.isDone ?? (() => false)
  const lines = readLines({
    fd: input,
    isDone: passedOver(recorded, kept),
    onBad(item, message) {
      if (isInterrupted || isWritten(item)) return
      return writer.add(item, { outcome: 'failed', error: { code: 'INVALID_INPUT', message } })
    },
  })
  const handle = await begin(batch, lines, recorded)
  const { durable } = project.store
  const rest = () => howToGoOn({ args, writer, kept, isRecorded: durable })
  if (durable) messages.hint(`run ${handle.id}`)
  const size = sizeOf(input)
  const progress = () => ({
    counts: writer.counts,
    part: size ? lines.bytesRead / size : undefined,
    elapsedMs: elapsedMs(),
  })
  const display = showBatch(progress, io, messages)
  const restore = onInterrupt(
    () => {
      isInterrupted = true
      messages.problem(`finishing what runs, for at most ${drainMs / 1000} s; once more to stop at once`)
      lines.stop()
      handle.drain()
    },
    () => messages.problem(rest()),
    drainMs,
  )
  try {
    await writeResults(handle, lines, writer, order, isWritten)
    await writer.flush()
  } catch (thrown) {
    lines.stop()
    if (durable) handle.drain()
    else void handle.cancel('the results cannot be written').catch(() => {})
    if (thrown instanceof ReaderGone || !FlowError.is(thrown)) throw thrown
    throw new FlowError(thrown.code, `${thrown.message}\n${rest()}`, { cause: thrown })
  } finally {
    display.end()
    restore()
  }
  messages.hint(describeBatch({ counts: writer.counts, part: undefined, elapsedMs: elapsedMs() }))
  if (isInterrupted) {
    messages.problem(rest())
    return 130
  }
  refuseOtherOutput(kept, lines, recorded?.run, args)
  const { status } = await handle.ended
  if (status !== 'completed' && status !== 'failed') {
    return explainMissing(handle, storeWords(project.config.stateStore, io), messages)
  }
  const failed = writer.counts.failed + (kept?.counts.failed ?? 0)
  return failed > 0 && !args.has('allow-failures') ? 1 : 0
}

/** Starts the run, or takes up the one that is recorded: then all lines are read again, and those it has are passed over. */
async function begin(
  { project, plan, options, io, messages }: ReadyRun,
  lines: Lines,
  recorded: Recorded | undefined,
): Promise<RunHandle> {
  const { engine, store, file } = project
  if (!recorded) return engine.submit(plan, lines.values, { ...options, flow: file })
  const waits = watchWaits(plan, messages.hint, storeWords(project.config.stateStore, io))
  const { run, origin: trigger } = recorded
  if (!run) {
    const handle = await engine.submit(plan, lines.values, { ...options, trigger, flow: file, watch: waits.see })
    waits.name(handle.id)
    return handle
  }
  const { maxConcurrent } = options
  const resumeOptions = { inputs: lines.values, ...(maxConcurrent === undefined ? {} : { maxConcurrent }) }
  const handle = await takeUp({ engine, store, run, messages, see: waits.see, options: resumeOptions })
  waits.name(handle.id)
  // The run has taken all of its inputs, so nobody else reads the lines; which are bad must be known all the same.
  if (run.items.total >= 0) void readAll(lines)
  return handle
}

/** Lines that are no items of the run. */
function passedOver(recorded: Recorded | undefined, kept: Kept | undefined): (item: number) => boolean {
  if (!recorded) return kept?.isDone ?? (() => false)
  const before = Number((recorded.run ? recorded.run.trigger?.kept : recorded.origin.kept) ?? 0)
  return (item) => item < before
}

async function readAll(lines: Lines) {
  for await (const _ of lines.values);
}

async function writeResults(
  handle: RunHandle,
  lines: Lines,
  writer: ResultWriter,
  order: 'input' | 'completion',
  isWritten: (item: number) => boolean,
) {
  for await (const batch of handle.batches(order)) {
    for (const { index, outcome } of batch) {
      // The results of a run that is taken up come sooner than the lines that they belong to.
      const reached = lines.reached(index)
      if (reached !== true && !(await reached)) continue
      const item = lines.itemOf(index)
      if (isWritten(item)) continue
      const waiting = writer.add(item, outcome)
      if (waiting) await waiting
    }
  }
}

function keptBefore(args: Args, order: 'input' | 'completion', isRecorded: boolean, io: Io): Kept | undefined {
  if (!args.has('resume')) return undefined
  const output = args.value('output')
  if (output === undefined) {
    // What is recorded can be told again from the first result.
    if (isRecorded) return undefined
    throw usage({ name: 'run' }, '--resume goes on behind the lines of --output FILE: name it')
  }
  try {
    return readKept(resolve(io.cwd, output), order)
  } catch (thrown) {
    if (FlowError.is(thrown)) throw thrown
    throw cannot('read', output, 'the output', thrown)
  }
}

/** Results behind which nothing was left to do may be those of other inputs: more than there are lines must be. */
function refuseOtherOutput(kept: Kept | undefined, lines: Lines, run: RunRow | undefined, args: Args) {
  // A run that is taken up has these inputs, and need not have read them to the end.
  if (!kept || run || kept.lines <= lines.items) return
  throw new FlowError(
    'INVALID_INPUT',
    `${args.value('output')} holds ${kept.lines} results, but the inputs have only ${lines.items} lines: it is the output of another batch; without --resume it is written anew`,
  )
}

interface GoOn {
  readonly args: Args
  readonly writer: ResultWriter
  readonly kept: Kept | undefined
  readonly isRecorded: boolean
}

function howToGoOn({ args, writer, kept, isRecorded }: GoOn): string {
  const lines = writer.written + (kept?.lines ?? 0)
  const output = args.value('output')
  const words = process.argv.slice(2).filter((word) => !/^--resume(=|$)/.test(word))
  const line = ['stepflow', ...words, '--resume'].map(shellWord).join(' ')
  if (output !== undefined) {
    return `${lines} results are in ${output}, whole lines all of them. To go on with the rest:\n  ${line}`
  }
  if (isRecorded) return `${lines} results are written, and all are recorded. To have them all:\n  ${line}`
  return `${lines} results are written; with --output FILE a batch can be resumed`
}
