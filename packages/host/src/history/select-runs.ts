// The newest runs that are asked for, and how many there are in all. What a store cannot be asked for is looked for here, page
// by page.

import { own, type RunId, type RunQuery, type RunRow, type RunStatus } from '@stepflow/engine'
import type { RunReader } from './run-reader.ts'
import { isWaiting } from './summary.ts'

export interface RunFilter extends Pick<RunQuery, 'kind' | 'labels' | 'since' | 'until'> {
  readonly limit: number
  /** Only those after this one, of which there are as many all the same. */
  readonly after?: RunId | undefined
  /** Any of them. `waiting`: running, and nothing of it moves. */
  readonly statuses?: readonly (RunStatus | 'waiting')[] | undefined
  /** The name of a flow or its id, or its file, absolute: any of them. */
  readonly flow?: { readonly name: string; readonly file: string } | undefined
}

export interface SelectedRuns {
  /** The newest first. */
  readonly rows: readonly RunRow[]
  readonly total: number
  /** There are more than were counted. */
  readonly isMore: boolean
  /** Others follow the last of these. */
  readonly hasMore: boolean
}

/** So many are counted at most. */
export const MOST_COUNTED = 10_000

export async function selectRuns(
  reader: RunReader,
  { limit, after, statuses, flow, ...query }: RunFilter,
): Promise<SelectedRuns> {
  const wanted = statuses && new Set(statuses)
  const asked = wanted && [...new Set([...wanted].map((status) => (status === 'waiting' ? 'running' : status)))]
  const rows: RunRow[] = []
  let total = 0
  let isBehind = after === undefined
  let hasMore = false
  let cursor: string | undefined
  for (;;) {
    const page = await reader.list({
      ...query,
      limit: PAGE,
      ...(asked ? { status: asked } : {}),
      ...(cursor === undefined ? {} : { cursor }),
    })
    for (const row of page) {
      if (!fitsStatusAndFlow(row, statuses, flow)) continue
      if (total === Math.max(MOST_COUNTED, limit)) return { rows, total, isMore: true, hasMore }
      total++
      if (!isBehind) isBehind = row.id === after
      else if (rows.length < limit) rows.push(row)
      else hasMore = true
    }
    cursor = page.at(-1)?.id
    if (page.length < PAGE || cursor === undefined) return { rows, total, isMore: false, hasMore }
  }
}

/** Does a run fit all that is asked for? */
export function fitsFilter(row: RunRow, { statuses, flow, kind, labels = {} }: Partial<RunFilter>): boolean {
  if (kind !== undefined && (row.kind ?? 'run') !== kind) return false
  if (!Object.entries(labels).every(([name, value]) => own(row.labels, name) === value)) return false
  return fitsStatusAndFlow(row, statuses, flow)
}

// ---

function fitsStatusAndFlow(row: RunRow, statuses: RunFilter['statuses'], flow: RunFilter['flow']): boolean {
  if (flow && row.flow !== flow.name && row.flowId !== flow.name && row.trigger?.flow !== flow.file) return false
  return !statuses || statuses.includes(row.status) || (statuses.includes('waiting') && isWaiting(row))
}

const PAGE = 1000
