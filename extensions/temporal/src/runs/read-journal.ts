// The journal of a run, as its workflow answers it while a worker is up.

import type { JournalRow } from '@stepflow/engine'
import { FlowError } from '@stepflow/engine'
import { type Connected, GRPC, grpcCode, isUnknownRun, messageOf, serverFailure } from '../connect.ts'
import { NAMES } from '../far-call.ts'
import { statusOf } from './list-runs.ts'

/** So long a worker is waited for. */
const PATIENCE_MS = 10_000

/** Undefined if there is no such run. */
export async function readJournal(
  { client, address, connection }: Connected,
  id: string,
): Promise<readonly JournalRow[] | undefined> {
  const handle = client.workflow.getHandle(id)
  try {
    return await connection.withDeadline(Date.now() + PATIENCE_MS, () =>
      handle.query<readonly JournalRow[]>(NAMES.journal),
    )
  } catch (thrown) {
    if (isUnknownRun(thrown)) return undefined
    const code = grpcCode(thrown)
    if (code !== GRPC.DEADLINE_EXCEEDED && code !== GRPC.FAILED_PRECONDITION) {
      throw FlowError.is(thrown) ? thrown : queryFailed(id, thrown, address)
    }
    const { status } = await handle.describe()
    const message = `run ${id} is ${statusOf(status.name)}, but no worker of its version polls the task queue ${address.taskQueue}, and only a worker knows its steps: start stepflow worker with the same --engine`
    throw new FlowError('RESOURCE_UNAVAILABLE', message, { retryable: false, cause: thrown })
  }
}

// ---

function queryFailed(id: string, thrown: unknown, address: Connected['address']): unknown {
  const failure = serverFailure(thrown, address)
  if (failure !== thrown) return failure
  return new FlowError('INVALID_INPUT', `the steps of run ${id} cannot be read: ${messageOf(thrown)}`, {
    cause: thrown,
  })
}
