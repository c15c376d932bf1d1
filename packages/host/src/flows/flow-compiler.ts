// Flows that a request brings, as objects, as texts or by the id of what is stored: gives plans, and keeps what it compiled, for
// the same flow is run again and again. A flow that came this way has no folder: it reads no schema from a file.

import {
  bareId,
  type Diagnostic,
  errorsOf,
  FlowError,
  hasErrors,
  isRecord,
  type Json,
  type Plan,
  type Store,
} from '@stepflow/engine'
import type { Env } from '../config/substitute.ts'
import type { WiredPlugins } from '../wire.ts'
import type { KnownFlows } from './known-flows.ts'

/** A flow that is ready to be run, and what a run says it is. */
export interface CompiledGiven {
  readonly plan: Plan
  /** The id of the blob that holds it as JSON. */
  readonly flowId: string
  /** The id of the blob that holds its text, if it was a text. */
  readonly textId?: string
  readonly overridesId?: string
  /** Warnings and hints. */
  readonly diagnostics: readonly Diagnostic[]
}

/** An object, a text, or the id of a flow that is stored. */
export type GivenFlow = { readonly flow: string | Readonly<Record<string, unknown>> } | { readonly flowId: string }

export interface FlowCompiler {
  /** Throws INVALID_FLOW with all findings, NOT_FOUND for an id. */
  compile(given: GivenFlow, overrides?: Json): Promise<CompiledGiven>
}

export interface FlowCompilerOptions {
  readonly store: Store
  readonly plugins: () => WiredPlugins
  readonly env: Env
  /** Learns which flow each plan was compiled from. */
  readonly flows: KnownFlows
}

export function createFlowCompiler(options: FlowCompilerOptions): FlowCompiler {
  const known = new Map<string, Promise<CompiledGiven>>()
  return {
    compile(given, overrides) {
      const key = JSON.stringify([given, overrides])
      const cached = known.get(key)
      if (cached) {
        // The oldest goes first: this one is the newest again.
        known.delete(key)
        known.set(key, cached)
        return cached
      }
      const compiled = compileGiven(given, overrides, options)
      known.set(key, compiled)
      // What fails now may not the next time: the store may be back, or the server of a component.
      compiled.catch(() => known.delete(key))
      if (known.size > MOST_CACHED) known.delete(known.keys().next().value as string) // there is one
      return compiled
    },
  }
}

// ---

const MOST_CACHED = 200

async function compileGiven(
  given: GivenFlow,
  overrides: Json | undefined,
  { store, plugins, env, flows }: FlowCompilerOptions,
): Promise<CompiledGiven> {
  const { text, textId } = await textOf(given, store)
  const { compile, toJson } = await import('@stepflow/dialects')
  const { router } = plugins()
  const { plan, diagnostics, source } = compile(text, {
    ...(overrides === undefined ? {} : { overrides: [overrides] }),
    primaryOf: router.primaryOf,
    isServed: router.whyUnserved,
    misfits: router.misfits,
    isSet: (variable) => Boolean(env[variable]),
  })
  if (!plan || hasErrors(diagnostics)) throw invalid(diagnostics)
  const flow = source && toJson(source.node)
  flows.add(plan, () => flow)
  return {
    plan,
    flowId: await store.blobs.put(flow),
    ...(textId === undefined ? {} : { textId }),
    ...(overrides === undefined ? {} : { overridesId: await store.blobs.put(overrides) }),
    diagnostics,
  }
}

/** Its text; with the id by which the text is stored, if the flow was written as one. */
async function textOf(given: GivenFlow, store: Store): Promise<{ readonly text: string; readonly textId?: string }> {
  if ('flow' in given) {
    const { flow } = given
    return typeof flow === 'string'
      ? { text: flow, textId: await store.blobs.put(flow) }
      : { text: JSON.stringify(flow) }
  }
  const stored = await blobOf(given.flowId, store)
  // `submit` stores a flow as it was written.
  if (typeof stored === 'string') return { text: stored, textId: bareId(given.flowId) }
  if (isRecord(stored)) return { text: JSON.stringify(stored) }
  throw new FlowError('INVALID_FLOW', `the blob ${given.flowId} holds no flow`)
}

async function blobOf(id: string, store: Store): Promise<unknown> {
  try {
    return await store.blobs.get(bareId(id))
  } catch (thrown) {
    if (!FlowError.is(thrown) || thrown.code !== 'NOT_FOUND') throw thrown
    throw new FlowError('NOT_FOUND', `there is no flow ${id}: store it first, by POST /flows or POST /blobs`)
  }
}

function invalid(diagnostics: readonly Diagnostic[]): FlowError {
  const errors = errorsOf(diagnostics)
  const told = errors
    .slice(0, 5)
    .map(({ line, message }) => (line === undefined ? message : `line ${line}: ${message}`))
  const more = errors.length > told.length ? `; and ${errors.length - told.length} more` : ''
  return new FlowError('INVALID_FLOW', `the flow is not valid: ${told.join('; ')}${more}`, {
    data: diagnostics as unknown as Json, // diagnostics are plain JSON
  })
}
