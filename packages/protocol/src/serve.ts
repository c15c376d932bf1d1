// What a component server may ask of the runtime, answered in the name of one of its calls in flight. It reaches what
// that call's context gives and nothing else. Both generations of methods: `runs/` and, before them, `flows/`.

import { bareId, type CallContext, FlowError, isRecord, type Json, type Plan, type ReportedRun } from '@stepflow/engine'
import { describeBatch, describeOutcome, describeRun, type Form } from './described-runs.ts'
import { RpcError, rpcCode } from './wire.ts'

export interface ServeTools {
  /** Is wrapped around what waits for a run. */
  readonly lend: <T>(work: () => Promise<T>) => Promise<T>
  /** Which flow a run is of, as far as it was begun by this server. */
  readonly flowIds: FlowIds
  readonly form: Form
}

/** Answers a server's request. */
export function serve(method: string, params: unknown, context: CallContext | undefined, tools: ServeTools): unknown {
  const handler = handlers.get(method)
  if (!handler) throw new RpcError(rpcCode.methodNotFound, `the runtime has no method "${method}"`)
  if (!isRecord(params)) throw new RpcError(rpcCode.invalidParams, `${method}: params is not an object`)
  if (!context) {
    throw new RpcError(rpcCode.invalidRequest, `${method}: no call is in flight that this request could belong to`)
  }
  return handler(params, context, tools)
}

/** Remembers of so many runs what they are runs of; of others nobody can say it. */
export class FlowIds {
  readonly #ids = new Map<string, string>()

  add(runId: string, flowId: string): void {
    this.#ids.set(runId, flowId)
    if (this.#ids.size <= MOST_FLOW_IDS) return
    const [oldest] = this.#ids.keys()
    this.#ids.delete(oldest as string) // there are many
  }

  of(runId: string): string {
    return this.#ids.get(runId) ?? UNKNOWN_FLOW
  }
}

// ---

type Params = Record<string, unknown>
type Handler = (params: Params, context: CallContext, tools: ServeTools) => unknown

const MOST_FLOW_IDS = 10_000
const UNKNOWN_FLOW = '0'.repeat(64)

const served: Readonly<Record<string, Handler>> = {
  async 'blobs/put'(params, { blobs }) {
    if (params.data === undefined) throw new RpcError(rpcCode.invalidParams, 'blobs/put: "data" is missing')
    if (params.blob_type !== 'binary') return { blob_id: await blobs.put(params.data) }
    return { blob_id: await blobs.put(Buffer.from(text(params, 'data', 'blobs/put'), 'base64')) }
  },
  async 'blobs/get'(params, { blobs }, { form }) {
    const value = await blobs.get(text(params, 'blob_id', 'blobs/get'))
    if (!(value instanceof Uint8Array)) return { data: value, blob_type: 'data' }
    // Old servers know no such type, and cannot read an answer that has it.
    return { data: Buffer.from(value).toString('base64'), blob_type: form === 'long' ? 'data' : 'binary' }
  },
  async 'runs/submit'(params, context, tools) {
    if (!Array.isArray(params.inputs)) throw new RpcError(rpcCode.invalidParams, 'runs/submit: "inputs" is not a list')
    const isWaitedFor = flag(params, 'wait', 'runs/submit')
    const limit = atLeastOne(params, 'maxConcurrency', 'runs/submit')
    const { flowId, run } = await submit(params, 'flowId', params.inputs, { isWaitedFor, limit }, context, tools)
    return describeRun(run, flowId, tools.form, isWaitedFor)
  },
  async 'runs/get'(params, context, tools) {
    const withResults = flag(params, 'includeResults', 'runs/get')
    const isWaitedFor = flag(params, 'wait', 'runs/get')
    const run = await get(text(params, 'runId', 'runs/get'), isWaitedFor, withResults, context, tools)
    return describeRun(run, tools.flowIds.of(run.runId), tools.form, withResults)
  },
  async 'flows/evaluate'(params, context, tools) {
    const { run } = await submit(params, 'flow_id', [params.input ?? null], { isWaitedFor: true }, context, tools)
    const [outcome] = run.outcomes
    if (!outcome) throw new RpcError(rpcCode.internal, `flows/evaluate: run ${run.runId} ended without a result`)
    return { result: describeOutcome(outcome, tools.form, 'flows') }
  },
  async 'flows/get_metadata'(params, context) {
    // In the short form a call does not say which flow it belongs to.
    const id = params.flow_id === undefined ? await context.flowId() : text(params, 'flow_id', 'flows/get_metadata')
    const flow = await context.blobs.get(id)
    const flowMetadata = metadataOf(flow)
    if (typeof params.step_id !== 'string') return { flow_metadata: flowMetadata }
    const step = stepOf(flow, params.step_id)
    return { flow_metadata: flowMetadata, ...(step ? { step_metadata: metadataOf(step) } : {}) }
  },
  async 'flows/submit_batch'(params, context, tools) {
    if (!Array.isArray(params.inputs)) {
      throw new RpcError(rpcCode.invalidParams, 'flows/submit_batch: "inputs" is not a list')
    }
    const limit = atLeastOne(params, 'max_concurrency', 'flows/submit_batch')
    const { run } = await submit(params, 'flow_id', params.inputs, { isWaitedFor: false, limit }, context, tools)
    return { batch_id: run.runId, total_runs: params.inputs.length }
  },
  async 'flows/get_batch'(params, context, tools) {
    const withResults = flag(params, 'include_results', 'flows/get_batch')
    const isWaitedFor = flag(params, 'wait', 'flows/get_batch')
    const batchId = text(params, 'batch_id', 'flows/get_batch')
    const run = await get(batchId, isWaitedFor, withResults, context, tools)
    return describeBatch(run, tools.flowIds.of(batchId), tools.form, withResults)
  },
}

const handlers: ReadonlyMap<string, Handler> = new Map(Object.entries(served))

async function submit(
  params: Params,
  idKey: 'flowId' | 'flow_id',
  inputs: readonly unknown[],
  { isWaitedFor, limit }: { readonly isWaitedFor: boolean; readonly limit?: number | undefined },
  context: CallContext,
  { lend, flowIds }: ServeTools,
): Promise<{ readonly flowId: string; readonly run: ReportedRun }> {
  const named = params.flow ?? params[idKey]
  if (named === undefined || named === null || named === '') {
    throw new RpcError(rpcCode.invalidParams, `"${idKey}" or "flow" is missing: which flow is to be run`)
  }
  // A flow that came along has the id that it would have as a blob.
  const flowId = typeof named === 'string' ? named : await context.blobs.put(named)
  const plan = await planOf(named, overridesIn(params), context)
  const options = {
    wait: isWaitedFor,
    ...(limit === undefined ? {} : { maxConcurrent: limit }),
    ...(typeof params.subflowKey === 'string' ? { key: params.subflowKey } : {}),
  }
  const { runId, outcomes } = isWaitedFor
    ? await lend(() => context.submit(plan, inputs, options))
    : await context.submit(plan, inputs, options)
  flowIds.add(runId, flowId)
  return { flowId, run: { ...(await context.getRun(runId)), outcomes } }
}

function get(
  runId: string,
  wait: boolean,
  results: boolean,
  context: CallContext,
  { lend }: ServeTools,
): Promise<ReportedRun> {
  const asked = () => context.getRun(runId, { wait, results })
  return wait ? lend(asked) : asked()
}

/** By step; newer servers put `{steps: ...}` around them. */
function overridesIn({ overrides }: Params): Json | undefined {
  if (overrides === undefined || overrides === null) return undefined
  if (!isRecord(overrides)) throw new RpcError(rpcCode.invalidParams, '"overrides" is not an object of steps')
  const keys = Object.keys(overrides)
  if (keys.length === 0) return undefined
  const isWrapped = keys.length === 1 && isRecord(overrides.steps) && !('value' in overrides.steps)
  return (isWrapped ? overrides.steps : overrides) as Json // JSON by its origin
}

/** A flow is inline, or named by the id of the blob that it was stored as, or else as the engine knows it. */
async function planOf(flow: unknown, overrides: Json | undefined, context: CallContext): Promise<Plan> {
  if (typeof flow !== 'string') return context.plan(flow, overrides)
  return context.plan((await storedFlow(flow, context)) ?? flow, overrides)
}

async function storedFlow(written: string, { blobs }: CallContext): Promise<unknown> {
  const id = bareId(written)
  if (!BLOB_ID.test(id)) return undefined
  try {
    return await blobs.get(id)
  } catch (error) {
    if (FlowError.is(error) && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

const BLOB_ID = /^[0-9a-f]{64}$/

function metadataOf(described: unknown): Json {
  const metadata = isRecord(described) ? described.metadata : undefined
  return isRecord(metadata) ? (metadata as Json) : {} // JSON by its origin
}

/** Steps are a list, or named by their keys. */
function stepOf(flow: unknown, id: string): unknown {
  const steps = isRecord(flow) ? flow.steps : undefined
  if (Array.isArray(steps)) return steps.find((step) => isRecord(step) && step.id === id)
  return isRecord(steps) && Object.hasOwn(steps, id) ? steps[id] : undefined
}

function text(params: Params, key: string, method: string): string {
  const value = params[key]
  if (typeof value === 'string' && value !== '') return value
  throw new RpcError(rpcCode.invalidParams, `${method}: "${key}" is not a text`)
}

function flag(params: Params, key: string, method: string): boolean {
  const value = params[key] ?? false
  if (typeof value === 'boolean') return value
  throw new RpcError(rpcCode.invalidParams, `${method}: "${key}" is neither true nor false`)
}

function atLeastOne(params: Params, key: string, method: string): number | undefined {
  const value = params[key] ?? undefined
  if (value === undefined || (typeof value === 'number' && Number.isInteger(value) && value >= 1)) return value
  throw new RpcError(rpcCode.invalidParams, `${method}: "${key}" is not a whole number from 1 on`)
}
