// Items of a run, and the visits of their steps, as clients see them.

import type { Shape, ShapeSchema } from '../shape.ts'
import { logLineSchema } from './log.ts'
import { errorSchema, outcomeSchema } from './outcome.ts'
import { nextCursor } from './page.ts'
import { time, whySchema } from './run.ts'

/** How an item stands; its place here is its byte in `/items/statuses`. */
export const itemStatuses = ['pending', 'running', 'waiting', 'success', 'skipped', 'failed', 'cancelled'] as const

const count = { type: 'integer', minimum: 0 } as const satisfies ShapeSchema
const large = 'In its place {"$preview": TEXT, "bytes": N} if it is large.'
const largeResult = 'In place of a large result, or of the data of a large error: {"$preview": TEXT, "bytes": N}.'

const itemProperties = {
  itemIndex: count,
  status: { enum: itemStatuses },
  result: { ...outcomeSchema, description: `How it ended. ${largeResult}` },
  startedAt: time,
  completedAt: time,
} as const satisfies Record<string, ShapeSchema>

export const listedItemSchema = {
  title: 'Item',
  type: 'object',
  properties: itemProperties,
  required: ['itemIndex', 'status'],
} as const satisfies ShapeSchema

export const itemListSchema = {
  title: 'ItemList',
  type: 'object',
  properties: {
    items: { type: 'array', items: listedItemSchema },
    nextCursor,
  },
  required: ['items'],
} as const satisfies ShapeSchema

/** A page of a run's items. */
export type ItemList = Shape<typeof itemListSchema>

export const itemSchema = {
  title: 'ItemDetail',
  type: 'object',
  properties: { ...itemProperties, input: { description: large }, waiting: whySchema },
  required: ['itemIndex', 'status', 'input'],
} as const satisfies ShapeSchema

/** One item of a run. */
export type Item = Shape<typeof itemSchema>

export const failureListSchema = {
  title: 'FailureList',
  type: 'object',
  properties: {
    failures: {
      type: 'array',
      description: 'The most frequent first.',
      items: {
        type: 'object',
        properties: {
          code: { type: 'string' },
          step: { type: 'string' },
          message: { type: 'string', description: 'Of the lowest item.' },
          count,
          items: {
            type: 'array',
            description: 'From the first to the last of each range.',
            items: { type: 'array', items: count, minItems: 2, maxItems: 2 },
          },
        },
        required: ['code', 'message', 'count', 'items'],
      },
    },
  },
  required: ['failures'],
} as const satisfies ShapeSchema

/** The failures of a run, by their cause. */
export type FailureList = Shape<typeof failureListSchema>

const stepProperties = {
  stepId: { type: 'string' },
  visit: { type: 'integer', minimum: 1 },
  element: { ...count, description: 'Of a row inside a step: of which element.' },
  status: { enum: itemStatuses },
  readyAt: { ...time, description: 'When the last thing that it waited for ended.' },
  startedAt: time,
  endedAt: time,
  attempts: {
    type: 'array',
    items: {
      type: 'object',
      properties: {
        startedAt: time,
        endedAt: time,
        error: errorSchema,
        waits: {
          type: 'array',
          description: 'When it did nothing: put aside for a signal, a time or its turn.',
          items: { type: 'object', properties: { from: time, to: time }, required: ['from'] },
        },
        node: { type: 'string' },
      },
      required: ['startedAt'],
    },
  },
  recovered: { ...errorSchema, description: 'The failure that something made good.' },
  reused: { type: 'boolean', description: 'Taken over from the run that this one repeats.' },
  cached: { type: 'boolean' },
  done: { ...count, description: 'Elements that have ended.' },
  total: count,
  inside: { type: 'string', description: 'Names what runs inside the step: `?inside=` lists its rows.' },
  why: whySchema,
} as const satisfies Record<string, ShapeSchema>

const stepRequired = ['stepId', 'visit', 'status', 'attempts'] as const

export const stepListSchema = {
  title: 'StepList',
  type: 'object',
  properties: {
    steps: {
      type: 'array',
      items: { title: 'Step', type: 'object', properties: stepProperties, required: stepRequired },
    },
    plan: {
      type: 'object',
      additionalProperties: true,
      description: 'With `inside`: what the engine runs there; absent if nobody knows it.',
    },
    cursor: { type: 'string', description: 'A place in the event stream: what follows it continues this answer.' },
  },
  required: ['steps', 'cursor'],
} as const satisfies ShapeSchema

/** The visits of an item's steps. */
export type StepList = Shape<typeof stepListSchema>

export const stepSchema = {
  title: 'StepDetail',
  type: 'object',
  properties: {
    ...stepProperties,
    input: { description: `Evaluated again. ${large}` },
    output: { description: large },
    error: {
      type: 'object',
      description: 'With the place where the step is written.',
      properties: {
        code: { type: 'string' },
        message: { type: 'string' },
        data: {},
        step: { type: 'string' },
        file: { type: 'string' },
        line: { type: 'integer' },
        column: { type: 'integer' },
      },
      required: ['code', 'message'],
    },
    logs: { type: 'array', description: 'What it logged: the last 1,000 lines.', items: logLineSchema },
  },
  required: [...stepRequired, 'logs'],
} as const satisfies ShapeSchema

/** One visit of a step, with its values. */
export type Step = Shape<typeof stepSchema>
