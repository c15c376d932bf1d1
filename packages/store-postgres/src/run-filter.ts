// Which runs are asked for, as conditions of SQL. They let through all that fit, and some more where SQL cannot tell: whether
// they are exact is said beside them.

import { listOf, type RunFilter, type RunRow } from '@stepflow/engine'
import { texts } from './arrays.ts'
import { toText } from './text.ts'

export type Put = (type: string, value: unknown) => string

export interface Conditions {
  readonly sql: readonly string[]
  /** What they let through fits. */
  readonly isExact: boolean
}

export function conditionsOf(filter: RunFilter, put: Put): Conditions {
  const { kind, labels = [], since, until, q } = filter
  const [statuses, flows, triggers] = [listOf(filter.status), listOf(filter.flow), listOf(filter.trigger)]
  const sql: string[] = []
  if (since !== undefined) sql.push(`created_at >= ${put('double precision', since)}`)
  if (until !== undefined) sql.push(`created_at < ${put('double precision', until)}`)
  if (kind !== undefined) sql.push(`kind = ${put('text', kind)}`)
  if (statuses) {
    const stored = statuses.map((status) => (status === 'waiting' ? 'running' : status))
    sql.push(`status = ANY (${put('text[]', texts(stored))})`)
    // Said so that indices are found: of those under way, and of those that went wrong.
    if (stored.every((status) => !ENDED.includes(status))) sql.push('ended_at IS NULL')
    if (stored.every((status) => status === 'failed' || status === 'cancelled')) sql.push(WENT_WRONG)
  }
  if (flows) sql.push(`flow_names && ${put('text[]', texts(flows.map((flow) => JSON.stringify(flow))))}`)
  if (triggers) sql.push(`trigger = ANY (${put('text[]', texts(triggers.map(toText)))})`)
  if (labels.length > 0) {
    sql.push(`labels @> ${put('text[]', texts(labels.map((label) => JSON.stringify(label))))} AND labels <> '{}'`)
  }
  return { sql, isExact: (q === undefined || q === '') && !statuses?.includes('waiting') }
}

export function triggerOf(trigger: RunRow['trigger']): string {
  return trigger?.type ?? 'api'
}

export function flowNames({ flow, flowId, trigger }: RunRow): string[] {
  const names = new Set([flow, flowId, trigger?.flow])
  return [...names].filter((name) => name !== undefined).map((name) => JSON.stringify(name))
}

export function labelsOf({ labels = {} }: RunRow): string[] {
  return Object.entries(labels).map((label) => JSON.stringify(label))
}

// ---

const ENDED = ['completed', 'failed', 'cancelled']
const WENT_WRONG = `status IN ('failed', 'cancelled')`
