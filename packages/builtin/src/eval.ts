// /eval: runs a flow that may have been made by an earlier step. Its failure is a result here, not a failure.

import { type Component, own, Park } from '@stepflow/engine'
import { define } from './define.ts'
import { flowFields, planOf } from './flow-source.ts'
import { anything, optional } from './input.ts'

export const evalFlow: Component = define({
  name: 'eval',
  description: 'Runs a flow and gives its outcome',
  fields: { ...flowFields, input: optional(anything('The input of the flow; an empty object if absent')) },
  output: {
    type: 'object',
    properties: { result: { type: 'object', description: 'How the flow ended' }, run_id: { type: 'string' } },
    required: ['result', 'run_id'],
  },
  repeatable: true,
  async call(input, context, raw) {
    if (context.woken) return { result: context.woken.outcomes?.[0] ?? null, run_id: context.runId }
    const plan = await planOf('/builtin/eval', input, context)
    return new Park({ run: { plan, inputs: [own(raw, 'input') === undefined ? {} : own(raw, 'input')] } })
  },
})
