// What differs between front ends whose steps are pulled by what reads them: how values and conditions are written, and
// what a file without an output gives. Everything else about steps is shared.

import { type Expr, literal } from '@stepflow/engine'
import { objectOf } from '../builder.ts'
import type { Field } from '../fields.ts'
import type { Findings } from '../findings.ts'
import type { KeyTable } from '../keys.ts'
import type { Node } from '../source/node.ts'
import type { CompiledStep } from './compile-step.ts'
import { compileCondition, compileField } from './expr.ts'
import type { FlowNames, Position, Scope } from './scope.ts'
import type { FlowShape } from './shape.ts'
import { readComponentCall, STEP_KEYS, type StepCall, type StepReading, type StepShape } from './step-shape.ts'
import { readsLoop } from './template-expr.ts'

export interface Language {
  /** `flow`, `manifest`: how a message names the file. */
  readonly file: string
  /** What a step must at least have, for a message. */
  readonly stepNeeds: string
  readonly stepKeys: KeyTable
  /** A step's key as the documents of this front end write it. */
  spelt(key: string): string
  readonly onFailure: 'stop' | 'drain'
  /** Expected to say its name and what it is for. */
  readonly isTitled: boolean
  /** What follows from all steps together. */
  completed(shape: FlowShape, findings: Findings): FlowShape
  /** What can be said when all steps are compiled. */
  check(shape: FlowShape, steps: readonly CompiledStep[], names: FlowNames): void
  /** What a step calls and with what. */
  readCall(reading: StepReading): StepCall
  value(field: Field, scope: Scope, at?: Position): Expr
  input(shape: StepShape, scope: Scope): Expr
  /** `value` if the step's condition holds, else a skip. */
  conditional(shape: StepShape, value: Expr, scope: Scope): Expr
  /** True if the step's condition is to be decided for each element. */
  readsLoop(condition: Node): boolean
  output(field: Field, scope: Scope): Expr
  /** The output of a file that says none, from the steps that nothing reads. */
  ends(ends: readonly (readonly [id: string, step: number])[]): Expr
}

export const flowLanguage: Language = {
  file: 'flow',
  stepNeeds: '"id" and "component"',
  stepKeys: STEP_KEYS,
  spelt: (key) => key,
  onFailure: 'stop',
  isTitled: true,
  completed: (shape) => shape,
  check() {},
  readCall: readComponentCall,
  value: compileField,
  input: (shape, scope) => compileField(shape.input, scope),
  conditional({ when, skipIf }, value, scope) {
    if (when) {
      const cond = compileCondition(when, scope)
      return { op: 'if', cond, then: value, else: { op: 'skip', reason: literal('its "when" is not true') } }
    }
    if (!skipIf) return value
    const cond = compileCondition(skipIf, scope)
    return { op: 'if', cond, then: { op: 'skip', reason: literal('its "skip_if" is true') }, else: value }
  },
  readsLoop: mentionsLoop,
  output: (field, scope) => compileField(field, scope),
  ends: doneOf,
}

/** The results of those that succeeded, by id. */
export function doneOf(ends: readonly (readonly [id: string, step: number])[]): Expr {
  if (ends.length === 0) return literal(null)
  const outcomes = ends.map(([id, step]) => [id, { op: 'outcome', step }] as const)
  return { op: 'call', fn: 'doneOf', args: [objectOf(outcomes)] }
}

// ---

function mentionsLoop(node: Node): boolean {
  if (node.kind === 'scalar') return false
  if (node.kind === 'list') return node.items.some(mentionsLoop)
  return node.entries.some(({ key, value }) => {
    if (key === '$item' || key === '$index') return true
    if (key === '$literal') return false
    return key === '$template' ? readsLoop(value) : mentionsLoop(value)
  })
}
