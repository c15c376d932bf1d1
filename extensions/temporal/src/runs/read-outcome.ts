// How a run ended, off the end of its workflow.

import { type ErrorValue, FlowError, failed, type Outcome } from '@stepflow/engine'
import { WorkflowFailedError } from '@temporalio/client'
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common'
import { type Connected, isUnknownRun, serverFailure } from '../connect.ts'
import { readJournal } from './read-journal.ts'

/** Waits for its end. */
export async function readOutcome(connected: Connected, id: string): Promise<Outcome> {
  const { client, address } = connected
  try {
    return (await client.workflow.getHandle(id).result()) as Outcome // as our workflow has given it
  } catch (thrown) {
    if (thrown instanceof WorkflowFailedError) {
      const { cause } = thrown
      return cause instanceof CancelledFailure ? cancelled(connected, id) : failed(errorOf(cause))
    }
    if (isUnknownRun(thrown)) throw new FlowError('NOT_FOUND', `there is no run ${id}`, { cause: thrown })
    throw serverFailure(thrown, address)
  }
}

// ---

/** Why, only the journal says, and only while a worker is up. */
async function cancelled(connected: Connected, id: string): Promise<Outcome> {
  const rows = await readJournal(connected, id).catch(() => [])
  for (const { entries } of rows ?? []) for (const entry of entries) if (entry.type === 'finished') return entry.outcome
  return failed({ code: 'CANCELLED', message: 'the run was cancelled' })
}

function errorOf(cause: Error | undefined): ErrorValue {
  if (cause instanceof ApplicationFailure) {
    const [error] = (cause.details ?? []) as readonly (ErrorValue | undefined)[] // as our workflow has thrown it
    if (error) return error
  }
  if (cause instanceof TerminatedFailure) return { code: 'CANCELLED', message: `terminated: ${cause.message}` }
  if (cause instanceof TimeoutFailure) return { code: 'TIMEOUT', message: 'Temporal ended the run: its time was over' }
  return { code: 'INTERNAL', message: cause?.message ?? 'the workflow failed' }
}
