// /sleep: a call that takes so long. It holds its place meanwhile, so it paces a batch; what only waits parks (wait.ts).

import { type Clock, type Component, FlowError, isRecord } from '@stepflow/engine'
import { define } from './define.ts'
import { anything, duration, number, optional } from './input.ts'

export function sleep(clock: Clock): Component {
  return define({
    name: 'sleep',
    description: 'Waits for a time',
    fields: {
      duration_ms: optional(number('Milliseconds')),
      duration: optional(duration('The same as a text: "2s"')),
      passthrough: optional(anything('Handed on')),
    },
    output: {
      type: 'object',
      properties: { duration_ms: { type: 'number' }, passthrough: {} },
      required: ['duration_ms'],
    },
    // Not repeatable, though a second call does no harm: without a row of its own nobody knew how long it took.
    async call(input, context, raw) {
      const ms = input.duration_ms ?? input.duration
      if (ms === undefined || ms < 0) {
        throw new FlowError(
          'INVALID_INPUT',
          '/builtin/sleep needs "duration_ms": a number from 0 on, or "duration": "2s"',
        )
      }
      if (ms > 0) await elapsed(clock, ms, context.signal)
      return isRecord(raw) && Object.hasOwn(raw, 'passthrough')
        ? { duration_ms: ms, passthrough: raw.passthrough }
        : { duration_ms: ms }
    },
  })
}

// ---

function elapsed(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const abort = () => {
      cancel()
      reject(signal.reason)
    }
    const cancel = clock.timer(ms, () => {
      signal.removeEventListener('abort', abort)
      resolve()
    })
    signal.addEventListener('abort', abort, { once: true })
  })
}
