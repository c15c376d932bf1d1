// What starts a run, where the body is its inputs: in the query, or in a blob, for variables do not belong into access logs.

import { type Shape, type ShapeSchema, type StartRun, startRunSchema } from '@stepflow/api'
import { FlowError, type Store, setOwn } from '@stepflow/engine'
import { parseData } from '@stepflow/host'
import { readBlob } from '@stepflow/host/history'
import { unreadable } from '../app/problem.ts'
import { createCheck } from '../app/validate.ts'

const { file, flowId, flowName, flowVersion, maxConcurrent, wait, idempotencyKey, kind, until, only } =
  startRunSchema.properties

const object = { type: 'string', description: 'An object, as JSON.' } as const

export const startQuerySchema = {
  type: 'object',
  properties: {
    flow: { type: 'string', minLength: 1, description: 'The text of the flow.' },
    ...{ variables: object, overrides: object, pins: object, pinsFrom: object },
    label: { type: 'array', items: { type: 'string' }, description: '`name:value`; one for each label.' },
    request: {
      type: 'string',
      minLength: 1,
      description: 'The id of a blob that holds all this, as in a body of JSON.',
    },
    timeout: { type: 'string' },
    ...{ file, flowId, flowName, flowVersion, maxConcurrent, wait, idempotencyKey, kind, until, only },
  },
} as const satisfies ShapeSchema

export type StartQuery = Shape<typeof startQuerySchema>

/** What the query and its blob say together; the query's word counts. */
export async function startQuery(query: StartQuery, store: Store): Promise<StartRun> {
  const { request, label, variables, overrides, pins, pinsFrom, ...plain } = query
  const stored = request === undefined ? {} : checkStored(await readBlob(store, request))
  const { input, inputs } = stored
  if (input !== undefined || inputs !== undefined) {
    throw new FlowError('INVALID_INPUT', 'the inputs are the lines of the body: the blob must have none')
  }
  return checkAll({
    ...stored,
    ...plain,
    ...(await objects({ variables, overrides, pins, pinsFrom })),
    ...(label === undefined ? {} : { labels: labelsOf(label) }),
  })
}

/** `name:value`, each. */
export function labelsOf(texts: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const text of texts) setOwn(labels, ...labelOf(text))
  return labels
}

export function labelOf(text: string): [name: string, value: string] {
  const at = text.indexOf(':')
  if (at < 1) throw unreadable(`"label" is "${text}", but must be NAME:VALUE`)
  return [text.slice(0, at), text.slice(at + 1)]
}

// ---

const checkStored = createCheck(startRunSchema, 'the blob of the request')
const checkAll = createCheck(startRunSchema, 'the request')

/** Those that are given. */
async function objects(texts: Readonly<Record<string, string | undefined>>): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {}
  for (const [name, text] of Object.entries(texts)) if (text !== undefined) values[name] = await json(name, text)
  return values
}

async function json(name: string, text: string): Promise<unknown> {
  try {
    return await parseData(text, 'json', `"${name}"`)
  } catch (thrown) {
    throw FlowError.is(thrown) ? unreadable(thrown.message) : thrown
  }
}
