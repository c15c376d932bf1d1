// Flows that a step computed: inline, or the name of a file beside the flow. Gives plans, or says what is wrong with them.

import { readFileSync, realpathSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'
import { errorsOf, FlowError, hasErrors, isRecord, type Json, kindOf, type Plan } from '@stepflow/engine'
import type { WiredPlugins } from '../wire.ts'
import type { KnownFlows } from './known-flows.ts'

const MOST_CACHED = 100

export interface FlowLoaderOptions {
  /** Where names are looked up; what is outside it is not there. */
  readonly directory: string
  readonly plugins: () => WiredPlugins
  /** Learns which flow each plan was compiled from. */
  readonly flows: KnownFlows
}

/** What an engine asks for plans. */
export function createFlowLoader({
  directory,
  plugins,
  flows,
}: FlowLoaderOptions): (ref: unknown, overrides?: Json) => Promise<Plan> {
  // A map over a thousand items hands over the same flow a thousand times.
  const known = new Map<string, Promise<Plan>>()
  return async (ref, overrides) => {
    const source = sourceOf(ref, directory)
    const key = JSON.stringify([source.file, source.text, overrides])
    const cached = known.get(key)
    if (cached) return cached
    if (known.size >= MOST_CACHED) known.clear()
    const made = compileSource(source, plugins(), flows, overrides)
    known.set(key, made)
    return made
  }
}

// ---

interface Source {
  readonly text: string
  readonly file?: string
}

async function compileSource(
  { text, file }: Source,
  { router }: WiredPlugins,
  flows: KnownFlows,
  overrides: Json | undefined,
): Promise<Plan> {
  const { compile, toJson } = await import('@stepflow/dialects')
  const { plan, diagnostics, source } = compile(text, {
    ...(file === undefined ? {} : { file }),
    ...(overrides === undefined ? {} : { overrides: [overrides] }),
    primaryOf: router.primaryOf,
    isServed: router.whyUnserved,
    misfits: router.misfits,
  })
  if (plan && !hasErrors(diagnostics)) {
    flows.add(plan, () => source && toJson(source.node))
    return plan
  }
  const errors = errorsOf(diagnostics)
  const told = errors.map((one) => (one.line === undefined ? one.message : `line ${one.line}: ${one.message}`))
  throw new FlowError('INVALID_FLOW', `${file ?? 'the flow'} is not valid: ${told.join('; ')}`, {
    data: errors as unknown as Json, // diagnostics are plain JSON
  })
}

function sourceOf(ref: unknown, directory: string): Source {
  if (isRecord(ref)) return { text: JSON.stringify(ref) }
  if (typeof ref !== 'string')
    throw new FlowError('INVALID_FLOW', `a flow must be an object or a file's name, got ${kindOf(ref)}`)
  // A flow written out as text, as a chat component may answer it.
  if (ref.includes('\n') || ref.trimStart().startsWith('{')) return { text: ref }
  const missing = () => new FlowError('NOT_FOUND', `there is no flow "${ref}" in ${directory}`)
  if (!/\.(ya?ml|json)$/i.test(ref)) throw missing()
  try {
    const path = realpathSync(resolve(directory, ref))
    const inside = relative(realpathSync(directory), path)
    if (inside.startsWith('..') || inside.startsWith(sep)) throw missing()
    return { text: readFileSync(path, 'utf8'), file: ref }
  } catch {
    throw missing()
  }
}
