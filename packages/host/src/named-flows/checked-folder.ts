// The folder of flows, before anything is read from it.

import { statSync } from 'node:fs'
import { FlowError } from '@stepflow/engine'

/** The default one need not be there. Throws INVALID_INPUT. */
export function checkedFolder(path: string, named: string | undefined): string {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found && !found.isDirectory()) throw new FlowError('INVALID_INPUT', `the folder of flows ${path} is a file`)
  if (!found && named !== undefined) {
    throw new FlowError('INVALID_INPUT', `there is no folder "${named}" for flows: create it, or name another one`)
  }
  return path
}
