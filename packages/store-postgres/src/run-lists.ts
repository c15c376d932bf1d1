// Pages of runs, and how many stand how. A page is read along an index from its place on; those that have not ended, which
// come last by their end and their duration, after the others.

import {
  checkQuery,
  checkSummary,
  createFit,
  cursorOf,
  placeOf,
  type RunPage,
  type RunPlace,
  type RunQuery,
  type RunRow,
  type RunsSummary,
  RunTally,
  readCursor,
  type SummaryQuery,
} from '@stepflow/engine'
import type { Connection } from './connection.ts'
import { SUMMED, type SummedRecord, summedRow } from './rows.ts'
import { conditionsOf, type Put } from './run-filter.ts'

interface Found {
  readonly row: RunRow
  readonly place: RunPlace
}

type Sort = NonNullable<RunQuery['sort']>

/** Rows that are looked at in one go, at least. */
const ROWS_AT_ONCE = 200
const MOST_ROWS_AT_ONCE = 5_000

export async function listRuns(connection: Connection, query: RunQuery): Promise<RunPage> {
  checkQuery(query)
  const { sort = '-createdAt', limit = 100, cursor, count = 0 } = query
  const start = cursor === undefined ? undefined : readCursor(cursor, sort)
  const rows: Found[] = []
  for await (const found of inOrder(connection, query, sort, start, limit + 1)) {
    rows.push(found)
    if (rows.length > limit) break
  }
  const last = rows[limit - 1]
  return {
    rows: rows.slice(0, limit).map(({ row }) => row),
    ...(last && rows.length > limit ? { next: cursorOf(last.place, sort) } : {}),
    ...(count > 0 ? { total: await countRuns(connection, query, count) } : {}),
  }
}

export async function summarizeRuns(connection: Connection, query: SummaryQuery): Promise<RunsSummary> {
  checkSummary(query)
  const tally = new RunTally(query)
  for await (const { row } of inOrder(connection, query, 'createdAt', undefined, MOST_ROWS_AT_ONCE)) tally.addRow(row)
  return tally.summary()
}

// ---

async function countRuns(connection: Connection, query: RunQuery, most: number): Promise<number> {
  const { values, put } = parameters()
  const { sql, isExact } = conditionsOf(query, put)
  if (isExact) {
    const text = `SELECT count(*)::integer AS count FROM (SELECT FROM runs ${where(sql)} LIMIT ${put('bigint', most)}) AS those`
    const [found] = await connection.query<{ count: number }>({ text, values })
    return found?.count ?? 0
  }
  let count = 0
  for await (const _ of inOrder(connection, query, 'createdAt', undefined, MOST_ROWS_AT_ONCE))
    if (++count >= most) break
  return count
}

/** All that fit behind a place. */
async function* inOrder(
  connection: Connection,
  query: RunQuery,
  sort: Sort,
  start: RunPlace | undefined,
  wanted: number,
): AsyncGenerator<Found> {
  const fits = createFit(query)
  const isByTime = sort.endsWith('createdAt')
  const phases = isByTime ? (['all'] as const) : (['ended', 'open'] as const)
  for (const phase of phases) {
    let after =
      start && phase !== 'all' && (start.key === Number.POSITIVE_INFINITY) !== (phase === 'open') ? undefined : start
    if (phase === 'ended' && start?.key === Number.POSITIVE_INFINITY) continue
    for (let limit = Math.max(wanted, ROWS_AT_ONCE); ; limit = Math.min(limit * 2, MOST_ROWS_AT_ONCE)) {
      const records = await read(connection, query, sort, phase, after, limit)
      for (const record of records) {
        const row = summedRow(record)
        after = placeOf(row, record.number, sort)
        if (fits(row)) yield { row, place: after }
      }
      if (records.length < limit) break
    }
  }
}

function read(
  connection: Connection,
  query: RunQuery,
  sort: Sort,
  phase: 'all' | 'ended' | 'open',
  after: RunPlace | undefined,
  limit: number,
): Promise<SummedRecord[]> {
  const { values, put } = parameters()
  const { sql } = conditionsOf(query, put)
  const [way, than, sign] = sort.startsWith('-') ? ['DESC', '<', -1] : ['ASC', '>', 1]
  const conditions = [...sql, ...(phase === 'all' ? [] : [`ended_at IS ${phase === 'open' ? '' : 'NOT '}NULL`])]
  const key = KEYS[sort.replace('-', '') as keyof typeof KEYS]
  const order = phase === 'open' ? `number ${way}` : `${key} ${way}, number ${way}`
  if (after && phase === 'open') conditions.push(`number ${than} ${put('bigint', after.tie * sign)}`)
  else if (after) {
    conditions.push(`(${key}, number) ${than} (${put('bigint', after.key * sign)}, ${put('bigint', after.tie * sign)})`)
  }
  const text = `SELECT ${SUMMED} ${where(conditions)} ORDER BY ${order} LIMIT ${put('bigint', limit)}`
  return connection.query<SummedRecord>({ text, values })
}

const KEYS = {
  createdAt: 'created_at',
  completedAt: 'ended_at',
  duration: '(ended_at - coalesce(started_at, created_at))',
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
}

function parameters(): { readonly values: unknown[]; readonly put: Put } {
  const values: unknown[] = []
  return { values, put: (type, value) => `$${values.push(value)}::${type}` }
}
