// Which shapes stand in one layer: as far from the start as the longest way to them. Linear; loops are cut where they close.

import type { ShapeKind } from '../drawing.ts'

/** From one member of a level to another; by their positions in it. */
export interface Link {
  readonly from: number
  readonly to: number
}

export interface Layers {
  /** The layer of each member, from 0, without gaps. */
  readonly layer: readonly number[]
  /** For each link: does it lead back, closing a loop? */
  readonly back: readonly boolean[]
}

/** The members by what they are; undefined is the shape that holds the others, which stands over them like an input. */
export function layersOf(members: readonly (ShapeKind | undefined)[], links: readonly Link[]): Layers {
  const out: number[][] = members.map(() => [])
  links.forEach(({ from }, i) => {
    out[from]?.push(i)
  })
  const { order, back } = orderOf(members.length, links, out)
  // Over all that can start at once stands the input, whether or not they read it.
  const layer: number[] = members.map((kind) => (kind === 'input' || kind === undefined ? 0 : 1))
  for (const member of order) {
    for (const i of out[member] ?? []) {
      const to = links[i]?.to
      if (to !== undefined && !back[i]) layer[to] = Math.max(layer[to] ?? 0, (layer[member] ?? 0) + 1)
    }
  }
  // The output in a layer of its own, under all that may still run when it is ready.
  const last = layer.reduce((most, at, i) => (members[i] === 'output' ? most : Math.max(most, at)), -1)
  members.forEach((kind, i) => {
    if (kind === 'output') layer[i] = last + 1
  })
  return { layer: withoutGaps(layer), back }
}

// ---

function withoutGaps(layer: readonly number[]): number[] {
  const rank: number[] = []
  for (const at of layer) rank[at] = 0
  let next = 0
  for (let at = 0; at < rank.length; at++) if (rank[at] === 0) rank[at] = next++
  return layer.map((at) => rank[at] ?? 0)
}

/** Depth first with a stack of our own: every member before those it leads to, but for the links that lead back. */
function orderOf(count: number, links: readonly Link[], out: readonly (readonly number[])[]) {
  const back = new Array<boolean>(links.length).fill(false)
  const state = new Uint8Array(count)
  const order: number[] = []
  const visit = (root: number) => {
    const stack: { member: number; at: number }[] = [{ member: root, at: 0 }]
    state[root] = 1
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const i = out[top.member]?.[top.at++]
      if (i === undefined) {
        state[top.member] = 2
        order.push(top.member)
        stack.pop()
        continue
      }
      const to = links[i]?.to ?? 0
      if (state[to] === 1) back[i] = true
      else if (state[to] === 0) {
        state[to] = 1
        stack.push({ member: to, at: 0 })
      }
    }
  }
  for (let i = 0; i < count; i++) if (state[i] === 0) visit(i)
  return { order: order.reverse(), back }
}
