// What a component sees of a call that a workflow has asked for: the same as anywhere, but for what only the engine that runs
// the plan could give it.

import { type BlobAccess, type CallContext, FlowError, type Json, type Log, type Plan } from '@stepflow/engine'
import type { FarCall } from '../far-call.ts'

export interface FarServices {
  readonly blobs: BlobAccess
  readonly plan: (ref: unknown, overrides?: Json) => Promise<Plan>
  readonly log: Log
  readonly redaction: <T>(value: T) => T
}

export function farContext(runId: string, call: FarCall, signal: AbortSignal, services: FarServices): CallContext {
  const { blobs, redaction } = services
  let abandoned: (() => void) | undefined
  signal.addEventListener('abort', () => abandoned?.(), { once: true })
  return {
    ...{ signal, runId, blobs, redaction, plan: services.plan },
    attempt: call.attempt,
    idempotencyKey: call.idempotencyKey,
    stepId: call.step,
    path: call.path,
    timeoutMs: call.timeoutMs,
    itemIndex: call.item,
    woken: call.woken,
    turn: call.turn,
    flowFile: call.flowFile,
    variables: call.variables ?? {},
    get isAbandoned() {
      return signal.aborted
    },
    onAbandoned(callback) {
      abandoned = callback
    },
    /** Time counts from when the worker has the call. */
    started() {},
    log: (level, message, data) => services.log(level, `step "${call.step}": ${redaction(message)}`, redaction(data)),
    putBlob: (value) => blobs.put(value),
    getBlob: (id) => blobs.get(id),
    outcomes() {
      throw refused('asks how the other steps of its item ended', 'hand it what it needs as its input')
    },
    // Its name alone: the flow is in the history, and nowhere else.
    flowId: () => call.flowId,
    submit: () =>
      Promise.reject(refused('begins runs of its own', 'use /builtin/flow, /builtin/map or for_each in the flow')),
    getRun: () => Promise.reject(refused('asks about runs', 'ask Temporal')),
  }
}

// ---

function refused(what: string, instead: string): FlowError {
  const message = `this component ${what}, which it cannot on Temporal: ${instead}`
  return new FlowError('INVALID_INPUT', message, { retryable: false })
}
