// What is said of a run in one line: how it stands, and the detail that belongs to it.

import type { Run } from '@stepflow/api'
import { countText } from './format.ts'

export type ShownStatus =
  | 'queued'
  | 'running'
  | 'waiting'
  | 'paused'
  | 'success'
  | 'completed'
  | 'skipped'
  | 'failed'
  | 'cancelled'
  | 'pending'

/** Of one item: its outcome's word; of several: the run's. What waits and does nothing else is shown as waiting. */
export function statusOf(run: Pick<Run, 'status' | 'items'>): ShownStatus {
  const { status, items } = run
  if (status === 'running' && items.waiting > 0 && items.running === 0) return 'waiting'
  if (status !== 'completed') return status
  if (items.total !== 1) return 'completed'
  return items.skipped === 1 ? 'skipped' : 'success'
}

/** `enrich`, `3 items`, `1 recovered`, `approve`. */
export function detailOf(run: Run): string {
  const { status, items, error, recovered, waiting, trigger } = run
  if (status === 'failed') {
    if (items.total !== 1 && items.failed > 0) return itemsText(items.failed)
    return error?.step ?? error?.code ?? ''
  }
  if (status === 'cancelled') return trigger.cancelledBy ? `by ${trigger.cancelledBy}` : ''
  if (status === 'running' && waiting?.step) return waiting.step
  if (recovered) return `${countText(recovered)} recovered`
  return ''
}

/** Milliseconds from its first step to its end, or to now. */
export function durationOf(run: Run, now: number): number | undefined {
  const from = run.startedAt ?? (run.completedAt === undefined ? undefined : run.createdAt)
  if (from === undefined) return undefined
  return (run.completedAt === undefined ? now : Date.parse(run.completedAt)) - Date.parse(from)
}

export function isOver(run: Run): boolean {
  return run.status === 'completed' || run.status === 'failed' || run.status === 'cancelled'
}

export function nameOf(run: Run): string {
  return run.flowName ?? run.flowId ?? 'flow'
}

// ---

function itemsText(count: number): string {
  return `${countText(count)} ${count === 1 ? 'item' : 'items'}`
}
