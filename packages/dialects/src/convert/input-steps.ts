// INPUT_* steps of manifests and the input schema of flows: the way back from a property to the step that declares it.

import { isRecord, type Json, own, setOwn } from '@stepflow/engine'
import { movedRefs } from '../stepflow/moved-refs.ts'

type Data = Record<string, unknown>

/** How a flow reads an INPUT_JSON that may come as its text. */
export function jsonInput(id: string): string {
  return `{{ (inputs['${id}'] | fromjson) if inputs['${id}'] is string else inputs['${id}'] }}`
}

/** The schema of a parameter as a property of the flow's: its references lead where it now stands. */
export function propertyOf(id: string, schema: Data): Data {
  return movedRefs(schema as { readonly [key: string]: Json }, `#/properties/${id}`) // it came from JSON
}

/** The tool and the inputs of a step that only gives on an input of its own name; undefined if it does more. */
export function inputStep(id: string, input: unknown, schema: unknown): { tool: string; input: Data } | undefined {
  const property = own(own(schema, 'properties'), id)
  if (!isRecord(property)) return undefined
  const isText = own(input, '$template') === jsonInput(id)
  const path = own(input, '$input')
  if (!isText && path !== `$.${id}` && path !== id) return undefined
  const computed = own(input, 'default')
  const others = Object.keys(input as Data).filter(
    (key) => key !== '$input' && key !== '$template' && key !== 'default',
  )
  if (others.length > 0 || (computed !== undefined && own(computed, '$template') === undefined)) return undefined
  const { default: otherwise, description, ...rest } = movedBack(property, `#/properties/${id}`) as Data
  const value = computed === undefined ? otherwise : own(computed, '$template')
  const required = own(schema, 'required')
  const isRequired = Array.isArray(required) && required.includes(id)
  // An INPUT_* step without a value is required, and one with a value is not.
  if (isRequired === (value !== undefined)) return undefined
  const simple = Object.keys(rest).length === 1 ? TOOLS.get(String(rest.type)) : undefined
  const hasSchema = !isText && !simple && Object.keys(rest).length > 0
  return {
    tool: isText ? 'INPUT_JSON' : (simple ?? 'INPUT_JSON'),
    input: {
      ...(value === undefined ? {} : { value: simple || computed !== undefined ? value : jsonText(value) }),
      ...(description === undefined ? {} : { description }),
      ...(hasSchema ? { schema: rest } : {}),
    },
  }
}

/** The schema without properties that steps declare; undefined if nothing is left to say. */
export function restOfSchema(schema: unknown, declared: ReadonlySet<string>): unknown {
  const properties = own(schema, 'properties')
  if (!isRecord(schema) || !isRecord(properties) || declared.size === 0) return schema
  const kept: Data = {}
  for (const [name, property] of Object.entries(properties)) if (!declared.has(name)) setOwn(kept, name, property)
  const required = own(schema, 'required')
  const needed = Array.isArray(required) ? required.filter((name) => !declared.has(String(name))) : []
  const { properties: _, required: __, type, ...others } = schema
  if (Object.keys(kept).length === 0 && needed.length === 0 && Object.keys(others).length === 0) return undefined
  return {
    ...(type === undefined ? {} : { type }),
    ...others,
    ...(Object.keys(kept).length > 0 ? { properties: kept } : {}),
    ...(needed.length > 0 ? { required: needed } : {}),
  }
}

// ---

const TOOLS: ReadonlyMap<string, string> = new Map([
  ['string', 'INPUT_TEXT'],
  ['number', 'INPUT_NUMBER'],
  ['boolean', 'INPUT_BOOLEAN'],
])

/** A text would be read as JSON text. */
function jsonText(value: unknown): unknown {
  return typeof value === 'string' ? JSON.stringify(value) : value
}

function movedBack(part: unknown, from: string): unknown {
  if (Array.isArray(part)) return part.map((item) => movedBack(item, from))
  if (!isRecord(part)) return part
  const made: Data = {}
  for (const [key, value] of Object.entries(part)) {
    const isMoved = key === '$ref' && typeof value === 'string' && (value === from || value.startsWith(`${from}/`))
    setOwn(made, key, isMoved ? `#${value.slice(from.length)}` : movedBack(value, from))
  }
  return made
}
