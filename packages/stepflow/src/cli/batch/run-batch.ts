// A batch: lines in, results out, with the engine between them. Nothing is held that is not in flight.
//
// 1. The output's lines are whole and in order whatever ends the batch, so that --resume can go on behind them.
// 2. The first interrupt starts nothing more and writes what still ends; the second stops at once.
// 3. A bad line never reaches the engine; its failure is written in its place.

import { closeSync, fstatSync, openSync } from 'node:fs'
import { resolve } from 'node:path'
import { FlowError, type Plan, type RunHandle } from '@stepflow/engine'
import { usage } from '../args.ts'
import type { Args, Io } from '../command.ts'
import { onInterrupt } from '../interrupts.ts'
import { ReaderGone } from '../io.ts'
import type { Messages } from '../messages.ts'
import { describeBatch, showBatch } from '../progress/show-batch.ts'
import type { Project } from '../project.ts'
import { cannot } from '../read-file.ts'
import { isFile, pipeWriter } from './pipes.ts'
import { type Lines, readLines } from './read-lines.ts'
import { type Kept, readKept } from './resume.ts'
import { createResultWriter, type ResultWriter } from './write-results.ts'

export interface BatchOptions {
  readonly project: Project
  readonly plan: Plan
  readonly options: { readonly variables: Record<string, unknown>; readonly maxConcurrent?: number }
  readonly args: Args
  readonly io: Io
  readonly messages: Messages
}

export async function runBatch(batch: BatchOptions): Promise<number> {
  const { args, io, messages } = batch
  const order = args.value('order') === 'completion' ? 'completion' : 'input'
  const inputs = args.value('inputs') as string // asked for before a batch is run
  const output = args.value('output')
  const input = openInput(inputs, io)
  try {
    refuseSameFile(input, output, io)
    const kept = keptBefore(args, order, io)
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
      return await drive(batch, order, input, writer, kept)
    } finally {
      if (output !== undefined) closeSync(target)
    }
  } finally {
    if (inputs !== '-') closeSync(input)
  }
}

// ---

async function drive(
  { project, plan, options, args, io, messages }: BatchOptions,
  order: 'input' | 'completion',
  input: number,
  writer: ResultWriter,
  kept: Kept | undefined,
): Promise<number> {
  const startedAt = Date.now()
  const elapsedMs = () => Date.now() - startedAt
  let isInterrupted = false
  const lines = readLines({
    fd: input,
    ...(kept ? { isDone: kept.isDone } : {}),
    onBad(item, message) {
      if (isInterrupted) return
      return writer.add(item, { outcome: 'failed', error: { code: 'INVALID_INPUT', message } })
    },
  })
  const handle = await project.engine.submit(plan, lines.values, { ...options, flow: project.file })
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
      messages.problem('finishing what runs; once more to stop at once')
      lines.stop()
      handle.drain()
    },
    () => messages.problem(howToGoOn(args, writer, kept)),
  )
  try {
    await writeResults(handle, lines, writer, order)
    await writer.flush()
  } catch (thrown) {
    lines.stop()
    void handle.cancel('the results cannot be written').catch(() => {})
    if (thrown instanceof ReaderGone || !FlowError.is(thrown)) throw thrown
    throw new FlowError(thrown.code, `${thrown.message}\n${howToGoOn(args, writer, kept)}`, { cause: thrown })
  } finally {
    display.end()
    restore()
  }
  messages.hint(describeBatch({ counts: writer.counts, part: undefined, elapsedMs: elapsedMs() }))
  if (isInterrupted) {
    messages.problem(howToGoOn(args, writer, kept))
    return 130
  }
  const failed = writer.counts.failed + (kept?.counts.failed ?? 0)
  return failed > 0 && !args.has('allow-failures') ? 1 : 0
}

async function writeResults(handle: RunHandle, lines: Lines, writer: ResultWriter, order: 'input' | 'completion') {
  for await (const batch of handle.batches(order)) {
    for (const { index, outcome } of batch) {
      const waiting = writer.add(lines.itemOf(index), outcome)
      if (waiting) await waiting
    }
  }
}

function openInput(name: string, io: Io): number {
  if (name === '-') {
    if (io.terminal.in) throw usage({ name: 'run' }, '--inputs is -, but nothing is piped in on stdin')
    return io.fds.in
  }
  try {
    const fd = openSync(resolve(io.cwd, name), 'r')
    if (!fstatSync(fd).isDirectory()) return fd
    closeSync(fd)
    throw Object.assign(new Error(), { code: 'EISDIR' })
  } catch (thrown) {
    throw cannot('read', name, 'the inputs', thrown)
  }
}

function openOutput(name: string | undefined, isResumed: boolean, io: Io): number {
  if (name === undefined) return io.fds.out
  try {
    return openSync(resolve(io.cwd, name), isResumed ? 'a' : 'w')
  } catch (thrown) {
    throw cannot('written', name, 'the output', thrown)
  }
}

/** Opening the output empties it: it must not be the input. */
function refuseSameFile(input: number, output: string | undefined, io: Io) {
  if (output === undefined) return
  let fd: number
  try {
    fd = openSync(resolve(io.cwd, output), 'r')
  } catch {
    return
  }
  const [a, b] = [fstatSync(input), fstatSync(fd)]
  closeSync(fd)
  if (b.isFile() && a.ino === b.ino && a.dev === b.dev) {
    throw usage({ name: 'run' }, `--inputs and --output are the same file: ${output}`)
  }
}

function keptBefore(args: Args, order: 'input' | 'completion', io: Io): Kept | undefined {
  if (!args.has('resume')) return undefined
  const output = args.value('output')
  if (output === undefined) throw usage({ name: 'run' }, '--resume goes on behind the lines of --output FILE: name it')
  try {
    return readKept(resolve(io.cwd, output), order)
  } catch (thrown) {
    if (FlowError.is(thrown)) throw thrown
    throw cannot('read', output, 'the output', thrown)
  }
}

function howToGoOn(args: Args, writer: ResultWriter, kept: Kept | undefined): string {
  const lines = writer.written + (kept?.lines ?? 0)
  const output = args.value('output')
  if (output === undefined) return `${lines} results are written; with --output FILE a batch can be resumed`
  const words = process.argv.slice(2).filter((word) => word !== '--resume')
  const line = ['stepflow', ...words, '--resume'].map(quoted).join(' ')
  return `${lines} results are in ${output}, whole lines all of them. To go on with the rest:\n  ${line}`
}

function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

function sizeOf(fd: number): number | undefined {
  const stat = fstatSync(fd)
  return stat.isFile() && stat.size > 0 ? stat.size : undefined
}
