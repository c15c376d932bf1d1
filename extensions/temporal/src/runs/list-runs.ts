// Lists of runs, by Temporal's visibility: by flow, status and time. What it does not know is refused, not left out.

import { FlowError, listOf, type RunPage, type RunQuery, type RunRow, type RunStatus } from '@stepflow/engine'
import { type Connected, serverFailure } from '../connect.ts'
import { NAMES } from '../far-call.ts'

const STATUSES: Readonly<Record<string, RunStatus>> = {
  RUNNING: 'running',
  PAUSED: 'paused',
  COMPLETED: 'completed',
  FAILED: 'failed',
  TIMED_OUT: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'cancelled',
  CONTINUED_AS_NEW: 'running',
}
/** As a list filter has them. */
const ASKED: Readonly<Record<string, readonly string[]>> = {
  running: ['Running'],
  completed: ['Completed'],
  failed: ['Failed', 'TimedOut'],
  cancelled: ['Canceled', 'Terminated'],
}

const MOST_A_PAGE = 1_000

export function statusOf(name: string): RunStatus {
  return STATUSES[name] ?? 'running'
}

export async function listRuns({ client, lists, address }: Connected, query: RunQuery = {}): Promise<RunPage> {
  const { limit = 100, count } = query
  const filter = filterOf(query, address.taskQueue)
  const rows: RunRow[] = []
  try {
    for await (const { workflowId, type, status, memo, startTime, closeTime } of lists.workflow.list({
      query: filter,
      pageSize: Math.min(limit, MOST_A_PAGE),
    })) {
      if (rows.length === limit) break
      const found = statusOf(status.name)
      const isPaused = found === 'running' && memo?.[NAMES.paused] === true
      rows.push(rowOf(workflowId, type, isPaused ? 'paused' : found, startTime, closeTime))
    }
    const total = count === undefined ? undefined : (await client.workflow.count(filter)).count
    return { rows, ...(total === undefined ? {} : { total: Math.min(count ?? total, total) }) }
  } catch (thrown) {
    throw serverFailure(thrown, address)
  }
}

// ---

function filterOf(
  { flow, status, labels, trigger, q, sort, since, until, cursor, kind }: RunQuery,
  queue: string,
): string {
  const unknown = {
    label: labels?.length,
    trigger: trigger?.length,
    search: q,
    sort: sort !== undefined && sort !== '-createdAt',
    cursor,
  }
  for (const [name, value] of Object.entries(unknown)) {
    if (value) throw refused(`--${name}`)
  }
  if (kind === 'test') throw refused('--kind test')
  const parts = [
    `TaskQueue = ${quoted(queue)}`,
    `WorkflowType STARTS_WITH ${quoted(NAMES.flow)}`,
    `ExecutionStatus != 'ContinuedAsNew'`,
  ]
  const flows = listOf(flow)
  if (flows) parts.push(`WorkflowType IN (${flows.map((one) => quoted(`${NAMES.flow}${one}`)).join(', ')})`)
  const asked = listOf(status)?.flatMap((one) => {
    const names = ASKED[one]
    if (!names) throw refused(`--status ${one}`)
    return names
  })
  if (asked) parts.push(`ExecutionStatus IN (${asked.map(quoted).join(', ')})`)
  if (since !== undefined) parts.push(`StartTime >= ${quoted(new Date(since).toISOString())}`)
  if (until !== undefined) parts.push(`StartTime < ${quoted(new Date(until).toISOString())}`)
  return parts.join(' AND ')
}

function rowOf(id: string, type: string, status: RunStatus, startTime: Date, closeTime: Date | undefined): RunRow {
  const count = (one: RunStatus) => (status === one ? 1 : 0)
  return {
    ...{ id, flow: type.slice(NAMES.flow.length), status },
    createdAt: startTime.getTime(),
    startedAt: startTime.getTime(),
    ...(closeTime === undefined ? {} : { endedAt: closeTime.getTime() }),
    items: {
      total: 1,
      success: count('completed'),
      skipped: 0,
      failed: count('failed'),
      cancelled: count('cancelled'),
    },
    atWork: { running: count('running'), waiting: 0 },
    recovered: 0,
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

function refused(what: string): FlowError {
  const message = `${what} is nothing that Temporal can list runs by: use --flow NAME, --status, --since and --until, or temporal workflow list`
  return new FlowError('INVALID_INPUT', message)
}
