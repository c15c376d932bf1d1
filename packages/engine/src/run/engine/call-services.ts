// What calls ask of the engine around them: blobs, a log without secrets, flows that a step has made, runs of their own.

import type { BlobAccess } from '../../component/plugin.ts'
import type { Engine, EngineOptions } from '../../engine.ts'
import { FlowError } from '../../errors.ts'
import { Redactor } from '../../redact.ts'
import type { CallServices } from '../in-flight/attempt.ts'
import { inputsOf } from '../in-flight/attempt-place.ts'
import type { Outcome } from '../outcome.ts'

export function callServices(engine: Engine, options: EngineOptions, redactor: Redactor): CallServices {
  const { store, log, plan } = options
  return {
    blobs: store.blobs as BlobAccess,
    log: (attempt) => (level, message, data) => {
      if (!log) return
      // Those of the inputs, beside those of the run.
      const own = new Redactor(
        inputsOf(attempt).flatMap(({ plan: of, input }) => of.checkInput?.secretsIn?.(input) ?? []),
      )
      const clean = <T>(value: T): T => redactor.value(own.value(value))
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
