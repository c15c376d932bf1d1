// What programs are given of a run: its summary, its items, the lines of its log. The same shapes for the command line and for a
// server. Shapes only: what goes in is redacted already.

import type { ItemRow, LogLine, RunRow, WhySummary, Writable } from '@stepflow/engine'
import { isEnded, isoTime, itemStatus } from '@stepflow/engine'

/** A run as programs see it. Times are ISO 8601, in UTC. */
export interface RunSummary {
  readonly runId: string
  readonly flowId?: string
  /** What it was started by, else what the flow calls itself. */
  readonly flowName?: string
  readonly flowVersion?: number
  readonly status: RunRow['status']
  readonly kind: 'run' | 'test'
  readonly items: ItemNumbers
  readonly createdAt: string
  readonly startedAt?: string
  readonly completedAt?: string
  /** Of the lowest item that failed. */
  readonly error?: RunRow['error']
  /** How many failures something made good. */
  readonly recovered?: number
  readonly labels: Readonly<Record<string, string>>
  readonly origin?: Origin
  readonly trigger: Readonly<Record<string, string>>
  /** Why nothing moves; its status is `running` all the same. */
  readonly waiting?: WhySummary
}

/** How many of the items stand how; `completed` ended well, `skipped` among them. */
export interface ItemNumbers {
  /** null while input comes. */
  readonly total: number | null
  readonly completed: number
  readonly failed: number
  readonly skipped: number
  readonly cancelled: number
  readonly running: number
  readonly waiting: number
}

/** What a run repeats. */
export interface Origin {
  readonly runId: string
  /** From this step on. */
  readonly from?: string
  /** What had failed. */
  readonly failed?: true
}

export interface ItemSummary {
  readonly itemIndex: number
  readonly status: ReturnType<typeof itemStatus>
  /** The outcome. */
  readonly result: ItemRow['outcome']
}

export function summaryOf(row: RunRow, waiting?: WhySummary): RunSummary {
  const { id, flow, flowId, flowVersion, status, kind = 'run', createdAt, startedAt, endedAt, error, recovered } = row
  // Field by field: one is made for each request that waits for its run, and spreads of what may be there are slow.
  const summary = { runId: id } as Writable<RunSummary> // the rest follows
  if (flowId !== undefined) summary.flowId = flowId
  if (flow !== undefined) summary.flowName = flow
  if (flowVersion !== undefined) summary.flowVersion = flowVersion
  summary.status = status
  summary.kind = kind
  summary.items = numbersOf(row)
  summary.createdAt = isoTime(createdAt)
  if (startedAt !== undefined) summary.startedAt = isoTime(startedAt)
  if (endedAt !== undefined) summary.completedAt = isoTime(endedAt)
  if (error !== undefined) summary.error = error
  if (recovered !== 0) summary.recovered = recovered
  summary.labels = row.labels ?? {}
  if (row.origin !== undefined) summary.origin = originOf(row.origin)
  summary.trigger = triggerOf(row.trigger)
  if (waiting !== undefined) summary.waiting = waiting
  return summary
}

export function itemSummary({ item, outcome }: ItemRow): ItemSummary {
  return { itemIndex: item, status: itemStatus(outcome), result: outcome }
}

/** A line of a run's log. */
export function logLine({ at, ...line }: LogLine) {
  return { at: isoTime(at), ...line }
}

// ---

function numbersOf({ items, atWork, status }: RunRow): ItemNumbers {
  const { total, success, skipped, failed, cancelled } = items
  const rest = total < 0 ? 0 : total - success - skipped - failed - cancelled
  return {
    // Until the input has ended nobody knows how many they are.
    total: total < 0 ? null : total,
    completed: success + skipped,
    failed,
    skipped,
    // Of a run that was cancelled while nobody drove it, nobody wrote how its items ended.
    cancelled: status === 'cancelled' ? cancelled + rest : cancelled,
    running: isEnded(status) ? 0 : atWork.running,
    waiting: isEnded(status) ? 0 : atWork.waiting,
  }
}

function originOf({ runId, from, failed }: NonNullable<RunRow['origin']>): Origin {
  return { runId, ...(from === undefined ? {} : { from }), ...(failed ? { failed } : {}) }
}

/** What only tells whether a command line is the same as one before is left out. */
function triggerOf(trigger: RunRow['trigger']): Readonly<Record<string, string>> {
  // A program that has the engine in it says nothing.
  if (!trigger) return { type: 'api' }
  if (trigger.plan === undefined && trigger.input === undefined && trigger.kept === undefined) return trigger
  const { plan: _, input: __, kept: ___, ...told } = trigger
  return told
}
