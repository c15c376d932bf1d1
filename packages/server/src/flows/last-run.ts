// How the last run of a flow or a schedule stands, in as few words as lists of these need.

import type { RunRow } from '@stepflow/engine'
import { type RunSummary, summaryOf } from '@stepflow/host/history'

type LastRun = Pick<RunSummary, 'runId' | 'status' | 'items' | 'createdAt' | 'completedAt'>

export function lastRun(row: RunRow): LastRun {
  const { runId, status, items, createdAt, completedAt } = summaryOf(row)
  return { runId, status, items, createdAt, ...(completedAt === undefined ? {} : { completedAt }) }
}
