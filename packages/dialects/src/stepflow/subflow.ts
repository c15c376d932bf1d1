// Flows inside a flow: a flow written out in the input of a step that runs or stores it is checked with the file, by whoever
// checks the file.

import type { Field } from '../fields.ts'
import { below, type Findings, type Trail } from '../findings.ts'
import { entryOf, get, type Node, textOf } from '../source/node.ts'
import { withStepList } from '../step-list.ts'
import { isExpression } from './expr-head.ts'
import type { StepShape } from './step-shape.ts'

export type CheckFlow = (flow: Node, findings: Findings) => void

export function checkSubflows(step: StepShape, findings: Findings, check: CheckFlow): void {
  const { input } = step
  if (!input) return
  if (step.component === '/builtin/put_blob') {
    if (textOf(get(input.node, 'blob_type')) === 'flow') checkField(input, 'data', step, findings, check)
  } else if (RUNNERS.has(step.component)) {
    checkField(input, 'flow', step, findings, check)
    checkField(input, 'workflow', step, findings, check)
  }
}

// ---

const RUNNERS = new Set(['/builtin/eval', '/builtin/map', '/builtin/iterate'])

function checkField(input: Field, key: string, step: StepShape, findings: Findings, check: CheckFlow): void {
  const entry = entryOf(input.node, key)
  if (entry?.value.kind !== 'map') return
  const trail = below(input.trail, key)
  const literal = entryOf(entry.value, '$literal')
  if (literal) checkLiteral(literal.value, below(trail, '$literal'), step, findings, check)
  else if (!isExpression(entry.value) && get(entry.value, 'steps')) {
    findings.warning(
      'UNQUOTED_SUBFLOW',
      `the references of the flow inside step "${step.id}" are read as references of this flow`,
      entry,
      trail,
      `put the inner flow into $literal: {${key}: {$literal: {steps: ...}}}`,
    )
  }
}

function checkLiteral(node: Node, trail: Trail, step: StepShape, findings: Findings, check: CheckFlow): void {
  if (node.kind !== 'map') {
    const message = `the flow inside step "${step.id}" must be an object with "steps"`
    findings.error('INVALID_SUBFLOW_LITERAL', message, node, trail)
    return
  }
  const inner = findings.inside(trail)
  check(withStepList(node), inner)
  findings.list.push(...inner.list)
}
