// A recorded run that may have been removed since somebody heard of it.

import { FlowError, type RunId } from '@stepflow/engine'
import type { RecordedRun, RunReader } from '@stepflow/host/history'

/** Undefined if it was removed. */
export async function openIfThere(runs: RunReader, id: RunId): Promise<RecordedRun | undefined> {
  try {
    return await runs.open(id)
  } catch (thrown) {
    if (FlowError.is(thrown) && thrown.code === 'NOT_FOUND') return undefined
    throw thrown
  }
}
