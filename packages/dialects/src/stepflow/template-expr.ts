// `$template` in a flow. The names it reads are found in its tree and become references like any other, so a template
// waits for its steps and sees nothing else. A lone path is such a reference and nothing more.

import { type Expr, literal } from '@stepflow/engine'
import { objectOf } from '../builder.ts'
import { didYouMean, type Trail } from '../findings.ts'
import { pathText } from '../paths.ts'
import { type Node, textOf } from '../source/node.ts'
import type { Body } from '../template/ast.ts'
import { fixedPath, namesIn, type Read } from '../template/names.ts'
import { parse, placeIn, TemplateSyntaxError } from '../template/parse.ts'
import { inputRef, loopRef, outcomeRef, type Position, type Scope, stepRef, variableRef } from './scope.ts'

/** Expressions that a template reads by names of its own. */
export type TemplateValues = ReadonlyMap<string, Expr>

export function compileTemplate(
  text: string,
  scope: Scope,
  at: Position,
  node: Node,
  trail: Trail,
  values: TemplateValues = new Map(),
): Expr {
  if (!/\{[{%#]/.test(text)) return literal(text)
  const place: TemplatePlace = { text, scope, at, node, trail, values }
  const body = parsed(place)
  if (!body) return literal(null)
  const reads = checkedReads(body, place)
  const [only] = body
  const path = body.length === 1 && only?.type === 'print' ? fixedPath(only.value) : undefined
  return (path && pathExpr(path, place)) ?? { op: 'call', fn: 'template', args: [literal(text), context(reads, place)] }
}

/** What a function that runs a template is called with: its text and what that reads. Undefined if it does not parse. */
export function templateArgs(place: TemplatePlace, parseSource = parse): readonly Expr[] | undefined {
  const body = parsed(place, parseSource)
  return body && [literal(place.text), context(checkedReads(body, place), place)]
}

/** True if a template mentions the element or the index of a loop. */
export function readsLoop(node: Node, parseSource = parse): boolean {
  const text = textOf(node)
  if (text === undefined) return false
  try {
    return namesIn(parseSource(text)).reads.some(
      ({ path: [root] }) => root === 'item' || root === 'index' || root === 'item_index',
    )
  } catch (error) {
    if (error instanceof TemplateSyntaxError) return false
    throw error
  }
}

// ---

export interface TemplatePlace {
  readonly text: string
  readonly scope: Scope
  readonly at: Position
  readonly node: Node
  readonly trail: Trail
  readonly values?: TemplateValues
}

/** What every template has in scope. */
export const ROOTS: readonly string[] = [
  'steps',
  'inputs',
  'secrets',
  'variables',
  'item',
  'index',
  'item_index',
  'run',
  'flow',
]
const STEP_FIELDS = ['result', 'output', 'status', 'error']

function parsed(place: TemplatePlace, parseSource = parse): Body | undefined {
  try {
    return parseSource(place.text)
  } catch (error) {
    if (!(error instanceof TemplateSyntaxError)) throw error
    tell(place, error.message, error.at)
    return undefined
  }
}

function tell({ text, scope, node, trail }: TemplatePlace, message: string, offset: number, hint?: string): void {
  const where = placeIn(text, offset)
  scope.names.findings.error('INVALID_TEMPLATE', `template in ${scope.owner}: ${message}${where}`, node, trail, hint)
}

function checkedReads(body: Body, place: TemplatePlace): readonly Read[] {
  const { reads, problems } = namesIn(body)
  for (const { message, at } of problems) tell(place, message, at)
  for (const read of reads) checkRead(read, place)
  return reads
}

function checkRead({ path, isOptional, at }: Read, place: TemplatePlace): void {
  const [root, name, field] = path
  const known = [...ROOTS, ...(place.values?.keys() ?? [])]
  const { scope, node, trail, text } = place
  if (root === 'steps') {
    if (typeof name !== 'string')
      tell(place, '"steps" must be followed by the id of a step', at, 'write steps.ID.result')
    else if (field !== undefined && !STEP_FIELDS.includes(String(field))) {
      const message = `a step has no "${field}"${didYouMean(String(field), STEP_FIELDS)}`
      tell(place, message, at, `write steps.${name}.result.${field}`)
    }
  } else if (root === 'inputs') {
    const { inputsRead } = scope.names
    const before = typeof name === 'string' ? inputsRead.get(name) : undefined
    if (typeof name === 'string' && (!before || (before.isOptional && !isOptional))) {
      inputsRead.set(name, { owner: scope.owner, isOptional, place: node, trail })
    }
  } else if (root === 'secrets' || root === 'variables') {
    if (typeof name !== 'string') tell(place, `"${root}" must be followed by a name`, at, `write ${root}.NAME`)
  } else if (!known.includes(String(root)) && !isOptional) {
    const message = `template in ${scope.owner} reads "${root}", which is not defined${didYouMean(String(root), known)}`
    const hint = `there are: ${known.join(', ')}`
    scope.names.findings.warning('UNKNOWN_NAME', `${message}${placeIn(text, at)}`, node, trail, hint)
  }
}

/** `{{ steps.a.result.x }}` and its like, without a template at run time. */
function pathExpr(path: readonly (string | number)[], place: TemplatePlace): Expr | undefined {
  const { scope, at, node, trail } = place
  const [root, name, field, ...rest] = path
  switch (root) {
    case 'steps':
      if (typeof name !== 'string') return undefined
      if (field === 'result' || field === 'output') {
        return stepRef(name, { path: pathText(rest), exact: true }, scope, at, node, trail)
      }
      if (field !== 'status' && field !== 'error') return undefined
      return outcomeRef(name, pathText([field, ...rest]), scope, at, node, trail)
    case 'inputs':
      return inputRef(pathText(path.slice(1)), undefined, scope)
    case 'item':
      return loopRef('item', pathText(path.slice(1)), undefined, scope, node, trail)
    case 'index':
    case 'item_index':
      return path.length === 1 ? loopRef('index', undefined, undefined, scope, node, trail) : undefined
    case 'secrets':
      return typeof name === 'string' && path.length === 2 ? { op: 'secret', path: name } : undefined
    case 'variables':
      return typeof name === 'string' ? variableRef(pathText(path.slice(1)), undefined, scope, node, trail) : undefined
    default:
      return undefined
  }
}

/** What the template reads and nothing else, as an object of references. */
function context(reads: readonly Read[], place: TemplatePlace): Expr {
  const roots = new Map<string, Map<string, Set<string>>>()
  const optional = new Set<string>()
  for (const { path, isOptional } of reads) {
    const [root, name, field] = path.map(String)
    if (root === undefined || !ROOTS.includes(root)) continue
    const names = roots.get(root) ?? new Map<string, Set<string>>()
    roots.set(root, names)
    if (name === undefined) continue
    const fields = names.get(name) ?? new Set<string>()
    names.set(name, fields)
    for (const each of field === undefined ? STEP_FIELDS : [field]) fields.add(each)
    if (isOptional) optional.add(`${root}.${name}`)
  }
  const own = [...roots].map(([root, names]) => [root, rootExpr(root, names, optional, place)] as const)
  return objectOf([...own, ...(place.values ?? [])])
}

function rootExpr(
  root: string,
  names: ReadonlyMap<string, ReadonlySet<string>>,
  optional: ReadonlySet<string>,
  place: TemplatePlace,
): Expr {
  const { scope, node, trail } = place
  const each = (make: (name: string) => Expr) => {
    const made = [...names.keys()].map((name) => [name, make(name)] as const)
    if (!made.some(([name]) => optional.has(`${root}.${name}`))) return objectOf(made)
    // What may be absent is a list of one or none, and the template sees the name or does not.
    const found = made.map(([name, value]): readonly [string, Expr] => {
      const list: Expr = { op: 'array', of: [value] }
      return [name, optional.has(`${root}.${name}`) ? { op: 'try', of: list, else: literal([]) } : list]
    })
    return { op: 'call', fn: 'present', args: [objectOf(found)] } as const
  }
  switch (root) {
    case 'steps':
      return objectOf([...names].map(([id, fields]) => [id, stepExpr(id, fields, place)] as const))
    case 'inputs':
      return inputRef(undefined, undefined, scope)
    case 'item':
      return loopRef('item', undefined, undefined, scope, node, trail)
    case 'index':
    case 'item_index':
      return loopRef('index', undefined, undefined, scope, node, trail)
    case 'secrets':
      return each((name) => ({ op: 'secret', path: name }))
    case 'variables':
      return each((name) => variableRef(pathText([name]), undefined, scope, node, trail))
    case 'run':
      return objectOf([['id', { op: 'run', path: 'id' }]])
    default:
      return literal({ name: scope.names.flowName })
  }
}

function stepExpr(id: string, fields: ReadonlySet<string>, { scope, at, node, trail }: TemplatePlace): Expr {
  const known = STEP_FIELDS.filter((field) => fields.has(field))
  return objectOf(
    known.map((field) => [
      field,
      field === 'result' || field === 'output'
        ? stepRef(id, {}, scope, at, node, trail)
        : outcomeRef(id, field, scope, at, node, trail),
    ]),
  )
}
