// The time of a workflow: its own, and the same when it is replayed.

import type { Clock } from '@stepflow/engine'

export const workflowClock: Clock = {
  now: () => Date.now(),
  timer(ms, fire) {
    const handle = setTimeout(fire, ms)
    return () => clearTimeout(handle)
  },
  // Only a timer gives other workflows their turn, and ends an activation before it takes a second.
  soon: (next) => void setTimeout(next, 1),
}
