// The engine's own components: what the front ends compile loops into. Reached by paths that no author can write.

import { FlowError } from '../errors.ts'
import { isRecord, kindOf, own } from '../json.ts'
import type { Plan } from '../plan/plan.ts'
import type { Outcome } from '../run/outcome.ts'
import { type CallContext, type Component, type InputList, Park, Skip } from './plugin.ts'

/** The component of a path that starts with `$core/`; undefined for all others. */
export function coreComponent(path: string): Component | undefined {
  if (path === '$core/map') return map
  return path === '$core/run' ? run : undefined
}

/** Of what a step was given that calls the component of this path: what its author wrote, without what the compiler added. */
export function givenByAuthor(path: string | null, given: unknown): unknown {
  if (path === '$core/map') return own(given, 'items')
  return path === '$core/run' ? own(given, 'input') : given
}

// ---

interface RunInput {
  readonly plan: Plan
  readonly input: unknown
}

/** Runs a plan once: its result, its skip or its failure is the step's. */
const run: Component = {
  info: { name: '$core/run', repeatable: true, keepsInput: true },
  call(raw, context) {
    const { plan, input } = raw as RunInput
    if (!context.woken) return new Park({ run: { plan, inputs: [input], variables: context.variables } })
    const outcome = context.woken.outcomes?.[0]
    if (outcome?.outcome === 'success') return outcome.result
    if (outcome?.outcome === 'skipped') return new Skip(outcome.reason)
    throw outcome ? new FlowError(...thrownParts(outcome)) : new FlowError('INTERNAL', 'the plan inside did not end')
  },
}

interface MapInput {
  readonly plan: Plan
  readonly items: unknown
  readonly shared?: Readonly<Record<string, unknown>>
  readonly maxConcurrent?: number
  readonly onItemError?: 'fail' | 'skip' | 'continue'
}

/** Runs a plan once per element; the results in the order of the elements, null for a skipped one. */
const map: Component = {
  info: { name: '$core/map', repeatable: true, keepsInput: true },
  call(raw, context) {
    const input = raw as MapInput
    if (context.woken) return collect(context.woken.outcomes ?? [], input.onItemError ?? 'fail')
    return start(input, context)
  },
}

function start(input: MapInput, context: CallContext): Park | readonly unknown[] {
  const { items, shared = {} } = input
  if (!Array.isArray(items)) {
    const shown = isRecord(items) || items === null ? '' : ` (${JSON.stringify(items)?.slice(0, 60)})`
    throw new FlowError(
      'EXPRESSION_FAILURE',
      `step "${context.stepId}" runs once per element of a list, but got ${kindOf(items)}${shown}; make sure that it is a list`,
    )
  }
  if (items.length === 0) return []
  return new Park({
    run: {
      plan: input.plan,
      inputs: new Elements(items, shared),
      variables: context.variables,
      sharesInputs: Object.keys(shared).length > 0,
      onItemFailure: (input.onItemError ?? 'fail') === 'fail' ? 'drain' : 'continue',
      ...(input.maxConcurrent === undefined ? {} : { maxConcurrent: input.maxConcurrent }),
    },
  })
}

/** What each run of the plan is given: made when it begins. */
class Elements implements InputList {
  readonly #items: readonly unknown[]
  readonly #shared: Readonly<Record<string, unknown>>

  constructor(items: readonly unknown[], shared: Readonly<Record<string, unknown>>) {
    this.#items = items
    this.#shared = shared
  }

  get length(): number {
    return this.#items.length
  }

  at(index: number): unknown {
    return { item: this.#items[index], index, ...this.#shared }
  }
}

function collect(outcomes: readonly (Outcome | undefined)[], onItemError: 'fail' | 'skip' | 'continue'): unknown[] {
  const results: unknown[] = []
  for (let i = 0; i < outcomes.length; i++) {
    const outcome = outcomes[i]
    if (outcome === undefined) continue
    if (outcome.outcome === 'success') results.push(outcome.result)
    else if (outcome.outcome === 'skipped') results.push(null)
    else if (onItemError === 'continue')
      results.push({ error: { code: outcome.error.code, message: outcome.error.message } })
    else if (onItemError === 'fail') throw asThrown(outcome, i)
  }
  return results
}

/** The failure inside, to be retried around if the step says so. */
function thrownParts({ error }: Extract<Outcome, { outcome: 'failed' }>): ConstructorParameters<typeof FlowError> {
  const { code, message, data } = error
  return [code as FlowError['code'], message, data === undefined ? {} : { data }]
}

/** The element's failure as the step's own; it was retried where it happened, and is not retried again here. */
function asThrown(outcome: Extract<Outcome, { outcome: 'failed' }>, index: number): FlowError {
  const { code, message, data } = outcome.error
  return new FlowError(code as FlowError['code'], message, { retryable: false, data: data ?? { index } })
}
