// What a component server may ask of the runtime, answered in the name of one of its calls in flight. It reaches what
// that call's context gives and nothing else.

import {
  type CallContext,
  FlowError,
  isRecord,
  type Outcome,
  own,
  type Plan,
  type SubmittedRun,
} from '@stepflow/engine'
import { RpcError, rpcCode } from './wire.ts'

export interface ServeTools {
  /** Is wrapped around what waits for a run. */
  readonly lend: <T>(work: () => Promise<T>) => Promise<T>
  readonly now: () => number
}

/** Answers a server's request. */
export function serve(method: string, params: unknown, context: CallContext | undefined, tools: ServeTools): unknown {
  const handler = handlers.get(method)
  if (!handler) {
    throw new RpcError(rpcCode.methodNotFound, missing.get(method) ?? `the runtime has no method "${method}"`)
  }
  if (!isRecord(params)) throw new RpcError(rpcCode.invalidParams, `${method}: params is not an object`)
  if (!context) {
    throw new RpcError(rpcCode.invalidRequest, `${method}: no call is in flight that this request could belong to`)
  }
  return handler(params, context, tools)
}

/** The call that a request belongs to: the one it names, else the last one begun. */
export function contextFor(params: unknown, calls: Iterable<CallContext>): CallContext | undefined {
  const named = own(params, 'observability')
  const runId = own(named, 'run_id')
  const stepId = own(named, 'step_id')
  let last: CallContext | undefined
  let ofRun: CallContext | undefined
  for (const call of calls) {
    last = call
    if (call.runId !== runId) continue
    if (call.stepId === stepId) return call
    ofRun = call
  }
  // A call that has ended lends its name to nothing.
  return typeof runId === 'string' ? ofRun : last
}

// ---

type Params = Record<string, unknown>
type Handler = (params: Params, context: CallContext, tools: ServeTools) => unknown

const notYet = 'submit the run with wait: true instead, the answer then has its results'
const missing: ReadonlyMap<string, string> = new Map([
  ['runs/get', `runs/get is not available: ${notYet}`],
  ['flows/submit_batch', 'flows/submit_batch is not available: use runs/submit with wait: true, or flows/evaluate'],
  ['flows/get_batch', 'flows/get_batch is not available: use runs/submit with wait: true, or flows/evaluate'],
  ['flows/get_metadata', 'flows/get_metadata is not available: the metadata of a flow is not kept with its run'],
])

const served: Readonly<Record<string, Handler>> = {
  async 'blobs/put'(params, { blobs }) {
    if (params.data === undefined) throw new RpcError(rpcCode.invalidParams, 'blobs/put: "data" is missing')
    if (params.blob_type !== 'binary') return { blob_id: await blobs.put(params.data) }
    return { blob_id: await blobs.put(Buffer.from(text(params, 'data', 'blobs/put'), 'base64')) }
  },
  async 'blobs/get'(params, { blobs }) {
    const value = await blobs.get(text(params, 'blob_id', 'blobs/get'))
    if (value instanceof Uint8Array) return { data: Buffer.from(value).toString('base64'), blob_type: 'binary' }
    return { data: value, blob_type: 'data' }
  },
  async 'runs/submit'(params, context, tools) {
    if (!Array.isArray(params.inputs)) throw new RpcError(rpcCode.invalidParams, 'runs/submit: "inputs" is not a list')
    const flow = params.flow ?? text(params, 'flowId', 'runs/submit')
    // A flow that came along has the id that it would have as a blob.
    const flowId = typeof flow === 'string' ? flow : await context.blobs.put(flow)
    const createdAt = tools.now()
    const run = await submit(flow, params.inputs, params, context, tools)
    return describe(run, {
      flowId,
      createdAt,
      total: params.inputs.length,
      endedAt: params.wait === true ? tools.now() : undefined,
    })
  },
  async 'flows/evaluate'(params, context, tools) {
    const flow = params.flow ?? text(params, 'flow_id', 'flows/evaluate')
    const run = await submit(flow, [params.input ?? null], { ...params, wait: true }, context, tools)
    return { result: run.outcomes[0] }
  },
}

const handlers: ReadonlyMap<string, Handler> = new Map(Object.entries(served))

async function submit(flow: unknown, inputs: unknown[], params: Params, context: CallContext, { lend }: ServeTools) {
  const { overrides, maxConcurrency, wait } = params
  if (isRecord(overrides) && Object.keys(overrides).length > 0) {
    throw new RpcError(
      rpcCode.invalidParams,
      '"overrides" are not available here: change the flow before it is submitted',
    )
  }
  const plan = await planOf(flow, context)
  const bound = typeof maxConcurrency === 'number' && maxConcurrency >= 1 ? { maxConcurrent: maxConcurrency } : {}
  return lend(() => context.submit(plan, inputs, { ...bound, wait: wait === true }))
}

/** A flow is inline, or named by the id of the blob that it was stored as, or else as the engine knows it. */
async function planOf(flow: unknown, context: CallContext): Promise<Plan> {
  if (typeof flow !== 'string') return context.plan(flow)
  return context.plan((await storedFlow(flow, context)) ?? flow)
}

async function storedFlow(id: string, { blobs }: CallContext): Promise<unknown> {
  if (!BLOB_ID.test(id)) return undefined
  try {
    return await blobs.get(id)
  } catch (error) {
    if (FlowError.is(error) && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

const BLOB_ID = /^[0-9a-f]{64}$/

interface RunFacts {
  readonly flowId: string
  readonly total: number
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Undefined: it was not waited for. */
  readonly endedAt: number | undefined
}

/** A run as the protocol shows it. */
function describe(run: SubmittedRun, { flowId, total, createdAt, endedAt }: RunFacts) {
  const facts = { runId: run.runId, flowId, createdAt: new Date(createdAt).toISOString() }
  if (endedAt === undefined) {
    return { ...facts, status: 'running', items: { total, completed: 0, running: total, failed: 0, cancelled: 0 } }
  }
  const results = run.outcomes.map((outcome, itemIndex) => ({ itemIndex, status: statusOf(outcome), result: outcome }))
  const count = (status: string) => results.filter((each) => each.status === status).length
  const items = {
    total,
    completed: count('completed'),
    running: 0,
    failed: count('failed'),
    cancelled: count('cancelled'),
  }
  const status = items.failed > 0 ? 'failed' : items.cancelled > 0 ? 'cancelled' : 'completed'
  return { ...facts, status, items, completedAt: new Date(endedAt).toISOString(), results }
}

function statusOf(outcome: Outcome): 'completed' | 'failed' | 'cancelled' {
  if (outcome.outcome !== 'failed') return 'completed'
  return outcome.error.code === 'CANCELLED' ? 'cancelled' : 'failed'
}

function text(params: Params, key: string, method: string): string {
  const value = params[key]
  if (typeof value === 'string' && value !== '') return value
  throw new RpcError(rpcCode.invalidParams, `${method}: "${key}" is not a text`)
}
