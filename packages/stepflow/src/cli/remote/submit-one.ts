// One input at a server: starts the run, reports what it waits for, prints its result.

import { randomUUID } from 'node:crypto'
import { isEnded, type Outcome } from '@stepflow/engine'
import { outputOf } from '../args.ts'
import { onInterrupt } from '../interrupts.ts'
import { exitOf, writeResult } from '../single-run.ts'
import { goesOn, pageOf, type ReadySubmit } from './submitted.ts'

const LOOK_MS = 1000

/** Answers the exit code. */
export async function submitOne(ready: ReadySubmit, input: unknown): Promise<number> {
  const { client, run, args, io, messages, onAway } = ready
  const { Patience } = await import('@stepflow/api/client')
  const idempotencyKey = randomUUID()
  const { runId } = await new Patience({ onAway }).ask(() => client.startRun({ ...run, input, idempotencyKey }))
  if (args.has('detach')) {
    io.out(`${runId}\n`)
    return 0
  }
  const left = new AbortController()
  const restore = onInterrupt(() => left.abort())
  messages.hint(`run ${runId}: ${pageOf(client, runId)}`)
  const looking = reportWaits(ready, runId)
  try {
    let outcome: Outcome | undefined
    for await (const results of client.getResults(runId, { signal: left.signal, onAway })) {
      outcome = results.at(-1)?.outcome ?? outcome
    }
    if (!outcome) {
      const { status } = await client.getRun(runId)
      messages.problem(`run ${runId} has no result: it is ${status}`)
      return status === 'cancelled' ? 130 : 1
    }
    const output = outputOf(args)
    const told = await writeResult(outcome, output, args.has('json'), io)
    if (output !== undefined) messages.hint(`the result is in ${output}`)
    return exitOf(told)
  } catch (thrown) {
    if (!left.signal.aborted) throw thrown
    messages.problem(goesOn(client, runId))
    return 130
  } finally {
    clearInterval(looking)
    restore()
  }
}

// ---

/** Reports what the run waits for, whenever that is something else. */
function reportWaits({ client, messages }: ReadySubmit, runId: string): NodeJS.Timeout {
  let last: string | undefined
  const look = async () => {
    const { waiting, status } = await client.getRun(runId)
    const text = isEnded(status) ? undefined : waiting?.text
    if (text !== undefined && text !== last) messages.hint(`step ${waiting?.step} ${text}`)
    last = text
  }
  return setInterval(() => void look().catch(() => {}), LOOK_MS).unref()
}
