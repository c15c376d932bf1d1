// Waits for a service that says "too many requests, come back in t": parked, so that nothing is held meanwhile.

import { type Clock, type Component, FlowError, own, Park } from '@stepflow/engine'

/** How often one call is put off. */
const MAX_WAITS = 3
/** Beyond that a step had better fail. */
const MAX_WAIT_MS = 3_600_000

export function patient(component: Component, clock: Clock): Component {
  return {
    ...component,
    async call(input, context) {
      try {
        return await component.call(input, context)
      } catch (error) {
        const waits = Number(own(context.woken?.state, 'waits') ?? 0)
        const wait = askedWait(error)
        if (wait === undefined || wait > MAX_WAIT_MS || waits >= MAX_WAITS) throw error
        context.log('warning', `${component.info.name} waits ${wait / 1000} s: ${(error as Error).message}`)
        return new Park({ until: clock.now() + wait, state: { waits: waits + 1 } })
      }
    },
  }
}

// ---

function askedWait(error: unknown): number | undefined {
  if (!FlowError.is(error) || error.code !== 'RESOURCE_UNAVAILABLE' || own(error.data, 'status') !== 429)
    return undefined
  return error.retryAfterMs
}
