// One input at a server: starts the run, and follows it to its end.

import { followOne } from './follow-run.ts'
import { announceSubmitted, keyOf, type ReadySubmit } from './submitted.ts'

/** Answers the exit code. */
export async function submitOne(ready: ReadySubmit, input: unknown): Promise<number> {
  const { client, run, args, io, onAway } = ready
  const { Patience } = await import('@stepflow/api/client')
  const idempotencyKey = keyOf(args)
  const { runId } = await new Patience({ onAway }).ask(() => client.startRun({ ...run, input, idempotencyKey }))
  if (args.has('detach')) {
    io.out(`${runId}\n`)
    return 0
  }
  return followOne(ready, runId, () => announceSubmitted(ready, runId))
}
