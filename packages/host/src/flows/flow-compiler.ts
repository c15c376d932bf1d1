// Flows that a request brings, as objects, as texts or by the id of what is stored: gives plans, and keeps what it compiled, for
// the same flow is run again and again.

import { bareId, type Diagnostic, FlowError, isRecord, type Json, type Plan, type Store } from '@stepflow/engine'
import type { NamedFlows } from '../named-flows/named-flows.ts'
import type { CompileText } from '../named-flows/read-flow.ts'
import { refuseInvalid } from './refuse-invalid.ts'

/** A flow that is ready to be run, and what a run says it is. */
export interface CompiledGiven {
  readonly plan: Plan
  /** The id of the blob that holds it as JSON; absent for a flow in code. */
  readonly flowId?: string
  /** The id of the blob that holds its text, if it was a text. */
  readonly textId?: string
  readonly overridesId?: string
  /** By which it was asked for. */
  readonly flowName?: string
  readonly flowVersion?: number
  /** Warnings and hints. */
  readonly diagnostics: readonly Diagnostic[]
}

/** An object, a text, the id of a flow that is stored, or the name of one. */
export type GivenFlow =
  /** `file`: below the folder of flows; relative paths in the flow lead from there. */
  | { readonly flow: string | Readonly<Record<string, unknown>>; readonly file?: string | undefined }
  | { readonly flowId: string }
  /** The published version unless told. */
  | { readonly flowName: string; readonly flowVersion?: number | undefined }

export interface FlowCompiler {
  /** Throws INVALID_FLOW with all findings, NOT_FOUND for an id or a name, CONFLICT if nothing is published. */
  compile(given: GivenFlow, overrides?: Json): Promise<CompiledGiven>
}

export interface FlowCompilerOptions {
  readonly store: Pick<Store, 'blobs'>
  readonly compile: CompileText
  readonly named: Pick<NamedFlows, 'runnable'>
}

export function createFlowCompiler(options: FlowCompilerOptions): FlowCompiler {
  const known = new Map<string, Promise<CompiledGiven>>()
  let newest: string | undefined
  const once = (key: string, compile: () => Promise<CompiledGiven>) => {
    const cached = known.get(key)
    if (cached && key === newest) return cached
    // The oldest goes first: this one is the newest again.
    newest = key
    known.delete(key)
    const compiled = cached ?? compile()
    known.set(key, compiled)
    // What fails now may not the next time: the store may be back, or the server of a component.
    if (!cached) compiled.catch(() => known.delete(key))
    if (known.size > MOST_CACHED) known.delete(known.keys().next().value as string) // there is one
    return compiled
  }
  return {
    async compile(given, overrides) {
      if (!('flowName' in given)) {
        // A key that is JSON begins with a bracket.
        const isAsStored = 'flowId' in given && overrides === undefined
        const key = isAsStored ? `id ${given.flowId}` : JSON.stringify([given, overrides])
        return once(key, () => compileGiven(given, overrides, options))
      }
      // What the name stands for may be another flow by now.
      const { flowName, flowVersion } = given
      const found = await options.named.runnable(flowName, flowVersion)
      const { version, read, file, flowId, diagnostics } = found
      const name = { flowName, ...(version ? { flowVersion: version.version, textId: version.textId } : {}) }
      const { plan } = read
      if (overrides === undefined && plan) {
        return { plan, ...name, ...(flowId === undefined ? {} : { flowId }), diagnostics }
      }
      if (read.dialect === 'code') {
        throw new FlowError('INVALID_INPUT', `the flow "${flowName}" is written in code: it takes no overrides`)
      }
      const compiled = await once(JSON.stringify([version?.textId, file, overrides]), () =>
        compileGiven({ flow: read.text, file }, overrides, options),
      )
      return { ...compiled, ...name, ...(flowId === undefined ? {} : { flowId }) }
    },
  }
}

// ---

const MOST_CACHED = 200

async function compileGiven(
  given: Exclude<GivenFlow, { readonly flowName: string }>,
  overrides: Json | undefined,
  { store, compile }: FlowCompilerOptions,
): Promise<CompiledGiven> {
  const { text, textId } = await textOf(given, store)
  const file = 'flow' in given ? given.file : undefined
  const { plan, diagnostics, flow } = await compile(text, { file, overrides })
  refuseInvalid(diagnostics)
  return {
    plan: plan as Plan, // without errors there is one
    flowId: await store.blobs.put(flow),
    ...(textId === undefined ? {} : { textId }),
    ...(overrides === undefined ? {} : { overridesId: await store.blobs.put(overrides) }),
    diagnostics,
  }
}

/** Its text; with the id by which the text is stored, if the flow was written as one. */
async function textOf(
  given: Exclude<GivenFlow, { readonly flowName: string }>,
  store: Pick<Store, 'blobs'>,
): Promise<{ readonly text: string; readonly textId?: string }> {
  if ('flow' in given) {
    const { flow } = given
    return typeof flow === 'string'
      ? { text: flow, textId: await store.blobs.put(flow) }
      : { text: JSON.stringify(flow) }
  }
  const stored = await blobOf(given.flowId, store)
  // `submit` stores a flow as it was written.
  if (typeof stored === 'string') return { text: stored, textId: bareId(given.flowId) }
  if (isRecord(stored) || Array.isArray(stored)) return { text: JSON.stringify(stored) }
  throw new FlowError('INVALID_FLOW', `the blob ${given.flowId} holds no flow`)
}

async function blobOf(id: string, store: Pick<Store, 'blobs'>): Promise<unknown> {
  try {
    return await store.blobs.get(bareId(id))
  } catch (thrown) {
    if (!FlowError.is(thrown) || thrown.code !== 'NOT_FOUND') throw thrown
    throw new FlowError('NOT_FOUND', `there is no flow ${id}: store it first, by POST /flows or POST /blobs`)
  }
}
