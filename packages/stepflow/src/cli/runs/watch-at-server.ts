// stepflow runs watch --url: follows a run that a server drives until it ends, over connections that break off.

import { isEnded, type Outcome } from '@stepflow/engine'
import { onInterrupt } from '../interrupts.ts'
import { outcomeLine } from '../outcome-line.ts'
import { prettyJson } from '../pretty-json.ts'
import { describeEnd, followProgress } from '../progress/batch-progress.ts'
import { showBatch } from '../progress/show-batch.ts'
import { reportAway } from '../remote/open-client.ts'
import { rowOf, summaryIn } from '../remote/remote-row.ts'
import { showSteps } from '../remote/show-steps.ts'
import { exitOf } from '../single-run.ts'
import type { RemoteContext } from './action.ts'

export async function watchAtServer({ args, io, messages, client, operands }: RemoteContext): Promise<number> {
  const { runId, items } = await client.getRun(operands[0] as string) // there as its operands say
  const left = new AbortController()
  const { signal } = left
  const restore = onInterrupt(() => left.abort())
  const store = { runs: { get: async (id: string) => rowOf(await client.getRun(id)) } }
  const progress = await followProgress({ store, run: runId, retries: () => 0 })
  const isBatch = items.total !== 1
  const display = isBatch ? showBatch(progress, io, messages) : showSteps({ client, runId, io, messages, signal })
  let outcome: Outcome | undefined
  try {
    // Its results come to their end with the run.
    for await (const results of client.getResults(runId, {
      order: 'completion',
      signal,
      onAway: reportAway(messages),
    })) {
      if (!isBatch) outcome = results.at(-1)?.outcome
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown
    messages.problem(`run ${runId} continues without being watched`)
    return 130
  } finally {
    await display.end()
    restore()
    if (isBatch) messages.hint(describeEnd(await progress()))
  }
  const run = await client.getRun(runId)
  if (args.has('json')) io.out(`${JSON.stringify(summaryIn(run))}\n`)
  else if (isBatch) {
    for await (const results of client.getResults(runId, { order: 'input', onAway: reportAway(messages) })) {
      for (const one of results) io.out(`${outcomeLine(one.outcome).line}\n`)
    }
  } else if (outcome) {
    io.out(`${io.terminal.out ? prettyJson(outcome, io.terminal.color.out) : JSON.stringify(outcome)}\n`)
  }
  if (outcome) return exitOf(outcome)
  if (!isEnded(run.status)) return 1
  return run.status === 'cancelled' ? 130 : run.status === 'failed' ? 1 : 0
}
