// Begins runs. Whatever starts one comes by here: requests, schedules, webhooks, tools.
//
// S1  A key names its run: the run's id follows from the key, so the same key finds the same run, with any number of servers
//     on the store, and nothing has to be kept for it but the run.
// S2  The run keeps the hash of what was asked for. The same key with something else is refused.

import { createHash } from 'node:crypto'
import {
  contentId,
  FlowError,
  type FollowedRun,
  type Inputs,
  isRecord,
  type Json,
  type Plan,
  type PlanEngine,
  type RunHandle,
  type RunOptions,
  type Store,
  type SubmitOptions,
  type Writable,
} from '@stepflow/engine'
import type { CompiledGiven, Secrets } from '@stepflow/host'
import { readCreated } from '@stepflow/host/history'
import { createSchemaLoader } from '@stepflow/schema'
import { misfitting } from './misfitting.ts'

type OfRun = Pick<RunOptions, 'variables' | 'labels' | 'maxConcurrent' | 'kind' | 'pins' | 'secrets'>

export interface StartRequest extends Readonly<{ [K in keyof OfRun]: OfRun[K] | undefined }> {
  readonly flow: CompiledGiven
  /** By which the run is listed, in place of the flow's own name. */
  readonly flowName?: string | undefined
  readonly inputs: Inputs
  /** One input: if it breaks the flow's schema, there is no run. */
  readonly isSingle: boolean
  /** What becomes of it if the source of its inputs fails. */
  readonly onBroken?: SubmitOptions['onBroken']
  readonly trigger: NonNullable<RunOptions['trigger']>
  readonly key?: RequestKey | undefined
}

export interface RequestKey {
  readonly key: string
  /** Of what was asked for. */
  readonly hash: string
}

export interface BegunRun {
  readonly run: RunHandle | FollowedRun
  /** False: the key had been used, and this is its run. */
  readonly isNew: boolean
  /** Its one result is to be had from `run`, redacted. */
  readonly isAtHand: boolean
  readonly plan: Plan
  readonly options: RunOptions
}

export class RunStarter {
  readonly #engine: PlanEngine
  readonly #store: Store
  readonly #secrets: Pick<Secrets, 'refresh'>
  readonly #loadSchema = createSchemaLoader()
  readonly #checks = new WeakMap<Plan, ReturnType<ReturnType<typeof createSchemaLoader>>>()
  /** Runs that are being begun here, by their key. */
  readonly #beginning = new Map<string, Promise<unknown>>()

  constructor(engine: PlanEngine, store: Store, secrets: Pick<Secrets, 'refresh'>) {
    this.#engine = engine
    this.#store = store
    this.#secrets = secrets
  }

  /** Throws INVALID_INPUT for variables or one input that do not fit, CONFLICT for a key that was used for something else. */
  async start(request: StartRequest): Promise<BegunRun> {
    const { key } = request
    if (!key) return this.#begin(request)
    const id = runIdOf(key.key)
    for (;;) {
      const other = this.#beginning.get(id)
      if (!other) break
      // Whatever comes of it: if there is no run then, this request begins it.
      await other.catch(() => {})
    }
    const begun = this.#beginOrFind(request, id, key)
    this.#beginning.set(id, begun)
    try {
      return await begun
    } finally {
      this.#beginning.delete(id)
    }
  }

  /** The run that a key has begun. */
  async begunWith(key: string): Promise<string | undefined> {
    return (await this.#store.runs.get(runIdOf(key)))?.id
  }

  async #beginOrFind(request: StartRequest, id: string, key: RequestKey): Promise<BegunRun> {
    const found = await this.#find(id, key)
    if (found) return found
    try {
      return await this.#begin(request, id)
    } catch (thrown) {
      // Another server was quicker.
      const quicker = FlowError.is(thrown) && thrown.code === 'CONFLICT' ? await this.#find(id, key) : undefined
      if (quicker) return quicker
      throw thrown
    }
  }

  async #find(id: string, { key, hash }: RequestKey): Promise<BegunRun | undefined> {
    if (!(await this.#store.runs.get(id))) return undefined
    const { plan, options = {} } = await readCreated(this.#store, id)
    if (options.request?.hash !== hash) {
      throw new FlowError(
        'CONFLICT',
        `the idempotency key "${key}" was used for another request, which began run ${id}`,
      )
    }
    return { run: await this.#engine.follow(id), isNew: false, isAtHand: false, plan, options }
  }

  async #begin(request: StartRequest, id?: string): Promise<BegunRun> {
    const { flow, flowName, inputs, isSingle, trigger, key } = request
    const { plan, flowId, textId, overridesId, flowVersion } = flow
    if (isSingle) await this.#checkInput(plan, inputs)
    // The run reads what they are now, whoever has set them.
    await this.#secrets.refresh()
    const name = flowName ?? flow.flowName ?? plan.name
    // Few have more than two of them, and copies of copies would cost as much as the run's steps.
    const options: Writable<SubmitOptions> = { trigger }
    if (flowId !== undefined) options.flowId = flowId
    if (flowVersion !== undefined) options.flowVersion = flowVersion
    if (name) options.flow = name
    if (textId !== undefined) options.textId = textId
    if (overridesId !== undefined) options.overridesId = overridesId
    takeOver(request, options)
    if (key) options.request = key
    if (request.onBroken) options.onBroken = request.onBroken
    if (id !== undefined) options.id = id
    const run = await this.#engine.submit(plan, inputs, options)
    // Nobody is to hold the results of a batch in memory until somebody reads them: they are in the store.
    if (!isSingle) run.discardResults()
    return { run, isNew: true, isAtHand: isSingle, plan, options }
  }

  async #checkInput(plan: Plan, inputs: Inputs): Promise<void> {
    const schema = plan.schemas?.input
    if (schema === undefined) return
    let check = this.#checks.get(plan)
    if (!check) {
      check = this.#loadSchema(schema)
      this.#checks.set(plan, check)
    }
    const { violations } = (await check)((inputs as readonly unknown[])[0]) // one is a list of one
    if (violations.length === 0) return
    throw misfitting('the input does not fit', violations)
  }
}

/** The hash of a request, whatever the order of its keys. */
export function requestHash(request: unknown): string {
  return contentId(sorted(request))
}

// ---

/** S1. It does not say when the run began, as other ids do: the key says nothing of it. */
export function runIdOf(key: string): string {
  return `key-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`
}

/** What a request says of the run, as it is. */
function takeOver(request: StartRequest, options: Writable<SubmitOptions>): void {
  const { variables, labels, maxConcurrent, kind, pins, secrets } = request
  if (variables !== undefined) options.variables = variables
  if (labels !== undefined) options.labels = labels
  if (maxConcurrent !== undefined) options.maxConcurrent = maxConcurrent
  if (kind !== undefined) options.kind = kind
  if (pins !== undefined) options.pins = pins
  if (secrets !== undefined) options.secrets = secrets
}

function sorted(value: unknown): Json {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isRecord(value)) return value as Json // a body is JSON
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  )
}
