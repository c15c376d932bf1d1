// Since when somebody has looked at the schedules of a store, as a server that starts beside others has it: a time that is
// due as it starts is about to be decided by one of them, and must not be passed over as missed.

import type { StoreNode } from '@stepflow/engine'

/** A node that is silent for longer is in nobody's reckoning. */
const SILENT_MS = 10_000

/** `own`: the name of this process among the nodes. */
export function servedSince(nodes: readonly StoreNode[], own: string | undefined, now: number): number {
  const others = nodes.filter(({ id, status }) => id !== own && status !== 'silent')
  const first = Math.min(now, ...others.map(({ startedAt }) => startedAt))
  return Math.max(first, now - SILENT_MS)
}
