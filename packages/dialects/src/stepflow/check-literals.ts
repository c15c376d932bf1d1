// What steps give their components as literals is checked before anything runs, by who will take it; and the names of all
// that they give.

import { type Expr, isRecord, type Misfit, type PlanStep, setOwn, subPlanOf } from '@stepflow/engine'
import type { Field } from '../fields.ts'
import { below, type Findings, type Place } from '../findings.ts'
import { entryOf } from '../source/node.ts'
import type { CompiledStep } from './compile-step.ts'
import { isInline, type StepShape } from './step-shape.ts'

/** What a component refuses among the known fields of its input, and which of its keys it does not read. */
export type FindMisfits = (
  component: string,
  known: Readonly<Record<string, unknown>>,
  keys: readonly string[],
) => readonly Misfit[]

export function checkLiterals(
  shapes: readonly StepShape[],
  steps: readonly CompiledStep[],
  findings: Findings,
  misfits: FindMisfits,
): void {
  shapes.forEach((shape, i) => {
    const step = steps[i]?.step
    if (!step || !shape.component.startsWith('/') || isInline(shape)) return
    const told = new Set<string>()
    for (const { known, keys } of inputsOf(callOf(shape, step).input)) {
      for (const { key, message, instead } of misfits(shape.component, known, keys)) {
        if (told.has(message)) continue
        told.add(message)
        const { name, place, trail } = fieldOf(shape, key)
        if (!instead) findings.error('INVALID_INPUT', `step "${shape.id}": ${message}`, place, trail)
        else if (!shape.tool?.knowsKeys) {
          const owner = `the input of step "${shape.id}" (${shape.component})`
          findings.unknownKey(key, instead, owner, name, trail)
        }
      }
    }
  })
}

// ---

/** The step that calls the component: of a loop, the one inside. */
function callOf(shape: StepShape, step: PlanStep): PlanStep {
  const inner = shape.forEach && subPlanOf(step)?.plan
  return inner?.steps[inner.exit] ?? step
}

interface Input {
  /** The fields that are literals. */
  readonly known: Record<string, unknown>
  readonly keys: readonly string[]
}

/** Whatever the input may be behind its conditions. */
function inputsOf(expr: Expr): Input[] {
  switch (expr.op) {
    case 'guard':
      return inputsOf(expr.then)
    case 'if':
      return [...inputsOf(expr.then), ...(expr.else ? inputsOf(expr.else) : [])]
    case 'literal':
      return isRecord(expr.value) ? [{ known: expr.value, keys: Object.keys(expr.value) }] : []
    case 'object': {
      const known: Record<string, unknown> = {}
      for (const [key, value] of expr.of) {
        const literal = literalOf(value)
        if (literal !== UNKNOWN) setOwn(known, key, literal)
      }
      return [{ known, keys: expr.of.map(([key]) => key) }]
    }
    default:
      return []
  }
}

const UNKNOWN: unique symbol = Symbol('unknown')

function literalOf(expr: Expr): unknown {
  if (expr.op === 'literal') return expr.value
  if (expr.op === 'array') {
    const values = expr.of.map(literalOf)
    return values.includes(UNKNOWN) ? UNKNOWN : values
  }
  if (expr.op !== 'object') return UNKNOWN
  const values: Record<string, unknown> = {}
  for (const [key, of] of expr.of) {
    const value = literalOf(of)
    if (value === UNKNOWN) return UNKNOWN
    setOwn(values, key, value)
  }
  return values
}

/** Where a field of the input stands: `name` is where its name does. */
function fieldOf(
  { input, given, componentPlace, trail }: StepShape,
  key: string,
): Pick<Field, 'place' | 'trail'> & { readonly name: Place } {
  const named = given?.get(key)
  if (named) return { ...named, name: named.place }
  const entry = entryOf(input?.node, key)
  if (entry && input) return { name: entry, place: entry.value, trail: below(input.trail, key) }
  return { name: componentPlace, place: componentPlace, trail: below(trail, 'input') }
}
