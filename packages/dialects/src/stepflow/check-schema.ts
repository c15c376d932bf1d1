// Is this a JSON Schema (2020-12), as far as one can tell by looking? Finds what a person mistypes, with its line; what a
// schema accepts is the affair of the library that runs it.

import { type Json, own, suggest } from '@stepflow/engine'
import { below, type Findings, type Trail } from '../findings.ts'
import { kindOfNode, type Node, textOf } from '../source/node.ts'

export function checkSchema(node: Node, trail: Trail, findings: Findings): void {
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return
  if (node.kind !== 'map') {
    return wrong(findings, node, trail, `a schema must be an object or true or false, not ${kindOfNode(node)}`)
  }
  for (const { key, value } of node.entries) checkKeyword(key, value, below(trail, key), findings)
}

/** References that lead nowhere in `root`, the whole schema. One that names its own `$id`s is left to whoever runs it. */
export function checkRefs(node: Node, trail: Trail, root: Json, findings: Findings): void {
  if (!JSON.stringify(root).includes('"$id"')) followRefs(node, trail, root, findings)
}

// ---

/** Keywords that hold values, not schemas. */
const VALUES = new Set(['default', 'const', 'enum', 'examples'])

function followRefs(node: Node, trail: Trail, root: Json, findings: Findings): void {
  if (node.kind === 'scalar') return
  if (node.kind === 'list') {
    node.items.forEach((item, i) => {
      followRefs(item, below(trail, i), root, findings)
    })
    return
  }
  for (const { key, value } of node.entries) {
    const to = key === '$ref' ? textOf(value) : undefined
    if (to === undefined) {
      if (!VALUES.has(key)) followRefs(value, below(trail, key), root, findings)
    } else if (!leadsSomewhere(to, root)) {
      const names = Object.keys(own(root, '$defs') ?? {})
      const known = names.length > 0 ? `$defs: ${names.slice(0, 20).join(', ')}` : 'put that schema under $defs'
      findings.error('INVALID_SCHEMA', `"$ref": "${to}" leads nowhere`, value, below(trail, key), known)
    }
  }
}

/** True for anchors, too: where they are is not looked for. */
export function leadsSomewhere(to: string, root: Json): boolean {
  if (!to.startsWith('#')) return false
  if (to !== '#' && !to.startsWith('#/')) return true
  let at: unknown = root
  for (const part of to.split('/').slice(1)) {
    const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~')
    at = Array.isArray(at) ? at[Number(key)] : own(at, key)
    if (at === undefined) return false
  }
  return true
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']
/** Keywords whose value is a schema, a list of schemas, or an object of schemas. */
const ONE = new Set(['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames'])
const LIST = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems'])
const MAP = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])
const COUNTS = new Set(['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'])
const NUMBERS = new Set(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'])

function checkKeyword(key: string, value: Node, trail: Trail, findings: Findings): void {
  if (key === 'type') return checkType(value, trail, findings)
  if (ONE.has(key)) return checkSchema(value, trail, findings)
  if (LIST.has(key)) return checkList(key, value, trail, findings)
  if (MAP.has(key)) return checkMap(key, value, trail, findings)
  if (key === 'required') return checkRequired(value, trail, findings)
  if (key === 'enum' && value.kind !== 'list') {
    return wrong(findings, value, trail, `"enum" must be a list of values, not ${kindOfNode(value)}`)
  }
  if (key === 'pattern') return checkPattern(value, trail, findings)
  if (NUMBERS.has(key) && !isNumber(value)) wrong(findings, value, trail, `"${key}" must be a number`)
  if (COUNTS.has(key) && !(isNumber(value) && Number.isInteger(value.value) && value.value >= 0)) {
    wrong(findings, value, trail, `"${key}" must be a whole number from 0 on`)
  }
}

function checkType(node: Node, trail: Trail, findings: Findings): void {
  for (const each of node.kind === 'list' ? node.items : [node]) {
    const name = each.kind === 'scalar' ? String(each.value) : kindOfNode(each)
    if (each.kind === 'scalar' && TYPES.includes(name)) continue
    const near = suggest(name, TYPES)
    const hint = near ? `Did you mean "${near}"?` : `the types are ${TYPES.join(', ')}`
    findings.error('INVALID_SCHEMA', `"${name}" is not a type of JSON Schema`, each, trail, hint)
  }
}

function checkList(key: string, node: Node, trail: Trail, findings: Findings): void {
  if (node.kind !== 'list')
    return wrong(findings, node, trail, `"${key}" must be a list of schemas, not ${kindOfNode(node)}`)
  node.items.forEach((item, i) => {
    checkSchema(item, below(trail, i), findings)
  })
}

function checkMap(key: string, node: Node, trail: Trail, findings: Findings): void {
  if (node.kind !== 'map')
    return wrong(findings, node, trail, `"${key}" must be an object of schemas, not ${kindOfNode(node)}`)
  for (const entry of node.entries) checkSchema(entry.value, below(trail, entry.key), findings)
}

function checkRequired(node: Node, trail: Trail, findings: Findings): void {
  const isTextList =
    node.kind === 'list' && node.items.every((item) => item.kind === 'scalar' && typeof item.value === 'string')
  // `required: true` beside a property is a common slip from older drafts and other languages.
  if (!isTextList) wrong(findings, node, trail, '"required" must be a list of property names, beside "properties"')
}

function checkPattern(node: Node, trail: Trail, findings: Findings): void {
  const text = node.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined
  if (text === undefined) return wrong(findings, node, trail, '"pattern" must be a regular expression')
  try {
    new RegExp(text, 'u')
  } catch (error) {
    wrong(findings, node, trail, `"pattern" does not parse: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function isNumber(node: Node): node is Extract<Node, { kind: 'scalar' }> & { readonly value: number } {
  return node.kind === 'scalar' && typeof node.value === 'number'
}

function wrong(findings: Findings, node: Node, trail: Trail, message: string): void {
  findings.error('INVALID_SCHEMA', message, node, trail)
}
