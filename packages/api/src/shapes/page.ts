// The pages of lists: how one is asked for, and where the next begins.

import type { ShapeSchema } from '../shape.ts'

export const nextCursor = {
  type: 'string',
  description: 'Of the next page, if there is one.',
} as const satisfies ShapeSchema

export const pageProperties = {
  limit: { type: 'integer', minimum: 1, maximum: 1000, description: '100 unless told.' },
  cursor: { type: 'string', description: 'The `nextCursor` of the page before.' },
} as const satisfies Record<string, ShapeSchema>
