// `transform` beside a reference: parsed when the file is loaded, so that a mistake in it is a finding and not a failed run.

import { type Expr, literal } from '@stepflow/engine'
import { below, type Trail } from '../findings.ts'
import { checkTransform } from '../functions/transform.ts'
import { type Entry, kindOfNode, textOf } from '../source/node.ts'
import { inputRef, type Scope } from './scope.ts'

export function compileTransform(entry: Entry, value: Expr, scope: Scope, trail: Trail): Expr {
  const { findings } = scope.names
  const here = below(trail, 'transform')
  const source = textOf(entry.value)
  if (source === undefined) {
    findings.error(
      'INVALID_TRANSFORM',
      `"transform" in ${scope.owner} must be text, not ${kindOfNode(entry.value)}`,
      entry.value,
      here,
    )
    return value
  }
  const { problems, readsInput } = checkTransform(source)
  for (const problem of problems) {
    findings.error('INVALID_TRANSFORM', `transform in ${scope.owner}: ${problem}`, entry.value, here)
  }
  if (problems.length > 0) return value
  const args = [literal(source), value]
  return { op: 'call', fn: 'transform', args: readsInput ? [...args, inputRef(undefined, undefined, scope)] : args }
}
