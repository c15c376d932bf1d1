// A run as clients see it, and what starts one.

import type { Why } from '@stepflow/engine'
import type { Shape, ShapeSchema } from '../shape.ts'
import { outcomeSchema } from './outcome.ts'
import { nextCursor } from './page.ts'

export const time = { type: 'string', format: 'date-time' } as const satisfies ShapeSchema

/** As in flows. */
export const duration = {
  anyOf: [
    { type: 'string', minLength: 1 },
    { type: 'number', minimum: 0 },
  ],
} as const satisfies ShapeSchema

const count = { type: 'integer', minimum: 0 } as const satisfies ShapeSchema
const texts = { type: 'object', additionalProperties: { type: 'string' } } as const satisfies ShapeSchema
const anyObject = { type: 'object', additionalProperties: true } as const satisfies ShapeSchema

export const runStatuses = ['queued', 'running', 'paused', 'completed', 'failed', 'cancelled'] as const

/** Why a step was skipped or has not run, or a run does not move. */
export const whyKinds = [
  'condition',
  'need',
  'rule',
  'branch',
  'not_needed',
  'ended',
  'step',
  'signal',
  'time',
  'retry',
  'slot',
  'rate',
  'paused',
  'input',
  'node',
] as const satisfies readonly Why['kind'][]

export const whySchema = {
  title: 'Why',
  description: 'Why nothing moves, or why a step was skipped or has not run.',
  type: 'object',
  properties: {
    kind: { enum: whyKinds },
    text: { type: 'string' },
    step: { type: 'string', description: 'The step that it is about, if that is another one.' },
    until: time,
    signal: { type: 'string', description: 'The name of the signal that is waited for.' },
    at: {
      type: 'object',
      description: 'Where in the source it is decided.',
      properties: { file: { type: 'string' }, line: { type: 'integer' }, column: { type: 'integer' } },
      required: ['line', 'column'],
    },
    values: {
      ...anyObject,
      description: 'What decided it, by reference: read by a condition, asked by a rule, answered before a branch.',
    },
  },
  required: ['kind', 'text'],
} as const satisfies ShapeSchema

const summaryProperties = {
  runId: { type: 'string' },
  flowId: { type: 'string' },
  flowName: { type: 'string', description: "The name that it was started by, else the flow's own." },
  flowVersion: { type: 'integer' },
  status: { enum: runStatuses },
  kind: { enum: ['run', 'test'] },
  items: {
    type: 'object',
    properties: {
      total: { type: ['integer', 'null'], description: 'null while input comes.' },
      completed: { ...count, description: 'Ended well; `skipped` among them.' },
      failed: count,
      skipped: count,
      cancelled: count,
      running: count,
      waiting: count,
    },
    required: ['total', 'completed', 'failed', 'skipped', 'cancelled', 'running', 'waiting'],
  },
  createdAt: time,
  startedAt: time,
  completedAt: time,
  error: {
    description: 'Of the lowest item that failed.',
    type: 'object',
    properties: {
      item: count,
      code: { type: 'string' },
      message: { type: 'string' },
      step: { type: 'string' },
    },
    required: ['item', 'code', 'message'],
  },
  recovered: { ...count, description: 'How many failures something made good.' },
  labels: texts,
  origin: {
    description: 'The run that this one repeats.',
    type: 'object',
    properties: { runId: { type: 'string' }, from: { type: 'string' }, failed: { type: 'boolean' } },
    required: ['runId'],
  },
  trigger: { ...texts, description: 'What started it: `type`, `by`, and what else belongs to the type.' },
  waiting: whySchema,
  cursor: { type: 'string', description: 'A place in the event stream: what follows it continues this answer.' },
} as const satisfies Record<string, ShapeSchema>

const summaryRequired = ['runId', 'status', 'kind', 'items', 'createdAt', 'labels', 'trigger'] as const

export const runSchema = {
  title: 'Run',
  description: 'A run.',
  type: 'object',
  properties: summaryProperties,
  required: summaryRequired,
} as const satisfies ShapeSchema

/** A run, as a server describes it. */
export type Run = Shape<typeof runSchema>

/** Of a run that something else mentions: how it stands, as lists of runs say it. */
export const lastRunSchema = {
  type: 'object',
  properties: {
    runId: summaryProperties.runId,
    status: summaryProperties.status,
    items: summaryProperties.items,
    createdAt: time,
    completedAt: time,
  },
  required: ['runId', 'status', 'items', 'createdAt'],
} as const satisfies ShapeSchema

export const startedRunSchema = {
  title: 'StartedRun',
  description: 'A run that was started, with its result if it had one input and has ended.',
  type: 'object',
  properties: {
    ...summaryProperties,
    itemCount: { type: ['integer', 'null'], description: 'null while input comes.' },
    result: outcomeSchema,
  },
  required: [...summaryRequired, 'itemCount', 'cursor'],
} as const satisfies ShapeSchema

/** A run that was started. */
export type StartedRun = Shape<typeof startedRunSchema>

export const runListSchema = {
  title: 'RunList',
  type: 'object',
  properties: {
    runs: { type: 'array', items: runSchema },
    nextCursor,
    total: { ...count, description: 'Counted up to 10,000.' },
    cursor: { type: 'string', description: 'A place in the event stream: what follows it continues this answer.' },
  },
  required: ['runs', 'total', 'cursor'],
} as const satisfies ShapeSchema

/** A page of runs. */
export type RunList = Shape<typeof runListSchema>

export const runsSummarySchema = {
  title: 'RunsSummary',
  type: 'object',
  properties: {
    total: count,
    buckets: {
      description: 'Side by side, the oldest first.',
      type: 'array',
      items: {
        type: 'object',
        properties: {
          from: { ...time, description: 'Created at that time or later.' },
          to: { ...time, description: 'Created before.' },
          counts: {
            description: 'By status; `waiting` is counted as `running` too.',
            type: 'object',
            properties: Object.fromEntries([...runStatuses, 'waiting'].map((status) => [status, count])) as Record<
              (typeof runStatuses)[number] | 'waiting',
              typeof count
            >,
            additionalProperties: false,
          },
        },
        required: ['from', 'to', 'counts'],
      },
    },
  },
  required: ['total', 'buckets'],
} as const satisfies ShapeSchema

/** How many runs stand how, by when they were created. */
export type RunsSummary = Shape<typeof runsSummarySchema>

export const startRunSchema = {
  title: 'StartRun',
  description: 'What is run, on what: one of `flow`, `flowId` and `flowName`; one of `input` and `inputs`.',
  type: 'object',
  properties: {
    flow: {
      description: 'The flow, as an object or as its text.',
      anyOf: [anyObject, { type: 'string', minLength: 1 }],
    },
    file: {
      type: 'string',
      minLength: 1,
      description: 'Where `flow` stands, below the folder of flows: relative paths in it lead from there.',
    },
    flowId: { type: 'string', minLength: 1 },
    flowName: { type: 'string', minLength: 1, description: 'Of which the published version is run.' },
    flowVersion: { type: 'integer', minimum: 1, description: 'In place of the published version.' },
    input: { description: 'The one input.' },
    inputs: { type: 'array', description: 'An input for each item.' },
    variables: anyObject,
    overrides: { ...anyObject, description: 'Patches of steps: `{"STEP": {"value": {...}}}`.' },
    maxConcurrent: { type: 'integer', minimum: 1, description: 'Items in flight at once.' },
    wait: { type: 'boolean', description: 'Answer when the run has ended.' },
    timeout: { ...duration, description: 'How long to wait: `30s`, or seconds. The run goes on.', default: '5m' },
    idempotencyKey: { type: 'string', minLength: 1, maxLength: 255 },
    labels: texts,
    kind: { enum: ['run', 'test'] },
    until: { type: 'string', minLength: 1, description: "The result is that step's; what it needs is run. A test." },
    only: { type: 'string', minLength: 1, description: "The result is that step's; nothing else is run. A test." },
    pins: { ...anyObject, description: 'Values that stand in for steps, by step. A test.' },
    pinsFrom: {
      description: 'Stands in for the other steps by what they answered in a run, if they succeeded there. A test.',
      type: 'object',
      properties: { runId: { type: 'string', minLength: 1 }, item: count },
      required: ['runId'],
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const satisfies ShapeSchema

/** What starts a run. */
export type StartRun = Shape<typeof startRunSchema>

export const reasonSchema = {
  title: 'Reason',
  type: ['object', 'null'],
  properties: { reason: { type: 'string', maxLength: 1000 } },
  additionalProperties: false,
} as const satisfies ShapeSchema

export const runFlowSchema = {
  title: 'RunFlow',
  description: 'What a run runs: its flow as it was written, what patched it, and the plan that was made of both.',
  type: 'object',
  properties: {
    flowId: { type: 'string' },
    dialect: { enum: ['flow', 'manifest', 'code'] },
    text: { type: 'string', description: 'As it was written; absent for a flow that came as an object.' },
    flow: { description: 'As JSON; absent for a flow in code.' },
    file: { type: 'string' },
    plan: { ...anyObject, description: 'What the engine runs.' },
    overrides: { type: 'array', items: anyObject, description: 'Patches of its steps: later ones win.' },
  },
  required: ['dialect', 'plan'],
} as const satisfies ShapeSchema

/** What a run runs. */
export type RunFlow = Shape<typeof runFlowSchema>
