// The JSON Schemas of a flow, in all the ways they are written: under `schemas`, at the top level, or in a file of their own.

import { isRecord, type Json, type JsonObject, own } from '@stepflow/engine'
import type { Field, FieldReader } from '../fields.ts'
import { below, type Findings } from '../findings.ts'
import { keyTable, readKeys } from '../keys.ts'
import { entryOf, kindOfNode, toJson } from '../source/node.ts'
import { pathBeside } from '../source/path-beside.ts'
import { readSource } from '../source/read.ts'
import { checkRefs, checkSchema } from './check-schema.ts'
import type { ShapeOptions } from './shape.ts'

export interface Schemas {
  readonly input?: Json
  readonly output?: Json
  readonly variables?: Json
  /** By step id. */
  readonly steps: ReadonlyMap<string, Field>
}

export function readSchemas(fields: FieldReader, findings: Findings, options: ShapeOptions): Schemas {
  const field = fields.field('schemas')
  const nested = field && !isNullNode(field) ? readNested(field, findings) : undefined
  const read = (name: 'input' | 'output' | 'variables') => {
    const inside = nested?.fields.get(name)
    const beside = fields.field(`${name}_schema`)
    if (inside && beside) {
      findings.error(
        'CONFLICTING_KEYS',
        `the ${name} schema is both in "schemas" and in "${beside.trail.key}"`,
        beside.place,
        beside.trail,
        'keep one',
      )
    }
    const chosen = inside ?? beside
    const schema = chosen && readSchema(chosen, name, findings, options)
    if (!chosen || schema === undefined) return {}
    const whole = withDefinitions(schema, nested?.definitions)
    if (chosen.node.kind === 'map') checkRefs(chosen.node, chosen.trail, whole, findings)
    return { [name]: whole }
  }
  return { ...read('input'), ...read('output'), ...read('variables'), steps: nested?.steps ?? new Map() }
}

// ---

const SCHEMAS_KEYS = keyTable({
  type: [],
  $defs: ['definitions'],
  properties: [],
  required: [],
  description: [],
  title: [],
})
const PARTS_KEYS = keyTable({ input: [], output: [], variables: [], steps: [] })

function readNested(field: Field, findings: Findings) {
  const { node, trail } = field
  if (node.kind !== 'map') {
    findings.error('INVALID_VALUE', `"schemas" must be an object, not ${kindOfNode(node)}`, node, trail)
    return undefined
  }
  const keys = readKeys(node, SCHEMAS_KEYS, '"schemas"', findings, trail)
  const definitions = keys.get('$defs')
  const parts = keys.get('properties')
  const fields = new Map<string, Field>()
  const steps = new Map<string, Field>()
  if (parts?.value.kind === 'map') {
    const under = below(trail, parts.key)
    for (const [name, entry] of readKeys(parts.value, PARTS_KEYS, '"schemas.properties"', findings, under)) {
      fields.set(name, { node: entry.value, trail: below(under, entry.key), place: entry })
    }
  }
  const stepSchemas = fields.get('steps')
  const properties = stepSchemas && entryOf(stepSchemas.node, 'properties')
  if (stepSchemas && properties?.value.kind === 'map') {
    const under = below(stepSchemas.trail, 'properties')
    for (const entry of properties.value.entries) {
      steps.set(entry.key, { node: entry.value, trail: below(under, entry.key), place: entry })
    }
  }
  return { definitions: definitions && toJson(definitions.value), fields, steps }
}

function readSchema(field: Field, name: string, findings: Findings, options: ShapeOptions): Json | undefined {
  const value = toJson(field.node)
  if (value === null) return undefined
  if (field.node.kind === 'map') checkSchema(field.node, field.trail, findings)
  const schema = typeof value === 'string' ? readSchemaFile(value, field, findings, options) : value
  if (schema === undefined || typeof schema === 'boolean' || isRecord(schema)) return schema
  findings.error(
    'INVALID_SCHEMA',
    `the ${name} schema must be an object or the path of a file`,
    field.node,
    field.trail,
  )
  return undefined
}

function readSchemaFile(path: string, field: Field, findings: Findings, options: ShapeOptions): Json | undefined {
  const full = pathBeside(options.file, path)
  if (!options.readFile) {
    findings.error(
      'SCHEMA_FILE',
      `the schema is in the file "${path}", and no files can be read here`,
      field.node,
      field.trail,
    )
    return undefined
  }
  let text: string
  try {
    text = options.readFile(full)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    findings.error('SCHEMA_FILE', `cannot read the schema file "${full}": ${why}`, field.node, field.trail)
    return undefined
  }
  const source = readSource(text, { file: full })
  findings.list.push(...source.diagnostics)
  return source.node && toJson(source.node)
}

/** Shared `$defs` go into each schema, so that its `$ref`s lead somewhere. */
function withDefinitions(schema: Json, definitions: Json | undefined): Json {
  if (!isRecord(schema) || !isRecord(definitions)) return schema
  const mine = own(schema, '$defs')
  return { ...schema, $defs: { ...definitions, ...(isRecord(mine) ? mine : {}) } } as JsonObject
}

function isNullNode(field: Field): boolean {
  return field.node.kind === 'scalar' && field.node.value === null
}
