// Which flows are tools for MCP clients, by the names that their triggers give them; with `all`, every published flow. Runs
// none.

import { isRecord, type Json, own, type Plan } from '@stepflow/engine'
import type { FoundFlow, NamedFlows } from '@stepflow/host/named-flows'

export interface FlowTool {
  readonly name: string
  /** The flow's name. */
  readonly flow: string
  readonly description: string
  readonly inputSchema: ToolSchema
  /** Its input is this argument alone: a tool takes an object, and the flow takes something else. */
  readonly inputArgument?: string
}

export type ToolSchema = { readonly type: 'object' } & Readonly<Record<string, unknown>>

/** `named`: those whose published version has a trigger `{mcp: NAME}`; `all`: the others too, by their own names. */
export type WhichTools = 'named' | 'all'

/** By name of the tool. `warn` hears of names that are taken. */
export async function flowTools(
  flows: NamedFlows,
  which: WhichTools,
  warn: (what: string) => void,
): Promise<ReadonlyMap<string, FlowTool>> {
  const tools = new Map<string, FlowTool>()
  for (const listed of await flows.list()) {
    if (listed.name === undefined || listed.publishedVersion === undefined) continue
    const found = await flows.get(listed.name, 'published')
    const { plan } = found.read
    if (!plan) continue
    for (const name of namesOf(listed.name, found, which)) {
      const owner: string = (await flows.ownerOf('mcp', name)) ?? tools.get(name)?.flow ?? listed.name
      if (owner === listed.name) tools.set(name, toolOf(name, listed.name, found, plan))
      else warn(`the flow "${listed.name}" cannot be the MCP tool "${name}": the flow "${owner}" is`)
    }
  }
  return tools
}

/** The input of the flow out of a tool's arguments. */
export function inputOf({ inputArgument }: FlowTool, given: Readonly<Record<string, unknown>>): unknown {
  return inputArgument === undefined ? given : (own(given, inputArgument) ?? null)
}

// ---

const INPUT = 'input'

function namesOf(flow: string, { read }: FoundFlow, which: WhichTools): string[] {
  const named = read.info?.triggers.flatMap((trigger) => (trigger.type === 'mcp' ? trigger.name : [])) ?? []
  return named.length > 0 || which === 'named' ? named : [asToolName(flow)]
}

/** The protocol's names have no spaces, and clients hold them to that. */
function asToolName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^-+|-+$/g, '')
  return name.slice(0, MOST_CHARACTERS) || 'flow'
}

const MOST_CHARACTERS = 128

function toolOf(name: string, flow: string, { read }: FoundFlow, plan: Plan): FlowTool {
  const said = read.info?.description ?? own(read.flow, 'description')
  const description = typeof said === 'string' && said !== '' ? said : `Runs the flow "${flow}"`
  return { name, flow, description, ...parametersOf(plan.schemas?.input) }
}

/** A schema of an object is the tool's; anything else is its one parameter. */
function parametersOf(schema: Json | undefined): Pick<FlowTool, 'inputSchema' | 'inputArgument'> {
  if (schema === undefined || schema === true) return { inputSchema: { type: 'object' } }
  if (isRecord(schema) && isOfObjects(schema)) return { inputSchema: { ...schema, type: 'object' } }
  return {
    inputSchema: { type: 'object', properties: { [INPUT]: schema }, required: [INPUT] },
    inputArgument: INPUT,
  }
}

function isOfObjects({ type, properties }: Record<string, unknown>): boolean {
  return type === 'object' || (type === undefined && isRecord(properties))
}
