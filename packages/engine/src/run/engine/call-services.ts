// What calls ask of the engine around them: blobs, a log without secrets, flows that a step has made, runs of their own.

import type { BlobAccess } from '../../component/plugin.ts'
import type { Engine, EngineOptions } from '../../engine.ts'
import { FlowError } from '../../errors.ts'
import type { Redactor } from '../../redact.ts'
import type { CallServices } from '../in-flight/attempt.ts'
import type { Outcome } from '../outcome.ts'

export function callServices(engine: Engine, options: EngineOptions, redactor: Redactor): CallServices {
  const { store, log, plan } = options
  return {
    blobs: store.blobs as BlobAccess,
    log: (attempt) => (level, message, data) =>
      log?.(level, redactor.text(`step "${attempt.stepId}": ${message}`), data),
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
