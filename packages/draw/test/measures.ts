// What makes one layout better than another, read off the layout alone.

import type { Box, Point } from '../src/layout/layout.ts'

/** Pairs of arrows that cross, each as often as it does; arrows that meet at a shape do not. */
export function crossingsOf(ways: readonly (readonly Point[])[]): number {
  let crossings = 0
  for (let a = 0; a < ways.length; a++) {
    for (let b = a + 1; b < ways.length; b++) crossings += crossingsBetween(ways[a] ?? [], ways[b] ?? [])
  }
  return crossings
}

/** The same as they are seen: where arrows share a line it is one. */
export function crossingsSeen(ways: readonly (readonly Point[])[]): number {
  const seen = new Set<string>()
  const lines = ways.flatMap((way) =>
    way.slice(1).flatMap((to, i): Point[][] => {
      const from = way[i] as Point
      const key = `${from.x} ${from.y} ${to.x} ${to.y}`
      if (seen.has(key)) return []
      seen.add(key)
      return [[from, to]]
    }),
  )
  // Of lines that overlap each other upright, only one crosses anything: the longest.
  const kept = lines.filter((line) => !lines.some((other) => other !== line && isWithin(line, other)))
  return crossingsOf(kept)
}

export function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

// ---

function isWithin([a, b]: readonly Point[], [c, d]: readonly Point[]): boolean {
  if (!a || !b || !c || !d || a.x !== b.x || c.x !== d.x || a.x !== c.x) return false
  const [low, high] = [Math.min(a.y, b.y), Math.max(a.y, b.y)]
  const [from, to] = [Math.min(c.y, d.y), Math.max(c.y, d.y)]
  return from <= low && high <= to && high - low < to - from
}

function crossingsBetween(a: readonly Point[], b: readonly Point[]): number {
  let crossings = 0
  for (let i = 1; i < a.length; i++) {
    for (let j = 1; j < b.length; j++) {
      if (doCross(a[i - 1] as Point, a[i] as Point, b[j - 1] as Point, b[j] as Point)) crossings++
    }
  }
  return crossings
}

/** Truly, not where one only touches the other. */
function doCross(a: Point, b: Point, c: Point, d: Point): boolean {
  return turn(a, b, c) * turn(a, b, d) < -0.01 && turn(c, d, a) * turn(c, d, b) < -0.01
}

const turn = (a: Point, b: Point, c: Point) => (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
