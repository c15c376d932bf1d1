// A run's row for a program to read, and in a line for people.

import type { RunRow } from '@stepflow/engine'
import { duration, paint, printable } from '../progress/draw-tree.ts'

/** What `--json` prints of a run. */
export function summaryJson(row: RunRow) {
  const { id, flow, status, createdAt, endedAt, items, labels, origin, trigger } = row
  return {
    id,
    ...(flow === undefined ? {} : { flow }),
    status,
    createdAt: new Date(createdAt).toISOString(),
    ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt).toISOString() }),
    // Until the input has ended nobody knows how many they are.
    items: { ...items, total: items.total < 0 ? null : items.total },
    ...(labels === undefined ? {} : { labels }),
    ...(origin === undefined ? {} : { origin }),
    ...(trigger === undefined ? {} : { trigger }),
  }
}

const COLORS = {
  queued: 'dim',
  running: 'cyan',
  paused: 'yellow',
  completed: 'green',
  failed: 'red',
  cancelled: 'yellow',
} as const

/** `mw1x2-abc  completed  2026-11-21 20:10:01  1.2s  flow.yaml  3 items` */
export function summaryLine(row: RunRow, idWidth: number, color: boolean): string {
  const { id, status, createdAt, endedAt, flow = '' } = row
  const created = new Date(createdAt).toISOString().slice(0, 19).replace('T', ' ')
  const took = endedAt === undefined ? '' : duration(endedAt - createdAt)
  const cells = [
    id.padEnd(idWidth),
    paint(status.padEnd(9), COLORS[status], color),
    paint(`${created}Z`, 'dim', color),
    took.padStart(7),
    printable(flow),
    itemsText(row),
  ]
  return cells.join('  ').trimEnd()
}

/** `12 of 20 items, 1 failed`; nothing of a single item, whose state is the run's. */
export function itemsText({ items }: RunRow): string {
  const { total, success, skipped, failed, cancelled } = items
  if (total === 1) return ''
  const ended = success + skipped + failed + cancelled
  const wrong = failed > 0 ? `, ${failed} failed` : ''
  return ended === total
    ? `${total} items${wrong}`
    : `${ended} of ${total < 0 ? 'an unknown number of' : total} items${wrong}`
}
