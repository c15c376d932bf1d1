// The one place where an engine gets what every process of ours gives it: pure functions of the languages, JSON Schema, and the
// builtin components of a program. Programs and hosts add the rest: stores, plugins, secrets.

import {
  type Clock,
  createEngine,
  type Plan,
  type PlanEngine,
  type PlanEngineOptions,
  type Plugin,
  subPlanOf,
} from '@stepflow/engine'

/** An engine for plans; what it needs for the languages is loaded when a plan asks for it. */
export function assembleEngine(options: Omit<PlanEngineOptions, 'functions' | 'schema'>): PlanEngine {
  return createEngine({
    ...options,
    functions: async (name) => (await import('@stepflow/dialects')).functions(name),
    schema: async (schema) => (await import('@stepflow/schema')).createSchemaLoader()(schema),
  })
}

/** The builtin components, for a program: loaded with the first plan that calls one, for most call none. */
export class BuiltinOnDemand {
  readonly #clock: Clock | undefined
  #plugin: Plugin | undefined
  #loading: Promise<void> | undefined

  constructor(clock?: Clock) {
    this.#clock = clock
  }

  /** Undefined before it is loaded. */
  get plugin(): Plugin | undefined {
    return this.#plugin
  }

  /** What has to be waited for before the plan may be run; undefined: nothing. */
  loadFor(plan: Plan): Promise<void> | undefined {
    return this.#plugin === undefined && callsBuiltin(plan) ? this.load() : undefined
  }

  load(): Promise<void> {
    this.#loading ??= this.#load()
    return this.#loading
  }

  async #load(): Promise<void> {
    const [{ createBuiltinPlugin }, { functions }] = await Promise.all([
      import('@stepflow/builtin'),
      import('@stepflow/dialects'),
    ])
    this.#plugin = createBuiltinPlugin({ functions, ...(this.#clock && { clock: this.#clock }) })
  }
}

// ---

const known = new WeakMap<Plan, boolean>()

function callsBuiltin(plan: Plan): boolean {
  let calls = known.get(plan)
  if (calls === undefined) {
    calls = plan.steps.some((step) => {
      if (step.component?.startsWith('/builtin/')) return true
      const inside = subPlanOf(step)?.plan
      return inside !== undefined && callsBuiltin(inside)
    })
    known.set(plan, calls)
  }
  return calls
}
