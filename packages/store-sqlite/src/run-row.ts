// A run's row as the table has it -> as the port has it, without the counts of its open shards.

import type { RunRow, RunStatus } from '@stepflow/engine'
import { itemErrorOf } from './shard-rows.ts'
import { type Bytes, textOf } from './text.ts'

/** The columns of a `RunRecord`. */
export const RUN_COLUMNS = `number, id, flow, status, created_at, started_at, ended_at, total, success, skipped, failed,
  cancelled, recovered, CAST(error AS BLOB) AS error, CAST(facts AS BLOB) AS facts`

export interface RunRecord {
  readonly number: number
  readonly id: string
  readonly flow: string | null
  readonly status: string
  readonly created_at: number
  readonly started_at: number | null
  readonly ended_at: number | null
  readonly total: number
  readonly success: number
  readonly skipped: number
  readonly failed: number
  readonly cancelled: number
  readonly recovered: number
  readonly error: Bytes | null
  readonly facts: Bytes
}

export function runRow(record: RunRecord): RunRow {
  const { total, success, skipped, failed, cancelled, recovered } = record
  const error = itemErrorOf(record.error)
  return {
    id: record.id,
    ...(record.flow === null ? {} : { flow: record.flow }),
    status: record.status as RunStatus,
    createdAt: record.created_at,
    ...(record.started_at === null ? {} : { startedAt: record.started_at }),
    ...(record.ended_at === null ? {} : { endedAt: record.ended_at }),
    items: { total, success, skipped, failed, cancelled },
    atWork: { running: 0, waiting: 0 },
    recovered,
    ...(error ? { error } : {}),
    ...factsOf(record.facts),
  }
}

// ---

type Facts = Partial<Omit<RunRow, 'id' | 'flow' | 'status' | 'createdAt' | 'items' | 'atWork' | 'recovered'>>

/** Damaged ones are left out: the runs beside this one want to be listed, too. */
function factsOf(content: Bytes): Facts {
  try {
    return JSON.parse(textOf(content).text) as Facts
  } catch {
    return {}
  }
}
