// What a visit of a step was given and what its conditions read, found out when somebody asks: the item's past is settled again
// up to there. Likewise how its steps stand by now. The same settles in the same order give the same state. Calls no component,
// and writes nothing.

import { givenByAuthor } from '../component/core.ts'
import { FlowError } from '../errors.ts'
import { type JournalEntry, type VisitRef, visitOfPath, visitPath } from '../journal/events.ts'
import { isRecord, own, setOwn } from '../json.ts'
import { type Expr, walk } from '../plan/expr.ts'
import type { Plan, PlanStep } from '../plan/plan.ts'
import { conditionOf } from '../plan/step-parts.ts'
import { MARK } from '../secrets/redactor.ts'
import { type LinkEnvironment, type LinkedPlan, link, placeOf } from './link.ts'
import { compileExpr } from './scheduler/compile-expr.ts'
import { NoValue } from './scheduler/no-value.ts'
import { Scheduler } from './scheduler/scheduler.ts'
import { DONE, IDLE, isWaiting, PARKED, QUEUED, RUNNING, RunState } from './scheduler/state.ts'

/** One item of a run, as it is recorded. */
export interface Past {
  readonly plan: Plan
  readonly run: string
  readonly item: number
  readonly input: unknown
  readonly variables: Readonly<Record<string, unknown>>
  /** What is said of both: without what is secret in them. */
  readonly shown?: Pick<Past, 'input' | 'variables'>
  /** All that happened to it and inside it, in order. */
  readonly entries: readonly JournalEntry[]
}

export type LookBackTools = Pick<LinkEnvironment, 'functions' | 'schema'>

export interface VisitReads {
  /** What its component was called with, of a loop its list; absent if it was not called. */
  readonly input?: unknown
  /** What its conditions read, by the reference; what was not there is left out, and so are secrets. */
  readonly values: Readonly<Record<string, unknown>>
}

/** Undefined for a step inside one whose plan nobody knows without calling it. Throws NOT_FOUND for a step that is not there. */
export async function lookBack(past: Past, visit: VisitRef, tools: LookBackTools): Promise<VisitReads | undefined> {
  const settled = await settleAgain(past, visit, tools, visit)
  if (!settled) return undefined
  const { linked, state, slot } = settled
  const { shown } = past
  const { component } = linked.plan.steps[visit.step] as PlanStep
  const given = givenByAuthor(component, givenTo(linked, state, slot, visit.step))
  if (shown) settled.facts.variables = shown.variables
  if (shown && visit.sub === undefined) state.input[slot] = completed(linked, shown.input)
  return { ...(given === undefined ? {} : { input: given }), values: readBy(linked, state, slot, visit.step) }
}

/** `idle`: nothing has asked for it. `blocked`: it waits for other steps. `ready`: it may be called, or has been. */
export type StepStanding = 'idle' | 'blocked' | 'ready' | 'ended'

/** How the steps of an item, or of an element inside it, stand by now, by their numbers; undefined as with `lookBack`. */
export async function standingOf(
  past: Past,
  element: Pick<VisitRef, 'sub' | 'item'>,
  tools: LookBackTools,
): Promise<readonly StepStanding[] | undefined> {
  const settled = await settleAgain(past, element, tools)
  if (!settled) return undefined
  const { state, slot, linked } = settled
  const from = slot * linked.stepCount
  return Array.from(state.status.subarray(from, from + linked.stepCount), standingAt)
}

// ---

interface SettledAgain {
  readonly linked: LinkedPlan
  readonly facts: { variables: Readonly<Record<string, unknown>> }
  readonly state: RunState
  readonly slot: number
}

/** All that has settled, or what did before a visit. */
async function settleAgain(
  past: Past,
  element: Pick<VisitRef, 'sub' | 'item'>,
  tools: LookBackTools,
  until?: VisitRef,
): Promise<SettledAgain | undefined> {
  const { sub, item } = element
  const begun = await begin(past, element, tools)
  if (!begun) return undefined
  const { linked, input } = begun
  if (until && !linked.plan.steps[until.step]) throw new FlowError('NOT_FOUND', `there is no step ${until.step}`)
  const facts = { id: past.run, variables: past.variables, secret: () => MARK }
  const state = new RunState(linked, facts, 1)
  const scheduler = new Scheduler(state, 'nothing')
  const slot = scheduler.start(item, input)
  const moveOn = () => {
    scheduler.advance()
    for (let key = scheduler.takeReady(); key >= 0; key = scheduler.takeReady()) state.status[key] = RUNNING
  }
  moveOn()
  for (const entry of past.entries) {
    if (entry.type !== 'settled' || entry.sub !== sub || entry.item !== item) continue
    if (until && entry.step === until.step && entry.visit === until.visit) break
    // What followed from others follows again.
    if (entry.derived || state.status[entry.step] !== RUNNING) continue
    const { outcome, step } = entry
    if (outcome.outcome === 'success') scheduler.succeed(slot, step, outcome.result)
    else if (outcome.outcome === 'skipped') scheduler.skip(slot, step, outcome.reason, outcome.cause)
    else scheduler.fail(slot, step, outcome.error)
    if (state.isLive[slot] === 0) break
    moveOn()
  }
  return { linked, facts, state, slot }
}

function standingAt(status: number): StepStanding {
  if (status >= DONE) return 'ended'
  if (isWaiting(status)) return 'blocked'
  return status === IDLE ? 'idle' : 'ready'
}

interface Begun {
  readonly linked: LinkedPlan
  readonly input: unknown
}

/** The plan that the step is in, and what that was given: inside a step, an element of what this one was given. */
async function begin(
  past: Past,
  { sub, item }: Pick<VisitRef, 'sub' | 'item'>,
  tools: LookBackTools,
): Promise<Begun | undefined> {
  if (sub === undefined) return linkedWith(past.plan, past.input, tools)
  const given = await givenAround(past, visitOfPath(sub), tools)
  const plan = own(given, 'plan')
  if (!isRecord(plan) || !Array.isArray(plan.steps)) return beginOpened(past, given, { sub, item }, tools)
  const items = own(given, 'items')
  const shared = own(given, 'shared')
  const input = Array.isArray(items)
    ? { item: items[item], index: item, ...(isRecord(shared) ? shared : {}) }
    : own(given, 'input')
  return linkedWith(plan as unknown as Plan, input, tools) // the engine's own components are given plans
}

/** To the step in which it is, with the plan that this one runs. */
async function givenAround(past: Past, visit: VisitRef, tools: LookBackTools): Promise<unknown> {
  const settled = await settleAgain(past, visit, tools, visit)
  return settled && givenTo(settled.linked, settled.state, settled.slot, visit.step)
}

/** Of a flow from a file: what its runs are given stands in the input of its step, but for those that one makes for the next. */
async function beginOpened(
  { entries }: Past,
  given: unknown,
  { sub, item }: Pick<VisitRef, 'sub' | 'item'>,
  tools: LookBackTools,
): Promise<Begun | undefined> {
  const opened = entries.findLast((entry) => entry.type === 'opened' && visitPath(entry) === sub)
  if (opened?.type !== 'opened' || !opened.plan || own(given, 'initial_input') !== undefined) return undefined
  const items = own(given, 'items')
  return linkedWith(opened.plan, Array.isArray(items) ? items[item] : (own(given, 'input') ?? {}), tools)
}

async function linkedWith(plan: Plan, given: unknown, { functions, schema }: LookBackTools): Promise<Begun> {
  const linked = await link(plan, { router: NO_ROUTER, core: () => undefined, functions, schema })
  return { linked, input: completed(linked, given) }
}

/** With the defaults of its schema, as it was when the item began. */
function completed({ checkInput }: LinkedPlan, given: unknown): unknown {
  return checkInput ? checkInput(given).value : given
}

const NO_ROUTER = {
  route(path: string): never {
    throw new FlowError('COMPONENT_NOT_FOUND', path)
  },
}

function givenTo({ inputs, isCall }: LinkedPlan, state: RunState, slot: number, step: number): unknown {
  const status = state.status[step] as number
  if (status === QUEUED || status === RUNNING || status === PARKED) return state.value[step]
  if (!isCall[step]) return undefined
  const value = inputs[step]?.(state, slot)
  state.wanted.length = 0
  return value instanceof NoValue ? undefined : value
}

function readBy(linked: LinkedPlan, state: RunState, slot: number, step: number): Record<string, unknown> {
  const { plan, stepCount, stepIds } = linked
  const cx = { stepCount, self: step, where: placeOf(plan, step), stepIds, functions: new Map(), tracked: false }
  const values: Record<string, unknown> = {}
  for (const { cond } of conditionOf((plan.steps[step] as Plan['steps'][number]).input).when) {
    walk(cond, (expr) => {
      const read = readOf(expr)
      if (!read) return
      const value = compileExpr(read, { ...cx, nullable: true })(state, slot)
      if (!(value instanceof NoValue)) setOwn(values, referenceTo(read, stepIds), value)
    })
  }
  state.wanted.length = 0
  return values
}

type Read =
  | Extract<Expr, { op: 'input' | 'arrival' | 'error' | 'variable' | 'secret' | 'run' }>
  | Extract<Expr, { op: 'step' }>
  | Extract<Expr, { op: 'outcome' }>

/** Of the value itself: what stands in for it was not read. */
function readOf(expr: Expr): Read | undefined {
  switch (expr.op) {
    case 'input':
    case 'arrival':
    case 'variable':
    case 'run':
    case 'step': {
      const { default: _, ...read } = expr
      return read
    }
    case 'outcome':
      return expr
    default:
      return undefined
  }
}

/** `input.user.tier`, `fetch.status`: as drawings say it. */
function referenceTo(read: Read, stepIds: readonly string[]): string {
  const head = read.op === 'step' || read.op === 'outcome' ? (stepIds[read.step] as string) : read.op
  const { path = '' } = read
  if (path === '' || path === '$') return head
  if (path.startsWith('$')) return head + path.slice(1)
  return path.startsWith('.') || path.startsWith('[') ? head + path : `${head}.${path}`
}
