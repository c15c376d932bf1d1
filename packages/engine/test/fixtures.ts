// Plans and engines for tests, said in a few words.

import {
  type CallContext,
  type Clock,
  type Component,
  createEngine,
  createMemoryStore,
  type Expr,
  FlowError,
  type JournalEntry,
  type Outcome,
  type Plan,
  type PlanEngine,
  type PlanStep,
  type Router,
  type Store,
} from '@stepflow/engine'
import { createManualClock, type ManualClock } from '@stepflow/engine/testing'

export type Fn = (input: any, context: CallContext) => unknown

/** Ids -> indexes, and the exit last. */
export function plan(
  steps: Record<string, Omit<PlanStep, 'id'>>,
  exit: (at: (id: string) => number) => Partial<PlanStep> & { input: Expr },
  options: Partial<Plan> = {},
): Plan {
  const ids = Object.keys(steps)
  const at = (id: string) => ids.indexOf(id)
  const all: PlanStep[] = ids.map((id) => ({ id, ...(steps[id] as Omit<PlanStep, 'id'>) }))
  all.push({ id: '$output', component: null, hidden: true, ...exit(at) })
  return { name: 'test', steps: all, entry: ids.length, exit: ids.length, onFailure: 'stop', ...options }
}

export const ref = (step: number, more: object = {}): Expr => ({ op: 'step', step, ...more })
export const after = (of: number[], then: Expr): Expr => ({ op: 'guard', rule: 'all_success', of, then })
export const input: Expr = { op: 'input' }
export const call = (component: string, of: Expr = input, more: Partial<PlanStep> = {}): Omit<PlanStep, 'id'> => ({
  component,
  input: of,
  ...more,
})

export const builtins: Record<string, Fn> = {
  '/echo': (x) => x,
  '/fail': (x) => {
    throw new FlowError('COMPONENT_FAILED', typeof x === 'string' ? x : 'boom')
  },
}

/** By path: what a component does, or all of it. */
export type Components = Record<string, Fn | Component>

export function routerOf(components: Components): Router {
  return {
    route(path) {
      const found = components[path] ?? builtins[path]
      if (!found) throw new FlowError('COMPONENT_NOT_FOUND', `no component ${path}`)
      return { component: typeof found === 'function' ? { info: { name: path }, call: found } : found }
    },
  }
}

export interface Bench {
  readonly engine: PlanEngine
  readonly clock: ManualClock
  /** Everything that was journaled. */
  readonly entries: JournalEntry[]
  /** Everything that was reported. */
  readonly reports: string[]
  /** Runs the plan over inputs while time stands still. */
  run(plan: Plan, inputs: unknown[], options?: { maxConcurrent?: number }): Promise<Outcome[]>
}

export function bench(
  components: Components = {},
  clock = createManualClock(),
  store: Store = createMemoryStore({ clock }),
): Bench {
  const entries: JournalEntry[] = []
  const reports: string[] = []
  let runs = 0
  const engine = createEngine({
    store,
    router: routerOf(components),
    clock: clock as Clock,
    random: () => 0.5,
    log: (_level, message) => reports.push(message),
    newId: () => (runs++ === 0 ? 'run' : `run${runs}`),
    functions: (name) => (name === 'add' ? (a, b) => (a as number) + (b as number) : undefined),
  })
  return {
    engine,
    clock,
    entries,
    reports,
    async run(plan, inputs, options = {}) {
      const handle = await engine.submit(plan, inputs, { ...options, watch: (more) => entries.push(...more) })
      const outcomes: Outcome[] = []
      for await (const { index, outcome } of handle.results()) outcomes[index] = outcome
      await handle.ended
      return outcomes
    },
  }
}

/** How each step ended, by id, in the order in which they ended. */
export function story(bench: Bench, plan: Plan): string[] {
  return bench.entries.flatMap((entry) =>
    entry.type === 'settled' && entry.sub === undefined
      ? [`${plan.steps[entry.step]?.id} ${entry.outcome.outcome}`]
      : [],
  )
}

export const ok = (result: unknown): Outcome => ({ outcome: 'success', result })
export const failedWith = (message: string, step?: string): Outcome => ({
  outcome: 'failed',
  error: { code: 'COMPONENT_FAILED', message, ...(step === undefined ? {} : { step }) },
})
