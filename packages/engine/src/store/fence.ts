// When an append is refused.

import { FlowError } from '../errors.ts'
import { isEnded } from '../journal/project.ts'
import type { Batch, RunRow } from './store.ts'

/**
 * `rows`: how many the journal has; `run`: its run's row, absent if there is none. Throws NOT_FOUND if there is no such
 * journal, CONFLICT if it does not end where the batch says, or its run has ended, or takes no more inputs, and the batch
 * wants it otherwise.
 */
export function checkFence(batch: Batch, rows: number, run: RunRow | undefined): void {
  const { journal, after, ifOpen, ifUnsealed } = batch
  if (after === undefined && rows === 0) throw new FlowError('NOT_FOUND', `there is no journal ${journal}`)
  if (after !== undefined && after !== rows) {
    const message = `journal ${journal} does not end after ${after} rows: somebody else has written to it`
    throw new FlowError('CONFLICT', message)
  }
  if (ifOpen && run !== undefined && isEnded(run.status)) {
    throw new FlowError('CONFLICT', `the run of journal ${journal} has ended (${run.status})`)
  }
  if (ifUnsealed && run !== undefined && run.items.total >= 0) {
    throw new FlowError('CONFLICT', `the run of journal ${journal} takes no more than its ${run.items.total} inputs`)
  }
}
