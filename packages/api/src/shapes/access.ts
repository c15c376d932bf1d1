// Who may use a server: tokens and sessions; and the secrets that its flows read.

import type { Shape, ShapeSchema } from '../shape.ts'
import { nextCursor } from './page.ts'
import { duration, time } from './run.ts'
import { roles } from './server.ts'

export const sessionSchema = {
  title: 'Session',
  type: 'object',
  properties: { role: { enum: roles }, name: { type: 'string', description: "The token's." }, expiresAt: time },
  required: ['role'],
} as const satisfies ShapeSchema

/** Who the caller is. */
export type Session = Shape<typeof sessionSchema>

export const newSessionSchema = {
  title: 'NewSession',
  type: 'object',
  properties: { token: { type: 'string', minLength: 1, maxLength: 1000 } },
  required: ['token'],
  additionalProperties: false,
} as const satisfies ShapeSchema

export const tokenListSchema = {
  title: 'TokenList',
  type: 'object',
  properties: {
    tokens: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          id: { type: 'string' },
          name: { type: 'string' },
          role: { enum: roles },
          prefix: { type: 'string', description: 'How the token begins.' },
          createdAt: time,
          lastUsedAt: time,
          expiresAt: time,
        },
        required: ['id', 'role', 'prefix', 'createdAt'],
      },
    },
    nextCursor,
  },
  required: ['tokens'],
} as const satisfies ShapeSchema

/** The tokens, without themselves. */
export type TokenList = Shape<typeof tokenListSchema>

export const newTokenSchema = {
  title: 'NewToken',
  type: 'object',
  properties: {
    role: { enum: roles },
    name: { type: 'string', minLength: 1, maxLength: 128, description: 'Runs that it begins show it.' },
    expiresIn: { ...duration, description: 'How long it holds: `30d`, or seconds; until it is revoked unless told.' },
  },
  required: ['role'],
  additionalProperties: false,
} as const satisfies ShapeSchema

/** A token to be made. */
export type NewToken = Shape<typeof newTokenSchema>

export const tokenSchema = {
  title: 'Token',
  type: 'object',
  properties: { id: { type: 'string' }, token: { type: 'string', description: 'Shown this once.' } },
  required: ['id', 'token'],
} as const satisfies ShapeSchema

/** A token that was made. */
export type Token = Shape<typeof tokenSchema>

export const listedSecretSchema = {
  title: 'ListedSecret',
  type: 'object',
  properties: {
    name: { type: 'string' },
    updatedAt: time,
    from: { enum: ['store', 'env'], description: 'Where flows get it from.' },
    usedBy: { type: 'array', items: { type: 'string' }, description: 'The flows that use it.' },
  },
  required: ['name', 'from', 'usedBy'],
} as const satisfies ShapeSchema

/** The name of a secret, and where it comes from. */
export type ListedSecret = Shape<typeof listedSecretSchema>

export const listedSecretsSchema = {
  title: 'SecretList',
  type: 'object',
  properties: {
    secrets: {
      type: 'array',
      items: listedSecretSchema,
    },
    nextCursor,
  },
  required: ['secrets'],
} as const satisfies ShapeSchema

/** The names of secrets. */
export type SecretList = Shape<typeof listedSecretsSchema>

export const newSecretSchema = {
  title: 'NewSecret',
  type: 'object',
  properties: { value: { type: 'string', minLength: 1 } },
  required: ['value'],
  additionalProperties: false,
} as const satisfies ShapeSchema
