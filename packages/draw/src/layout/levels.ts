// A drawing taken apart into levels: a step that holds steps is one member of the level it stands in, and a level of its
// own inside. An arrow that leaves or enters a holder is cut at its frame, so that each level is laid out by itself.

import type { Drawing } from '../drawing.ts'
import { type Link, layersOf } from './layers.ts'

/** Which way a part of an arrow leaves the level that it is in: over the top or the bottom of its frame. */
export type Side = 'top' | 'bottom'

/** A part of an arrow within one level, in the direction of the arrow. */
export interface Part {
  readonly arrow: number
  /** Positions in the level's members; undefined: beyond the frame. */
  readonly from: number | undefined
  readonly to: number | undefined
  /** Where it passes the frame, if it does. */
  readonly side: Side
  /** It leads from a later layer to an earlier one, or from a shape to itself. */
  readonly back: boolean
}

export interface Level {
  /** The shape that holds the others, which is the first of the members too. */
  readonly holder: number | undefined
  /** Shapes in the order of the file. */
  readonly members: readonly number[]
  readonly layer: readonly number[]
  readonly parts: readonly Part[]
}

/** The levels by their holders; that of the whole drawing by undefined. Inner ones come before those they stand in. */
export function levelsOf(drawing: Drawing): ReadonlyMap<number | undefined, Level> {
  const drafts = draftsOf(drawing)
  drawing.arrows.forEach(({ from, to }, arrow) => {
    cutAtFrames(arrow, from, to, drawing, drafts)
  })
  const isBack = new Array<boolean>(drawing.arrows.length).fill(false)
  const layers = new Map<Draft, readonly number[]>()
  for (const draft of drafts.values()) {
    const kinds = draft.members.map((shape) => (shape === draft.holder ? undefined : drawing.shapes[shape]?.kind))
    const { layer, back } = layersOf(kinds, draft.links)
    layers.set(draft, layer)
    draft.links.forEach(({ arrow, from, to }, i) => {
      isBack[arrow] = back[i] === true || from === to
    })
  }
  const levels = [...drafts.values()].map((draft): [number | undefined, Level] => [
    draft.holder,
    {
      holder: draft.holder,
      members: draft.members,
      layer: layers.get(draft) ?? [],
      parts: draft.cuts.map((cut) => {
        const back = isBack[cut.arrow] === true
        // Forwards an arrow leaves at the bottom and enters at the top.
        const side = back === (cut.from === undefined) ? 'bottom' : 'top'
        return { arrow: cut.arrow, from: cut.from, to: cut.to, back, side }
      }),
    },
  ])
  return new Map(levels.reverse())
}

/** For each shape: is it drawn? An input that nobody reads and an output that nothing leads to are not. */
export function connected(drawing: Drawing): boolean[] {
  const touched = drawing.shapes.map((s) => s.kind !== 'input' && s.kind !== 'output')
  for (const arrow of drawing.arrows) {
    touched[arrow.from] = true
    touched[arrow.to] = true
  }
  return touched
}

// ---

interface Draft {
  readonly holder: number | undefined
  readonly members: number[]
  readonly positions: Map<number, number>
  /** The parts of arrows that have both ends here: they decide on the layers. */
  readonly links: (Link & { readonly arrow: number })[]
  readonly cuts: { readonly arrow: number; readonly from: number | undefined; readonly to: number | undefined }[]
}

/** Outer levels first: a holder comes before what it holds. */
function draftsOf(drawing: Drawing): Map<number | undefined, Draft> {
  const shown = connected(drawing)
  const open = (holder: number | undefined): Draft => ({
    holder,
    members: [],
    positions: new Map(),
    links: [],
    cuts: [],
  })
  const join = (draft: Draft, shape: number) => {
    draft.positions.set(shape, draft.members.length)
    draft.members.push(shape)
  }
  const drafts = new Map<number | undefined, Draft>([[undefined, open(undefined)]])
  drawing.shapes.forEach(({ within }, shape) => {
    if (!shown[shape]) return
    let draft = drafts.get(within)
    if (!draft) {
      draft = open(within)
      drafts.set(within, draft)
      if (within !== undefined) join(draft, within)
    }
    join(draft, shape)
  })
  return drafts
}

/** Up from where the arrow begins to the level that has both ends, and down to where it ends. */
function cutAtFrames(
  arrow: number,
  from: number,
  to: number,
  drawing: Drawing,
  drafts: ReadonlyMap<number | undefined, Draft>,
): void {
  const parent = (shape: number) => drawing.shapes[shape]?.within
  const home = (shape: number) => (drafts.has(shape) ? shape : parent(shape))
  const depthOf = (holder: number | undefined) => {
    let depth = 0
    for (let at = holder; at !== undefined; at = parent(at)) depth++
    return depth
  }
  let [start, end, startHome, endHome] = [from, to, home(from), home(to)]
  let [startDepth, endDepth] = [depthOf(startHome), depthOf(endHome)]
  while (startHome !== endHome) {
    if (startDepth >= endDepth && startHome !== undefined) {
      const draft = drafts.get(startHome)
      draft?.cuts.push({ arrow, from: draft.positions.get(start), to: undefined })
      start = startHome
      startHome = parent(startHome)
      startDepth--
    } else if (endHome !== undefined) {
      const draft = drafts.get(endHome)
      draft?.cuts.push({ arrow, from: undefined, to: draft.positions.get(end) })
      end = endHome
      endHome = parent(endHome)
      endDepth--
    }
  }
  const draft = drafts.get(startHome)
  const link = { arrow, from: draft?.positions.get(start) ?? 0, to: draft?.positions.get(end) ?? 0 }
  draft?.links.push(link)
  draft?.cuts.push(link)
}
