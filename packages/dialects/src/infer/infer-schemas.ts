// The schemas that an author left out, read off what the flow does. Never replaces what the author said.

import {
  conditionOf,
  type Expr,
  isRecord,
  own,
  type Plan,
  type PlanStep,
  parsePath,
  setOwn,
  subPlanOf,
} from '@stepflow/engine'
import { both, inside, isKnown, resolved, type Schema, unknown, widen } from './schema-type.ts'
import { type InfoOf, type TypeFlow, type TypeFlowOptions, typeFlow } from './type-flow.ts'

export interface InferredSchemas {
  readonly input: Schema
  readonly output: Schema
  /** Of the steps' outputs, by id; only of those that are known. */
  readonly steps: Readonly<Record<string, Schema>>
  /** Of what the steps give their components, by id. */
  readonly stepInputs: Readonly<Record<string, Schema>>
  readonly types: TypeFlow
}

export function inferSchemas(plan: Plan, infoOf: InfoOf, options: TypeFlowOptions = {}): InferredSchemas {
  const declared = options.input ?? resolved(plan.schemas?.input)
  const input = isKnown(declared) ? declared : inputOf(plan, infoOf)
  const types = typeFlow(plan, infoOf, { ...options, ...(isKnown(input) ? { input } : {}) })
  const steps: Record<string, Schema> = {}
  const stepInputs: Record<string, Schema> = {}
  plan.steps.forEach((step, i) => {
    if (step.hidden) return
    const output = widen(types.output(i))
    if (isKnown(output)) setOwn(steps, step.id, output)
    if (!subPlanOf(step)) setOwn(stepInputs, step.id, widen(types.input(i)))
  })
  return { input, output: widen(types.output(plan.exit)), steps, stepInputs, types }
}

/** What the plan reads of its input, with the types that the readers want. */
export function inputOf(plan: Plan, infoOf: InfoOf): Schema {
  const root = createUse()
  for (const step of plan.steps) useStep(step, infoOf, root)
  return schemaOf(root)
}

// ---

/** One place in the input, and what is known of it by its uses. */
interface Use {
  readonly fields: Map<string, Use>
  element: Use | undefined
  wanted: Schema
  isRequired: boolean
}

const createUse = (): Use => ({ fields: new Map(), element: undefined, wanted: unknown, isRequired: false })

function useStep(step: PlanStep, infoOf: InfoOf, root: Use): void {
  const { when, input } = conditionOf(step.input)
  const child = subPlanOf(step)
  const isCall = step.component !== null && !step.component.startsWith('$core/')
  const wanted = isCall ? resolved(infoOf(step.component ?? '')?.inputSchema) : unknown
  for (const { cond } of when) use(cond, unknown, true, root)
  if (child) {
    const below = inputOf(child.plan, infoOf)
    const wantedOf = (key: string) => {
      const found = inside(below, key)
      return found === 'absent' ? unknown : found
    }
    const item = wantedOf('item')
    if (child.items) use(child.items, { type: 'array', ...(isKnown(item) ? { items: item } : {}) }, true, root)
    for (const [key, e] of child.shared) use(e, wantedOf(key), true, root)
  } else use(input, wanted, when.length === 0, root)
  if (step.fallback) use(step.fallback, unknown, false, root)
  if (step.cache?.key) use(step.cache.key, unknown, true, root)
}

/** `certain`: it is read whatever happens. */
function use(expr: Expr, wanted: Schema, certain: boolean, root: Use): void {
  const part = (key: string | number) => {
    const found = inside(wanted, key)
    return found === 'absent' ? unknown : found
  }
  switch (expr.op) {
    case 'input':
      mark(root, expr.path ?? '', wanted, certain && !expr.default)
      if (expr.default) use(expr.default, wanted, false, root)
      return
    case 'step':
    case 'arrival':
    case 'error':
    case 'variable':
    case 'secret':
    case 'run':
      if (expr.default) use(expr.default, wanted, false, root)
      if (expr.op === 'step' && expr.onSkip) use(expr.onSkip, wanted, false, root)
      return
    case 'if':
      use(expr.cond, unknown, certain, root)
      use(expr.then, wanted, false, root)
      if (expr.else) use(expr.else, wanted, false, root)
      return
    case 'coalesce':
      for (const e of expr.of) use(e, wanted, false, root)
      return
    case 'try':
      use(expr.of, wanted, false, root)
      use(expr.else, wanted, false, root)
      return
    case 'guard':
      use(expr.then, wanted, certain, root)
      return
    case 'array':
      for (const e of expr.of) use(e, part(0), certain, root)
      return
    case 'object':
      for (const [key, e] of expr.of) use(e, part(key), certain, root)
      return
    case 'call':
      for (const e of expr.args) use(e, unknown, certain, root)
      return
    case 'skip':
      if (expr.reason) use(expr.reason, unknown, false, root)
      return
    case 'literal':
    case 'outcome':
  }
}

function mark(root: Use, path: string, wanted: Schema, isRequired: boolean): void {
  // In the input there is no field yet that a dot could be part of: a dotted word is a path.
  const parsed = parsePath(path.startsWith('$') || !/[.[]/.test(path) ? path : `$.${path}`)
  if ('error' in parsed || parsed.segments.length > 50) return
  let at = root
  for (const segment of parsed.segments) {
    let next = typeof segment === 'number' ? at.element : at.fields.get(segment)
    if (!next) {
      next = createUse()
      if (typeof segment === 'number') at.element = next
      else at.fields.set(segment, next)
    }
    if (isRequired) next.isRequired = true
    at = next
  }
  at.wanted = both(at.wanted, wanted)
}

function schemaOf(at: Use): Schema {
  if (at.fields.size > 0) {
    // A reader of the whole may know more fields than those that are read one by one.
    const { properties: whole, required: wanted } = at.wanted
    const properties: Record<string, unknown> = {}
    if (isRecord(whole)) for (const [name, schema] of Object.entries(whole)) setOwn(properties, name, schema)
    for (const [name, inner] of at.fields) setOwn(properties, name, both(schemaOf(inner), resolved(own(whole, name))))
    const required = [...at.fields].filter(([, inner]) => inner.isRequired).map(([name]) => name)
    const all = [...new Set([...(Array.isArray(wanted) ? wanted : []), ...required])]
    return { type: 'object', properties, ...(all.length > 0 ? { required: all } : {}) }
  }
  if (at.element) return { type: 'array', items: schemaOf(at.element) }
  return at.wanted
}
