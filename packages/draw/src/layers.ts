// Which shapes stand in one row: as far from the start as the longest way to them. Linear; loops are cut where they close.

import type { Drawing } from './drawing.ts'

/** For each shape: is it drawn? An input that nobody reads and an output that nothing leads to are not. */
export function connected(drawing: Drawing): boolean[] {
  const touched = drawing.shapes.map((s) => s.kind !== 'input' && s.kind !== 'output')
  for (const arrow of drawing.arrows) {
    touched[arrow.from] = true
    touched[arrow.to] = true
  }
  return touched
}

export interface Layers {
  /** The row of each shape, from 0. */
  readonly layer: readonly number[]
  /** For each arrow: does it lead back, closing a loop? */
  readonly back: readonly boolean[]
}

export function layersOf(drawing: Drawing): Layers {
  const count = drawing.shapes.length
  const out: number[][] = Array.from({ length: count }, () => [])
  drawing.arrows.forEach((arrow, i) => {
    out[arrow.from]?.push(i)
  })
  const { order, back } = orderOf(drawing, out)
  // Over all that can start at once stands the input, whether or not they read it.
  const layer: number[] = drawing.shapes.map((shape) => (shape.kind === 'input' ? 0 : 1))
  for (const shape of order) {
    for (const i of out[shape] ?? []) {
      const to = drawing.arrows[i]?.to
      if (to !== undefined && !back[i]) layer[to] = Math.max(layer[to] ?? 0, (layer[shape] ?? 0) + 1)
    }
  }
  // The output in a row of its own, under all that may still run when it is ready.
  const last = layer.reduce((most, row, i) => (drawing.shapes[i]?.kind === 'output' ? most : Math.max(most, row)), -1)
  drawing.shapes.forEach((shape, i) => {
    if (shape.kind === 'output') layer[i] = last + 1
  })
  return { layer, back }
}

// ---

/** Depth first with a stack of our own: every shape before those it leads to, but for the arrows that lead back. */
function orderOf(drawing: Drawing, out: readonly (readonly number[])[]) {
  const back = new Array<boolean>(drawing.arrows.length).fill(false)
  const state = new Uint8Array(drawing.shapes.length)
  const order: number[] = []
  const visit = (root: number) => {
    const stack: { shape: number; at: number }[] = [{ shape: root, at: 0 }]
    state[root] = 1
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const i = out[top.shape]?.[top.at++]
      if (i === undefined) {
        state[top.shape] = 2
        order.push(top.shape)
        stack.pop()
        continue
      }
      const to = drawing.arrows[i]?.to ?? 0
      if (state[to] === 1) back[i] = true
      else if (state[to] === 0) {
        state[to] = 1
        stack.push({ shape: to, at: 0 })
      }
    }
  }
  for (let i = 0; i < drawing.shapes.length; i++) if (state[i] === 0) visit(i)
  return { order: order.reverse(), back }
}
