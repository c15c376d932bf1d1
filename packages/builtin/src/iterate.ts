// /iterate: runs a flow again and again, each time on what the last run asked to go on with.

import {
  type Component,
  type ErrorCode,
  type ErrorValue,
  FlowError,
  isRecord,
  keysAt,
  kindOf,
  type Outcome,
  own,
  Park,
  type Woken,
} from '@stepflow/engine'
import { define } from './define.ts'
import { flowFields, planOf } from './flow-source.ts'
import { also, anything, count, optional } from './input.ts'

const NAME = '/builtin/iterate'

export const iterate: Component = define({
  name: 'iterate',
  description: 'Runs a flow on its own result ({next}) until it gives a {result}',
  fields: {
    ...flowFields,
    initial_input: also(anything('The input of the first run'), 'input'),
    max_iterations: optional(count('1000 if absent')),
  },
  output: {
    type: 'object',
    properties: {
      result: { description: 'What the flow gave as "result", or the next input if there were too many iterations' },
      iterations: { type: 'integer' },
      terminated: { type: 'boolean', description: 'True if the limit ended it' },
    },
    required: ['result', 'iterations', 'terminated'],
  },
  repeatable: true,
  call(input, context) {
    const limit = input.max_iterations ?? 1000
    if (!context.woken) return goOn(input.initial_input, 0)
    const iterations = Number(own(context.woken.state, 'iterations')) + 1
    const step = stepOf(context.woken, iterations)
    return 'result' in step ? { result: step.result, iterations, terminated: false } : goOn(step.next, iterations)

    async function goOn(next: unknown, iterations: number) {
      if (iterations >= limit) return { result: next, iterations, terminated: true }
      const plan = await planOf(NAME, input, context)
      return new Park({ run: { plan, inputs: [next] }, state: { iterations } })
    }
  },
})

// ---

/** What a run of the flow says: it is done, or how to go on. */
function stepOf(woken: Woken, iteration: number): { result: unknown } | { next: unknown } {
  const outcome: Outcome | undefined = woken.outcomes?.[0]
  if (outcome?.outcome === 'failed') throw inner(outcome.error)
  if (outcome?.outcome !== 'success') {
    const reason = outcome?.reason ? `: ${outcome.reason}` : ''
    throw new FlowError('INVALID_INPUT', `${NAME}: the flow was skipped in iteration ${iteration}${reason}`)
  }
  const value = outcome.result
  if (isRecord(value) && Object.hasOwn(value, 'result')) return { result: value.result }
  if (isRecord(value) && Object.hasOwn(value, 'next')) return { next: value.next }
  const got = isRecord(value) ? `an object with ${keysAt(value)}` : kindOf(value)
  throw new FlowError(
    'INVALID_INPUT',
    `${NAME}: the flow's output must be an object with "result" (the end) or "next" (the next input); iteration ${iteration} gave ${got}`,
  )
}

/** The failure of the flow as this step's own; its code may be a component's. */
function inner(error: ErrorValue): FlowError {
  return new FlowError(error.code as ErrorCode, error.message, error.data === undefined ? {} : { data: error.data })
}
