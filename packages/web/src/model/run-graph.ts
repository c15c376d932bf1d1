// A run's plan as a graph of its steps: what stands where, and what each step says of itself.

import type { StepList } from '@stepflow/api'
import { type Arrow, type Drawing, drawingOf, type Layout, layout, type Shape } from '@stepflow/draw'
import type { Plan } from '@stepflow/engine'
import { countText, durationText } from './format.ts'

export type StepRow = StepList['steps'][number]

export interface RunGraph {
  readonly drawing: Drawing
  readonly layout: Layout
  /** By shape: the id of its step; undefined for input and output. */
  readonly steps: readonly (string | undefined)[]
  readonly shapeOf: ReadonlyMap<string, number>
}

export const NODE = { width: 144, height: 44 }

/** What lies inside of steps is left out: it is opened on a graph of its own. */
export function runGraph(plan: Plan, direction: 'right' | 'down'): RunGraph {
  return laidOut(runDrawing(plan), direction)
}

export function runDrawing(plan: Plan): Drawing {
  return collapsed(drawingOf(plan))
}

export function laidOut(drawing: Drawing, direction: 'right' | 'down'): RunGraph {
  const many = drawing.shapes.length > 60
  const placed = layout(drawing, {
    direction,
    sizeOf: (shape) => (isEnd(drawing.shapes[shape]) ? { width: 64, height: 28 } : NODE),
    gaps: { shapes: many ? 32 : 44, rows: 40 },
    margin: 24,
  })
  const steps = drawing.shapes.map(({ step }) => step)
  const shapeOf = new Map<string, number>()
  steps.forEach((id, shape) => {
    if (id !== undefined) shapeOf.set(id, shape)
  })
  return { drawing, layout: placed, steps, shapeOf }
}

/** The last visit of each step. */
export function lastVisits(rows: readonly StepRow[]): ReadonlyMap<string, StepRow> {
  const last = new Map<string, StepRow>()
  for (const row of rows) if ((last.get(row.stepId)?.visit ?? 0) <= row.visit) last.set(row.stepId, row)
  return last
}

/** What matters of a step now, in a few words. */
export function detailOfStep(row: StepRow | undefined, now: number): string {
  if (!row) return ''
  const { status, attempts, done, total, why, cached, reused } = row
  const ran = ranFor(row, now)
  if (total !== undefined) return `${countText(done ?? 0)}/${countText(total)}`
  if (status === 'failed') {
    return attempts.length > 1 ? `${attempts.length} attempts, ${durationText(ran ?? 0)}` : durationText(ran ?? 0)
  }
  if (status === 'skipped' || status === 'pending') return why ? shortWhy(why) : ''
  if (cached) return 'from cache'
  if (reused) return 'reused'
  if (status === 'running' && attempts.length > 1) return `attempt ${attempts.length}, ${durationText(ran ?? 0)}`
  return ran === undefined ? '' : durationText(ran)
}

/** From its start to its end, or to now. */
export function ranFor({ startedAt, endedAt, status }: StepRow, now: number): number | undefined {
  if (startedAt === undefined) return undefined
  const to =
    endedAt === undefined ? (status === 'running' || status === 'waiting' ? now : undefined) : Date.parse(endedAt)
  return to === undefined ? undefined : to - Date.parse(startedAt)
}

/** For how long all that it needs was there before it started. */
export function waitedFor({ readyAt, startedAt }: StepRow): number | undefined {
  if (readyAt === undefined || startedAt === undefined) return undefined
  return Date.parse(startedAt) - Date.parse(readyAt)
}

/** Steps upstream of one, and downstream; without itself. */
export function reachOf(graph: RunGraph, step: string, way: 'up' | 'down'): ReadonlySet<string> {
  const next = new Map<number, number[]>()
  for (const { from, to } of graph.drawing.arrows) {
    const [a, b] = way === 'down' ? [from, to] : [to, from]
    next.set(a, [...(next.get(a) ?? []), b])
  }
  const found = new Set<string>()
  const open = [graph.shapeOf.get(step)]
  while (open.length > 0) {
    for (const shape of next.get(open.pop() ?? -1) ?? []) {
      const id = graph.steps[shape]
      if (id === undefined || found.has(id)) continue
      found.add(id)
      open.push(shape)
    }
  }
  return found
}

/**
 * The steps whose lengths make the run as long as it is: from the last that ended, back by what each waited for. Undefined as
 * long as nothing has ended.
 */
export function criticalPath(graph: RunGraph, last: ReadonlyMap<string, StepRow>): readonly string[] {
  const endOf = (id: string | undefined) => {
    const row = id === undefined ? undefined : last.get(id)
    return row?.endedAt !== undefined && row.startedAt !== undefined ? Date.parse(row.endedAt) : undefined
  }
  const before = new Map<number, number[]>()
  for (const { from, to } of graph.drawing.arrows) before.set(to, [...(before.get(to) ?? []), from])
  let at = latest(graph.steps, endOf)
  const path: string[] = []
  while (at !== undefined && !path.includes(at)) {
    path.unshift(at)
    const needed = (before.get(graph.shapeOf.get(at) ?? -1) ?? []).map((shape) => graph.steps[shape])
    at = latest(needed, endOf)
  }
  return path
}

// ---

function latest(ids: readonly (string | undefined)[], endOf: (id: string | undefined) => number | undefined) {
  let found: string | undefined
  let end = Number.NEGATIVE_INFINITY
  for (const id of ids) {
    const at = endOf(id)
    if (id !== undefined && at !== undefined && at >= end) [found, end] = [id, at]
  }
  return found
}

function isEnd(shape: Shape | undefined): boolean {
  return shape?.kind === 'input' || shape?.kind === 'output'
}

function shortWhy({ kind, step, text }: NonNullable<StepRow['why']>): string {
  if (kind === 'condition') return 'when: false'
  if (step !== undefined) {
    if (kind === 'ended') return `${step} failed`
    return kind === 'need' || kind === 'step' ? `needs ${step}` : `${step} led elsewhere`
  }
  return text
}

/** Only what stands in no other shape; arrows of what is left out belong to the shape that holds it. */
function collapsed({ name, shapes, arrows }: Drawing): Drawing {
  const outermost = (shape: number): number => {
    const within = shapes[shape]?.within
    return within === undefined ? shape : outermost(within)
  }
  const kept: Shape[] = []
  const places = new Map<number, number>()
  shapes.forEach((shape, i) => {
    if (shape.within !== undefined) return
    places.set(i, kept.length)
    kept.push(shape)
  })
  const seen = new Map<string, Arrow>()
  for (const arrow of arrows) {
    const from = places.get(outermost(arrow.from)) as number // every outermost shape is kept
    const to = places.get(outermost(arrow.to)) as number
    if (from !== to) seen.set(`${from}>${to}:${arrow.kind}`, { ...arrow, from, to })
  }
  return { name, shapes: kept, arrows: [...seen.values()] }
}
