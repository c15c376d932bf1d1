// What a step fails with whose time limit is over, whether its worker has found that or the server.

import { FlowError } from '@stepflow/engine'

export function timedOut(step: string, timeoutMs: number | undefined): FlowError {
  return new FlowError('TIMEOUT', `step "${step}" did not answer within ${timeoutMs} ms`)
}
