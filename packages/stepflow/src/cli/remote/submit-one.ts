// One input at a server: starts the run, and follows it to its end. An input that the server refuses has the outcome that it has
// here.

import { FlowError, isRecord, type Outcome } from '@stepflow/engine'
import { outputOf } from '../args.ts'
import { reportOutcome } from '../single-run.ts'
import { followOne } from './follow-run.ts'
import { announceSubmitted, keyOf, type ReadySubmit } from './submitted.ts'

/** Answers the exit code. */
export async function submitOne(ready: ReadySubmit, input: unknown): Promise<number> {
  const { client, run, args, io, messages, onAway } = ready
  const { Patience } = await import('@stepflow/api/client')
  const idempotencyKey = keyOf(args)
  let runId: string
  try {
    ;({ runId } = await new Patience({ onAway }).ask(() => client.startRun({ ...run, input, idempotencyKey })))
  } catch (thrown) {
    const outcome = refused(thrown)
    if (!outcome || args.has('detach')) throw thrown
    return reportOutcome(outcome, { output: outputOf(args), isJson: args.has('json'), io, messages })
  }
  if (args.has('detach')) {
    io.out(`${runId}\n`)
    return 0
  }
  return followOne(ready, runId, () => announceSubmitted(ready, runId))
}

// ---

/** Undefined unless it is the input that does not fit. */
function refused(thrown: unknown): Outcome | undefined {
  if (!FlowError.is(thrown) || thrown.code !== 'INVALID_INPUT' || !Array.isArray(thrown.data)) return undefined
  const findings: readonly unknown[] = thrown.data
  const violations = findings.flatMap((one) =>
    isRecord(one) && one.code === 'DOES_NOT_FIT' ? [{ path: String(one.path), message: String(one.message) }] : [],
  )
  if (violations.length === 0 || violations.length < findings.length) return undefined
  return { outcome: 'failed', error: { code: 'INVALID_INPUT', message: thrown.message, data: { violations } } }
}
