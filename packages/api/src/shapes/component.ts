// What steps can call, and how the plugins are doing that serve it.

import type { Shape, ShapeSchema } from '../shape.ts'
import { nextCursor } from './page.ts'

const count = { type: 'integer', minimum: 0 } as const satisfies ShapeSchema

export const componentListSchema = {
  title: 'ComponentList',
  type: 'object',
  properties: {
    components: {
      type: 'array',
      items: {
        title: 'Component',
        type: 'object',
        properties: {
          path: { type: 'string', description: 'By which flows call it.' },
          description: { type: 'string' },
          inputSchema: { description: 'A JSON Schema.' },
          outputSchema: { description: 'A JSON Schema.' },
          plugin: {
            type: 'object',
            properties: {
              name: { type: 'string' },
              type: { type: 'string', description: 'As in the configuration: `builtin`, `stepflow`, `mcp`.' },
              status: { enum: ['up', 'down', 'stopped'] },
              inFlight: { ...count, description: 'Calls that have not ended.' },
              max: { ...count, description: 'How many there may be at once, if that is limited.' },
              lastError: { type: 'string', description: 'Why it is down.' },
            },
            required: ['name', 'type', 'status', 'inFlight'],
          },
          usedBy: { type: 'array', items: { type: 'string' }, description: 'The flows whose steps call it.' },
        },
        required: ['path', 'plugin', 'usedBy'],
      },
    },
    nextCursor,
  },
  required: ['components'],
} as const satisfies ShapeSchema

/** What steps can call. */
export type ComponentList = Shape<typeof componentListSchema>
