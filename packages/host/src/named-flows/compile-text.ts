// Compiles texts for named flows. A flow with a file reads schemas from the folder of flows; every flow reads them from what
// `files.allow` of the configuration names, and from nowhere else.

import { readFileSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { FlowError, hasErrors, type Json } from '@stepflow/engine'
import type { Env } from '../config/substitute.ts'
import type { KnownFlows } from '../flows/known-flows.ts'
import { triggerFindings } from '../flows/trigger-findings.ts'
import type { WiredPlugins } from '../wire.ts'
import type { CompiledText, CompileText } from './read-flow.ts'

export interface TextCompilerOptions {
  readonly plugins: () => Pick<WiredPlugins, 'router'>
  readonly env: Env
  /** Learns which flow each plan was compiled from. */
  readonly flows: KnownFlows
  /** Absolute. */
  readonly folder?: string | undefined
  /** Absolute. */
  readonly filesAllow?: readonly string[]
}

export function createTextCompiler({ plugins, env, flows, folder, filesAllow = [] }: TextCompilerOptions): CompileText {
  return async (text, { file, overrides } = {}): Promise<CompiledText> => {
    const { compile, toJson } = await import('@stepflow/dialects')
    const { router } = plugins()
    const roots = file === undefined || folder === undefined ? filesAllow : [folder, ...filesAllow]
    const base = file === undefined ? undefined : folder
    const {
      plan,
      diagnostics: found,
      flow,
      source,
    } = compile(text, {
      ...(file === undefined ? {} : { file }),
      ...(overrides === undefined ? {} : { overrides: Array.isArray(overrides) ? overrides : [overrides] }),
      readFile: (path) => readWithin(roots, base, path),
      primaryOf: router.primaryOf,
      isServed: router.whyUnserved,
      misfits: router.misfits,
      isSet: (variable) => Boolean(env[variable]),
    })
    const diagnostics = [...found, ...(await triggerFindings({ flow, plan }, file))]
    const json = source && (toJson(source.node) as Json)
    if (plan && json !== undefined) flows.add(plan, () => json)
    return { plan: hasErrors(diagnostics) ? undefined : plan, info: flow, diagnostics, flow: json }
  }
}

// ---

/** A schema of more than that is none. */
const MOST_BYTES = 4 * 1024 * 1024

/** Whether a file that may not be read is there is not said. */
function readWithin(roots: readonly string[], base: string | undefined, path: string): string {
  const refused = () => {
    const where = base === undefined ? 'a flow without a file reads what files.allow names' : 'it is outside the folder'
    return new FlowError('INVALID_INPUT', `"${path}" may not be read: ${where}`)
  }
  if (path.includes('\0') || (base === undefined && !isAbsolute(path))) throw refused()
  const wanted = base === undefined ? path : resolve(base, path)
  if (!roots.some((root) => isInside(root, wanted))) throw refused()
  let real: string
  try {
    real = realpathSync(wanted)
  } catch {
    throw new FlowError('INVALID_INPUT', `"${path}" is not there`)
  }
  if (!roots.some((root) => isInside(realOf(root), real))) throw refused()
  const stat = statSync(real)
  if (!stat.isFile() || stat.size > MOST_BYTES)
    throw new FlowError('INVALID_INPUT', `"${path}" is no file of at most 4 MiB`)
  return readFileSync(real, 'utf8')
}

function realOf(root: string): string {
  try {
    return realpathSync(root)
  } catch {
    return root
  }
}

function isInside(root: string, file: string): boolean {
  const way = relative(root, file)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}
