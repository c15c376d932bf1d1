// A batch at a server: sends the lines, and meanwhile writes the results that have come.

import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { FlowError } from '@stepflow/engine'
import { outputOf } from '../args.ts'
import { openInput, refuseSameFile } from '../batch/open-files.ts'
import { withResultWriter } from '../batch/result-output.ts'
import type { ResultWriter } from '../batch/write-results.ts'
import type { Args, Io } from '../command.ts'
import { onInterrupt } from '../interrupts.ts'
import { followMany, outputAt } from './follow-run.ts'
import { openSpool, type Spool } from './spool.ts'
import { announceSubmitted, keyOf, type ReadySubmit } from './submitted.ts'

/** Answers the exit code. */
export async function submitBatch(ready: ReadySubmit): Promise<number> {
  const { args, io } = ready
  const input = openInput(args.value('inputs') as string, io) // asked for before a batch is sent
  const output = outputOf(args)
  const spool = openSpool(input)
  try {
    refuseSameFile(input, output, io)
    if (args.has('detach')) return await detach(ready, spool)
    refuseResults(args, io, output)
    return await withResultWriter(outputAt(ready), (writer) => sendAndFollow(ready, spool, writer))
  } finally {
    spool.close()
    input.close()
  }
}

// ---

async function detach({ client, run, args, io, onAway }: ReadySubmit, spool: Spool): Promise<number> {
  const { runId } = await client.sendLines({ run, lines: () => spool.chunks(), key: keyOf(args), onAway })
  io.out(`${runId}\n`)
  return 0
}

async function sendAndFollow(ready: ReadySubmit, spool: Spool, writer: ResultWriter): Promise<number> {
  const { client, run, args, onAway } = ready
  const left = new AbortController()
  const { signal } = left
  let named = (_: string) => {}
  const id = new Promise<string>((resolve) => {
    named = resolve
  })
  const lines = () => spool.chunks()
  const sending = client.sendLines({ run, lines, key: keyOf(args), onAway, signal, onRun: (runId) => named(runId) })
  const restore = onInterrupt(() => left.abort())
  try {
    const runId = await Promise.race([id, sending.then((one) => one.runId)])
    await announceSubmitted(ready, runId)
    return await followMany({ ...ready, runId, sending, left }, writer)
  } finally {
    left.abort()
    sending.catch(() => {})
    restore()
  }
}

/** Runs elsewhere keep their results; those of another batch in the output would be lost. */
export function refuseResults(args: Args, io: Io, output: string | undefined): void {
  if (output === undefined || args.has('force')) return
  const stat = statSync(resolve(io.cwd, output), { throwIfNoEntry: false })
  if (!stat?.isFile() || stat.size === 0) return
  throw new FlowError(
    'INVALID_INPUT',
    `${output} holds results already: use --force to replace it, or name another file`,
  )
}
