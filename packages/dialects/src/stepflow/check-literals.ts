// What steps give their components as literals is checked before anything runs, by who will take it.

import { type Expr, isRecord, type Misfit, type PlanStep, setOwn, subPlanOf } from '@stepflow/engine'
import type { Field } from '../fields.ts'
import { below, type Findings } from '../findings.ts'
import { entryOf } from '../source/node.ts'
import type { CompiledStep } from './compile-step.ts'
import { isInline, type StepShape } from './step-shape.ts'

/** What a component refuses among the known fields of its input. */
export type FindMisfits = (component: string, known: Readonly<Record<string, unknown>>) => readonly Misfit[]

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
    for (const known of inputsOf(callOf(shape, step).input)) {
      for (const { key, message } of misfits(shape.component, known)) {
        if (told.has(message)) continue
        told.add(message)
        const { place, trail } = fieldOf(shape, key)
        findings.error('INVALID_INPUT', `step "${shape.id}": ${message}`, place, trail)
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

/** Whatever the input may be behind its conditions, with the fields that are literals. */
function inputsOf(expr: Expr): Record<string, unknown>[] {
  switch (expr.op) {
    case 'guard':
      return inputsOf(expr.then)
    case 'if':
      return [...inputsOf(expr.then), ...(expr.else ? inputsOf(expr.else) : [])]
    case 'literal':
      return isRecord(expr.value) ? [expr.value] : []
    case 'object': {
      const known: Record<string, unknown> = {}
      for (const [key, value] of expr.of) {
        const literal = literalOf(value)
        if (literal !== UNKNOWN) setOwn(known, key, literal)
      }
      return Object.keys(known).length > 0 ? [known] : []
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

function fieldOf({ input, given, componentPlace, trail }: StepShape, key: string): Pick<Field, 'place' | 'trail'> {
  const named = given?.get(key)
  if (named) return named
  const entry = entryOf(input?.node, key)
  if (entry && input) return { place: entry.value, trail: below(input.trail, key) }
  return { place: componentPlace, trail: below(trail, 'input') }
}
