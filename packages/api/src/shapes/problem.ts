// What an error looks like: application/problem+json (RFC 9457), with our code and what belongs to it.

import type { Shape, ShapeSchema } from '../shape.ts'

export const diagnosticSchema = {
  title: 'Diagnostic',
  description: 'A finding about a flow or an input, with its place.',
  type: 'object',
  properties: {
    code: { type: 'string' },
    level: { enum: ['fatal', 'error', 'warning', 'hint'] },
    message: { type: 'string' },
    file: { type: 'string' },
    line: { type: 'integer', minimum: 1 },
    column: { type: 'integer', minimum: 1 },
    path: { type: 'string', description: 'Where in the document: `$.steps[1].input.url`.' },
    hint: { type: 'string', description: 'What to do about it.' },
  },
  required: ['code', 'level', 'message'],
} as const satisfies ShapeSchema

export const problemSchema = {
  title: 'Problem',
  description: 'Why a request was refused.',
  type: 'object',
  properties: {
    type: { type: 'string', description: '`about:blank`: the status says what kind of problem it is.' },
    title: { type: 'string', description: 'What the status means.' },
    status: { type: 'integer', description: 'The HTTP status.' },
    code: { type: 'string', description: 'For programs: `NOT_FOUND`, `INVALID_INPUT`.' },
    detail: { type: 'string', description: 'What is wrong, where, and what to do.' },
    requestId: { type: 'string', description: "The answer's header X-Request-Id." },
    diagnostics: { type: 'array', items: diagnosticSchema, description: 'All findings, if there are several.' },
    data: { description: 'What else belongs to the code.' },
  },
  required: ['type', 'title', 'status', 'code', 'detail', 'requestId'],
} as const satisfies ShapeSchema

export type Problem = Shape<typeof problemSchema>
