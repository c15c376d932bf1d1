// What a component sees of a call that a workflow has asked for: the same as anywhere, but for what only the engine that runs
// the plan could give it.

import {
  type BlobAccess,
  type CallContext,
  FlowError,
  type Json,
  type Log,
  type Outcome,
  type Plan,
  type Woken,
} from '@stepflow/engine'
import type { FarCall } from '../far-call.ts'

export interface FarServices {
  readonly blobs: BlobAccess
  readonly plan: (ref: unknown, overrides?: Json) => Promise<Plan>
  readonly log: Log
  readonly redaction: <T>(value: T) => T
}

export class FarContext implements CallContext {
  readonly signal: AbortSignal
  readonly runId: string
  readonly attempt: number
  readonly idempotencyKey: string
  readonly stepId: string
  readonly path: string
  readonly timeoutMs: number | undefined
  readonly itemIndex: number
  readonly woken: Woken | undefined
  readonly turn: unknown
  readonly flowFile: string | undefined
  readonly variables: Readonly<Record<string, unknown>>
  readonly blobs: BlobAccess
  readonly log: Log
  readonly redaction: <T>(value: T) => T
  readonly #plan: FarServices['plan']
  #onAbandoned: (() => void) | undefined

  constructor(runId: string, call: FarCall, signal: AbortSignal, services: FarServices) {
    this.signal = signal
    this.runId = runId
    this.attempt = call.attempt
    this.idempotencyKey = call.idempotencyKey
    this.stepId = call.step
    this.path = call.path
    this.timeoutMs = call.timeoutMs
    this.itemIndex = call.item
    this.woken = call.woken
    this.turn = call.turn
    this.flowFile = call.flowFile
    this.variables = call.variables ?? {}
    this.blobs = services.blobs
    this.redaction = services.redaction
    this.log = (level, message, data) =>
      services.log(level, `step "${call.step}": ${services.redaction(message)}`, services.redaction(data))
    this.#plan = services.plan
    signal.addEventListener('abort', () => this.#onAbandoned?.(), { once: true })
  }

  get isAbandoned(): boolean {
    return this.signal.aborted
  }

  onAbandoned(callback: (() => void) | undefined): void {
    this.#onAbandoned = callback
  }

  /** Time counts from when the worker has the call. */
  started(): void {}

  putBlob(value: unknown) {
    return this.blobs.put(value)
  }

  getBlob(id: string) {
    return this.blobs.get(id)
  }

  plan(ref: unknown, overrides?: Json): Promise<Plan> {
    return this.#plan(ref, overrides)
  }

  outcomes(): Record<string, Outcome> {
    throw refused('asks how the other steps of its item ended', 'hand it what it needs as its input')
  }

  flowId(): never {
    throw refused('asks for the flow that it is called from', 'hand it the flow as its input')
  }

  submit(): Promise<never> {
    return Promise.reject(refused('begins runs of its own', 'use /builtin/flow, /builtin/map or for_each in the flow'))
  }

  getRun(): Promise<never> {
    return Promise.reject(refused('asks about runs', 'ask Temporal'))
  }
}

// ---

function refused(what: string, instead: string): FlowError {
  const message = `this component ${what}, which it cannot on Temporal: ${instead}`
  return new FlowError('INVALID_INPUT', message, { retryable: false })
}
