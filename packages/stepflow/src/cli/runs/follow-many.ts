// Follows a run of many items to its end: their results, a line each, in the order of the items.

import { closeSync, openSync } from 'node:fs'
import { resolve } from 'node:path'
import { FlowError, type JournalEntry, type RunHandle } from '@stepflow/engine'
import { cannot } from '@stepflow/host'
import { howToRerun } from '../batch/go-on.ts'
import { isFile, pipeWriter } from '../batch/pipes.ts'
import { createResultWriter } from '../batch/write-results.ts'
import { DRAIN_MS, onInterrupt } from '../interrupts.ts'
import { describeEnd, followProgress } from '../progress/batch-progress.ts'
import { showBatch } from '../progress/show-batch.ts'
import { watchWaits } from '../progress/watch-waits.ts'
import { announceRun } from '../run-line.ts'
import { explainMissing, goOn, type SingleRun } from '../single-run.ts'

export interface ManyRun extends SingleRun {
  readonly allowsFailures: boolean
}

/** Answers the exit code. */
export async function followMany(run: ManyRun): Promise<number> {
  const { plan, storeWords, output, io, messages, allowsFailures, begin } = run
  const waits = watchWaits(plan, messages.hint, storeWords)
  messages.countRetries()
  const handle: RunHandle = await begin((entries: readonly JournalEntry[]) => waits.see(entries))
  await announceRun(run, handle.id)
  waits.name(handle.id)
  const target = open(output, run)
  const writer = createResultWriter({
    fd: target,
    order: 'input',
    name: output ?? 'the output',
    ...(output === undefined && !isFile(target) ? { write: pipeWriter() } : {}),
  })
  const progress = await followProgress({ store: run.store, run: handle.id, retries: () => messages.retries })
  const display = showBatch(progress, io, messages)
  const leave = () =>
    messages.problem(`run ${handle.id} is interrupted and kept. To continue it:\n  ${goOn(handle.id, storeWords)}`)
  let isInterrupted = false
  const restore = onInterrupt(() => {
    isInterrupted = true
    messages.problem(`waiting up to ${DRAIN_MS / 1000} s for the items in flight; press Ctrl-C again to stop at once`)
    handle.drain()
  }, leave)
  try {
    for await (const batch of handle.batches('input')) {
      for (const { index, outcome } of batch) {
        const waiting = writer.add(index, outcome)
        if (waiting) await waiting
      }
    }
    await writer.flush()
  } finally {
    display.end()
    restore()
    if (output !== undefined) closeSync(target)
  }
  messages.hint(describeEnd({ ...(await progress()), counts: writer.counts }))
  if (isInterrupted) {
    leave()
    return 130
  }
  const { status } = await handle.ended
  if (status !== 'completed' && status !== 'failed') return explainMissing(handle, storeWords, messages)
  if (writer.counts.failed > 0) messages.hint(howToRerun(handle.id, true, storeWords))
  return writer.counts.failed > 0 && !allowsFailures ? 1 : 0
}

// ---

function open(output: string | undefined, { io }: ManyRun): number {
  if (output === undefined) return io.fds.out
  try {
    return openSync(resolve(io.cwd, output), 'w')
  } catch (thrown) {
    if (FlowError.is(thrown)) throw thrown
    throw cannot('written', output, 'the output', thrown)
  }
}
