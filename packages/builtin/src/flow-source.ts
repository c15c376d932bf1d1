// The flow that eval, map and iterate are given: inline, by name, or by the id of a blob.

import { type CallContext, FlowError, type Plan } from '@stepflow/engine'
import { anything, optional } from './input.ts'

export const flowFields = {
  workflow: optional(anything('The flow, inline')),
  flow: optional(anything('The same as workflow')),
  flow_id: optional(anything('The id of a blob that holds the flow')),
}

export interface FlowInput {
  readonly workflow?: unknown
  readonly flow?: unknown
  readonly flow_id?: unknown
}

/** Deep enough for what people write; a flow that runs itself without end is told before the memory is gone. */
const DEEPEST = 100

export async function planOf(name: string, input: FlowInput, context: CallContext): Promise<Plan> {
  checkDepth(name, context)
  const given = [input.flow_id, input.workflow, input.flow].filter((ref) => ref !== undefined)
  if (given.length === 0) {
    throw new FlowError('INVALID_INPUT', `${name} needs "workflow": a flow, or "flow_id": the id of a stored one`)
  }
  if (given.length > 1) {
    throw new FlowError('INVALID_INPUT', `${name} needs one of "flow_id", "workflow" and "flow", got ${given.length}`)
  }
  const [ref] = given
  const id = typeof ref === 'string' ? blobId(ref) : undefined
  return context.plan(id === undefined ? ref : await context.blobs.get(id))
}

function checkDepth(name: string, context: CallContext): void {
  let depth = 0
  for (let around = context.around; around; around = around.around) depth++
  if (depth < DEEPEST) return
  const message = `${name}: flows run one another more than ${DEEPEST} levels deep: does this flow run itself? Give it a condition that ends it`
  throw new FlowError('INVALID_FLOW', message, { retryable: false })
}

/** 64 hexadecimal digits, without the `sha256:` that may stand in front. */
export function blobId(text: string): string | undefined {
  const id = text
    .trim()
    .replace(/^sha256:/i, '')
    .toLowerCase()
  return /^[0-9a-f]{64}$/.test(id) ? id : undefined
}
