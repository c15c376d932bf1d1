// The runs that components begin and ask about. What they get of them is what an exit gets: without secrets.

import type { GetRunOptions, ReportedRun, SubmitRunOptions, SubmittedRun } from '../../component/plugin.ts'
import type { PlanEngine, RunHandle } from '../../engine.ts'
import { FlowError } from '../../errors.ts'
import type { RunId } from '../../journal/events.ts'
import { isEnded } from '../../journal/project.ts'
import { textId } from '../../plan/id.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Patience } from '../../store/patience.ts'
import type { RunRow, Store } from '../../store/store.ts'
import type { Attempt } from '../in-flight/attempt.ts'
import { secretsAround } from '../in-flight/attempt-place.ts'
import type { Outcome } from '../outcome.ts'
import { recordedResults } from './follow-run.ts'

/** Of runs whose results the store does not keep: so many are held here, for who asks for them later. */
const MOST_HELD = 1_000
const KEY_DIGITS = 16

export class CallRuns {
  readonly #engine: PlanEngine
  readonly #store: Store
  readonly #patience: Patience
  readonly #held = new Map<RunId, Promise<readonly Outcome[]>>()

  constructor(engine: PlanEngine, store: Store, patience: Patience) {
    this.#engine = engine
    this.#store = store
    this.#patience = patience
  }

  async submit(
    attempt: Attempt,
    plan: Plan,
    inputs: readonly unknown[],
    { maxConcurrent, wait = true, key }: SubmitRunOptions = {},
  ): Promise<SubmittedRun> {
    let id = key === undefined ? undefined : keyedId(attempt, key)
    if (id !== undefined && (await this.#row(id))) {
      if (this.#store.keepsSteps || this.#held.has(id)) return this.#again(attempt, id, wait)
      // Nobody has its results any more: it has to be done again.
      id = undefined
    }
    // Its inputs may be ours, and its own schema need not say what is secret in them.
    const secrets = secretsAround(attempt)
    const bound = {
      ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
      ...(secrets.length === 0 ? {} : { secrets }),
    }
    const handle = await this.#engine.submit(plan, [...inputs], id === undefined ? bound : { ...bound, id })
    const isHeld = !this.#store.keepsSteps && (!wait || id !== undefined)
    const outcomes = isHeld ? this.#hold(handle) : wait ? outcomesOf(handle) : []
    return { runId: handle.id, outcomes: wait ? await outcomes : [] }
  }

  async get(signal: AbortSignal, id: RunId, { wait, results }: GetRunOptions = {}): Promise<ReportedRun> {
    const row = wait ? await this.#untilEnded(signal, id) : await this.#row(id)
    if (!row) throw new FlowError('NOT_FOUND', `there is no run ${id}`)
    const { flow, status, createdAt, endedAt, items } = row
    const outcomes = results ? await this.#results(id, isEnded(status)) : []
    return {
      runId: id,
      ...(flow === undefined ? {} : { flow }),
      status,
      createdAt,
      ...(endedAt === undefined ? {} : { endedAt }),
      items,
      outcomes,
    }
  }

  // ---

  /** An earlier attempt began it; whoever drove it may be gone. */
  async #again(attempt: Attempt, runId: RunId, wait: boolean): Promise<SubmittedRun> {
    const row = await this.#row(runId)
    if (row && !isEnded(row.status)) {
      await this.#engine.resume(runId).catch((error) => {
        if (!FlowError.is(error) || error.code !== 'CONFLICT') throw error
      })
    }
    if (!wait) return { runId, outcomes: [] }
    const { outcomes } = await this.get(attempt.signal, runId, { wait, results: true })
    return { runId, outcomes: outcomes.filter((outcome) => outcome !== undefined) }
  }

  #row(id: RunId): Promise<RunRow | undefined> {
    return Promise.resolve(this.#patience.ask(() => this.#store.runs.get(id)))
  }

  async #untilEnded(signal: AbortSignal, id: RunId): Promise<RunRow | undefined> {
    let change: () => void = () => {}
    const unwatch = this.#store.watch({ run: id }, () => change())
    try {
      for (;;) {
        const changed = new Promise<void>((resolve) => {
          change = resolve
        })
        const leave = () => change()
        signal.addEventListener('abort', leave, { once: true })
        const row = await this.#row(id)
        if (!row || isEnded(row.status)) return row
        if (signal.aborted) throw signal.reason
        await changed
        signal.removeEventListener('abort', leave)
      }
    } finally {
      unwatch()
    }
  }

  async #results(id: RunId, hasEnded: boolean): Promise<readonly (Outcome | undefined)[]> {
    const held = this.#held.get(id)
    if (held) return hasEnded ? held : []
    if (!this.#store.keepsSteps) {
      throw new FlowError('NOT_FOUND', `the results of run ${id} are not kept any more: ask for them sooner`)
    }
    const outcomes: (Outcome | undefined)[] = []
    for await (const page of recordedResults(this.#store, id, this.#patience)) {
      for (const { index, outcome } of page) outcomes[index] = outcome
    }
    return outcomes
  }

  #hold(handle: RunHandle): Promise<readonly Outcome[]> {
    const outcomes = outcomesOf(handle)
    outcomes.catch(() => {})
    this.#held.set(handle.id, outcomes)
    if (this.#held.size > MOST_HELD) {
      const [oldest] = this.#held.keys()
      this.#held.delete(oldest as RunId) // there are many
    }
    return outcomes
  }
}

// ---

/** Of one call and this key; sorts beside the run that the call is of. */
function keyedId({ runId, idempotencyKey }: Attempt, key: string): RunId {
  return `${runId}-${textId(JSON.stringify([idempotencyKey, key])).slice(0, KEY_DIGITS)}`
}

async function outcomesOf(handle: RunHandle): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for await (const { outcome } of handle.results()) outcomes.push(outcome)
  return outcomes
}
