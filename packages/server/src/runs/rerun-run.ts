// Repeats a run that has ended, as a new run: what is asked for as options of the engine, and what it would do.

import type { Rerun } from '@stepflow/api'
import { FlowError, type ItemRange, type Json, type RerunOptions, type RerunPreview } from '@stepflow/engine'
import { readRecordedFlow } from '@stepflow/host'
import { type Created, editedInput, type RecordedRun, readCreated, refuseChanged } from '@stepflow/host/history'
import type { Services } from '../services.ts'
import { type RequestKey, runIdOf } from './start-run.ts'

export interface RerunRequest {
  readonly runId: string
  readonly asked: Rerun
  readonly by?: string | undefined
  readonly key?: RequestKey | undefined
}

type Tools = Pick<Services, 'engine' | 'store' | 'runs' | 'flows' | 'secrets'>

export interface PreparedRerun {
  readonly options: RerunOptions
  readonly preview: RerunPreview
}

/** Throws CONFLICT if the run has not ended, INVALID_INPUT or INVALID_FLOW for what cannot be done. */
export async function prepareRerun(tools: Tools, { runId, asked, by }: RerunRequest): Promise<PreparedRerun> {
  const { from, failed, items, variables } = asked
  if (from !== undefined && failed) throw new FlowError('INVALID_INPUT', '"from" and "failed" are both given')
  const recorded = await tools.runs.open(runId)
  const created = await readCreated(tools.store, recorded.row.id)
  const options: RerunOptions = {
    ...(from !== undefined ? { from: { step: from } } : failed ? { from: { failed: true } } : {}),
    ...(items ? { items: items.map((one) => rangeOf(one, recorded)) } : {}),
    ...('input' in asked ? { inputs: [await inputOf(recorded, created, asked.input)] } : {}),
    ...(variables ? { variables: { ...created.options?.variables, ...variables } } : {}),
    ...(await changedFlow(tools, created, asked)),
    trigger: { type: 'api', ...(by === undefined ? {} : { by }) },
  }
  const preview = await tools.engine.previewRerun(recorded.row.id, options)
  if (asked.flow !== undefined && options.plan) refuseChanged(created.plan, options.plan, preview)
  return { options, preview }
}

/** Begins it, once for each key; answers the new run's id. */
export async function rerunRun(tools: Tools, request: RerunRequest): Promise<string> {
  const { key } = request
  const id = key && runIdOf(key.key)
  if (id !== undefined && (await isBegun(tools, id, key as RequestKey))) return id
  const { options, preview } = await prepareRerun(tools, request)
  if (preview.items.again === 0) {
    throw new FlowError('CONFLICT', `run ${request.runId} has nothing to repeat of what was asked for`)
  }
  await tools.secrets.refresh()
  try {
    const keyed = id === undefined ? {} : { id, ...(key ? { request: key } : {}) }
    const run = await tools.engine.rerun(request.runId, { ...options, ...keyed })
    run.discardResults()
    return run.id
  } catch (thrown) {
    // Another request with the key was quicker.
    const isTaken = FlowError.is(thrown) && thrown.code === 'CONFLICT' && id !== undefined
    if (isTaken && (await isBegun(tools, id, key as RequestKey))) return id
    throw thrown
  }
}

// ---

async function isBegun({ store }: Tools, id: string, { key, hash }: RequestKey): Promise<boolean> {
  if (!(await store.runs.get(id))) return false
  const { options } = await readCreated(store, id)
  if (options?.request?.hash === hash) return true
  throw new FlowError('CONFLICT', `the idempotency key "${key}" was used for another request, which began run ${id}`)
}

function rangeOf(one: number | readonly number[], { row }: RecordedRun): ItemRange {
  const [first, last] = (typeof one === 'number' ? [one, one] : one) as readonly [number, number] // by its schema
  if (first > last) throw new FlowError('INVALID_INPUT', `"items" has [${first}, ${last}], which ends before it begins`)
  if (row.items.total >= 0 && last >= row.items.total) {
    throw new FlowError(
      'INVALID_INPUT',
      `"items" has ${last}, but run ${row.id} has ${row.items.total} items, from 0 on`,
    )
  }
  return [first, last]
}

async function inputOf(recorded: RecordedRun, created: Created, input: unknown): Promise<unknown> {
  const { id, items } = recorded.row
  if (items.total !== 1) {
    throw new FlowError('INVALID_INPUT', `"input" is one input, but run ${id} has ${items.total} items`)
  }
  return editedInput(recorded, created, input)
}

/** The plan of another text, or of the run's own text with more patches. */
async function changedFlow(
  { store, flows }: Tools,
  { options }: Created,
  { flow, overrides }: Rerun,
): Promise<Pick<RerunOptions, 'plan' | 'flow' | 'flowId' | 'textId' | 'overridesId'>> {
  if (flow === undefined && overrides === undefined) return {}
  const recorded = await readRecordedFlow(store, options)
  const text = flow ?? recorded.text
  const given =
    text !== undefined ? { flow: text } : options?.flowId === undefined ? undefined : { flowId: options.flowId }
  if (!given) {
    throw new FlowError('INVALID_INPUT', 'the text of this run\'s flow is not recorded: give it as "flow"')
  }
  const patches = [...(flow === undefined ? recorded.overrides : []), ...(overrides === undefined ? [] : [overrides])]
  const compiled = await flows.compile(given, merged(patches))
  const { plan, flowId, textId, overridesId } = compiled
  return {
    plan,
    ...(flow === undefined || !plan.name ? {} : { flow: plan.name }),
    ...(flowId === undefined ? {} : { flowId }),
    ...(textId === undefined ? {} : { textId }),
    ...(overridesId === undefined ? {} : { overridesId }),
  }
}

/** One of them as it is, several as a list: later ones win. */
function merged(patches: readonly unknown[]): Json | undefined {
  return (patches.length > 1 ? patches : patches[0]) as Json | undefined // they came as JSON
}
