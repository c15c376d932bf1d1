// What a run waits for somebody to send, and what was decided.

import type { Shape, ShapeSchema } from '../shape.ts'
import { nextCursor } from './page.ts'
import { time } from './run.ts'

export const waitSchema = {
  title: 'Wait',
  description: 'A step that waits for a signal.',
  type: 'object',
  properties: {
    id: { type: 'string' },
    runId: { type: 'string' },
    flowName: { type: 'string' },
    item: { type: 'integer', minimum: 0 },
    step: { type: 'string' },
    name: { type: 'string', description: 'Of the signal.' },
    title: { type: 'string' },
    description: { type: 'string' },
    context: { description: 'What is shown beside the question.' },
    schema: { description: 'What may be sent: a JSON Schema.' },
    since: time,
    expiresAt: time,
    default: { description: 'The answer if nobody decides in time.' },
    decided: {
      type: 'object',
      properties: { at: time, by: { type: 'string' }, payload: {} },
      required: ['at', 'payload'],
    },
    expired: { type: 'boolean' },
    endedAt: { ...time, description: 'When it was over; in lists of those that are.' },
    over: { type: 'boolean', description: 'Its item ended first: nobody can decide it any more.' },
  },
  required: ['id', 'runId', 'item', 'step', 'name', 'since'],
} as const satisfies ShapeSchema

/** A step that waits for a signal. */
export type Wait = Shape<typeof waitSchema>

export const waitListSchema = {
  title: 'WaitList',
  type: 'object',
  properties: {
    waits: {
      type: 'array',
      description: 'The oldest first; of those that are over, the one that ended last.',
      items: waitSchema,
    },
    total: { type: 'integer', minimum: 0, description: 'On all pages.' },
    nextCursor,
  },
  required: ['waits', 'total'],
} as const satisfies ShapeSchema

/** A page of open waits. */
export type WaitList = Shape<typeof waitListSchema>
