// What repeats a run, and what it would do; and what is done to many runs at once.

import type { Shape, ShapeSchema } from '../shape.ts'
import { duration } from './run.ts'

const count = { type: 'integer', minimum: 0 } as const satisfies ShapeSchema
const anyObject = { type: 'object', additionalProperties: true } as const satisfies ShapeSchema

export const rerunSchema = {
  title: 'Rerun',
  description: 'From where a run is repeated, and with what: all of it unless `from` or `failed` says otherwise.',
  type: ['object', 'null'],
  properties: {
    from: { type: 'string', minLength: 1, description: 'A step; what earlier steps answered is taken over.' },
    failed: { const: true, description: 'From the steps that failed.' },
    items: {
      type: 'array',
      maxItems: 10_000,
      description: 'Only these, by number or [first, last]; the others keep their results.',
      items: { anyOf: [count, { type: 'array', items: count, minItems: 2, maxItems: 2 }] },
    },
    input: { description: 'Of a run of one item. `[redacted]` stands for what was recorded there.' },
    variables: { ...anyObject, description: 'In place of those that were recorded, by name.' },
    overrides: { ...anyObject, description: 'Patches of steps, on top of those that the run has.' },
    flow: { type: 'string', minLength: 1, description: 'The text of a changed flow.' },
    dryRun: { type: 'boolean', description: 'Only say what would be done.' },
  },
  additionalProperties: false,
} as const satisfies ShapeSchema

/** What repeats a run. */
export type Rerun = Exclude<Shape<typeof rerunSchema>, null>

export const rerunPreviewSchema = {
  title: 'RerunPreview',
  type: 'object',
  properties: {
    items: {
      type: 'object',
      properties: { total: count, kept: count, again: count },
      required: ['total', 'kept', 'again'],
    },
    steps: {
      type: 'array',
      items: {
        type: 'object',
        properties: { stepId: { type: 'string' }, reused: count, again: count },
        required: ['stepId', 'reused', 'again'],
      },
    },
  },
  required: ['items', 'steps'],
} as const satisfies ShapeSchema

/** What a rerun would do. */
export type RerunPreview = Shape<typeof rerunPreviewSchema>

export const pruneSchema = {
  title: 'Prune',
  description: 'Which of the runs that have ended are kept: at least one of both is given.',
  type: 'object',
  properties: {
    maxAge: { ...duration, description: 'Those that ended longer ago are deleted: `30d`, or seconds.' },
    maxRuns: { type: 'integer', minimum: 1, description: 'All but so many of the newest are deleted.' },
  },
  additionalProperties: false,
} as const satisfies ShapeSchema

/** Which of the runs that have ended are kept. */
export type Prune = Shape<typeof pruneSchema>

export const prunedSchema = {
  title: 'Pruned',
  type: 'object',
  properties: {
    runs: { ...count, description: 'How many were deleted.' },
    blobs: { ...count, description: 'What nothing that is left refers to, and was deleted, too.' },
  },
  required: ['runs', 'blobs'],
} as const satisfies ShapeSchema

/** How much was deleted. */
export type Pruned = Shape<typeof prunedSchema>

/** `filter`: what lists take. */
export function bulkActionSchema<F extends Readonly<Record<string, ShapeSchema>>>(filter: F) {
  return {
    title: 'BulkAction',
    type: 'object',
    properties: {
      action: { enum: ['cancel', 'pause', 'resume', 'rerun', 'delete'] },
      ids: { type: 'array', minItems: 1, maxItems: 1000, items: { type: 'string' } },
      filter: { type: 'object', properties: filter, additionalProperties: false },
    },
    required: ['action'],
    additionalProperties: false,
  } as const
}

/** What is done to many runs. */
export interface BulkAction {
  readonly action: 'cancel' | 'pause' | 'resume' | 'rerun' | 'delete'
  readonly ids?: readonly string[]
  readonly filter?: Readonly<Record<string, never>>
}

export const bulkResultSchema = {
  title: 'BulkResult',
  type: 'object',
  properties: {
    done: count,
    refused: {
      type: 'array',
      items: {
        type: 'object',
        properties: { runId: { type: 'string' }, code: { type: 'string' }, detail: { type: 'string' } },
        required: ['runId', 'code', 'detail'],
      },
    },
  },
  required: ['done', 'refused'],
} as const satisfies ShapeSchema

/** To how many runs it was done, and why not to others. */
export type BulkResult = Shape<typeof bulkResultSchema>
