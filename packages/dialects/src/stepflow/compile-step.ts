// One step of a flow to one step of a plan: its input behind its conditions behind its trigger rule.

import { allRefs, type Expr, literal, type PlanStep, type TriggerRule, walk } from '@stepflow/engine'
import { guard, objectOf, type PlanFrame } from '../builder.ts'
import { type Findings, lineOf } from '../findings.ts'
import { type FlowNames, type Scope, type Use, use } from './scope.ts'
import { isInline, type StepShape } from './step-shape.ts'

export interface CompiledStep {
  readonly step: PlanStep
  /** Of other steps, by id. */
  readonly uses: ReadonlyMap<string, Use>
}

export interface StepContext {
  readonly names: FlowNames
  /** The flow's own frame, for the plans of its loops. */
  readonly frame: PlanFrame
}

export function compileStep(shape: StepShape, context: StepContext): CompiledStep {
  const { names } = context
  const scope: Scope = {
    names,
    owner: `step "${shape.id}"`,
    self: shape.id,
    rule: shape.rule,
    loop: false,
    child: false,
    eager: shape.forEach !== undefined,
    uses: new Map(),
    indexOf: (id) => names.steps.get(id)?.index ?? 0,
  }
  useNeeds(shape, scope)
  const fallback = compileFallback(shape, scope)
  const body = shape.forEach ? compileLoop(shape, scope, context) : compileCall(shape, scope)
  const step: PlanStep = {
    id: shape.id,
    component: shape.forEach ? '$core/map' : componentOf(shape),
    ...(shape.calledAs === undefined || shape.forEach ? {} : { calledAs: shape.calledAs }),
    ...body,
    input: guarded(shape.rule, scope, body.input),
    ...(fallback ? { fallback } : {}),
    ...(shape.rule === 'all_done' ? { cleanup: true } : {}),
    ...origin(shape),
  }
  return { step, uses: scope.uses }
}

// ---

type Body = Pick<PlanStep, 'input' | 'retry' | 'timeoutMs' | 'cache'>

function compileCall(shape: StepShape, scope: Scope): Body {
  const { language } = scope.names
  return { input: language.conditional(shape, language.input(shape, scope), scope), ...attempts(shape, scope) }
}

function attempts(shape: StepShape, scope: Scope): Omit<Body, 'input'> {
  const { retry, timeoutMs, cache } = shape
  return {
    ...(retry ? { retry } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(cache
      ? {
          cache: {
            ...(cache.ttlMs === undefined ? {} : { ttlMs: cache.ttlMs }),
            ...(cache.key ? { key: scope.names.language.value(cache.key, { ...scope, eager: true }) } : {}),
          },
        }
      : {}),
  }
}

function useNeeds(shape: StepShape, scope: Scope): void {
  const { findings, steps } = scope.names
  for (const need of shape.needs) {
    if (need.id === shape.id) {
      findings.add('fatal', 'SELF_REFERENCE', `step "${shape.id}" needs itself`, need.place, need.trail)
    } else if (steps.has(need.id)) use(scope, need.id, true, true, need.place)
    else {
      const several = need.id.trim().split(/[\s,]+/)
      if (several.length > 1) tellOneText(shape, need, several, findings)
      else findings.unknownStep(need.id, `step "${shape.id}" needs`, steps.keys(), need.place, need.trail)
    }
  }
}

function tellOneText({ id }: StepShape, need: StepShape['needs'][number], several: string[], findings: Findings): void {
  const message = `step "${id}" needs "${need.id}", which is one text, not a list of steps`
  findings.add(
    'fatal',
    'UNDEFINED_STEP_REFERENCE',
    message,
    need.place,
    need.trail,
    `write needs: [${several.join(', ')}]`,
  )
}

/** The steps that the rule waits for, in front of `then`. */
function guarded(rule: TriggerRule, scope: Scope, then: Expr): Expr {
  const of: number[] = []
  const lenient: number[] = []
  for (const [id, { strict, counts }] of scope.uses) {
    if (counts) of.push(scope.indexOf(id))
    else if (strict) lenient.push(scope.indexOf(id))
  }
  return guard(rule, of, lenient, then)
}

function compileFallback(shape: StepShape, scope: Scope): Expr | undefined {
  const { onError, rule } = shape
  if (!onError || onError.action === 'fail') return undefined
  if (onError.action === 'skip') return { op: 'skip', reason: { op: 'error', path: 'message' } }
  // What it reads has ended before the step began: a failure is no time to start other steps.
  const value = onError.value ? scope.names.language.value(onError.value, { ...scope, eager: true }) : literal(null)
  const refs = rule === 'all_success' ? [] : allRefs(value)
  return guard('all_done', refs, [], value)
}

/**
 * A step once per element: a plan of one step, run over the list. Outer steps come in as outcomes and are steps again
 * inside, so that the element's expressions read them as they would outside.
 */
function compileLoop(shape: StepShape, scope: Scope, context: StepContext): Body {
  const { forEach } = shape
  const { language } = scope.names
  if (!forEach) return { input: literal(null) }
  const captured: string[] = []
  const inside: Scope = {
    ...scope,
    rule: shape.rule === 'all_success' ? 'all_success' : 'all_done',
    loop: true,
    child: true,
    eager: true,
    uses: new Map(),
    indexOf(id) {
      const known = captured.indexOf(id)
      return known >= 0 ? known : captured.push(id) - 1
    },
  }
  const condition = shape.when ?? shape.skipIf
  const isPerItem = condition !== undefined && language.readsLoop(condition.node)
  const value = language.input(shape, inside)
  const element: PlanStep = {
    id: shape.id,
    component: componentOf(shape),
    ...(shape.calledAs === undefined ? {} : { calledAs: shape.calledAs }),
    ...attempts(shape, inside),
    input: guarded(inside.rule as TriggerRule, inside, isPerItem ? language.conditional(shape, value, inside) : value),
    ...origin(shape),
  }
  for (const [id, { counts, place }] of inside.uses) use(scope, id, true, counts, place)
  const standIns = captured.map((id): PlanStep => standIn(id, captured.length, inside.rule !== 'all_success'))
  const plan = {
    ...elementFrame(shape, context),
    steps: [...standIns, element],
    entry: standIns.length,
    exit: standIns.length,
  }
  const items = language.value(forEach.items, scope)
  const shared = sharedValues(element, captured, scope)
  const maxConcurrent = forEach.maxConcurrent ?? context.frame.maxConcurrent
  const input = objectOf([
    ['plan', literal(plan as never)], // a plan is JSON, though its type does not say so
    ['items', items],
    ...(shared.length > 0 ? [['shared', objectOf(shared)] as const] : []),
    ...(maxConcurrent === undefined ? [] : [['maxConcurrent', literal(maxConcurrent)] as const]),
    ...(forEach.onItemError ? [['onItemError', literal(forEach.onItemError)] as const] : []),
  ])
  return { input: isPerItem ? input : language.conditional(shape, input, scope) }
}

function elementFrame(shape: StepShape, { frame }: StepContext): PlanFrame {
  return {
    name: `${frame.name}/${shape.id}`,
    onFailure: 'stop',
    ...(frame.file === undefined ? {} : { file: frame.file }),
  }
}

/** An outer step inside a loop's plan. Where failures may be followed, its failure is the element's to judge. */
function standIn(id: string, element: number, followsFailure: boolean): PlanStep {
  const input: Expr = { op: 'call', fn: 'reopen', args: [{ op: 'input', path: `$.steps.${id}` }] }
  return { id, component: null, input, hidden: true, ...(followsFailure ? { handlers: [element] } : {}) }
}

function sharedValues(element: PlanStep, captured: readonly string[], scope: Scope): (readonly [string, Expr])[] {
  const shared: (readonly [string, Expr])[] = []
  if (readsInput(element.input) || (element.cache?.key && readsInput(element.cache.key))) {
    shared.push(['input', { op: 'input' }])
  }
  if (captured.length > 0) {
    const outcomes = captured.map((id) => [id, { op: 'outcome', step: scope.indexOf(id) }] as const)
    shared.push(['steps', objectOf(outcomes)])
  }
  return shared
}

function readsInput(expr: Expr): boolean {
  let found = false
  walk(expr, (e) => {
    if (e.op === 'input' && /^\$\.input(?![^.[])/.test(e.path ?? '')) found = true
  })
  return found
}

function origin(shape: StepShape): Pick<PlanStep, 'origin'> {
  return shape.place.line > 0 ? { origin: { line: shape.place.line, column: shape.place.column } } : {}
}

/** Null: its input is its result. */
function componentOf(shape: StepShape): string | null {
  return isInline(shape) ? null : shape.component
}

/** For messages: `step "a" (line 3)`. */
export function stepName(shape: StepShape): string {
  return `"${shape.id}"${lineOf(shape.place)}`
}
