// The part of a flow that a request wants to try: up to a step, or one step alone, with values in place of others.

import type { StartRun } from '@stepflow/api'
import type { Json, Store } from '@stepflow/engine'
import { type CompiledGiven, cutPlan } from '@stepflow/host'
import { outputsOf } from '@stepflow/host/history'

export interface PartToRun {
  readonly flow: CompiledGiven
  readonly pins: Readonly<Record<string, Json>>
  /** What is secret in pins that another run answered. */
  readonly secrets?: readonly unknown[]
}

/** Undefined: all of it, as it is. */
export async function partToRun(
  flow: CompiledGiven,
  { until, only, pins, pinsFrom }: StartRun,
  store: Store,
): Promise<PartToRun | undefined> {
  if (until === undefined && only === undefined && !pins && !pinsFrom) return undefined
  const values = new Map<string, Json>()
  const from = pinsFrom && (await outputsOf(store, pinsFrom.runId, pinsFrom.item))
  if (from) {
    const ids = new Set(flow.plan.steps.map(({ id }) => id))
    // The flow may have changed: what it does not have any more stands in for nothing. The wanted step is run.
    for (const [id, value] of from.outputs) {
      if (ids.has(id) && id !== until && id !== only) values.set(id, value)
    }
  }
  for (const [id, value] of Object.entries(pins ?? {})) values.set(id, value as Json) // it came as JSON
  const plan = cutPlan(flow.plan, { until, only, pins: values })
  const secrets = from && from.secrets.length > 0 ? { secrets: from.secrets } : {}
  return { flow: { ...flow, plan }, pins: Object.fromEntries(values), ...secrets }
}
