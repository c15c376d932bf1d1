// What a run runs: its flow as it was written, what patched it, and the plan that was made of both. Redacted.

import { isManifest } from '@stepflow/dialects'
import type { Json, Plan, Redactor, RunOptions, Store } from '@stepflow/engine'
import { readRecordedFlow } from '../flows/recorded-flow.ts'
import type { Dialect } from '../named-flows/read-flow.ts'
import { redactPlan } from './redact-plan.ts'

export interface FlowOfRun {
  readonly flowId?: string
  readonly dialect: Dialect
  /** Absent for a flow in code, and for one that came as an object. */
  readonly text?: string
  /** As JSON; absent for a flow in code. */
  readonly flow?: Json
  readonly file?: string
  readonly plan: Plan
  /** Patches of its steps: in order, later ones win. */
  readonly overrides?: readonly Json[]
}

export interface FlowOfRunSource {
  readonly store: Store
  /** Redacted. */
  readonly plan: Plan
  readonly options: RunOptions | undefined
  readonly redactor: Redactor
}

export async function flowOfRun({ store, plan, options, redactor }: FlowOfRunSource): Promise<FlowOfRun> {
  const { text, overrides } = await readRecordedFlow(store, options)
  const { flowId } = options ?? {}
  const flow = text === undefined ? await stored(store, flowId) : await parsed(text)
  return {
    ...(flowId === undefined ? {} : { flowId }),
    dialect: flow === undefined ? 'code' : isManifest(flow) ? 'manifest' : 'flow',
    ...(text === undefined ? {} : { text: redactor.text(text) }),
    ...(flow === undefined ? {} : { flow: redactor.value(flow) }),
    ...(plan.file === undefined ? {} : { file: plan.file }),
    plan: redactPlan(plan, redactor),
    ...(overrides.length === 0 ? {} : { overrides: redactor.value(overrides as readonly Json[]) }), // read from JSON
  }
}

// ---

/** A run of this machine names its flow, and keeps the text only. */
async function stored(store: Store, flowId: string | undefined): Promise<Json | undefined> {
  if (flowId === undefined) return undefined
  const value = await Promise.resolve(store.blobs.get(flowId)).catch(() => undefined)
  return value instanceof Uint8Array ? undefined : (value as Json | undefined) // blobs are JSON or bytes
}

async function parsed(text: string): Promise<Json | undefined> {
  const { readSource, toJson } = await import('@stepflow/dialects')
  const { node } = readSource(text)
  return node && toJson(node)
}
