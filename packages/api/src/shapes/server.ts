// What a server says of itself.

import type { Shape, ShapeSchema } from '../shape.ts'
import { nextCursor } from './page.ts'
import { time } from './run.ts'

export const roles = ['viewer', 'operator', 'admin'] as const

/** What a caller may do; each role may do what those before it may. */
export type Role = (typeof roles)[number]

export const infoSchema = {
  title: 'Info',
  type: 'object',
  properties: {
    version: { type: 'string' },
    now: time,
    role: { enum: roles, description: 'What the caller may do.' },
    name: { type: 'string', description: "The token's." },
    store: { type: 'string', description: 'Its kind: `sqlite`.' },
    flowsDir: { type: 'string' },
    canWriteFlows: { type: 'boolean' },
  },
  required: ['version', 'now', 'role', 'store', 'canWriteFlows'],
} as const satisfies ShapeSchema

/** What a server is. */
export type Info = Shape<typeof infoSchema>

export const nodeListSchema = {
  title: 'NodeList',
  type: 'object',
  properties: {
    nodes: {
      type: 'array',
      items: {
        title: 'Node',
        type: 'object',
        properties: {
          id: { type: 'string', description: 'By which journals name it.' },
          name: { type: 'string' },
          host: { type: 'string' },
          version: { type: 'string' },
          startedAt: time,
          seenAt: time,
          capacity: { type: 'integer', description: 'How many shards it drives at once.' },
          shards: { type: 'integer', description: 'How many it has in hand.' },
          status: { enum: ['active', 'draining', 'silent'] },
        },
        required: ['id', 'name', 'host', 'startedAt', 'seenAt', 'capacity', 'shards', 'status'],
      },
    },
    nextCursor,
  },
  required: ['nodes'],
} as const satisfies ShapeSchema

/** The processes that work on the store. */
export type NodeList = Shape<typeof nodeListSchema>

export const healthSchema = {
  title: 'Health',
  type: 'object',
  properties: { status: { enum: ['healthy', 'starting', 'draining'] }, version: { type: 'string' } },
  required: ['status', 'version'],
} as const satisfies ShapeSchema

/** Whether a server lives. */
export type Health = Shape<typeof healthSchema>
