import { describe, expect, test } from 'vitest'
import type { Drawing } from '../src/drawing.ts'
import { type Box, type Direction, type Layout, layout, type Point } from '../src/layout/layout.ts'
import { levelsOf } from '../src/layout/levels.ts'
import { strokesOf } from '../src/layout/strokes.ts'
import { flow, line, machine, nested, sideBySide, testGraphs, tree } from './graphs.ts'
import { crossingsSeen, overlap } from './measures.ts'

/** Boxes of many sizes, so that no row is even. */
const sizeOf = (shape: number) => ({ width: 60 + ((shape * 37) % 120), height: 30 + ((shape * 17) % 40) })
const known = new Map<Drawing, Partial<Record<Direction, Layout>>>()
function lay(drawing: Drawing, direction: Direction = 'down'): Layout {
  const of = known.get(drawing) ?? {}
  known.set(drawing, of)
  of[direction] ??= layOut(drawing, direction)
  return of[direction]
}
const layOut = (drawing: Drawing, direction: Direction = 'down'): Layout =>
  layout(drawing, { direction, sizeOf, labelSizeOf: () => ({ width: 50, height: 16 }) })
const graphs = testGraphs(1)
const large = [line(500), sideBySide(1_000)]
const shown = (placed: Layout) => placed.boxes.filter((b) => b !== undefined)

/** The shapes that hold a shape, itself included. */
function holdersOf(drawing: Drawing, shape: number): Set<number> {
  const found = new Set<number>()
  for (let at: number | undefined = shape; at !== undefined; at = drawing.shapes[at]?.within) found.add(at)
  return found
}

function backOf(drawing: Drawing): Set<number> {
  const parts = [...levelsOf(drawing).values()].flatMap((level) => level.parts)
  return new Set(parts.filter((p) => p.back).map((p) => p.arrow))
}

describe.each(['down', 'right'] as const)('leading %s', (direction) => {
  test('no two shapes overlap, and all are in the picture', () => {
    for (const drawing of [...graphs, ...large]) {
      const placed = lay(drawing, direction)
      const boxes = shown(placed)
      const along = boxes.map((b, i) => ({ b, i })).sort((p, q) => p.b.x - q.b.x)
      along.forEach(({ b }, i) => {
        for (let j = i + 1; j < along.length && (along[j]?.b.x ?? 0) < b.x + b.width; j++) {
          if (overlap(b, along[j]?.b as Box)) expect.fail(`two shapes overlap in ${drawing.name}`)
        }
        if (b.x < 0 || b.y < 0 || b.x + b.width > placed.width || b.y + b.height > placed.height) {
          expect.fail(`a shape is outside of ${drawing.name}`)
        }
      })
    }
  })

  test('a frame is around the steps that it holds and around no other', () => {
    for (const drawing of graphs) {
      const placed = lay(drawing, direction)
      for (const [holder, frame] of placed.frames) {
        placed.boxes.forEach((box, shape) => {
          if (box) expect(overlap(frame, box), drawing.name).toBe(holdersOf(drawing, shape).has(holder))
        })
      }
    }
  })

  test('an arrow leads from the edge of one shape to the edge of the other', () => {
    for (const drawing of graphs) {
      const placed = lay(drawing, direction)
      drawing.arrows.forEach(({ from, to }, i) => {
        const way = placed.ways[i] ?? []
        expect(isOnEdge(way[0] as Point, placed.boxes[from] as Box), `${drawing.name} ${from} ${to}`).toBe(true)
        expect(isOnEdge(way.at(-1) as Point, placed.boxes[to] as Box), `${drawing.name} ${from} ${to}`).toBe(true)
      })
    }
  })

  test('an arrow never turns round: it leads on, and back only where it closes a loop', () => {
    const along = direction === 'down' ? 'y' : 'x'
    for (const drawing of graphs) {
      const placed = lay(drawing, direction)
      const back = backOf(drawing)
      drawing.arrows.forEach(({ from, to }, i) => {
        if (from === to) return
        const way = placed.ways[i] ?? []
        const sign = back.has(i) ? -1 : 1
        for (let p = 1; p < way.length; p++) {
          const on = sign * ((way[p]?.[along] ?? 0) - (way[p - 1]?.[along] ?? 0))
          if (on < -0.01) expect.fail(`arrow ${i} of ${drawing.name} turns round`)
        }
      })
    }
  })

  test('no arrow and no label runs through a shape', () => {
    for (const drawing of graphs) {
      const placed = lay(drawing, direction)
      const boxes = shown(placed)
      placed.ways.forEach((way) => {
        for (const dot of dotsOf(way, direction)) {
          const isHit = boxes.some(
            (b) => dot.x > b.x + 1 && dot.x < b.x + b.width - 1 && dot.y > b.y + 1 && dot.y < b.y + b.height - 1,
          )
          if (isHit) expect.fail(`an arrow runs through a shape in ${drawing.name}`)
        }
      })
      const labels = [...placed.labels.values()].map(({ x, y }) => ({ x: x - 25, y: y - 8, width: 50, height: 16 }))
      labels.forEach((label, i) => {
        expect(
          [...boxes, ...labels.slice(i + 1)].some((b) => overlap(label, b)),
          drawing.name,
        ).toBe(false)
      })
    }
  })
})

test('the same drawing is laid out the same', () => {
  for (const drawing of graphs.slice(0, 20)) expect(layOut(drawing)).toEqual(lay(drawing))
})

test('what leads to the right is what leads down, turned', () => {
  const drawing = nested(7, 8)
  const down = layout(drawing, { sizeOf })
  const right = layout(drawing, {
    direction: 'right',
    sizeOf: (shape) => ({ width: sizeOf(shape).height, height: sizeOf(shape).width }),
  })

  expect(right.boxes).toEqual(down.boxes.map((b) => b && { x: b.y, y: b.x, width: b.height, height: b.width }))
  expect(right.ways).toEqual(down.ways.map((way) => way.map(({ x, y }) => ({ x: y, y: x }))))
})

test('branches stand in the order of the file', () => {
  for (const drawing of [tree(31, 2), tree(40, 3), sideBySide(12), tree(200, 4)]) {
    const { boxes } = lay(drawing)
    const children = new Map<number, number[]>()
    for (const { from, to } of drawing.arrows) children.set(from, [...(children.get(from) ?? []), to])
    for (const of of children.values()) {
      const rows = new Set(of.map((shape) => (boxes[shape]?.y ?? 0) + (boxes[shape]?.height ?? 0) / 2))
      // A layer too broad for one row goes on in the next.
      if (rows.size > 1) continue
      const middles = of.map((shape) => (boxes[shape]?.x ?? 0) + (boxes[shape]?.width ?? 0) / 2)
      expect(middles, drawing.name).toEqual([...middles].sort((a, b) => a - b))
    }
  }
})

test('trees and lines have no crossings', () => {
  for (const drawing of [line(30), tree(31, 2), tree(121, 3)]) expect(crossingsSeen(lay(drawing).ways)).toBe(0)
})

test('a line is straight', () => {
  const { ways, width } = layout(line(500), { sizeOf: () => ({ width: 100, height: 40 }), margin: 10 })

  expect(ways.every((way) => way.length === 2)).toBe(true)
  expect(width).toBe(120)
})

test('the test graphs have at most 700 crossings (dagre: 1,149)', () => {
  const crossings = testGraphs(1).map((drawing) => {
    const placed = layout(drawing, {
      sizeOf: () => ({ width: 128, height: 44 }),
      labelSizeOf: () => ({ width: 50, height: 16 }),
    })
    return crossingsSeen(placed.ways)
  })

  expect(crossings.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(700)
})

test('parts that have nothing to do with each other stand side by side', () => {
  const drawing: Drawing = {
    name: 'two',
    shapes: ['a', 'b', 'c', 'd'].map((label) => ({ kind: 'step', label, detail: '', marks: [] })),
    arrows: [
      { from: 0, to: 2, kind: 'data' },
      { from: 1, to: 3, kind: 'data' },
    ],
  }
  const { boxes } = lay(drawing)
  const right = (...of: number[]) => Math.max(...of.map((i) => (boxes[i]?.x ?? 0) + (boxes[i]?.width ?? 0)))

  expect(right(0, 2)).toBeLessThan(Math.min(boxes[1]?.x ?? 0, boxes[3]?.x ?? 0))
})

test('a step that leads to itself, and two that lead to each other, have arrows of their own', () => {
  const drawing: Drawing = {
    name: 'loops',
    shapes: ['a', 'b'].map((label) => ({ kind: 'step', label, detail: '', marks: [] })),
    arrows: [
      { from: 0, to: 0, kind: 'branch', label: 'again' },
      { from: 0, to: 1, kind: 'next' },
      { from: 1, to: 0, kind: 'branch', label: 'back' },
    ],
  }
  const placed = lay(drawing)

  expect(placed.ways.map((way) => way.length > 1)).toEqual([true, true, true])
  expect(placed.labels.size).toBe(2)
  expect(new Set(placed.ways.map((way) => JSON.stringify(way))).size).toBe(3)
})

test('no stretch of a line is drawn twice in one kind', () => {
  for (const drawing of [sideBySide(40), machine(5, 30), flow(9, 48, 20)]) {
    const placed = lay(drawing)
    const strokes = strokesOf(placed, (arrow) => drawing.arrows[arrow]?.kind ?? '')
    const lines = strokes.flatMap((of, arrow) =>
      of.flatMap((points) =>
        points.slice(1).map((to, i) => ({ kind: drawing.arrows[arrow]?.kind, from: points[i] as Point, to })),
      ),
    )
    const upright = lines.filter(({ from, to }) => from.x === to.x)
    upright.forEach((a, i) => {
      for (const b of upright.slice(i + 1)) {
        if (a.kind !== b.kind || a.from.x !== b.from.x) continue
        const shared =
          Math.min(Math.max(a.from.y, a.to.y), Math.max(b.from.y, b.to.y)) -
          Math.max(Math.min(a.from.y, a.to.y), Math.min(b.from.y, b.to.y))
        expect(shared, drawing.name).toBeLessThanOrEqual(0)
      }
    })
  }
})

test('ten thousand steps do not take longer than they must', () => {
  for (const drawing of [flow(1, 10_000, 20), line(10_000), sideBySide(10_000)]) {
    const start = performance.now()
    expect(shown(layout(drawing, { sizeOf })).length).toBeGreaterThanOrEqual(10_000)
    // A twentieth of this on a quiet machine; anything quadratic takes minutes.
    expect(performance.now() - start, drawing.name).toBeLessThan(10_000)
  }
})

// ---

function isOnEdge({ x, y }: Point, box: Box): boolean {
  const close = (a: number, b: number) => Math.abs(a - b) < 0.1
  const isWithinX = x > box.x - 0.1 && x < box.x + box.width + 0.1
  const isWithinY = y > box.y - 0.1 && y < box.y + box.height + 0.1
  return (
    isWithinX &&
    isWithinY &&
    (close(x, box.x) || close(x, box.x + box.width) || close(y, box.y) || close(y, box.y + box.height))
  )
}

/** Points along a way, its bends included. */
function dotsOf(way: readonly Point[], direction: Direction): Point[] {
  return way.slice(1).flatMap((to, i) => {
    const from = way[i] as Point
    return Array.from({ length: 13 }, (_, n) => {
      const part = n / 12
      // Of an S, what lies across lags behind and catches up.
      const eased = 3 * part ** 2 - 2 * part ** 3
      const [px, py] = direction === 'down' ? [eased, part] : [part, eased]
      return { x: from.x + (to.x - from.x) * px, y: from.y + (to.y - from.y) * py }
    })
  })
}
