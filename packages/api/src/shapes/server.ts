// What a server says of itself.

import type { Shape, ShapeSchema } from '../shape.ts'
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

export const healthSchema = {
  title: 'Health',
  type: 'object',
  properties: { status: { enum: ['healthy', 'starting', 'draining'] }, version: { type: 'string' } },
  required: ['status', 'version'],
} as const satisfies ShapeSchema

/** Whether a server lives. */
export type Health = Shape<typeof healthSchema>
