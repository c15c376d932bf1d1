// What was logged in a run, as clients see it.

import type { Shape, ShapeSchema } from '../shape.ts'
import { nextCursor } from './page.ts'
import { time } from './run.ts'

/** In the order of what matters more. */
export const logLevels = ['debug', 'info', 'warning', 'error'] as const

const count = { type: 'integer', minimum: 0 } as const satisfies ShapeSchema

export const logLineSchema = {
  title: 'LogLine',
  type: 'object',
  properties: {
    at: time,
    level: { enum: logLevels },
    item: count,
    step: { type: 'string' },
    visit: { type: 'integer', minimum: 1 },
    attempt: { type: 'integer', minimum: 1 },
    inside: { type: 'string', description: 'Of a step in a loop or an inner flow: what its row is inside.' },
    element: count,
    node: { type: 'string' },
    message: { type: 'string' },
    data: {},
  },
  required: ['at', 'level', 'message'],
} as const satisfies ShapeSchema

/** One line of a run's log. */
export type LogLine = Shape<typeof logLineSchema>

export const logListSchema = {
  title: 'LogList',
  type: 'object',
  properties: {
    logs: { type: 'array', description: 'In the order of writing.', items: logLineSchema },
    nextCursor,
    cursor: { type: 'string', description: 'A place in the event stream: what follows it continues the last page.' },
  },
  required: ['logs', 'cursor'],
} as const satisfies ShapeSchema

/** A page of a run's log. */
export type LogList = Shape<typeof logListSchema>
