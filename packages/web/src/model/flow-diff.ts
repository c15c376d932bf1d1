// Two texts of a flow as one graph: all steps of the newer one, those that went beside them, and what became of each.

import type { Arrow, Drawing, Shape } from '@stepflow/draw'
import { equalJson, type Json } from '@stepflow/engine'
import { laidOut, type RunGraph } from './run-graph.ts'

export type Mark = 'added' | 'removed' | 'changed'

/** One of the texts. */
export interface ReadText {
  readonly drawing: Drawing
  /** By id, as its author wrote it. */
  readonly steps: ReadonlyMap<string, Json>
}

export interface FlowDiff {
  readonly graph: RunGraph
  /** Steps that are as they were have none. */
  readonly marks: ReadonlyMap<string, Mark>
}

export function flowDiff(before: ReadText, after: ReadText): FlowDiff {
  const marks = new Map<string, Mark>()
  for (const [id, step] of after.steps) {
    const old = before.steps.get(id)
    if (old === undefined) marks.set(id, 'added')
    else if (!equalJson(old, step)) marks.set(id, 'changed')
  }
  for (const id of before.steps.keys()) if (!after.steps.has(id)) marks.set(id, 'removed')
  return { graph: laidOut(both(before.drawing, after.drawing, marks), 'right'), marks }
}

// ---

/** The newer drawing, with the steps that went and the arrows that led to them and from them. */
function both(before: Drawing, after: Drawing, marks: FlowDiff['marks']): Drawing {
  const shapes: Shape[] = [...after.shapes]
  const places = new Map(after.shapes.map((shape, i) => [nameOf(shape), i]))
  const isGone = before.shapes.map(({ step }) => step !== undefined && marks.get(step) === 'removed')
  before.shapes.forEach((shape, i) => {
    if (isGone[i]) places.set(nameOf(shape), shapes.push(shape) - 1)
  })
  const placeOf = (i: number) => places.get(nameOf(before.shapes[i]))
  const arrows: Arrow[] = [...after.arrows]
  for (const arrow of before.arrows) {
    const [from, to] = [placeOf(arrow.from), placeOf(arrow.to)]
    if (from === undefined || to === undefined || !(isGone[arrow.from] || isGone[arrow.to])) continue
    arrows.push({ ...arrow, from, to })
  }
  return { name: after.name, shapes, arrows }
}

/** Input and output have no step. */
function nameOf(shape: Shape | undefined): string {
  return shape?.step === undefined ? ` ${shape?.kind}` : shape.step
}
