// What calls ask of the engine around them: blobs, a log without secrets, flows that a step has made, runs of their own.

import type { BlobAccess } from '../../component/plugin.ts'
import type { Engine, EngineOptions } from '../../engine.ts'
import { FlowError } from '../../errors.ts'
import { Redactor } from '../../redact.ts'
import type { Attempt, CallServices } from '../in-flight/attempt.ts'
import { inputsOf } from '../in-flight/attempt-place.ts'
import type { Outcome } from '../outcome.ts'

export function callServices(engine: Engine, options: EngineOptions, redactor: Redactor): CallServices {
  const { store, log, plan } = options
  const ofRun = <T>(value: T): T => redactor.value(value)
  /** Those of the inputs, beside those of the run. */
  const redaction = (attempt: Attempt) => {
    const secrets = inputsOf(attempt).flatMap(({ plan: of, input }) => of.checkInput?.secretsIn?.(input) ?? [])
    if (secrets.length === 0) return ofRun
    const own = new Redactor(secrets)
    return <T>(value: T): T => redactor.value(own.value(value))
  }
  return {
    blobs: store.blobs as BlobAccess,
    redaction,
    log: (attempt) => (level, message, data) => {
      if (!log) return
      const clean = redaction(attempt)
      log(level, clean(`step "${attempt.stepId}": ${message}`), clean(data))
    },
    warn: (message) => log?.('warning', message),
    plan: (ref) => {
      if (!plan) throw new FlowError('INVALID_FLOW', 'this engine has no compiler for flows that a step makes')
      return plan(ref)
    },
    submit: async (_attempt, subPlan, inputs, { maxConcurrent, wait = true } = {}) => {
      const handle = await engine.submit(subPlan, [...inputs], maxConcurrent === undefined ? {} : { maxConcurrent })
      const outcomes: Outcome[] = []
      if (wait) for await (const { outcome } of handle.results()) outcomes.push(outcome)
      return { runId: handle.id, outcomes }
    },
  }
}
