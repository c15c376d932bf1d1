// A run's row as the table has it -> as the port has it.

import type { RunRow, RunStatus } from '@stepflow/engine'

export interface RunRecord {
  readonly number: number
  readonly id: string
  readonly flow: string | null
  readonly status: string
  readonly created_at: number
  readonly ended_at: number | null
  readonly total: number
  readonly success: number
  readonly skipped: number
  readonly failed: number
  readonly cancelled: number
  readonly facts: string
}

export function runRow(record: RunRecord): RunRow {
  const { total, success, skipped, failed, cancelled } = record
  return {
    id: record.id,
    ...(record.flow === null ? {} : { flow: record.flow }),
    status: record.status as RunStatus,
    createdAt: record.created_at,
    ...(record.ended_at === null ? {} : { endedAt: record.ended_at }),
    items: { total, success, skipped, failed, cancelled },
    ...(JSON.parse(record.facts) as Pick<RunRow, 'labels' | 'origin' | 'trigger'>),
  }
}
