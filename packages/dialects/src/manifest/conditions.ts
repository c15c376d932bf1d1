// `when` and `skip_if` of a manifest. A condition that cannot be evaluated skips its step with a warning; one that does not
// hold says with which values.

import { type Expr, literal } from '@stepflow/engine'
import { objectOf } from '../builder.ts'
import type { Field } from '../fields.ts'
import { kindOfNode, type Node, textOf } from '../source/node.ts'
import { type Scope, TOP } from '../stepflow/scope.ts'
import type { StepShape } from '../stepflow/step-shape.ts'
import { readsLoop, templateArgs } from '../stepflow/template-expr.ts'
import { parseCondition } from '../template/parse-condition.ts'

export function conditional({ when, skipIf }: StepShape, value: Expr, scope: Scope): Expr {
  if (when) {
    const { holds, shown } = compileCondition(when, 'when', scope)
    return { op: 'if', cond: holds, then: value, else: skip('its "when" is not true: {{ it }}', shown) }
  }
  if (!skipIf) return value
  const { holds, shown } = compileCondition(skipIf, 'skip_if', scope)
  return { op: 'if', cond: holds, then: skip('its "skip_if" is true: {{ it }}', shown), else: value }
}

export function conditionReadsLoop(node: Node): boolean {
  return readsLoop(node, parseCondition)
}

// ---

interface Condition {
  readonly holds: Expr
  readonly shown: Expr
}

function compileCondition({ node, trail }: Field, key: string, scope: Scope): Condition {
  const text = textOf(node)
  if (node.kind === 'scalar' && text === undefined) {
    return { holds: literal(Boolean(node.value)), shown: literal(String(node.value)) }
  }
  const { findings } = scope.names
  if (text === undefined || text.trim() === '') {
    const got = text === undefined ? kindOfNode(node) : 'empty text'
    const message = `"${key}" of ${scope.owner} must be a condition, not ${got}`
    findings.error('INVALID_VALUE', message, node, trail, 'such as "{{ steps.ID.result.score }} > 5", in quotes')
    return NEVER
  }
  const args = templateArgs({ text, scope, at: TOP, node, trail }, parseCondition)
  if (!args) return NEVER
  const warning = skip(`warning: its "${key}" cannot be evaluated: {{ it }}`, { op: 'error', path: 'message' })
  const holds: Expr = { op: 'try', of: { op: 'call', fn: 'condition', args }, else: warning }
  return { holds, shown: { op: 'call', fn: 'shown_condition', args } }
}

const NEVER: Condition = { holds: literal(false), shown: literal('') }

function skip(reason: string, it: Expr): Expr {
  return { op: 'skip', reason: { op: 'call', fn: 'template', args: [literal(reason), objectOf([['it', it]])] } }
}
