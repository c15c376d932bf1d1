// How an item ended: the line that `stepflow run` prints.

import type { Shape, ShapeSchema } from '../shape.ts'

export const errorSchema = {
  title: 'Error',
  description: 'Why something failed.',
  type: 'object',
  properties: {
    code: { type: 'string', description: 'One of our codes, or one of a component.' },
    message: { type: 'string' },
    data: {},
    step: { type: 'string', description: 'The step that failed first.' },
  },
  required: ['code', 'message'],
} as const satisfies ShapeSchema

export const outcomeSchema = {
  title: 'Outcome',
  description: 'How an item ended.',
  anyOf: [
    {
      type: 'object',
      properties: { outcome: { const: 'success' }, result: {} },
      required: ['outcome', 'result'],
    },
    {
      type: 'object',
      properties: { outcome: { const: 'skipped' }, reason: { type: 'string' } },
      required: ['outcome'],
    },
    {
      type: 'object',
      properties: { outcome: { const: 'failed' }, error: errorSchema },
      required: ['outcome', 'error'],
    },
  ],
} as const satisfies ShapeSchema

export type OutcomeShape = Shape<typeof outcomeSchema>
