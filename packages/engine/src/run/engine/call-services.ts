// What calls ask of the engine around them: blobs, a log without secrets, flows that a step has made, runs of their own.

import type { BlobAccess } from '../../component/plugin.ts'
import type { PlanEngine, PlanEngineOptions } from '../../engine.ts'
import { FlowError } from '../../errors.ts'
import type { Redactor } from '../../secrets/redactor.ts'
import type { Patience } from '../../store/patience.ts'
import type { Attempt, CallServices } from '../in-flight/attempt.ts'
import { inputsOf } from '../in-flight/attempt-place.ts'
import type { ItemInput } from '../in-flight/drive.ts'
import { CallFlows } from './call-flows.ts'
import { CallRuns } from './call-runs.ts'

/** What takes out the secrets of a run, and of these inputs in it. */
export type RedactorOf = (inputs: readonly ItemInput[]) => Redactor

export function callServices(
  engine: PlanEngine,
  options: PlanEngineOptions,
  patience: Patience,
  redactorOf: RedactorOf,
): CallServices {
  const { store, log, plan } = options
  // A store that is away is no failure of the step that asks: it waits, as its run does.
  const blobs: BlobAccess = {
    put: (value) => patience.ask(() => store.blobs.put(value), Number.POSITIVE_INFINITY),
    get: (id) => patience.ask(() => store.blobs.get(id), Number.POSITIVE_INFINITY),
  }
  const flows = new CallFlows(options.flowOf, blobs)
  const runs = new CallRuns(engine, store, patience)
  const redaction = (attempt: Attempt) => redactorOf(inputsOf(attempt)).redaction
  return {
    blobs,
    redaction,
    log: (attempt) => (level, message, data) => {
      if (!log) return
      const redactor = redactorOf(inputsOf(attempt))
      log(level, `step "${attempt.stepId}": ${redactor.text(message)}`, redactor.value(data))
    },
    report: (attempt, level, message, event) =>
      log?.(level, `step "${attempt.stepId}": ${redaction(attempt)(message)}`, event),
    warn: (message) => log?.('warning', message),
    flowId: (attempt) => flows.idOf(attempt),
    plan: (ref, overrides) => {
      if (!plan) throw new FlowError('INVALID_FLOW', 'this engine has no compiler for flows that a step makes')
      return plan(ref, overrides)
    },
    submit: (attempt, subPlan, inputs, submitOptions) => runs.submit(attempt, subPlan, inputs, submitOptions),
    getRun: (attempt, runId, getOptions) => runs.get(attempt.signal, runId, getOptions),
  }
}
