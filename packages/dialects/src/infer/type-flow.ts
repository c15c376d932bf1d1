// The types that flow through a plan: from the schemas of components, along references, to every step and the output.

import {
  type ComponentInfo,
  conditionOf,
  type Expr,
  own,
  type Plan,
  type PlanStep,
  parsePath,
  subPlanOf,
  suggest,
} from '@stepflow/engine'
import { pathText } from '../paths.ts'
import { readsOf } from './reads-of-calls.ts'
import {
  either,
  fieldsOf,
  inside,
  isKnown,
  objectSchema,
  resolved,
  type Schema,
  schemaOfValue,
  unknown,
} from './schema-type.ts'

/** What is known of a component by the path that a step calls it by. */
export type InfoOf = (component: string) => ComponentInfo | undefined

/** A path into a value that cannot be there. */
export interface LostPath {
  readonly step: number
  readonly message: string
  readonly hint?: string
}

export interface TypeFlow {
  /** Of a step's output. */
  output(step: number): Schema
  /** Of what a step gives its component. */
  input(step: number): Schema
  readonly lost: readonly LostPath[]
}

export interface TypeFlowOptions {
  /** Of the plan's input, if it is known. */
  readonly input?: Schema
  /** What the author says about steps' outputs, by id; it stands above what the components say. */
  readonly steps?: Readonly<Record<string, unknown>>
}

/** Types are worked out when they are asked for, each once. */
export function typeFlow(plan: Plan, infoOf: InfoOf, options: TypeFlowOptions = {}): TypeFlow {
  const outputs = new Map<number, Schema>()
  const inputs = new Map<number, Schema>()
  const lost = new Map<string, LostPath>()
  const planInput = options.input ?? resolved(plan.schemas?.input)
  const variables = resolved(plan.schemas?.variables)
  let depth = 0

  function output(index: number): Schema {
    const known = outputs.get(index)
    if (known) return known
    const step = plan.steps[index]
    // Set first: what reads itself, or goes on for longer than anybody would write, is not known.
    outputs.set(index, unknown)
    if (!step || depth > 400) return unknown
    depth++
    const found = withFallback(step, index, declaredOf(step) ?? made(step, index))
    depth--
    outputs.set(index, found)
    return found
  }

  function input(index: number): Schema {
    const known = inputs.get(index)
    if (known) return known
    inputs.set(index, unknown)
    const step = plan.steps[index]
    if (!step) return unknown
    const { when, input: given } = conditionOf(step.input)
    for (const { cond } of when) typeOf(cond, index)
    const found = typeOf(given, index) ?? unknown
    inputs.set(index, found)
    return found
  }

  function declaredOf(step: PlanStep): Schema | undefined {
    const schema = own(options.steps, step.id)
    return schema === undefined || step.hidden ? undefined : resolved(schema)
  }

  function made(step: PlanStep, index: number): Schema {
    if (step.component === null) return input(index)
    const child = subPlanOf(step)
    if (!child) return step.component.startsWith('$core/') ? unknown : resolved(infoOf(step.component)?.outputSchema)
    if (!child.each) return unknown
    const items = child.items ? typeOf(child.items, index) : undefined
    const item = items ? inside(items, 0) : unknown
    const below = typeFlow(child.plan, infoOf, {
      input: objectSchema([
        ['item', item === 'absent' ? unknown : item],
        ['index', { type: 'integer' }],
        ...child.shared.map(([key, e]) => [key, sharedType(e, index)] as const),
      ]),
    })
    const each = below.output(child.plan.exit)
    // Asked of every step, so that all paths are looked at.
    for (let i = 0; i < child.plan.steps.length; i++) below.input(i)
    for (const one of below.lost) lost.set(`${index}:${one.message}`, { ...one, step: index })
    return isKnown(each) ? { type: 'array', items: each } : { type: 'array' }
  }

  /** Outcomes of steps are opened again inside: they have the type of what they hold. */
  function sharedType(expr: Expr, reader: number): Schema {
    if (expr.op === 'outcome') return output(expr.step)
    if (expr.op === 'object') return objectSchema(expr.of.map(([key, e]) => [key, sharedType(e, reader)]))
    return typeOf(expr, reader) ?? unknown
  }

  function withFallback(step: PlanStep, index: number, type: Schema): Schema {
    const instead = step.fallback && typeOf(step.fallback, index)
    return instead ? either([type, instead]) : type
  }

  /** Undefined for what never has a value. */
  function typeOf(expr: Expr, reader: number): Schema | undefined {
    const sub = (e: Expr | undefined) => (e ? typeOf(e, reader) : undefined)
    const any = (...of: (Schema | undefined)[]) => {
      const there = of.filter((schema) => schema !== undefined)
      return there.length === 0 ? undefined : either(there)
    }
    switch (expr.op) {
      case 'literal':
        return schemaOfValue(expr.value)
      case 'input':
        return any(follow(planInput, expr, reader, 'the input'), sub(expr.default))
      case 'variable':
        return any(follow(variables, expr, reader, undefined), sub(expr.default))
      case 'secret':
        return { type: 'string' }
      case 'arrival':
      case 'error':
      case 'run':
      case 'outcome':
        return unknown
      case 'step': {
        const name = plan.steps[expr.step]?.id ?? ''
        return any(
          follow(output(expr.step), expr, reader, `the output of step "${name}"`),
          sub(expr.default),
          sub(expr.onSkip),
        )
      }
      case 'skip':
        return undefined
      case 'if':
        return any(sub(expr.then), expr.else ? sub(expr.else) : { type: 'null' })
      case 'coalesce':
        return any(...expr.of.map(sub))
      case 'try':
        return any(sub(expr.of), sub(expr.else))
      case 'guard':
        return sub(expr.then)
      case 'array': {
        const items = any(...expr.of.map((e) => sub(e) ?? unknown))
        return items && isKnown(items) ? { type: 'array', items } : { type: 'array' }
      }
      case 'object':
        return objectSchema(expr.of.map(([key, e]) => [key, sub(e) ?? unknown]))
      case 'call': {
        for (const { what, path, of } of readsOf(expr, sub)) lose(path, of, reader, what)
        return called(expr.fn, expr.args, sub)
      }
    }
  }

  function follow(
    from: Schema,
    ref: {
      readonly op: string
      readonly path?: string
      readonly primary?: string
      readonly step?: number
      readonly default?: Expr
    },
    reader: number,
    what: string | undefined,
  ): Schema | undefined {
    const parsed = parsePath(ref.path ?? '')
    if ('error' in parsed) return unknown
    const { primary } = ref
    const found = at(from, parsed.segments) ?? dotted(from, ref.path ?? '')
    if (found) return found
    if (primary !== undefined) {
      const field = inside(from, primary)
      const below = field === 'absent' ? undefined : (at(field, parsed.segments) ?? dotted(field, ref.path ?? ''))
      if (below) return below
    }
    if (ref.default) return undefined
    if (what === undefined) return unknown
    const [first, ...below] = parsed.segments
    const element = options.input && first === 'item' ? inside(from, 'item') : 'absent'
    if (element === 'absent') tellLost(`the path "${ref.path}"`, parsed.segments.at(-1), from, reader, what)
    else lose(below, element, reader, 'the element')
    return unknown
  }

  /** What a template or a transform reads below a value whose type is `of`. */
  function lose(path: readonly (string | number)[], of: Schema, reader: number, what: string): void {
    let schema = of
    for (let i = 0; i < path.length; i++) {
      const next = inside(schema, path[i] as string | number)
      if (next === 'absent')
        return tellLost(`the path "${pathText(path.slice(0, i + 1))}"`, path[i], schema, reader, what)
      schema = next
    }
  }

  function tellLost(path: string, last: string | number | undefined, from: Schema, reader: number, what: string): void {
    const fields = fieldsOf(from)
    const near = suggest(String(last ?? ''), fields)
    const message = `${path} is not in ${what}${fields.length > 0 ? `, which has: ${fields.slice(0, 12).join(', ')}` : ''}`
    lost.set(`${reader}:${message}`, { step: reader, message, ...(near ? { hint: `did you mean "${near}"?` } : {}) })
  }

  return {
    output,
    input,
    get lost() {
      return [...lost.values()]
    },
  }
}

// ---

function at(from: Schema, segments: readonly (string | number)[]): Schema | undefined {
  let schema = from
  for (const segment of segments) {
    const next = inside(schema, segment)
    if (next === 'absent') return undefined
    schema = next
  }
  return schema
}

/** A bare word with dots that is not a field is a path. */
function dotted(from: Schema, path: string): Schema | undefined {
  if (path.startsWith('$') || !/[.[]/.test(path)) return undefined
  const parsed = parsePath(`$.${path}`)
  return 'error' in parsed ? undefined : at(from, parsed.segments)
}

const truths = new Set(['not', 'and', 'or', 'eq', 'ne', 'lt', 'le', 'gt', 'ge', 'truth'])

function called(fn: string, args: readonly Expr[], sub: (e: Expr | undefined) => Schema | undefined): Schema {
  if (fn === 'reopen') return sub(args[0]) ?? unknown
  if (truths.has(fn)) return { type: 'boolean' }
  if (fn === 'doneOf') {
    const [of] = args
    if (of?.op !== 'object') return { type: 'object' }
    // A step that was skipped is left out, so none is required.
    return objectSchema(
      of.of.map(([key, e]) => [key, sub(e.op === 'outcome' ? { op: 'step', step: e.step } : e) ?? unknown]),
      'optional',
    )
  }
  if (fn === 'template') {
    const [source] = args
    const text = source?.op === 'literal' ? source.value : undefined
    const isOneExpression = typeof text !== 'string' || /^\s*\{\{(?:(?!\}\}).)*\}\}\s*$/s.test(text)
    return isOneExpression ? unknown : { type: 'string' }
  }
  return unknown
}
