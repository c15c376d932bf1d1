// A way as the path that SVG and a canvas draw.

import type { Direction, Point } from './layout.ts'

/** `M0 0V10C0 20 30 20 30 30`: straight, or an S between what stands aside; square corners are rounded. */
export function pathOf(way: readonly Point[], direction: Direction, radius = 8): string {
  const [first] = way
  if (!first) return ''
  let path = `M${pair(first)}`
  for (let i = 1; i < way.length; i++) {
    const [from, to, next] = [way[i - 1] as Point, way[i] as Point, way[i + 1]]
    if (!isLevel(from, to)) {
      const half = direction === 'down' ? (from.y + to.y) / 2 : (from.x + to.x) / 2
      const [leave, arrive] =
        direction === 'down'
          ? [
              { x: from.x, y: half },
              { x: to.x, y: half },
            ]
          : [
              { x: half, y: from.y },
              { x: half, y: to.y },
            ]
      path += `C${pair(leave)} ${pair(arrive)} ${pair(to)}`
    } else if (next && isCorner(from, to, next)) {
      path += `L${pair(along(to, from, radius))}Q${pair(to)} ${pair(along(to, next, radius))}`
    } else {
      path += `L${pair(to)}`
    }
  }
  return path
}

/** Rounded to tenths. */
export const num = (n: number) => String(Math.round(n * 10) / 10)

// ---

const pair = (p: Point) => `${num(p.x)} ${num(p.y)}`

/** Straight up, down or across. */
const isLevel = (a: Point, b: Point) => Math.abs(a.x - b.x) < 0.05 || Math.abs(a.y - b.y) < 0.05

function isCorner(a: Point, b: Point, c: Point): boolean {
  return isLevel(b, c) && Math.abs((b.x - a.x) * (c.x - b.x) + (b.y - a.y) * (c.y - b.y)) < 0.05
}

function along(from: Point, to: Point, by: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1
  const part = Math.min(by, length / 2) / length
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part }
}
