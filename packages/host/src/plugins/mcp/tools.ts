// The tools of an MCP server as components: what the server lists, read once for each listing. Calls none.

import type { Tool as Definition } from '@modelcontextprotocol/client'
import { type ComponentInfo, isRecord, type Json, own, type SchemaCheck } from '@stepflow/engine'
import { compileCheck } from './output-check.ts'

export interface Tool {
  readonly info: ComponentInfo
  /** As the client wants it for a call; it need not know the schema of the output, which we check ourselves. */
  readonly definition: Definition
  /** The check of its structured output; absent if the server gives no schema, undefined if it gives none that can be used. */
  readonly check?: () => Promise<SchemaCheck | undefined>
}

export type Tools = ReadonlyMap<string, Tool>

/** What a server lists, as the client takes it, and what it does not need to know. */
export interface Listed {
  readonly tools: readonly Definition[]
  /** By name of the tool. */
  readonly outputSchemas: ReadonlyMap<string, Json>
}

/**
 * A page of tools without what would make the client refuse all of them: old servers write schemas without a type, and a
 * tool that cannot be read is no reason to have none. `warn` completes "MCP server X ...".
 */
export function readPage(tools: readonly unknown[], warn: (what: string) => void): Listed {
  const outputSchemas = new Map<string, Json>()
  const read: Definition[] = []
  for (const tool of tools) {
    const name = own(tool, 'name')
    if (!isRecord(tool) || typeof name !== 'string' || name === '') {
      warn(`lists a tool without a name, which is left out: ${JSON.stringify(tool).slice(0, SHOWN_CHARACTERS)}`)
      continue
    }
    const { title, description, inputSchema, outputSchema } = tool
    if (!isRecord(inputSchema)) warn(`has no input schema for its tool "${name}"`)
    if (outputSchema !== undefined && outputSchema !== null && !outputSchemas.has(name)) {
      outputSchemas.set(name, outputSchema as Json) // from JSON
    }
    read.push({
      name,
      ...(typeof title === 'string' ? { title } : {}),
      ...(typeof description === 'string' ? { description } : {}),
      inputSchema: objectSchema(inputSchema),
    })
  }
  return { tools: read, outputSchemas }
}

/** By name of the tool, each once. */
export function readTools({ tools: listed, outputSchemas }: Listed, warn: (what: string) => void): Tools {
  const tools = new Map<string, Tool>()
  for (const definition of listed) {
    const { name } = definition
    if (tools.has(name)) warn(`lists two tools of the name "${name}": the first is taken`)
    else tools.set(name, toolOf(definition, outputSchemas.get(name), warn))
  }
  return tools
}

// ---

const SHOWN_CHARACTERS = 100

function objectSchema(given: unknown): Definition['inputSchema'] {
  if (!isRecord(given)) return { type: 'object' }
  const { properties, required, ...rest } = given
  const names = Array.isArray(required) ? required.filter((name) => typeof name === 'string') : []
  return {
    ...rest,
    type: 'object',
    ...(isRecord(properties) ? { properties: properties as Definition['inputSchema']['properties'] } : {}), // from JSON
    ...(names.length > 0 ? { required: names } : {}),
  }
}

function toolOf(definition: Definition, outputSchema: Json | undefined, warn: (what: string) => void): Tool {
  const { name, title, description, inputSchema } = definition
  const said = description ?? title
  let check: Promise<SchemaCheck | undefined> | undefined
  const checkOf = (schema: Json) => {
    check ??= compileCheck(schema).catch((error: Error) => {
      warn(`has an output schema for its tool "${name}" that cannot be used, so it is not checked: ${error.message}`)
      return undefined
    })
    return check
  }
  return {
    info: {
      name: `/${name}`,
      ...(said === undefined ? {} : { description: said }),
      inputSchema: inputSchema as Json, // from JSON
      ...(outputSchema === undefined ? {} : { outputSchema }),
      announcesStart: true,
      keepsInput: true,
    },
    definition,
    ...(outputSchema === undefined ? {} : { check: () => checkOf(outputSchema) }),
  }
}
