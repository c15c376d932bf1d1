// What of a drawing is in sight: where it was moved to, and how large.

export interface View {
  readonly x: number
  readonly y: number
  readonly scale: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

const MARGIN = 24
const MOST = 2
const LEAST = 0.02

/** All of it, no larger than it is. */
export function fitted(content: Size, box: Size): View {
  const scale = Math.max(
    LEAST,
    Math.min(1, (box.width - 2 * MARGIN) / content.width, (box.height - 2 * MARGIN) / content.height),
  )
  return { scale, x: (box.width - content.width * scale) / 2, y: (box.height - content.height * scale) / 2 }
}

/** Larger or smaller, with what lies under a point staying there. */
export function zoomed(view: View, factor: number, at: { x: number; y: number }): View {
  const scale = Math.min(MOST, Math.max(LEAST, view.scale * factor))
  const by = scale / view.scale
  return { scale, x: at.x - (at.x - view.x) * by, y: at.y - (at.y - view.y) * by }
}

/** Moved as little as brings a box into sight. */
export function showing(view: View, target: { x: number; y: number } & Size, box: Size): View {
  const left = view.x + target.x * view.scale
  const top = view.y + target.y * view.scale
  return {
    ...view,
    x: view.x + shift(left, target.width * view.scale, box.width),
    y: view.y + shift(top, target.height * view.scale, box.height),
  }
}

// ---

function shift(from: number, length: number, room: number): number {
  if (from < MARGIN) return MARGIN - from
  const over = from + length - (room - MARGIN)
  return over > 0 ? -over : 0
}
