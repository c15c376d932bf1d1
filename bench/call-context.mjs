// The context of calls that a row makes of a plugin, in place of the engine: one for all of them.

import { setMaxListeners } from 'node:events'

export const RUN = '0190c8f0-0000-7000-8000-000000000000'

export function callContext() {
  const { signal } = new AbortController()
  setMaxListeners(0, signal)
  return {
    signal,
    isAbandoned: false,
    onAbandoned() {},
    attempt: 1,
    idempotencyKey: `${RUN}/0/0/1`,
    runId: RUN,
    stepId: 'step',
    started() {},
    log() {},
    flowId: () => 'f'.repeat(64),
    redaction: (value) => value,
  }
}
