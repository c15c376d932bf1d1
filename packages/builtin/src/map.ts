// /map: runs a flow for each element of a list. An element's failure is counted, not raised.

import { type Component, type Outcome, Park } from '@stepflow/engine'
import { define } from './define.ts'
import { flowFields, planOf } from './flow-source.ts'
import { also, count, list, optional } from './input.ts'

export const map: Component = define({
  name: 'map',
  description: 'Runs a flow for each element of a list',
  fields: {
    ...flowFields,
    items: list('The inputs, one for each run of the flow'),
    max_concurrent: also(optional(count('Elements at once', 1)), 'max_concurrency'),
  },
  output: {
    type: 'object',
    properties: {
      results: { type: 'array', items: { type: 'object' }, description: 'How each run ended, in the order of items' },
      successful: { type: 'integer' },
      failed: { type: 'integer' },
      skipped: { type: 'integer' },
    },
    required: ['results', 'successful', 'failed', 'skipped'],
  },
  repeatable: true,
  async call(input, context) {
    if (context.woken) return summary(context.woken.outcomes ?? [])
    const plan = await planOf('/builtin/map', input, context)
    if (input.items.length === 0) return summary([])
    const limit = input.max_concurrent === undefined ? {} : { maxConcurrent: input.max_concurrent }
    return new Park({ run: { plan, inputs: input.items, ...limit } })
  },
})

// ---

function summary(results: readonly (Outcome | undefined)[]) {
  const count = (outcome: Outcome['outcome']) => results.filter((result) => result?.outcome === outcome).length
  return { results, successful: count('success'), failed: count('failed'), skipped: count('skipped') }
}
