// INPUT_* steps: each is a parameter of the flow, and together they are its input schema.

import { isRecord, type Json, type JsonObject, own, setOwn } from '@stepflow/engine'
import type { Field } from '../fields.ts'
import type { Findings } from '../findings.ts'
import { isNull, kindOfNode, type Node, textOf, toJson } from '../source/node.ts'
import { checkSchema } from '../stepflow/check-schema.ts'
import { movedRefs } from '../stepflow/moved-refs.ts'
import type { FlowShape } from '../stepflow/shape.ts'
import type { StepReading } from '../stepflow/step-shape.ts'
import { toolOf } from './tool.ts'
import type { ParameterTool } from './tools.ts'

export interface Parameter {
  readonly type: ParameterTool['type']
  /** The property of the input schema, its default included. */
  readonly schema: JsonObject
  readonly isRequired: boolean
  /** The author says what the value must be. */
  readonly hasSchema: boolean
  /** A default that is computed when the flow runs. */
  readonly computed?: Field
}

export function readParameter(
  type: ParameterTool['type'],
  named: ReadonlyMap<string, Field>,
  reading: StepReading,
): Parameter {
  const description = textOf(named.get('description')?.node)
  const field = named.get('value')
  const given = field && !isNull(field.node) ? field : undefined
  const isComputed = given !== undefined && holdsTemplate(given.node)
  const fallback = given && !isComputed ? readDefault(type, given, reading) : undefined
  const schema: Record<string, Json> = { ...(type === 'json' ? jsonSchema(named.get('schema'), reading) : TYPES[type]) }
  if (description !== undefined) schema.description = description
  if (fallback !== undefined) schema.default = fallback
  return {
    type,
    schema,
    isRequired: given === undefined,
    hasSchema: named.has('schema'),
    ...(isComputed ? { computed: given } : {}),
  }
}

/** The shape with its parameters in its input schema. What the author's own schema says of a parameter comes first. */
export function withParameters(shape: FlowShape, findings: Findings): FlowShape {
  const properties: Record<string, Json> = {}
  const required: string[] = []
  for (const step of shape.steps) {
    const { id } = step
    const tool = toolOf(step)
    if (tool?.kind !== 'parameter') continue
    setOwn(properties, id, movedRefs(tool.parameter.schema, `#/properties/${id}`))
    if (tool.parameter.isRequired) required.push(id)
  }
  if (Object.keys(properties).length === 0) return shape
  const written = shape.schemas.input
  if (written !== undefined && !isRecord(written)) {
    findings.warning('IGNORED_SCHEMA', 'the input schema is true or false, so the INPUT_* steps add nothing to it')
    return shape
  }
  const input = merged(written ?? {}, properties, required)
  return { ...shape, schemas: { ...shape.schemas, input } }
}

export function holdsTemplate(node: Node): boolean {
  if (node.kind === 'list') return node.items.some(holdsTemplate)
  if (node.kind === 'map') return node.entries.some(({ value }) => holdsTemplate(value))
  return typeof node.value === 'string' && /\{[{%#]/.test(node.value)
}

// ---

const TYPES: Readonly<Record<'text' | 'number' | 'boolean', JsonObject>> = {
  text: { type: 'string' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
}

function merged(written: Record<string, unknown>, properties: Record<string, Json>, required: string[]): JsonObject {
  const all: Record<string, Json> = {}
  for (const [name, schema] of Object.entries(properties)) setOwn(all, name, schema)
  const theirs = own(written, 'properties')
  if (isRecord(theirs)) {
    for (const [name, schema] of Object.entries(theirs)) {
      const mine = own(properties, name)
      setOwn(all, name, isRecord(mine) && isRecord(schema) ? { ...mine, ...schema } : schema)
    }
  }
  const named = own(written, 'required')
  const needed = [...new Set([...(Array.isArray(named) ? named : []), ...required])]
  return {
    type: 'object',
    ...written,
    properties: all,
    ...(needed.length > 0 ? { required: needed } : {}),
  } as JsonObject
}

/** The default in the parameter's own type: text such as "5" is a number where a number is meant. */
function readDefault(type: ParameterTool['type'], { node, trail }: Field, reading: StepReading): Json | undefined {
  const value = toJson(node)
  const wrong = (wanted: string) => {
    const got = node.kind === 'scalar' ? JSON.stringify(value) : kindOfNode(node)
    reading.findings.error('INVALID_VALUE', `the value of ${reading.owner} must be ${wanted}, not ${got}`, node, trail)
    return undefined
  }
  switch (type) {
    case 'text':
      if (typeof value === 'string') return value
      return typeof value === 'number' || typeof value === 'boolean' ? String(value) : wrong('text')
    case 'number': {
      const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
      return typeof read === 'number' && Number.isFinite(read) ? read : wrong('a number')
    }
    case 'boolean':
      if (typeof value === 'boolean') return value
      return value === 'true' ? true : value === 'false' ? false : wrong('true or false')
    case 'json':
      if (typeof value !== 'string') return value
      try {
        return JSON.parse(value)
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        reading.findings.error('INVALID_VALUE', `the value of ${reading.owner} is not JSON: ${why}`, node, trail)
        return undefined
      }
  }
}

function jsonSchema(field: Field | undefined, { owner, findings }: StepReading): JsonObject {
  if (!field) return {}
  const value = toJson(field.node)
  const schema = typeof value === 'string' ? parsed(value) : value
  if (isRecord(schema)) {
    if (field.node.kind === 'map') checkSchema(field.node, field.trail, findings)
    return schema as JsonObject // it came from JSON
  }
  const message = `the "schema" of ${owner} must be a JSON Schema: an object, or its JSON text`
  findings.error('INVALID_SCHEMA', message, field.node, field.trail)
  return {}
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
