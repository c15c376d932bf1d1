// Follows a run of many items to its end: their results, a line each, in the order of the items.

import type { JournalEntry, RunHandle } from '@stepflow/engine'
import { howToRerun } from '../batch/go-on.ts'
import { withResultWriter, writeAll } from '../batch/result-output.ts'
import type { ResultWriter } from '../batch/write-results.ts'
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
  messages.countRepeats()
  const handle: RunHandle = await begin((entries: readonly JournalEntry[]) => waits.see(entries))
  const leave = () =>
    messages.problem(`run ${handle.id} is interrupted and kept. To continue it:\n  ${goOn(handle.id, storeWords)}`)
  let isInterrupted = false
  // Before the run is named: whoever reads that may interrupt at once.
  const restore = onInterrupt(() => {
    isInterrupted = true
    messages.problem(`waiting up to ${DRAIN_MS / 1000} s for the items in flight; press Ctrl-C again to stop at once`)
    handle.drain()
  }, leave)
  let failed: number
  try {
    await announceRun(run, handle.id)
    waits.name(handle.id)
    failed = await withResultWriter({ output, order: 'input', io }, (writer) => writeResults(run, handle, writer))
  } finally {
    restore()
  }
  if (isInterrupted) {
    leave()
    return 130
  }
  const { status } = await handle.ended
  if (status !== 'completed' && status !== 'failed') return explainMissing(handle, storeWords, messages)
  if (failed > 0) messages.hint(howToRerun(handle.id, true, storeWords))
  return failed > 0 && !allowsFailures ? 1 : 0
}

// ---

/** Answers how many have failed. */
async function writeResults({ store, io, messages }: ManyRun, handle: RunHandle, writer: ResultWriter) {
  const progress = await followProgress({ store, run: handle.id, retries: () => messages.retries })
  const display = showBatch(progress, io, messages)
  try {
    await writeAll(handle.batches('input'), writer)
  } finally {
    display.end()
  }
  const { counts } = writer
  messages.sayRepeats()
  messages.hint(describeEnd({ ...(await progress()), counts }))
  return counts.failed
}
