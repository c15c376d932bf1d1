// What is in a text: a flow with what is wrong with it, or something else that lies in the folder of flows.

import { type FlowInfo, isManifest } from '@stepflow/dialects'
import { type Diagnostic, FlowError, type Json, type Log, own, type Plan, type Router } from '@stepflow/engine'
import { loadCodeFlow } from '../flows/code-file.ts'

/** What a compiler makes of a text. */
export type CompileText = (text: string, options?: CompileTextOptions) => Promise<CompiledText>

export interface CompileTextOptions {
  /** Below the folder of flows; without one, no schema is read from there. */
  readonly file?: string | undefined
  /** Patches of its steps. */
  readonly overrides?: Json | undefined
}

export interface CompiledText {
  /** Absent if there are errors. */
  readonly plan?: Plan | undefined
  readonly info?: FlowInfo | undefined
  readonly diagnostics: readonly Diagnostic[]
  /** The text as JSON; absent if it cannot be read at all. */
  readonly flow?: Json | undefined
}

/** A flow as it is now, whether it can be run or not. */
export interface ReadFlow extends CompiledText {
  readonly text: string
  readonly dialect: Dialect
  /** Of a flow in code: leads to its functions, and to nothing else. */
  readonly router?: Router | undefined
}

export type Dialect = 'flow' | 'manifest' | 'code'

export async function readFlowText(text: string, compile: CompileText, file?: string): Promise<ReadFlow> {
  const compiled = await compile(text, { file })
  return { ...compiled, text, dialect: compiled.flow !== undefined && isManifest(compiled.flow) ? 'manifest' : 'flow' }
}

/** `file` is an absolute path. Throws INVALID_FLOW for a file that cannot be loaded, or whose default export is no flow. */
export async function readFlowCode(text: string, file: string, log?: Log): Promise<ReadFlow> {
  const { plan, diagnostics, router } = await loadCodeFlow(file, 'default', log, text)
  return { text, dialect: 'code', plan, diagnostics, router: router(NOWHERE) }
}

/** False for a program that lies beside flows: what cannot export one is not run. */
export function mayExportFlow(code: string): boolean {
  return /\bexport\s+default\b|\bas\s+default\b|\bmodule\.exports\b|\bexports\.default\b/.test(code)
}

/** What the flow calls itself. */
export function ownName({ info, flow, plan, dialect }: ReadFlow): string | undefined {
  if (dialect === 'code') return plan?.name
  const name = info?.name ?? own(flow, 'name')
  return typeof name === 'string' && name !== '' ? name : undefined
}

/** False for data that lies beside flows. */
export function isFlowLike(flow: Json | undefined): boolean {
  if (Array.isArray(flow)) return own(flow[0], 'tool') !== undefined
  return own(flow, 'steps') !== undefined
}

/** Leads to the functions of the flows in code that there are at that moment. */
export function routeCode(flows: () => Iterable<ReadFlow>): (otherwise: Router) => Router {
  return (otherwise) => ({
    route(path) {
      if (!path.startsWith('/local/')) return otherwise.route(path)
      for (const { router } of flows()) {
        const found = router && tried(() => router.route(path))
        if (found) return found
      }
      return otherwise.route(path)
    },
  })
}

// ---

const NOWHERE: Router = {
  route(path) {
    throw new FlowError('COMPONENT_NOT_FOUND', `no flow in code has the function ${path}`)
  },
}

function tried<T>(find: () => T): T | undefined {
  try {
    return find()
  } catch {
    return undefined
  }
}
