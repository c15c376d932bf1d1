// How much shorter a run would have been with one of its steps twice as fast, as far as each step waits for those before it.

import type { RunGraph, StepRow } from './run-graph.ts'

export interface WhatIf {
  readonly step: string
  /** Milliseconds. */
  readonly shorter: number
}

const MOST = 3
/** Less than that of the whole is not worth a line. */
const LEAST_SHARE = 0.02

/** The steps of the critical path of which it would change most. */
export function whatIfs(
  graph: RunGraph,
  last: ReadonlyMap<string, StepRow>,
  critical: readonly string[],
): readonly WhatIf[] {
  const spans = spansOf(graph, last)
  const whole = endOf(spans, undefined)
  return critical
    .map((step): WhatIf => ({ step, shorter: whole - endOf(spans, step) }))
    .filter(({ shorter }) => shorter >= Math.max(1, LEAST_SHARE * whole))
    .sort((a, b) => b.shorter - a.shorter)
    .slice(0, MOST)
}

// ---

interface Span {
  readonly id: string
  readonly before: readonly string[]
  /** From the end of what came before it, or from the begin of the run. */
  readonly pause: number
  readonly ms: number
}

/** In the order in which they started, so that what came before a step stands before it. */
function spansOf(graph: RunGraph, last: ReadonlyMap<string, StepRow>): readonly Span[] {
  const before = new Map<string, string[]>()
  for (const { from, to } of graph.drawing.arrows) {
    const [a, b] = [graph.steps[from], graph.steps[to]]
    if (a === undefined || b === undefined) continue
    const known = before.get(b)
    if (known) known.push(a)
    else before.set(b, [a])
  }
  const ran = [...last.values()]
    .flatMap(({ stepId: id, startedAt, endedAt }) =>
      startedAt === undefined || endedAt === undefined
        ? []
        : [{ id, start: Date.parse(startedAt), end: Date.parse(endedAt) }],
    )
    .sort((a, b) => a.start - b.start)
  const begin = ran[0]?.start ?? 0
  const ends = new Map(ran.map(({ id, end }) => [id, end]))
  return ran.map(({ id, start, end }): Span => {
    // Of a loop, what came later is none of those before it.
    const own = (before.get(id) ?? []).filter((one) => (ends.get(one) ?? Number.POSITIVE_INFINITY) <= start)
    const ready = own.reduce((at, one) => Math.max(at, ends.get(one) ?? begin), begin)
    return { id, before: own, pause: start - ready, ms: end - start }
  })
}

/** Milliseconds until all have ended, with one of them twice as fast. */
function endOf(spans: readonly Span[], faster: string | undefined): number {
  const ends = new Map<string, number>()
  let whole = 0
  for (const { id, before, pause, ms } of spans) {
    const ready = before.reduce((at, one) => Math.max(at, ends.get(one) ?? 0), 0)
    const end = ready + pause + (id === faster ? ms / 2 : ms)
    ends.set(id, end)
    whole = Math.max(whole, end)
  }
  return whole
}
