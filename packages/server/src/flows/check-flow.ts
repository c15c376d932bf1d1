// What is wrong with a text, and what its steps answer, for an editor that asks at each pause in typing.

import { FlowError } from '@stepflow/engine'
import { inferTypes, isFlowPath } from '@stepflow/host/named-flows'
import type { Services } from '../services.ts'

export async function checkFlow(
  { namedFlows, plugins }: Pick<Services, 'namedFlows' | 'plugins'>,
  { text, file }: { readonly text: string; readonly file?: string },
) {
  checkFlowPath(file)
  const { diagnostics, plan, info, flow } = await namedFlows.check(text, file)
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
