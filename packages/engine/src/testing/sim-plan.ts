// Random plans, small ones that use everything. What they leave out is what has more than one meaning: a plan whose result
// depends on who is first says nothing about the engine.

import type { Json, Writable } from '../json.ts'
import type { Expr, TriggerRule } from '../plan/expr.ts'
import type { Plan, PlanStep, Retry, Transition } from '../plan/plan.ts'
import { componentNames, ITEM_TIMEOUT_MS, STEP_TIMEOUT_MS } from './sim-component.ts'
import { Ambiguous, type Meaning, meaningOf } from './sim-reference.ts'
import type { Chance } from './sim-world.ts'

export interface Scenario {
  readonly plan: Plan
  readonly inputs: readonly Json[]
  /** What each item means; by item. */
  readonly meanings: readonly Meaning[]
}

/** A plan with its inputs and their meaning. */
export function randomScenario(chance: Chance, itemCount: number): Scenario {
  const inputs = Array.from({ length: itemCount }, () => chance.int(0, 99))
  for (;;) {
    const plan = chance.is(0.75) ? pullPlan(chance, 0) : pushPlan(chance)
    try {
      return { plan, inputs, meanings: inputs.map((input, item) => meaningOf(plan, input, item)) }
    } catch (error) {
      if (!(error instanceof Ambiguous)) throw error
    }
  }
}

// ---

const rules: readonly TriggerRule[] = [
  'all_success',
  'all_success',
  'none_failed_min_one_success',
  'one_success',
  'one_failed',
  'all_done',
  'none_failed',
]
const calm = ['/give', '/give', '/repeatable', '/nothing', '/sleep', '/wait']
const rare = ['/never', '/forever']
const common = componentNames.filter((name) => name !== '/runs' && !rare.includes(name))

type Draft = Writable<PlanStep>
type DraftPlan = Writable<Plan>

/** Steps that read one another, and an exit that reads them. */
function pullPlan(chance: Chance, depth: number): Plan {
  const count = chance.int(1, depth === 0 ? 7 : 3)
  const onFailure = chance.one(['stop', 'stop', 'drain'] as const)
  const steps: Draft[] = []
  for (let i = 0; i < count; i++) {
    const step = someStep(chance, `s${i}`, i, depth)
    if (i > 0 && chance.is(0.2)) step.needs = chance.some(indexes(i), 0.5)
    if (i > 0 && onFailure === 'stop' && chance.is(0.15)) {
      step.cleanup = true
      step.component = '/give'
      step.input = {
        op: 'guard',
        rule: chance.one(['all_done', 'one_failed']),
        of: few(chance, i),
        then: { op: 'input' },
      }
    } else if (i > 0 && chance.is(0.16)) handle(chance, steps, step, chance.int(0, i - 1))
    steps.push(step)
  }
  const exit: Draft = { id: '$output', component: null, hidden: true, input: exitOf(chance, count) }
  if (chance.is(0.4)) exit.needs = indexes(count)
  return finish({ name: `pull${depth}`, steps: [...steps, exit], entry: count, exit: count, onFailure }, chance, depth)
}

/** `step` may run when step `failing` has failed, or was skipped because of a failure, which is then handled. */
function handle(chance: Chance, steps: readonly Draft[], step: Draft, failing: number): void {
  const { id } = step
  ;(steps[failing] as Draft).handlers = [...(steps[failing]?.handlers ?? []), Number(id.slice(1))]
  step.input = {
    op: 'guard',
    rule: chance.one(['one_failed', 'one_failed', 'one_success', 'all_done']),
    of: [failing],
    then: { op: 'outcome', step: failing, path: 'status' },
  }
  step.component = '/give'
}

/** Steps that lead to one another, perhaps in circles; some read steps beside the way. */
function pushPlan(chance: Chance): Plan {
  const besides = chance.int(0, 2)
  const length = chance.int(1, 4)
  const exit = besides + length
  const steps: Draft[] = []
  for (let i = 0; i < besides; i++) steps.push(someStep(chance, `beside${i}`, i, 1))
  for (let i = besides; i < exit; i++) {
    const step: Draft = { id: `s${i}`, component: chance.one(componentsFor(chance)), input: { op: 'arrival' } }
    if (step.component === '/skip') step.component = '/give'
    const isLoop = chance.is(0.4)
    if (isLoop) {
      step.component = '/count'
      step.maxVisits = chance.int(3, 6)
    } else if (besides > 0 && chance.is(0.5)) {
      const beside: Expr = { op: 'outcome', step: chance.int(0, besides - 1), path: 'status' }
      step.input = { op: 'array', of: [{ op: 'arrival' }, beside] }
    }
    bound(step, chance)
    step.next = transitions(chance, i, exit, isLoop, besides)
    steps.push(step)
  }
  steps.push({ id: 'end', component: null, hidden: true, input: { op: 'arrival' } })
  return finish({ name: 'push', steps, entry: besides, exit, onFailure: 'stop' }, chance, 0)
}

function transitions(chance: Chance, from: number, exit: number, isLoop: boolean, first: number): Transition[] {
  const next: Transition[] = []
  if (isLoop) {
    next.push({ on: 'done', equals: chance.int(2, 4), to: chance.int(from + 1, exit) })
    next.push({ on: 'done', to: chance.int(first, from) })
  } else next.push({ on: 'done', to: chance.int(from + 1, exit), pass: chance.is(0.3) })
  if (chance.is(0.5)) next.push({ on: 'failed', to: chance.int(from + 1, exit), pass: chance.is(0.5) })
  return next
}

function finish(plan: DraftPlan, chance: Chance, depth: number): Plan {
  if (plan.steps.some((step) => rare.includes(step.component ?? '') && step.timeoutMs === undefined)) {
    plan.timeoutMs = ITEM_TIMEOUT_MS[depth] as number
  } else if (chance.is(0.2)) plan.maxConcurrent = chance.int(1, 2)
  return plan
}

// --- steps

function someStep(chance: Chance, id: string, index: number, depth: number): Draft {
  const step: Draft = { id, component: chance.one(componentsFor(chance)), input: inputOf(chance, index) }
  if (depth < 2 && chance.is(0.12)) makeMap(step, chance, index, depth)
  else if (depth < 2 && chance.is(0.06)) makeRuns(step, chance, depth)
  else if (chance.is(0.08)) step.component = null
  bound(step, chance)
  if (chance.is(0.2)) step.fallback = fallbackOf(chance, index)
  return step
}

function componentsFor(chance: Chance): readonly string[] {
  if (chance.is(0.4)) return calm
  if (chance.is(0.03)) return rare
  return common
}

/** Retries and a time limit, where the result does not depend on how long something takes. */
function bound(step: Draft, chance: Chance): void {
  if (chance.is(0.35)) step.retry = retryOf(chance)
  const hangs = step.component === '/hang' || (rare.includes(step.component ?? '') && chance.is(0.5))
  const isQuick = !['/sleep', '/wait', '/runs', '$core/map', ...rare].includes(step.component ?? '')
  if (hangs || (isQuick && chance.is(0.2))) step.timeoutMs = STEP_TIMEOUT_MS
}

function retryOf(chance: Chance): Retry {
  return {
    attempts: chance.int(1, 4),
    ...(chance.is(0.2) ? { on: ['TIMEOUT'] } : {}),
    delayMs: chance.one([0, 100, 3_000]),
    backoff: chance.one(['fixed', 'exponential', 'fibonacci'] as const),
    factor: 2,
    maxMs: 10_000,
    jitter: chance.is(0.5),
  }
}

function makeMap(step: Draft, chance: Chance, index: number, depth: number): void {
  if (depth === 0 && chance.is(0.08)) return makeWideMap(step, chance)
  const list: Expr =
    index === 0 || chance.is(0.4)
      ? { op: 'literal', value: indexes(chance.int(0, 4)) }
      : {
          op: 'step',
          step: chance.int(0, index - 1),
          path: 'list',
          ...(chance.is(0.7) ? { default: { op: 'literal', value: [5, 6] } } : {}),
        }
  step.component = '$core/map'
  step.input = object({
    plan: { op: 'literal', value: pullPlan(chance, depth + 1) as unknown as Json },
    items: list,
    onItemError: { op: 'literal', value: chance.one(['fail', 'skip', 'continue']) },
    ...(chance.is(0.4) ? { maxConcurrent: { op: 'literal', value: chance.int(1, 2) } } : {}),
  })
}

/** More elements than one turn has time for. */
function makeWideMap(step: Draft, chance: Chance): void {
  const element: Draft = { id: 'e', component: chance.one(['/repeatable', '/give', null]), input: { op: 'input' } }
  const exit: Draft = { id: '$output', component: null, hidden: true, input: { op: 'step', step: 0 } }
  const plan: Plan = { name: 'wide', steps: [element, exit], entry: 1, exit: 1, onFailure: 'stop' }
  step.component = '$core/map'
  step.input = object({
    plan: { op: 'literal', value: plan as unknown as Json },
    items: { op: 'literal', value: indexes(chance.int(130, 200)) },
    maxConcurrent: { op: 'literal', value: 200 },
  })
}

function makeRuns(step: Draft, chance: Chance, depth: number): void {
  const plan = pullPlan(chance, depth + 1) as unknown as Json
  step.component = '/runs'
  step.input = object({ plan: { op: 'literal', value: plan }, input: step.input })
}

function fallbackOf(chance: Chance, index: number): Expr {
  const options: Expr[] = [
    { op: 'literal', value: 'instead' },
    { op: 'error', path: 'code' },
    { op: 'skip' },
    { op: 'input', path: 'nowhere' },
  ]
  if (index > 0) options.push({ op: 'step', step: chance.int(0, index - 1) })
  return chance.one(options)
}

// --- expressions

function inputOf(chance: Chance, index: number): Expr {
  if (index === 0) return someExpr(chance, [], 1)
  if (chance.is(0.45)) return someExpr(chance, indexes(index), 2)
  const of = few(chance, index)
  const lenient = chance.is(0.2) ? few(chance, index).filter((step) => !of.includes(step)) : []
  // Only what the guard waits for is read: the rest would be asked for, or not, by who is first.
  const then = someExpr(chance, [...of, ...lenient], 2)
  return { op: 'guard', rule: chance.one(rules), of, ...(lenient.length > 0 ? { lenient } : {}), then }
}

function exitOf(chance: Chance, count: number): Expr {
  const all = indexes(count)
  if (chance.is(0.5)) return { op: 'array', of: all.map((step) => reference(chance, [step], 0)) }
  if (chance.is(0.4)) return { op: 'step', step: count - 1 }
  return someExpr(chance, all, 3)
}

/** `steps`: those that may be read. */
function someExpr(chance: Chance, steps: readonly number[], depth: number): Expr {
  if (depth === 0 || chance.is(0.35)) return leaf(chance, steps)
  const sub = () => someExpr(chance, steps, depth - 1)
  switch (chance.int(0, 8)) {
    case 0:
      return { op: 'array', of: [sub(), sub()] }
    case 1:
      return object({ a: sub(), b: sub() })
    case 2:
    case 3:
      return chance.is(0.3)
        ? { op: 'if', cond: sub(), then: sub() }
        : { op: 'if', cond: sub(), then: sub(), else: sub() }
    case 4:
      return { op: 'coalesce', of: [sub(), sub(), sub()] }
    case 5:
      return { op: 'try', of: sub(), else: chance.is(0.5) ? { op: 'error', path: 'code' } : sub() }
    case 6:
      return { op: 'call', fn: 'not', args: [sub()] }
    case 7:
      if (steps.length === 0) return sub()
      return { op: 'call', fn: 'reopen', args: [{ op: 'outcome', step: chance.one(steps) }] }
    default:
      return reference(chance, steps, depth - 1)
  }
}

function leaf(chance: Chance, steps: readonly number[]): Expr {
  if (steps.length > 0 && chance.is(0.7)) return reference(chance, steps, 0)
  switch (chance.int(0, 7)) {
    case 0:
      return { op: 'literal', value: chance.one<Json>([0, 1, null, 'text', false]) }
    case 1:
      return { op: 'run', path: 'item' }
    case 2:
      return chance.is(0.2) ? { op: 'skip' } : { op: 'literal', value: 7 }
    case 3:
      return { op: 'input', path: 'item', default: { op: 'literal', value: 1 } }
    default:
      return { op: 'input' }
  }
}

function reference(chance: Chance, steps: readonly number[], depth: number): Expr {
  if (steps.length === 0) return { op: 'input' }
  const step = chance.one(steps)
  if (chance.is(0.15)) return { op: 'outcome', step, path: 'status' }
  const path = chance.one(['', '', 'v', 'k', 'list', chance.is(0.3) ? 'nowhere' : 'v'])
  const sub = () => someExpr(chance, steps, depth)
  return {
    op: 'step',
    step,
    ...(path === '' ? {} : { path }),
    ...(path !== '' && chance.is(0.8) ? { default: sub() } : {}),
    ...(chance.is(0.25) ? { onSkip: sub() } : {}),
  }
}

function object(of: Readonly<Record<string, Expr>>): Expr {
  return { op: 'object', of: Object.entries(of) }
}

function few(chance: Chance, count: number): number[] {
  const some = chance.some(indexes(count), 0.4)
  return some.length > 0 ? some : [chance.int(0, count - 1)]
}

function indexes(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}
