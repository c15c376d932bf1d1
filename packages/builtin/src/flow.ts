// /flow: another flow as a step. Its output is the step's; its skip and its failure are too.

import { type CallContext, type Component, FlowError, Park, type Plan, Skip } from '@stepflow/engine'
import { define } from './define.ts'
import { planOf } from './flow-source.ts'
import { anything, optional } from './input.ts'

export const flow: Component = define({
  name: 'flow',
  description: 'Runs another flow and gives its output',
  fields: {
    flow: anything('Its name, its path, the id of a stored one, or the flow itself'),
    input: optional(anything('Its input; an empty object if absent')),
  },
  output: { description: 'The output of the flow' },
  repeatable: true,
  async call({ flow, input }, context) {
    const { woken } = context
    if (!woken) return new Park({ run: { plan: await named(flow, context), inputs: [input ?? {}] } })
    const outcome = woken.outcomes?.[0]
    if (outcome?.outcome === 'success') return outcome.result
    if (outcome?.outcome === 'skipped') return new Skip(`the flow was skipped: ${outcome.reason}`)
    const { code, message, data } = outcome?.error ?? {
      code: 'INTERNAL',
      message: 'the flow did not end',
      data: undefined,
    }
    // What could be tried again was tried again inside.
    throw new FlowError(code as FlowError['code'], message, {
      retryable: false,
      ...(data === undefined ? {} : { data }),
    })
  },
})

// ---

/** A name without an ending is that of a file. */
async function named(flow: unknown, context: CallContext): Promise<Plan> {
  const isName = typeof flow === 'string' && /^[\w./-]+$/.test(flow) && !/\.\w+$/.test(flow)
  const candidates = isName ? [flow, `${flow}.yaml`, `${flow}.yml`, `${flow}.json`] : [flow]
  let missing: unknown
  for (const candidate of candidates) {
    try {
      return await planOf('/builtin/flow', { flow: candidate }, context)
    } catch (error) {
      if (!FlowError.is(error) || error.code !== 'NOT_FOUND') throw error
      missing ??= error
    }
  }
  throw missing
}
