// The newest runs that are asked for, and how many there are in all. What a store cannot be asked for is looked for here, page
// by page.

import { own, type RunId, type RunQuery, type RunRow } from '@stepflow/engine'
import type { RunReader } from './run-reader.ts'
import { isWaiting } from './summary.ts'

/** What runs are asked for by. `waiting`: running, and nothing of it moves. */
export const ASKED_STATUSES = ['queued', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled'] as const
export type AskedStatus = (typeof ASKED_STATUSES)[number]

export interface RunFilter extends Pick<RunQuery, 'kind' | 'labels' | 'since' | 'until'> {
  readonly limit: number
  /** Only those after this one, of which there are as many all the same. */
  readonly after?: RunId | undefined
  /** Any of them. */
  readonly statuses?: readonly AskedStatus[] | undefined
  /** The name of a flow or its id, or its file, absolute: any of them. */
  readonly flow?: { readonly name: string; readonly file: string } | undefined
  /** Names of flows or their ids: any of them. */
  readonly flows?: readonly string[] | undefined
  /** Types of triggers: any of them. */
  readonly triggers?: readonly string[] | undefined
  /** A part of its id, its flow, a label or the text of its error, in any case. */
  readonly q?: string | undefined
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
  { limit, after, statuses, flow, flows, triggers, q, ...query }: RunFilter,
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
      if (!fitsFurther(row, { statuses, flow, flows, triggers, q })) continue
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
export function fitsFilter(row: RunRow, filter: Partial<RunFilter>): boolean {
  const { kind, labels = {}, since = 0, until = Number.POSITIVE_INFINITY } = filter
  if (row.createdAt < since || row.createdAt >= until) return false
  if (kind !== undefined && (row.kind ?? 'run') !== kind) return false
  if (!Object.entries(labels).every(([name, value]) => own(row.labels, name) === value)) return false
  return fitsFurther(row, filter)
}

// ---

type Further = Pick<Partial<RunFilter>, 'statuses' | 'flow' | 'flows' | 'triggers' | 'q'>

/** What stores are not asked for. */
function fitsFurther(row: RunRow, { statuses, flow, flows, triggers, q }: Further): boolean {
  if (flow && row.flow !== flow.name && row.flowId !== flow.name && row.trigger?.flow !== flow.file) return false
  const { flow: name, flowId } = row
  if (flows && !((name !== undefined && flows.includes(name)) || (flowId !== undefined && flows.includes(flowId))))
    return false
  // A program that has the engine in it says nothing.
  if (triggers && !triggers.includes(row.trigger?.type ?? 'api')) return false
  if (q !== undefined && !holds(row, q.toLowerCase())) return false
  return !statuses || statuses.includes(row.status) || (statuses.includes('waiting') && isWaiting(row))
}

function holds({ id, flow, labels = {}, error }: RunRow, part: string): boolean {
  const texts = [id, flow, error?.message, error?.code, ...Object.entries(labels).flat()]
  return texts.some((text) => text?.toLowerCase().includes(part))
}

const PAGE = 1000
