// The time of a workflow: its own, and the same when it is replayed.

import type { Clock } from '@stepflow/engine'
import { CancellationScope, sleep } from '@temporalio/workflow'

export const workflowClock: Clock = {
  now: () => Date.now(),
  timer(ms, fire) {
    let isOver = false
    let scope: CancellationScope | undefined
    // In a scope of its own: what it is armed in may be cancelled, and it must fire all the same.
    void CancellationScope.nonCancellable(async () => {
      scope = new CancellationScope()
      try {
        await scope.run(() => sleep(Math.max(1, ms)))
      } catch {
        return
      }
      if (isOver) return
      isOver = true
      fire()
    })
    return () => {
      // To take back one that has fired would be a command here, to the server.
      if (isOver) return
      isOver = true
      scope?.cancel()
    }
  },
  // Only a timer gives other workflows their turn, and ends an activation before it takes a second.
  soon: (next) => void workflowClock.timer(1, next),
}
