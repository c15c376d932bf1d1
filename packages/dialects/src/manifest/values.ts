// Values of a manifest: every text is a template, everything else is itself. What a template gives is never read again.

import { type Expr, type Json, type JsonObject, literal, setOwn } from '@stepflow/engine'
import { objectOf } from '../builder.ts'
import type { Field } from '../fields.ts'
import { below, type Trail } from '../findings.ts'
import { isBareTemplate, tellBareTemplate } from '../source/bare-template.ts'
import type { MapNode, Node } from '../source/node.ts'
import { isExpression } from '../stepflow/expr-head.ts'
import { type Position, type Scope, TOP } from '../stepflow/scope.ts'
import { compileTemplate } from '../stepflow/template-expr.ts'

export function compileValue({ node, trail }: Field, scope: Scope, at: Position = TOP): Expr {
  return compileNode(node, trail, scope, at)
}

/** An object of named values. */
export function compileNamed(named: ReadonlyMap<string, Field>, scope: Scope): Expr {
  return folded([...named].map(([name, field]) => [name, compileValue(field, scope)] as const))
}

// ---

function compileNode(node: Node, trail: Trail, scope: Scope, at: Position): Expr {
  switch (node.kind) {
    case 'scalar':
      return typeof node.value === 'string' ? compileTemplate(node.value, scope, at, node, trail) : literal(node.value)
    case 'list': {
      const of = node.items.map((item, i) => compileNode(item, below(trail, i), scope, at))
      const values = of.flatMap((e) => (e.op === 'literal' ? [e.value] : []))
      return values.length === of.length ? literal(values) : { op: 'array', of }
    }
    case 'map':
      if (isExpression(node)) tellExpression(node, trail, scope)
      if (isBareTemplate(node)) tellBareTemplate(node, trail, scope.owner, scope.names.findings)
      return folded(
        node.entries.map(({ key, value }) => [key, compileNode(value, below(trail, key), scope, at)] as const),
      )
  }
}

function folded(entries: readonly (readonly [string, Expr])[]): Expr {
  const values: Record<string, Json> = {}
  for (const [key, e] of entries) {
    if (e.op !== 'literal') return objectOf(entries)
    setOwn(values, key, e.value)
  }
  return literal(values as JsonObject)
}

/** The expressions of flows are not those of manifests. */
function tellExpression(node: MapNode, trail: Trail, scope: Scope): void {
  const [first] = node.entries.filter(({ key }) => key.startsWith('$'))
  const message = `"${first?.key}" in ${scope.owner} is data: a manifest's values are templates`
  scope.names.findings.warning(
    'FLOW_EXPRESSION',
    message,
    first,
    trail,
    'write {{ steps.ID.result }} or {{ inputs.NAME }}',
  )
}
