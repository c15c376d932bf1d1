// When an append is refused.

import { FlowError } from '../errors.ts'
import { isEnded } from '../journal/project.ts'
import type { Batch, RunStatus } from './store.ts'

/**
 * `rows`: how many the journal has; `status`: of its run, absent if there is none. Throws NOT_FOUND if there is no such
 * journal, CONFLICT if it does not end where the batch says, or its run has ended and the batch wants it open.
 */
export function checkFence(batch: Batch, rows: number, status: RunStatus | undefined): void {
  const { journal, after, ifOpen } = batch
  if (after === undefined && rows === 0) throw new FlowError('NOT_FOUND', `there is no journal ${journal}`)
  if (after !== undefined && after !== rows) {
    const message = `journal ${journal} does not end after ${after} rows: somebody else has written to it`
    throw new FlowError('CONFLICT', message)
  }
  if (ifOpen && status !== undefined && isEnded(status)) {
    throw new FlowError('CONFLICT', `the run of journal ${journal} has ended (${status})`)
  }
}
