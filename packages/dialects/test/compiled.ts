// Flows of a line or two, compiled for a look at what they became; and what that is made of.

import type { Plan, PlanStep } from '@stepflow/engine'
import { expect } from 'vitest'
import { type CompileOptions, compile } from '../src/index.ts'

export const plan = (text: string, options: CompileOptions = {}): Plan => {
  const { plan, diagnostics } = compile(text, options)
  expect(diagnostics.filter((d) => d.level === 'error' || d.level === 'fatal')).toEqual([])
  return plan as Plan
}
export const step = (of: Plan, id: string) => of.steps.find((s) => s.id === id) as PlanStep
/** The compiled input of step `s`, which may refer to `a` and `b`. */
export const input = (expression: string, more = '') =>
  step(
    plan(
      `steps: [{id: a, component: /t/a}, {id: b, component: /t/b}, {id: s, component: /t/s, input: ${expression}${more}}]`,
    ),
    's',
  ).input
export const output = (expression: string, options: CompileOptions = {}) =>
  plan(`steps: [{id: a, component: /t/a}, {id: b, component: /t/b}]\noutput: ${expression}`, options).steps.at(
    -1,
  ) as PlanStep
export const lit = (value: unknown) => ({ op: 'literal', value })
export const readA = { op: 'step', step: 0 }
export const readB = { op: 'step', step: 1 }
export const all = (of: number[], then: unknown, lenient?: number[]) => ({
  op: 'guard',
  rule: 'all_success',
  of,
  ...(lenient ? { lenient } : {}),
  then,
})
