// Which reserved `$` key makes an object an expression, and what may stand beside it. What an expression means is expr.ts's
// affair.

import { type Expr, literal, suggest } from '@stepflow/engine'
import { below, didYouMean, lineOf, type Trail } from '../findings.ts'
import { type Entry, type MapNode, type Node, shownNode } from '../source/node.ts'
import { ON_SKIP_KEYS } from './on-skip.ts'
import type { Scope } from './scope.ts'

const HEADS = [
  '$literal',
  '$step',
  '$input',
  '$variable',
  '$item',
  '$index',
  '$secret',
  '$if',
  '$coalesce',
  '$template',
  '$from',
] as const

export type Head = (typeof HEADS)[number]

export interface HeadEntry extends Entry {
  readonly key: Head
}

/** True if the node is an expression, not a plain value. */
export function isExpression(node: Node): boolean {
  return node.kind === 'map' && node.entries.some(isHead)
}

/** The reserved key that makes this map an expression. */
export function findHead(node: MapNode, trail: Trail, scope: Scope): HeadEntry | undefined {
  let head: HeadEntry | undefined
  for (const entry of node.entries) {
    if (entry.key.charCodeAt(0) !== 0x24) continue
    if (isHead(entry)) {
      if (head) conflictingHeads(head, entry, scope, trail)
      head ??= entry
    }
  }
  if (head) return head
  for (const entry of node.entries) {
    if (entry.key.charCodeAt(0) === 0x24) suspicious(entry, trail, scope)
  }
  return undefined
}

/** Refuses keys that the expression does not know. */
export function siblings(node: MapNode, head: Entry, known: readonly string[], trail: Trail, scope: Scope): void {
  if (node.entries.length === 1) return
  for (const entry of node.entries) {
    if (entry === head || known.includes(entry.key) || isHead(entry)) continue
    scope.names.findings.error(
      'INVALID_EXPRESSION',
      `"${entry.key}" is not allowed beside "${head.key}" in ${scope.owner}${didYouMean(entry.key, known)}`,
      entry,
      below(trail, entry.key),
      known.length > 0
        ? `beside "${head.key}" are allowed: ${known.filter((key) => !IS_ALIAS.test(key)).join(', ')}`
        : `"${head.key}" stands alone`,
    )
  }
}

export function wrong(entry: Entry, wanted: string, trail: Trail, scope: Scope): Expr {
  const message = `"${entry.key}" in ${scope.owner} must be ${wanted}, not ${shownNode(entry.value)}`
  scope.names.findings.error('INVALID_EXPRESSION', message, entry.value, below(trail, entry.key))
  return literal(null)
}

// ---

/** Of keys that may stand beside an expression; the others are how we write them. */
const IS_ALIAS = /^\$|[A-Z]/

const RESERVED: ReadonlySet<string> = new Set(HEADS)

function isHead(entry: Entry): entry is HeadEntry {
  return RESERVED.has(entry.key)
}

function conflictingHeads(first: Entry, second: Entry, scope: Scope, trail: Trail): void {
  const message = `one expression in ${scope.owner} has both "${first.key}"${lineOf(first)} and "${second.key}"${lineOf(second)}`
  scope.names.findings.error('INVALID_EXPRESSION', message, second, below(trail, second.key))
}

/** A `$` key that is none of ours is data (`$ref`, `$blob`), unless it is nearly one of ours. */
function suspicious(entry: Entry, trail: Trail, scope: Scope): void {
  const { findings } = scope.names
  if (ON_SKIP_KEYS.includes(entry.key)) {
    findings.error(
      'INVALID_EXPRESSION',
      `"${entry.key}" in ${scope.owner} is not beside a reference, where it belongs`,
      entry,
      below(trail, entry.key),
    )
    return
  }
  const near = suggest(entry.key, HEADS)
  if (near === undefined || entry.key.length < 4) return
  findings.warning(
    'UNKNOWN_EXPRESSION',
    `"${entry.key}" in ${scope.owner} is not an expression and is taken as data. Did you mean "${near}"?`,
    entry,
    below(trail, entry.key),
    'write data under $literal',
  )
}
