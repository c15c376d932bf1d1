// Flows as clients see them: by name, with their versions.

import type { Shape, ShapeSchema } from '../shape.ts'
import { nextCursor } from './page.ts'
import { diagnosticSchema } from './problem.ts'
import { lastRunSchema, time } from './run.ts'

const count = { type: 'integer', minimum: 0 } as const satisfies ShapeSchema
const any = {} as const satisfies ShapeSchema
const schema = { description: 'A JSON Schema.' } as const satisfies ShapeSchema
const flowId = { type: 'string', description: 'The id of the blob that holds the flow as JSON.' } as const
const diagnostics = { type: 'array', items: diagnosticSchema } as const satisfies ShapeSchema

export const newFlowSchema = {
  title: 'NewFlow',
  type: 'object',
  properties: {
    flow: {
      description: 'The flow, as an object or as its text.',
      anyOf: [
        { type: 'object', additionalProperties: true },
        { type: 'string', minLength: 1 },
      ],
    },
    name: { type: 'string', minLength: 1, description: "By which it is stored; the flow's own unless given." },
  },
  required: ['flow'],
  additionalProperties: false,
} as const satisfies ShapeSchema

/** A flow to be stored. */
export type NewFlow = Shape<typeof newFlowSchema>

export const addedFlowSchema = {
  title: 'AddedFlow',
  type: 'object',
  properties: { flowId, name: { type: 'string' }, version: count, diagnostics },
  required: ['flowId', 'diagnostics'],
} as const satisfies ShapeSchema

/** A flow that was stored. */
export type AddedFlow = Shape<typeof addedFlowSchema>

const rowProperties = {
  name: { type: 'string' },
  flowId: { ...flowId, description: 'Absent for a flow in code, and for one that never was without errors.' },
  version: { ...count, description: 'The newest; 0 if there is none without errors.' },
  publishedVersion: { ...count, description: 'Which runs.' },
  description: { type: 'string' },
  file: { type: 'string', description: 'Below the folder of flows.' },
  updatedAt: time,
  errors: count,
  warnings: count,
  triggers: {
    type: 'array',
    items: any,
    description:
      'What starts it: those of the published version. A webhook has the `path` to which its deliveries are sent.',
  },
  lastRun: lastRunSchema,
} as const satisfies Record<string, ShapeSchema>

export const flowListSchema = {
  title: 'FlowList',
  type: 'object',
  properties: {
    flows: {
      type: 'array',
      items: {
        title: 'FlowRow',
        type: 'object',
        properties: rowProperties,
        required: ['name', 'version', 'updatedAt', 'errors', 'warnings', 'triggers'],
      },
    },
    nextCursor,
  },
  required: ['flows'],
} as const satisfies ShapeSchema

/** The flows that have names. */
export type FlowList = Shape<typeof flowListSchema>

export const flowSchema = {
  title: 'Flow',
  description:
    'A flow, or one of its versions. What is asked for by an id has no name, no `updatedAt`, and the version 0.',
  type: 'object',
  properties: {
    ...rowProperties,
    text: { type: 'string' },
    dialect: { enum: ['flow', 'manifest', 'code'] },
    flow: { description: 'As JSON; absent if it cannot be read at all, and for a flow in code.' },
    diagnostics,
    inputSchema: schema,
    variablesSchema: schema,
    examples: { type: 'array', items: any },
  },
  required: ['version', 'errors', 'warnings', 'triggers', 'text', 'dialect', 'diagnostics'],
} as const satisfies ShapeSchema

/** A flow, or one of its versions. */
export type FlowDetail = Shape<typeof flowSchema>

export const saveFlowSchema = {
  title: 'SaveFlow',
  type: 'object',
  properties: {
    text: { type: 'string', minLength: 1 },
    base: { ...count, description: 'The version that was edited, which must be the newest; 0: there is none.' },
  },
  required: ['text', 'base'],
  additionalProperties: false,
} as const satisfies ShapeSchema

/** A new version of a flow. */
export type SaveFlow = Shape<typeof saveFlowSchema>

export const publishSchema = {
  title: 'Publish',
  type: ['object', 'null'],
  properties: { version: { type: 'integer', minimum: 1, description: 'The newest unless given.' } },
  additionalProperties: false,
} as const satisfies ShapeSchema

export const versionListSchema = {
  title: 'VersionList',
  type: 'object',
  properties: {
    versions: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          version: count,
          flowId,
          published: { type: 'boolean' },
          createdAt: time,
          by: { type: 'string', description: 'The name of the token.' },
        },
        required: ['version', 'flowId', 'published', 'createdAt'],
      },
    },
    nextCursor,
  },
  required: ['versions'],
} as const satisfies ShapeSchema

/** The versions of a flow, the newest first. */
export type VersionList = Shape<typeof versionListSchema>

export const checkFlowSchema = {
  title: 'CheckFlow',
  type: 'object',
  properties: {
    text: { type: 'string' },
    file: { type: 'string', minLength: 1, description: 'Below the folder of flows; relative paths lead from there.' },
  },
  required: ['text'],
  additionalProperties: false,
} as const satisfies ShapeSchema

/** The text of a flow that is to be checked. */
export type CheckFlow = Shape<typeof checkFlowSchema>

export const checkedFlowSchema = {
  title: 'CheckedFlow',
  type: 'object',
  properties: {
    diagnostics,
    inputSchema: schema,
    types: {
      description: 'What the steps and the flow answer, as far as it can be told.',
      type: 'object',
      properties: { steps: { type: 'object', additionalProperties: schema }, output: schema },
      required: ['steps', 'output'],
    },
  },
  required: ['diagnostics'],
} as const satisfies ShapeSchema

/** What was found in the text of a flow. */
export type CheckedFlow = Shape<typeof checkedFlowSchema>

export const pastInputsSchema = {
  title: 'PastInputs',
  type: 'object',
  properties: {
    inputs: {
      type: 'array',
      items: {
        type: 'object',
        properties: { input: any, runId: { type: 'string' }, at: time },
        required: ['input', 'runId', 'at'],
      },
    },
  },
  required: ['inputs'],
} as const satisfies ShapeSchema

/** The last different inputs of a flow. */
export type PastInputs = Shape<typeof pastInputsSchema>

export const samplesSchema = {
  title: 'Samples',
  type: 'object',
  properties: {
    steps: {
      description: 'By step, what it answered last.',
      type: 'object',
      additionalProperties: {
        type: 'object',
        properties: { value: any, runId: { type: 'string' }, at: time },
        required: ['value', 'runId', 'at'],
      },
    },
  },
  required: ['steps'],
} as const satisfies ShapeSchema

/** What the steps of a flow answered last. */
export type Samples = Shape<typeof samplesSchema>

export const testFlowSchema = {
  title: 'TestFlow',
  type: ['object', 'null'],
  properties: {
    cases: { type: 'array', items: { type: 'string' }, description: 'Their names; all unless given.' },
    text: { type: 'string', minLength: 1, description: 'In place of what is saved.' },
  },
  additionalProperties: false,
} as const satisfies ShapeSchema

/** Which cases of a flow are run. */
export type TestFlow = Exclude<Shape<typeof testFlowSchema>, null>

export const testedFlowSchema = {
  title: 'TestedFlow',
  type: 'object',
  properties: {
    passed: count,
    failed: count,
    cases: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          passed: { type: 'boolean' },
          differences: {
            type: 'array',
            items: {
              type: 'object',
              properties: { path: { type: 'string' }, expected: any, actual: any },
              required: ['path'],
            },
          },
        },
        required: ['name', 'passed'],
      },
    },
  },
  required: ['passed', 'failed', 'cases'],
} as const satisfies ShapeSchema

/** What came of the cases of a flow. */
export type TestedFlow = Shape<typeof testedFlowSchema>
