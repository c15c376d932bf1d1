// A failure as Temporal has it, of a call or of a run.

import { ApplicationFailure } from '@temporalio/common'
import type { FarError } from './far-call.ts'

/** One that Temporal does not repeat: whether it is tried again is the flow's affair. */
export function thrownFailure(error: FarError): ApplicationFailure {
  return ApplicationFailure.create({ message: error.message, type: error.code, nonRetryable: true, details: [error] })
}
