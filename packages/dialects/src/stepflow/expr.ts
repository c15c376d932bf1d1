// Expressions of a flow: an object with a reserved `$` key becomes an Expr, everything else is itself.

import { type Expr, type Json, type JsonObject, literal, setOwn } from '@stepflow/engine'
import { objectOf } from '../builder.ts'
import type { Field } from '../fields.ts'
import { below, type Trail } from '../findings.ts'
import { pathText } from '../paths.ts'
import { type Entry, entryOf, isNull, type MapNode, type Node, textOf, toJson } from '../source/node.ts'
import { findHead, type Head, siblings, wrong } from './expr-head.ts'
import { ON_SKIP_KEYS, readOnSkip, SKIP_VALUE_KEYS } from './on-skip.ts'
import {
  checkPath,
  inputRef,
  loopRef,
  type Position,
  type RefParts,
  type Scope,
  stepRef,
  TOP,
  variableRef,
} from './scope.ts'
import { compileTemplate, ROOTS, type TemplateValues } from './template-expr.ts'
import { compileTransform } from './transform-expr.ts'

export function compileField(field: Field | undefined, scope: Scope, at: Position = TOP): Expr {
  return field ? compileExpr(field.node, field.trail, scope, at) : literal(null)
}

export function compileExpr(node: Node, trail: Trail, scope: Scope, at: Position): Expr {
  switch (node.kind) {
    case 'scalar':
      if (typeof node.value === 'string') warnOfTemplate(node.value, node, trail, scope)
      return literal(node.value)
    case 'list':
      return compileList(node.items, trail, scope, at)
    case 'map': {
      const head = findHead(node, trail, scope)
      return head ? FORMS[head.key](node, head, trail, scope, at) : compileObject(node, trail, scope, at)
    }
  }
}

/** A condition; what is written as a text is always true, and was hardly meant so. */
export function compileCondition(field: Field, scope: Scope): Expr {
  const text = textOf(field.node)
  if (text) {
    const message = `"${field.trail.key}" of ${scope.owner} is a text, and a text is always true`
    const hint = `compute it: { $template: "{{ ${text
      .replace(/^\s*\{\{|\}\}\s*$/g, '')
      .trim()
      .slice(0, 60)} }}" }`
    scope.names.findings.warning('CONSTANT_CONDITION', message, field.node, field.trail, hint)
    return literal(text)
  }
  return compileField(field, scope)
}

// ---

/** In a flow only `$template` is filled in; whoever knows manifests forgets it. */
function warnOfTemplate(text: string, node: Node, trail: Trail, scope: Scope): void {
  if (!/\{\{\s*(?:steps|inputs|item|variables|secrets)\b/.test(text)) return
  const message = `the text in ${scope.owner} looks like a template, but is used as it is`
  const hint = 'write { $template: "..." }, or { $literal: "..." } to keep the text as it is'
  scope.names.findings.warning('UNFILLED_TEMPLATE', message, node, trail, hint)
}

type Form = (node: MapNode, head: Entry, trail: Trail, scope: Scope, at: Position) => Expr

const REFERENCE_KEYS = ['default', 'transform', ...ON_SKIP_KEYS, ...SKIP_VALUE_KEYS]

const FORMS: Readonly<Record<Head, Form>> = {
  $literal(node, head, trail, scope) {
    siblings(node, head, [], trail, scope)
    return literal(toJson(head.value))
  },
  $step(node, head, trail, scope, at) {
    siblings(node, head, ['path', ...REFERENCE_KEYS], trail, scope)
    const id = textOf(head.value)
    if (id === undefined) return wrong(head, 'the id of a step', trail, scope)
    return stepReference(id, node, head, trail, scope, at)
  },
  $input(node, head, trail, scope, at) {
    siblings(node, head, REFERENCE_KEYS, trail, scope)
    const path = headPath(head, trail, scope)
    return reference(node, trail, scope, at, undefined, (parts) => inputRef(path, parts.default, scope))
  },
  $variable(node, head, trail, scope, at) {
    siblings(node, head, REFERENCE_KEYS, trail, scope)
    const path = textOf(head.value)
    if (path === undefined || path.trim() === '') return wrong(head, 'the name of a variable', trail, scope)
    if (!checkPath(path, scope, head.value, below(trail, head.key))) return literal(null)
    const make = (parts: RefParts) => variableRef(path, parts.default, scope, head.value, below(trail, head.key))
    return reference(node, trail, scope, at, undefined, make)
  },
  $item(node, head, trail, scope, at) {
    siblings(node, head, REFERENCE_KEYS, trail, scope)
    const path = headPath(head, trail, scope)
    const make = (parts: RefParts) => loopRef('item', path, parts.default, scope, head, below(trail, head.key))
    return reference(node, trail, scope, at, undefined, make)
  },
  $index(node, head, trail, scope, at) {
    siblings(node, head, ['transform'], trail, scope)
    if (!(isNull(head.value) || textOf(head.value) === '' || toJson(head.value) === true)) {
      return wrong(head, 'true', trail, scope)
    }
    const make = () => loopRef('index', undefined, undefined, scope, head, below(trail, head.key))
    return reference(node, trail, scope, at, undefined, make)
  },
  $secret(node, head, trail, scope, at) {
    siblings(node, head, REFERENCE_KEYS, trail, scope)
    const name = textOf(head.value)
    if (name === undefined || name === '') return wrong(head, 'the name of a secret', trail, scope)
    const make = ({ default: otherwise }: RefParts): Expr =>
      otherwise ? { op: 'secret', path: name, default: otherwise } : { op: 'secret', path: name }
    return reference(node, trail, scope, at, undefined, make)
  },
  $if(node, head, trail, scope, at) {
    siblings(node, head, ['then', 'else'], trail, scope)
    const then = entryOf(node, 'then')
    if (!then) {
      scope.names.findings.error('INVALID_EXPRESSION', '"$if" has no "then"', head, trail)
      return literal(null)
    }
    const otherwise = entryOf(node, 'else')
    const branch: Position = { ...at, lazy: true, own: true }
    return {
      op: 'if',
      cond: compileExpr(head.value, below(trail, '$if'), scope, { ...at, own: true, nullSkips: true }),
      then: compileExpr(then.value, below(trail, 'then'), scope, branch),
      ...(otherwise ? { else: compileExpr(otherwise.value, below(trail, 'else'), scope, branch) } : {}),
    }
  },
  $coalesce(node, head, trail, scope, at) {
    siblings(node, head, [], trail, scope)
    if (head.value.kind !== 'list') return wrong(head, 'a list', trail, scope)
    const inside = below(trail, '$coalesce')
    const of = head.value.items.map((item, i) =>
      compileExpr(item, below(inside, i), scope, { lazy: at.lazy || i > 0, own: true, nullSkips: false }),
    )
    return { op: 'coalesce', of }
  },
  $template(node, head, trail, scope, at) {
    siblings(node, head, ['values'], trail, scope)
    const text = textOf(head.value)
    const values = templateValues(node, trail, scope, at)
    if (text === undefined) return wrong(head, 'text', trail, scope)
    return compileTemplate(text, scope, at, head.value, below(trail, head.key), values)
  },
  $from(node, head, trail, scope, at) {
    siblings(node, head, ['path', ...REFERENCE_KEYS], trail, scope)
    return olderForm(node, head, trail, scope, at)
  },
}

/** Names that `values` beside a template puts in scope. */
function templateValues(node: MapNode, trail: Trail, scope: Scope, at: Position): TemplateValues {
  const values = new Map<string, Expr>()
  const entry = entryOf(node, 'values')
  if (!entry || isNull(entry.value)) return values
  if (entry.value.kind !== 'map') {
    wrong(entry, 'an object of expressions by name', trail, scope)
    return values
  }
  for (const each of entry.value.entries) {
    const here = below(below(trail, entry.key), each.key)
    const fault = /^[A-Za-z_]\w*$/.test(each.key)
      ? ROOTS.includes(each.key) && 'is always in scope in a template'
      : 'is not a name: use letters, digits and "_"'
    if (!fault) values.set(each.key, compileExpr(each.value, here, scope, at))
    else
      scope.names.findings.error(
        'INVALID_EXPRESSION',
        `"${each.key}" in "values" of ${scope.owner} ${fault}`,
        each,
        here,
      )
  }
  return values
}

/** `{$from: {step: ID}}`, `{$from: {workflow: input}}`, `{$from: {variable: N}}`, and the still older `$from: ID`. */
function olderForm(node: MapNode, head: Entry, trail: Trail, scope: Scope, at: Position): Expr {
  const inside = below(trail, '$from')
  const name = textOf(head.value)
  if (name === '$input') return olderInput(node, trail, scope, at)
  if (name !== undefined) return stepReference(name, node, head, trail, scope, at)
  if (head.value.kind !== 'map') return wrong(head, '{step: ID}, {workflow: input} or {variable: NAME}', trail, scope)
  const source = head.value
  const kinds = source.entries.filter((entry) => ['step', 'workflow', 'variable'].includes(entry.key))
  const [kind] = kinds
  const text = textOf(kind?.value)
  if (kinds.length !== 1 || !kind || text === undefined) {
    return wrong(head, '{step: ID}, {workflow: input} or {variable: NAME}', trail, scope)
  }
  siblings(source, kind, kind.key === 'variable' ? ['default'] : [], inside, scope)
  if (kind.key === 'step') return stepReference(text, node, kind, trail, scope, at)
  if (kind.key === 'workflow') {
    if (text !== 'input') return wrong(kind, '"input"', inside, scope)
    return olderInput(node, trail, scope, at)
  }
  const path = readPath(node, trail, scope)
  const rest =
    path === undefined ? '' : path.trim().startsWith('$') ? path.trim().slice(1) : pathText([path.trim()]).slice(1)
  const inner = entryOf(source, 'default')
  return reference(node, trail, scope, at, undefined, (parts) => {
    const lazy = { ...at, lazy: true, own: true }
    const otherwise =
      parts.default ?? (inner ? compileExpr(inner.value, below(inside, 'default'), scope, lazy) : undefined)
    return variableRef(pathText([text]) + rest, otherwise, scope, kind.value, below(inside, 'variable'))
  })
}

function olderInput(node: MapNode, trail: Trail, scope: Scope, at: Position): Expr {
  const path = readPath(node, trail, scope)
  return reference(node, trail, scope, at, undefined, (parts) => inputRef(path, parts.default, scope))
}

function stepReference(id: string, node: MapNode, head: Entry, trail: Trail, scope: Scope, at: Position): Expr {
  const path = readPath(node, trail, scope)
  const isField = path !== undefined && path !== '' && path !== '$'
  if (isField && scope.names.steps.get(id)?.isDescribed === false)
    unvalidated('steps', `step "${id}"`, path, node, trail, scope)
  return reference(node, trail, scope, at, id, (parts) =>
    stepRef(id, { ...parts, path }, scope, at, head.value, below(trail, head.key)),
  )
}

/** What may stand beside any reference: a default, what to do after a skip, a transform. */
function reference(
  node: MapNode,
  trail: Trail,
  scope: Scope,
  at: Position,
  step: string | undefined,
  make: (parts: RefParts) => Expr,
): Expr {
  const lazy: Position = { ...at, lazy: true, own: true }
  const missing = entryOf(node, 'default')
  const otherwise = missing && compileExpr(missing.value, below(trail, 'default'), scope, lazy)
  const skip = readOnSkip(node, trail, scope, step)
  const onSkip = skip && (skip.value ? compileExpr(skip.value, skip.trail, scope, lazy) : literal(null))
  const value = make({ default: otherwise, onSkip })
  const transform = entryOf(node, 'transform')
  return transform ? compileTransform(transform, value, scope, trail) : value
}

function headPath(head: Entry, trail: Trail, scope: Scope): string | undefined {
  if (isNull(head.value)) return undefined
  const path = textOf(head.value)
  const here = below(trail, head.key)
  if (path === undefined) wrong(head, 'a path', trail, scope)
  else if (checkPath(path, scope, head.value, here)) {
    const isField = path !== '' && path !== '$'
    if (isField && head.key === '$input' && !scope.names.hasInputSchema)
      unvalidated('input', 'the input', path, head, trail, scope)
    return path
  }
  return undefined
}

function readPath(node: MapNode, trail: Trail, scope: Scope): string | undefined {
  const entry = entryOf(node, 'path')
  if (!entry || isNull(entry.value)) return undefined
  const path = textOf(entry.value)
  if (path === undefined) wrong(entry, 'a path', trail, scope)
  else if (checkPath(path, scope, entry.value, below(trail, 'path'))) return path
  return undefined
}

function unvalidated(
  kind: 'input' | 'steps',
  what: string,
  path: string,
  place: Entry | MapNode,
  trail: Trail,
  scope: Scope,
): void {
  if (scope.names.unvalidated.has(kind)) return
  scope.names.unvalidated.add(kind)
  const message = `${scope.owner} reads "${path}" of ${what}, which no schema describes`
  scope.names.findings.add('hint', 'UNVALIDATED_FIELD_ACCESS', message, place, trail)
}

function compileList(items: readonly Node[], trail: Trail, scope: Scope, at: Position): Expr {
  const of = items.map((item, i) => compileExpr(item, below(trail, i), scope, at))
  const values: Json[] = []
  for (const e of of) {
    if (e.op !== 'literal') return { op: 'array', of }
    values.push(e.value)
  }
  return literal(values)
}

function compileObject(node: MapNode, trail: Trail, scope: Scope, at: Position): Expr {
  const of = node.entries.map(
    (entry) => [entry.key, compileExpr(entry.value, below(trail, entry.key), scope, at)] as const,
  )
  const values: Record<string, Json> = {}
  for (const [key, e] of of) {
    if (e.op !== 'literal') return objectOf(of)
    setOwn(values, key, e.value)
  }
  return literal(values as JsonObject)
}
