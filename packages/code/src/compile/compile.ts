// A step function to a plan that pushes: each step activates the next. What its components do is told apart as parts.
//
//   branch record     transitions by the result; what no key matches is the step's own failure (its part knows the keys)
//   branch function   a hidden step NAME#branch whose result selects, and whose transitions hand the value on
//   onFailure         a hidden step NAME#failure between the failure and its handler
//   parallel, sub     $core/run of a plan that begins with $enter and ends with $leave

import { type Expr, type Json, literal, type Plan, type PlanStep, type Transition } from '@stepflow/engine'
import {
  type Branch,
  DEFINITION,
  type Definition,
  type StepDefinition,
  type StepFn,
  type StepTask,
} from './definition.ts'

export interface CompiledStepFunction {
  readonly plan: Plan
  /** What each component of the plan is, by its path. */
  readonly parts: ReadonlyMap<string, Part>
}

/** Where in the step functions something stands: names of steps (and tasks), outermost first. */
export type Place = readonly string[]

export type Part =
  /** `task`: one of a parallel step's. */
  | {
      readonly kind: 'call'
      readonly place: Place
      readonly fn: StepFn
      readonly step: StepDefinition
      readonly task: boolean
    }
  | { readonly kind: 'branch'; readonly place: Place; readonly step: StepDefinition; readonly among: Definition }
  | { readonly kind: 'failure'; readonly place: Place; readonly step: StepDefinition }
  | Boundary<'enter'>
  | Boundary<'leave'>

/** A parallel step or a step function inside begins, or ends. */
interface Boundary<Kind> {
  readonly kind: Kind
  readonly place: Place
  readonly step: StepDefinition
  readonly of: Inside
}

export type Inside =
  | { readonly kind: 'parallel'; readonly tasks: readonly string[] }
  | { readonly kind: 'sub'; readonly definition: Definition; readonly task: boolean }

/** `definition` must be sound (check.ts). */
export function compileStepFunction(definition: Definition): CompiledStepFunction {
  const parts = new Map<string, Part>()
  const root = `/local/${encodeURIComponent(definition.name)}`
  return { plan: compileDefinition(definition, { root, place: [], parts, isDrawing: false }, undefined), parts }
}

/** A plan to look at: components are the names of functions; a branch function leads where its source says. */
export function sketchStepFunction(definition: Definition): Plan {
  return compileDefinition(definition, { root: '', place: [], parts: new Map(), isDrawing: true }, undefined)
}

// ---

interface Scope {
  readonly root: string
  readonly place: Place
  readonly parts: Map<string, Part>
  readonly isDrawing: boolean
}

const ARRIVAL: Expr = { op: 'arrival' }
const INPUT: Expr = { op: 'input' }

function compileDefinition(
  of: Definition,
  scope: Scope,
  inside: { step: StepDefinition; of: Inside } | undefined,
): Plan {
  const names = [...of.steps.keys()]
  const index = new Map(names.map((name, i) => [name, i]))
  const at = (name: string) => index.get(name) as number
  const end = names.length
  const steps: PlanStep[] = names.map((name) => ({ id: name, component: null, input: ARRIVAL }))
  steps.push(
    inside
      ? {
          id: '$leave',
          component: add(scope, { kind: 'leave', place: scope.place, ...inside }),
          input: ARRIVAL,
          hidden: true,
        }
      : { id: '$end', component: null, input: ARRIVAL, hidden: true },
  )
  const hide = (step: Omit<PlanStep, 'hidden' | 'input'>) => steps.push({ ...step, input: ARRIVAL, hidden: true }) - 1

  for (const step of of.steps.values()) {
    const place = [...scope.place, step.name]
    const maxVisits = step.maxVisits ?? of.maxVisits
    // The visit that is one too many fails, too.
    const most = (more: number) => (maxVisits === undefined ? {} : { maxVisits: maxVisits + more })
    const own: Transition[] = []
    let failure: Transition | undefined
    if (step.onFailure !== undefined) {
      const component = add(scope, { kind: 'failure', place, step })
      const next: Transition[] = [{ on: 'done', to: at(step.onFailure) }]
      failure = { on: 'failed', to: hide({ id: `${step.name}#failure`, component, ...most(1), next }) }
    }
    if (step.branch?.kind === 'function') {
      const component = add(scope, { kind: 'branch', place, step, among: of })
      const targets = scope.isDrawing ? mentioned(names, step.branch.choose) : names
      const next = targets.map((name): Transition => ({ on: 'done', equals: name, to: at(name), pass: true }))
      const ends: Transition = { on: 'done', to: end, pass: true }
      own.push({
        on: 'done',
        to: hide({ id: `${step.name}#branch`, component, ...most(0), next: failable([...next, ends], failure) }),
      })
    } else if (step.branch) own.push(...byResult(step.branch, at, end))
    else own.push({ on: 'done', to: step.next === undefined ? end : at(step.next) })
    const { retry, timeoutMs } = step
    steps[at(step.name)] = {
      ...steps[at(step.name)],
      ...workOf(step, step.work, scope, place, ARRIVAL),
      ...(retry ? { retry } : {}),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...most(0),
      next: failable(own, failure),
    } as PlanStep // the id comes from the first spread
  }
  const entry = at(of.start as string)
  if (!inside) return { name: of.name, steps, entry, exit: end, onFailure: 'stop' }
  const enter = add(scope, { kind: 'enter', place: scope.place, ...inside })
  return {
    name: of.name,
    steps,
    entry: hide({ id: '$enter', component: enter, next: [{ on: 'done', to: entry }] }),
    exit: end,
    onFailure: 'stop',
  }
}

function workOf(
  step: StepDefinition,
  work: StepDefinition['work'],
  scope: Scope,
  place: Place,
  input: Expr,
): Pick<PlanStep, 'component' | 'input'> {
  switch (work.kind) {
    case 'function':
      return { component: add(scope, { kind: 'call', place, fn: work.fn, step, task: false }), input }
    case 'sub':
      return runOf(subPlan(step, work, scope, place, false), input)
    case 'parallel':
      return runOf(parallelPlan(step, work, { ...scope, place }), input)
  }
}

function subPlan(
  step: StepDefinition,
  { of }: Extract<StepTask, { kind: 'sub' }>,
  scope: Scope,
  place: Place,
  task: boolean,
): Plan {
  const definition = of[DEFINITION]
  return compileDefinition(definition, { ...scope, place }, { step, of: { kind: 'sub', definition, task } })
}

/** Siblings that all get the input; the last step sees how each ended. */
function parallelPlan(
  step: StepDefinition,
  work: Extract<StepDefinition['work'], { kind: 'parallel' }>,
  scope: Scope,
): Plan {
  const names = [...work.tasks.keys()]
  const of: Inside = { kind: 'parallel', tasks: names }
  const exit = names.length + 1
  const enter: PlanStep = {
    id: '$enter',
    component: add(scope, { kind: 'enter', place: scope.place, step, of }),
    input: INPUT,
    hidden: true,
  }
  const tasks = [...work.tasks].map(([name, task]): PlanStep => {
    const place = [...scope.place, name]
    const called =
      task.kind === 'sub'
        ? runOf(subPlan(step, task, scope, place, true), INPUT)
        : { component: add(scope, { kind: 'call', place, fn: task.fn, step, task: true }), input: INPUT }
    return { id: name, ...called, needs: [0], ...(work.onFailure === 'keep' ? { handlers: [exit] } : {}) }
  })
  const outcomes: Expr = { op: 'object', of: names.map((name, i) => [name, { op: 'outcome', step: i + 1 }] as const) }
  const leave: PlanStep = {
    id: '$leave',
    component: add(scope, { kind: 'leave', place: scope.place, step, of }),
    input: outcomes,
    hidden: true,
    // With no task between them, nothing else would say which comes first.
    ...(names.length === 0 ? { needs: [0] } : {}),
  }
  return { name: step.name, steps: [enter, ...tasks, leave], entry: exit, exit, onFailure: 'stop' }
}

function runOf(plan: Plan, input: Expr): Pick<PlanStep, 'component' | 'input'> {
  const of = [
    ['plan', literal(plan as unknown as Json)], // a plan is JSON, though its type does not say so
    ['input', input],
  ] as const
  return { component: '$core/run', input: { op: 'object', of } }
}

/** A record's keys are texts; the results that they stand for may be numbers or booleans. */
function byResult(
  branch: Extract<Branch, { kind: 'record' }>,
  at: (name: string) => number,
  end: number,
): Transition[] {
  const next: Transition[] = []
  for (const [key, target] of branch.targets) {
    for (const equals of resultsOf(key)) next.push({ on: 'done', equals, to: at(target), label: key })
  }
  if (branch.default === undefined) next.push({ on: 'done', equals: null, to: end })
  else next.push({ on: 'done', to: at(branch.default), label: 'default' })
  return next
}

/** The results that a key of a branch matches. */
export function resultsOf(key: string): (string | number | boolean)[] {
  if (key === 'true' || key === 'false') return [key, key === 'true']
  return Number.isFinite(Number(key)) && String(Number(key)) === key ? [key, Number(key)] : [key]
}

function failable(next: readonly Transition[], failure: Transition | undefined): readonly Transition[] {
  return failure ? [...next, failure] : next
}

/** Names that stand as texts in a function's source. */
function mentioned(names: readonly string[], fn: object): readonly string[] {
  const source = Function.prototype.toString.call(fn)
  return names.filter((name) => [`'${name}'`, `"${name}"`, `\`${name}\``].some((text) => source.includes(text)))
}

/** The part's path. */
function add(scope: Scope, part: Part): string {
  if (scope.isDrawing) {
    const called = part.kind === 'call' ? part.fn.name : ''
    return called === 'func' || called === part.place.at(-1) ? '' : called
  }
  const suffix = part.kind === 'call' ? '' : `#${part.kind}`
  const path = [scope.root, ...part.place.map(encodeURIComponent)].join('/') + suffix
  scope.parts.set(path, part)
  return path
}
