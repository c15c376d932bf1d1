// Plan -> LinkedPlan: everything that depends on the plan alone, worked out once and shared by all its runs.

import type { Component } from '../component/plugin.ts'
import type { Route, Router } from '../component/router.ts'
import { FlowError } from '../errors.ts'
import type { Json, MaybePromise } from '../json.ts'
import { checkPlan } from '../plan/check.ts'
import { strictDependencies } from '../plan/dependencies.ts'
import { allRefs, type Expr, strictRefs, walk } from '../plan/expr.ts'
import { ownFunctions, type PureFunction } from '../plan/functions.ts'
import { authorsId, type Plan, type PlanStep } from '../plan/plan.ts'
import { sharedInputs } from '../plan/shared-inputs.ts'
import type { SchemaCheck } from '../schema.ts'
import { compileExpr, type Eval, type ExprContext } from './scheduler/compile-expr.ts'
import { WAITING } from './scheduler/state.ts'

export interface LinkedPlan {
  readonly plan: Plan
  readonly stepCount: number
  readonly stepIds: readonly string[]
  /** As they are told in errors and messages. */
  readonly authorsIds: readonly (string | undefined)[]
  readonly inputs: readonly Eval[]
  readonly fallbacks: readonly (Eval | undefined)[]
  readonly cacheKeys: readonly (Eval | undefined)[]
  /** What answers a step's call; undefined for steps without a component, and where the input chooses it. */
  readonly components: readonly (Component | undefined)[]
  readonly choices: readonly (Choice | undefined)[]
  /** 1 for steps that call something; 1 for those that may use the output of an earlier call. */
  readonly isCall: Uint8Array
  readonly isCached: Uint8Array
  /** Steps that must have ended before the step's input is taken. */
  readonly strict: NumberLists
  /** The reverse of `strict`. */
  readonly dependents: NumberLists
  /** Steps to which this one may show, by how it ends, which branch they take and so what they need. */
  readonly lazyDependents: NumberLists
  /** 1 for steps with branches: evaluated before all they wait for has ended, to demand what is certain by then. */
  readonly isEager: Uint8Array
  /** 1 where another step, or the next try, reads what the step is given. */
  readonly isShared: Uint8Array
  readonly hasTransitions: boolean
  /** The only step of an author's, done once: how it ends is how the plan ends. -1 where there are more, or none. */
  readonly soleStep: number
  /** Where a step leads whatever it gives, handing its result on; -1 where that is not so simple. */
  readonly onlyNext: Int32Array
  readonly hasCleanup: boolean
  /** 1 where settling needs more than waking strict dependents. */
  readonly special: Uint8Array
  /** How an item stands after its entry was demanded: the same for every item. */
  readonly start: { readonly status: Uint8Array; readonly pending: Int32Array; readonly first: readonly number[] }
  readonly checkInput: SchemaCheck | undefined
  readonly checkVariables: SchemaCheck | undefined
  /** Why a component that the plan names is not here, if one is not. */
  readonly lacks: FlowError | undefined
}

export type Choice = (input: unknown) => Component

/**
 * A list for each step, one after the other in memory, for long plans are slow by what they touch: list i is `of` from
 * `from[i]` up to before `from[i + 1]`.
 */
export interface NumberLists {
  readonly from: Int32Array
  readonly of: Int32Array
}

export interface LinkEnvironment {
  readonly router: Router
  readonly core: (path: string) => Component | undefined
  readonly functions: (name: string) => MaybePromise<PureFunction | undefined>
  readonly schema: ((schema: Json) => MaybePromise<SchemaCheck>) | undefined
}

/** Throws INVALID_FLOW for a plan that is not sound. A component that nothing serves fails its step, not the plan. */
export async function link(plan: Plan, environment: LinkEnvironment): Promise<LinkedPlan> {
  const problems = checkPlan(plan)
  if (problems.length > 0) throw new FlowError('INVALID_FLOW', `plan "${plan.name}": ${problems.join('; ')}`)

  const { steps } = plan
  const functions = await loadFunctions(plan, environment)
  const stepIds = steps.map((step) => step.id)
  const compile = (expr: Expr, self: number) => compileExpr(expr, contextOf(plan, self, stepIds, functions))
  const strict = steps.map(strictDependencies)
  const deciders = steps.map((step) => decidingRefs(step.input))
  const isEager = Uint8Array.from(deciders, (refs) => (refs.length > 0 ? 1 : 0))
  const lazyDependents = reverse(deciders)
  let lacks: FlowError | undefined
  const calls = steps.map(({ component }) =>
    component === null
      ? undefined
      : linkCall(component, environment, (missing) => {
          lacks ??= missing
        }),
  )
  const handles = reverse(steps.map((step) => step.handlers ?? []))

  return {
    plan,
    stepCount: steps.length,
    stepIds,
    authorsIds: steps.map(authorsId),
    inputs: steps.map((step, i) => compile(step.input, i)),
    fallbacks: steps.map((step, i) => step.fallback && compile(step.fallback, i)),
    cacheKeys: steps.map((step, i) => step.cache?.key && compile(step.cache.key, i)),
    components: calls.map((call) => call?.component),
    choices: calls.map((call) => call?.choose),
    isCall: Uint8Array.from(calls, (call) => (call ? 1 : 0)),
    isCached: Uint8Array.from(steps, ({ cache }) => (cache ? 1 : 0)),
    strict: inARow(strict),
    dependents: inARow(reverse(strict)),
    lazyDependents: inARow(lazyDependents),
    isEager,
    onlyNext: Int32Array.from(steps, ({ next }) => {
      const [first] = next ?? []
      return first && first.on === 'done' && first.equals === undefined && !first.pass ? first.to : -1
    }),
    isShared: sharedInputs(plan),
    hasTransitions: steps.some((step) => step.next !== undefined),
    soleStep: soleStepOf(plan),
    hasCleanup: steps.some((step) => step.cleanup === true),
    special: Uint8Array.from(steps, (step, i) =>
      i === plan.exit || step.next !== undefined || length(lazyDependents[i]) > 0 || length(handles[i]) > 0 ? 1 : 0,
    ),
    start: startOf(plan.entry, strict, isEager),
    checkInput: plan.schemas?.input === undefined ? undefined : await environment.schema?.(plan.schemas.input),
    checkVariables:
      plan.schemas?.variables === undefined ? undefined : await environment.schema?.(plan.schemas.variables),
    lacks,
  }
}

/** `step "enrich" (pipeline:31)`; the exit is "the output". */
export function placeOf(plan: Plan, step: number): string {
  const own = plan.steps[step] as PlanStep
  const { origin } = own
  const id = authorsId(own)
  const what = id === undefined ? (step === plan.exit ? 'the output' : 'the flow') : `step "${id}"`
  if (!origin) return what
  return `${what} (${plan.file ? `${plan.file}:` : 'line '}${origin.line})`
}

// ---

function soleStepOf({ steps }: Plan): number {
  const own = steps.flatMap((step, i) => (step.hidden ? [] : [i]))
  return own.length === 1 && !steps.some((step) => step.next) ? (own[0] as number) : -1
}

async function loadFunctions(plan: Plan, environment: LinkEnvironment): Promise<Map<string, PureFunction>> {
  const names = new Set<string>()
  const collect = (expr: Expr | undefined) => {
    if (expr) walk(expr, (e) => e.op === 'call' && names.add(e.fn))
  }
  for (const step of plan.steps) {
    collect(step.input)
    collect(step.fallback)
    collect(step.cache?.key)
  }
  const functions = new Map<string, PureFunction>()
  for (const name of names) {
    if (Object.hasOwn(ownFunctions, name) || name === 'reopen') continue
    const loaded = environment.functions(name)
    const fn = loaded instanceof Promise ? await loaded : loaded
    if (fn) functions.set(name, fn)
  }
  return functions
}

function contextOf(
  plan: Plan,
  self: number,
  stepIds: readonly string[],
  functions: ReadonlyMap<string, PureFunction>,
): ExprContext {
  return {
    stepCount: plan.steps.length,
    self,
    where: placeOf(plan, self),
    stepIds,
    functions,
    nullable: false,
    tracked: false,
  }
}

function linkCall(path: string, { core, router }: LinkEnvironment, isMissing: (thrown: FlowError) => void): Route {
  const component = core(path)
  if (component) return { component }
  try {
    return router.route(path)
  } catch (thrown) {
    if (FlowError.is(thrown) && thrown.code === 'COMPONENT_NOT_FOUND') isMissing(thrown)
    // The step fails when it is called, with its own fallback; the plan as such is sound.
    return {
      choose: () => {
        throw thrown
      },
    }
  }
}

/** Steps that are read in conditions, in branches and by `coalesce`; none if nothing is read in a branch. */
function decidingRefs(expr: Expr): number[] {
  const strict = new Set(strictRefs(expr))
  if (allRefs(expr).every((ref) => strict.has(ref))) return []
  const deciding = new Set<number>()
  walk(expr, (e) => {
    const parts = e.op === 'if' ? [e.cond, e.then, e.else] : e.op === 'coalesce' ? e.of : []
    for (const part of parts) if (part) for (const ref of allRefs(part)) deciding.add(ref)
    if (e.op === 'step')
      for (const part of [e.default, e.onSkip])
        if (part) for (const ref of [e.step, ...allRefs(part)]) deciding.add(ref)
    if (e.op === 'try') for (const part of [e.of, e.else]) for (const ref of allRefs(part)) deciding.add(ref)
  })
  return [...deciding]
}

/** Demands the entry on an empty item, on paper. */
function startOf(entry: number, strict: readonly (readonly number[])[], isEager: Uint8Array): LinkedPlan['start'] {
  const status = new Uint8Array(strict.length)
  const pending = new Int32Array(strict.length)
  const first: number[] = []
  const stack = [entry]
  status[entry] = WAITING
  while (stack.length > 0) {
    const step = stack.pop() as number
    const dependencies = strict[step] as readonly number[]
    pending[step] = dependencies.length
    if (dependencies.length === 0 || isEager[step] === 1) first.push(step)
    for (const dependency of dependencies) {
      if (status[dependency] === WAITING) continue
      status[dependency] = WAITING
      stack.push(dependency)
    }
  }
  // In the order of the source: what is written first starts first.
  first.sort((a, b) => a - b)
  return { status, pending, first }
}

function reverse(lists: readonly (readonly number[])[]): number[][] {
  const reversed: number[][] = lists.map(() => [])
  lists.forEach((targets, from) => {
    for (const to of targets) (reversed[to] as number[]).push(from)
  })
  return reversed
}

function inARow(lists: readonly (readonly number[])[]): NumberLists {
  const from = new Int32Array(lists.length + 1)
  lists.forEach((list, i) => {
    from[i + 1] = (from[i] as number) + list.length
  })
  return { from, of: Int32Array.from(lists.flat()) }
}

function length(list: readonly unknown[] | undefined): number {
  return list?.length ?? 0
}
