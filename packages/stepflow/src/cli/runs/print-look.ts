// A look at a run, for people to read. Text out; asks nobody.

import { endedOf, isEnded, type RunRow, type StepStates } from '@stepflow/engine'
import type { ItemSummary } from '@stepflow/host/history'
import type { Io } from '../command.ts'
import type { Messages } from '../messages.ts'
import { drawCriticalPath, drawLongTree, printable } from '../progress/draw-tree.ts'
import { drawRuns, type ShownRun } from './draw-runs.ts'

export interface Look {
  readonly run: ShownRun
  /** The item whose steps are shown. */
  readonly item: number
  readonly states: StepStates
  readonly results: readonly Pick<ItemSummary, 'itemIndex' | 'result'>[]
  /** How to send what it waits for. */
  readonly waits: readonly string[]
  /** What kept the journal from being read to its end. */
  readonly damage?: string | undefined
  /** The address of its page. */
  readonly page?: string | undefined
  /** Of a run that has not ended: who drives it, or how to continue it. */
  readonly driver: string
}

export function printLook(look: Look, io: Io, messages: Messages): void {
  const { run, item, states, results, waits, damage, page, driver } = look
  const { row } = run
  const color = io.terminal.color.out
  const columns = io.terminal.out ? io.terminal.columns : Number.POSITIVE_INFINITY
  const isBatch = row.items.total !== 1
  const lines = drawRuns([run], { color, columns, now: Date.now() })
  if (row.origin) lines.push(originText(row.origin))
  if (isBatch) lines.push(`item ${item}:`)
  lines.push(...drawLongTree(states, { now: Date.now(), color, columns }))
  if (isEnded(row.status)) lines.push(...[drawCriticalPath(states, color)].filter((line) => line !== undefined))
  for (const { itemIndex, result } of results) {
    lines.push(`${isBatch ? `${itemIndex}: ` : ''}${printable(JSON.stringify(result))}`)
  }
  const ended = endedOf(row.items)
  io.out(lines.map((line) => `${line}\n`).join(''))
  if (isBatch && results.length < ended && results.length > 1) {
    messages.hint(`${results.length} of ${ended} results; --limit N shows more, --item N shows one item`)
  }
  if (page !== undefined) messages.hint(`its page: ${page}`)
  for (const text of waits) messages.hint(text)
  if (damage !== undefined) messages.problem(damage)
  if (!isEnded(row.status)) messages.hint(driver)
}

/** Of steps that have not run: what their rows say. That a step waits for the steps above it, the tree says. */
export function explain({ steps }: StepStates, rows: readonly Explained[]): void {
  const byId = new Map(steps.flatMap((step) => (step ? [[step.id, step] as const] : [])))
  for (const { stepId, status, startedAt, recovered, why } of rows) {
    const state = byId.get(stepId)
    const isUntold = status === 'pending' ? why?.kind !== 'step' : status === 'skipped' && startedAt === undefined
    if (state && why && isUntold && !recovered) state.reason = why.text
  }
}

// ---

/** A visit's row, of a store or of a server. */
interface Explained {
  readonly stepId: string
  readonly status: string
  readonly startedAt?: unknown
  readonly recovered?: unknown
  readonly why?: { readonly kind: string; readonly text: string }
}

function originText({ runId, from, failed }: NonNullable<RunRow['origin']>): string {
  const start = from === undefined ? '' : ` from ${from}`
  return `a rerun of ${runId}${failed ? ' from what failed' : start}`
}
