// Which tool of manifests a component is, and where a flow keeps a tool's name that its component does not tell.

import { isRecord, own } from '@stepflow/engine'
import { TOOLS } from '../manifest/tools.ts'
import { canonicalComponent } from '../stepflow/step-shape.ts'

type Data = Record<string, unknown>

/** The component that a tool's name calls, as a flow writes it. */
export function componentOfTool(name: string): string {
  const tool = Object.hasOwn(TOOLS, name) ? TOOLS[name] : undefined
  if (tool) return tool.component
  const path = canonicalComponent(name)
  return path.startsWith('/') ? path : `/${path.replace('.', '/')}`
}

/** The first name in the table, or a name that a route may serve; else the path itself, which is a tool too. */
export function toolOfComponent(component: string): string {
  const path = canonicalComponent(component)
  const known = Object.entries(TOOLS).find(([, tool]) => tool.kind !== 'parameter' && tool.component === path)
  if (known) return path === '/builtin/output' ? 'OUTPUT_JSON' : known[0]
  return /^\/[A-Z][A-Z0-9_]*$/.test(path) ? path.slice(1) : path
}

/** A step of a flow that says which tool it was. */
export function withToolName(step: Data, tool: string): Data {
  const metadata = isRecord(step.metadata) ? step.metadata : {}
  return { ...step, metadata: { ...metadata, tool } }
}

/** What `withToolName` noted, and the metadata without it. */
export function noteOf({ metadata }: Data): { readonly tool?: string; readonly metadata?: unknown } {
  const tool = own(metadata, 'tool')
  if (typeof tool !== 'string' || !isRecord(metadata)) return metadata === undefined ? {} : { metadata }
  const { tool: _, ...rest } = metadata
  return Object.keys(rest).length > 0 ? { tool, metadata: rest } : { tool }
}
