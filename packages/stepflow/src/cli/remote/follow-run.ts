// A run that a server drives, followed to its end: of one item its result, of a batch the results as lines. Over connections
// that break off and servers that are restarted, each result is written once.

import type { StepflowClient } from '@stepflow/api/client'
import type { FlowError, Outcome } from '@stepflow/engine'
import { outputOf } from '../args.ts'
import { howToRerun } from '../batch/go-on.ts'
import { type ResultOutput, writeAll } from '../batch/result-output.ts'
import type { ResultWriter } from '../batch/write-results.ts'
import type { Args, Io } from '../command.ts'
import { onInterrupt } from '../interrupts.ts'
import type { Messages } from '../messages.ts'
import { describeEnd, followProgress } from '../progress/batch-progress.ts'
import { showBatch } from '../progress/show-batch.ts'
import { reportOutcome } from '../single-run.ts'
import { urlWords } from './open-client.ts'
import { rowOf } from './remote-row.ts'
import { showSteps } from './show-steps.ts'
import { goesOn } from './submitted.ts'

export interface FollowRun {
  readonly client: StepflowClient
  readonly args: Args
  readonly io: Io
  readonly messages: Messages
  readonly onAway: (error: FlowError) => void
}

/** Answers the exit code. `announce` names the run: whoever reads that may interrupt at once, and is told that it goes on. */
export async function followOne(
  { client, args, io, messages, onAway }: FollowRun,
  runId: string,
  announce: () => Promise<void>,
): Promise<number> {
  const left = new AbortController()
  const restore = onInterrupt(() => left.abort())
  await announce()
  const steps = showSteps({ client, runId, io, messages, signal: left.signal })
  let outcome: Outcome | undefined
  try {
    for await (const results of client.getResults(runId, { signal: left.signal, onAway })) {
      outcome = results.at(-1)?.outcome ?? outcome
    }
  } catch (thrown) {
    if (!left.signal.aborted) throw thrown
  } finally {
    await steps.end()
    restore()
  }
  if (left.signal.aborted) {
    messages.problem(goesOn(client, runId))
    return 130
  }
  if (!outcome) {
    const { status } = await client.getRun(runId)
    messages.problem(`run ${runId} has no result: it is ${status}`)
    return status === 'cancelled' ? 130 : 1
  }
  return reportOutcome(outcome, { output: outputOf(args), isJson: args.has('json'), io, messages })
}

export interface FollowMany extends FollowRun {
  readonly runId: string
  /** What is sent meanwhile: it fails with it. */
  readonly sending?: Promise<unknown>
  /** Aborted when this command is interrupted: the run goes on. */
  readonly left: AbortController
}

/** Where a batch leaves its results. */
export function outputAt({ args, io }: Pick<FollowRun, 'args' | 'io'>): ResultOutput {
  return { output: outputOf(args), order: orderOf(args), io }
}

/** Answers the exit code. */
export async function followMany(at: FollowMany, writer: ResultWriter): Promise<number> {
  const { client, args, io, messages, onAway, runId, sending, left } = at
  const { signal } = left
  const store = { runs: { get: async (id: string) => rowOf(await client.getRun(id)) } }
  const progress = await followProgress({ store, run: runId, retries: () => 0 })
  const display = showBatch(progress, io, messages)
  try {
    const results = client.getResults(runId, { order: orderOf(args), signal, onAway })
    await Promise.all([sending, writeAll(results, writer)])
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
    if (counts.failed > 0) messages.hint(howToRerun(runId, true, urlWords(client)))
    const hasFailed = counts.failed > 0 ? !args.has('allow-failures') : status === 'failed'
    return hasFailed ? 1 : 0
  } catch (thrown) {
    if (!signal.aborted) throw thrown
    display.end()
    await writer.flush()
    messages.problem(goesOn(client, runId))
    return 130
  } finally {
    display.end()
  }
}

// ---

function orderOf(args: Args): 'input' | 'completion' {
  return args.value('order') === 'completion' ? 'completion' : 'input'
}
