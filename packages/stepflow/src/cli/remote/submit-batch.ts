// A batch at a server: sends the lines, and meanwhile writes the results that have come. Over connections that break off and
// servers that are restarted, each line is taken once and each result written once.

import { randomUUID } from 'node:crypto'
import { closeSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { FlowError } from '@stepflow/engine'
import { outputOf } from '../args.ts'
import { openInput, openOutput, refuseSameFile } from '../batch/open-files.ts'
import { isFile, pipeWriter } from '../batch/pipes.ts'
import { createResultWriter, type ResultWriter } from '../batch/write-results.ts'
import { onInterrupt } from '../interrupts.ts'
import { describeEnd, followProgress } from '../progress/batch-progress.ts'
import { showBatch } from '../progress/show-batch.ts'
import { rowOf } from './remote-row.ts'
import { openSpool, type Spool } from './spool.ts'
import { goesOn, pageOf, type ReadySubmit } from './submitted.ts'

/** Answers the exit code. */
export async function submitBatch(ready: ReadySubmit): Promise<number> {
  const { args, io } = ready
  const input = openInput(args.value('inputs') as string, io) // asked for before a batch is sent
  const output = outputOf(args)
  const spool = openSpool(input)
  try {
    refuseSameFile(input, output, io)
    if (args.has('detach')) return await detach(ready, spool)
    refuseResults(ready, output)
    const target = openOutput(output, false, io)
    try {
      const order = args.value('order') === 'completion' ? 'completion' : 'input'
      const name = output ?? 'the output'
      const write = output === undefined && !isFile(target) ? { write: pipeWriter() } : {}
      return await sendAndWrite(ready, spool, createResultWriter({ fd: target, order, name, ...write }), order)
    } finally {
      if (output !== undefined) closeSync(target)
    }
  } finally {
    spool.close()
    input.close()
  }
}

// ---

async function detach({ client, run, io, onAway }: ReadySubmit, spool: Spool): Promise<number> {
  const { runId } = await client.sendLines({ run, lines: () => spool.chunks(), key: randomUUID(), onAway })
  io.out(`${runId}\n`)
  return 0
}

async function sendAndWrite(
  { client, run, args, io, messages, onAway }: ReadySubmit,
  spool: Spool,
  writer: ResultWriter,
  order: 'input' | 'completion',
): Promise<number> {
  const left = new AbortController()
  const { signal } = left
  let named = (_: string) => {}
  const id = new Promise<string>((resolve) => {
    named = resolve
  })
  const lines = () => spool.chunks()
  const sending = client.sendLines({ run, lines, key: randomUUID(), onAway, signal, onRun: (runId) => named(runId) })
  const restore = onInterrupt(() => left.abort())
  let runId: string | undefined
  let display = { end() {} }
  try {
    runId = await Promise.race([id, sending.then((one) => one.runId)])
    messages.hint(`run ${runId}: ${pageOf(client, runId)}`)
    const store = { runs: { get: async (one: string) => rowOf(await client.getRun(one)) } }
    const progress = await followProgress({ store, run: runId, retries: () => 0 })
    display = showBatch(progress, io, messages)
    await Promise.all([sending, writeAll(client.getResults(runId, { order, signal, onAway }), writer)])
    display.end()
    const { counts } = writer
    messages.hint(describeEnd({ ...(await progress()), counts }))
    const { status, error } = await client.getRun(runId)
    if (status === 'cancelled') {
      messages.problem(`run ${runId} was cancelled`)
      return 130
    }
    // The lines did not come to their end: that is no item's failure.
    if (status === 'failed' && counts.failed === 0) messages.problem(error?.message ?? `run ${runId} failed`)
    const hasFailed = counts.failed > 0 ? !args.has('allow-failures') : status === 'failed'
    return hasFailed ? 1 : 0
  } catch (thrown) {
    if (!signal.aborted || runId === undefined) throw thrown
    display.end()
    await writer.flush()
    messages.problem(goesOn(client, runId))
    return 130
  } finally {
    left.abort()
    sending.catch(() => {})
    display.end()
    restore()
  }
}

async function writeAll(
  results: AsyncIterable<readonly { index: number; outcome: Parameters<ResultWriter['add']>[1] }[]>,
  writer: ResultWriter,
): Promise<void> {
  for await (const batch of results) {
    for (const { index, outcome } of batch) {
      const waiting = writer.add(index, outcome)
      if (waiting) await waiting
    }
  }
  await writer.flush()
}

/** A run at a server keeps its results; those of another batch in the output would be lost. */
function refuseResults({ args, io }: ReadySubmit, output: string | undefined): void {
  if (output === undefined || args.has('force')) return
  const stat = statSync(resolve(io.cwd, output), { throwIfNoEntry: false })
  if (!stat?.isFile() || stat.size === 0) return
  throw new FlowError(
    'INVALID_INPUT',
    `${output} holds results already: use --force to replace it, or name another file`,
  )
}
