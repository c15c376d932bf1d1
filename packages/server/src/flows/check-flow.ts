// What is wrong with a text, and what its steps answer, for an editor that asks at each pause in typing.

import { FlowError } from '@stepflow/engine'
import { inferTypes, isFlowPath } from '@stepflow/host/named-flows'
import type { Services } from '../services.ts'
import { triggerWarnings } from './show-triggers.ts'

export async function checkFlow(
  { namedFlows, plugins, secrets }: Pick<Services, 'namedFlows' | 'plugins' | 'secrets'>,
  { text, file }: { readonly text: string; readonly file?: string },
) {
  checkFlowPath(file)
  const read = await namedFlows.check(text, file)
  const { plan, info, flow } = read
  await secrets.refresh()
  const diagnostics = [...read.diagnostics, ...triggerWarnings(read, secrets, file)]
  const inputSchema = info?.inputSchema
  const types = plan && (await inferTypes(plan, flow, plugins.router))
  return { diagnostics, ...(inputSchema === undefined ? {} : { inputSchema }), ...(types ? { types } : {}) }
}

/** Throws INVALID_INPUT for a path that does not stay below the folder of flows. */
export function checkFlowPath(file: string | undefined): void {
  if (file === undefined || isFlowPath(file)) return
  throw new FlowError(
    'INVALID_INPUT',
    `"file" is ${JSON.stringify(file)}, but must be a path below the folder of flows`,
  )
}
