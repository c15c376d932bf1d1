// What a workflow and the worker that calls for it say to each other about one call of a component. Plain JSON.

import type { CallContext, ErrorValue, Plan } from '@stepflow/engine'

/** Beside the input, which is the first argument of the activity. */
export interface FarCall {
  readonly idempotencyKey: string
  readonly step: string
  readonly path: string
  readonly attempt: number
  readonly item: number
  readonly timeoutMs?: number
  readonly flowFile?: string
  /** The id of the run's plan, for component servers that are told which flow a call is of. */
  readonly flowId: string
  readonly variables?: Readonly<Record<string, unknown>>
  /** The component has parked, and this is what woke it. */
  readonly woken?: CallContext['woken']
  readonly turn?: unknown
  /** Secrets that the input refers to, and what stands in it for each of them. */
  readonly secrets?: Readonly<Record<string, string>>
}

export type FarAnswer = { readonly result: unknown } | { readonly skip: string } | { readonly park: FarPark }

/** See `Park`. */
export interface FarPark {
  readonly until?: number
  readonly signal?: { readonly name: string }
  readonly run?: FarRun
  readonly turn?: unknown
  readonly state?: unknown
}

export interface FarRun {
  readonly plan: Plan
  readonly inputs: readonly unknown[]
  readonly maxConcurrent?: number
  readonly onItemFailure?: 'drain' | 'continue'
  readonly variables?: Readonly<Record<string, unknown>>
}

/** A failure on its way: an `ErrorValue`, and what decides whether the step is tried again. */
export interface FarError extends ErrorValue {
  readonly retryable?: boolean
  readonly retryAfterMs?: number
  readonly tries?: number
  readonly status?: number
}

/** Names that belong to us among those that a workflow knows. */
export const NAMES = {
  /** A workflow's type is this and the flow's name. */
  flow: 'stepflow.',
  journal: 'stepflow.journal',
  pause: 'stepflow.pause',
  resume: 'stepflow.resume',
  /** Precedes a cancel, and says why. */
  cancel: 'stepflow.cancel',
  /** In the memo of a run that is paused. */
  paused: 'stepflow.paused',
  plan: 'stepflow.plan',
  secrets: 'stepflow.secrets',
  putBlob: 'stepflow.putBlob',
  getBlob: 'stepflow.getBlob',
} as const
