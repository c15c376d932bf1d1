// `$template` in a flow: plain text is itself.

import { type Expr, literal } from '@stepflow/engine'
import type { Trail } from '../findings.ts'
import type { Node } from '../source/node.ts'
import type { Position, Scope } from './scope.ts'

export function compileTemplate(text: string, scope: Scope, _at: Position, node: Node, trail: Trail): Expr {
  if (/\{[{%#]/.test(text)) {
    scope.names.findings.error('INVALID_TEMPLATE', 'templates with expressions cannot be compiled yet', node, trail)
  }
  return literal(text)
}

export function readsLoop(_node: Node): boolean {
  return false
}
