import { expect, test } from 'vitest'
import { type Grid, type GridNode, gridOf, type Piece } from '../src/layout/grid.ts'
import { countCrossings, orderRows } from '../src/layout/order.ts'
import { poolAdjacentViolators } from '../src/layout/place.ts'
import { randomOf } from './graphs.ts'

/** Rows of nodes, each of which leads to some of the next rows. */
function randomGrid(seed: number): Grid {
  const random = randomOf(seed)
  const nodes: GridNode[] = []
  const pieces: Piece[] = []
  for (let row = 0; row < 5; row++) {
    for (let i = 0; i < 2 + random() * 4; i++) nodes.push({ row, file: nodes.length, width: 10, height: 10 })
  }
  nodes.forEach((lower, to) => {
    nodes.forEach((upper, from) => {
      if (upper.row >= lower.row || random() > 0.25 / (lower.row - upper.row)) return
      pieces.push({ upper: from, lower: to, upperAt: Number.NaN, lowerAt: Number.NaN, upperKey: from, lowerKey: to })
    })
  })
  return gridOf(nodes, pieces, random() < 0.5 ? 'shared' : 'own')
}

/** Pair by pair. */
function crossingsOf(grid: Grid): number {
  const at = new Map(grid.rows.flatMap((row) => row.map((node, i) => [node, i] as const)))
  const ends = grid.upper.map((upper, s) => [grid.row[upper], at.get(upper), at.get(grid.lower[s] ?? 0)] as const)
  let crossings = 0
  ends.forEach(([row, up, low], i) => {
    for (const [otherRow, otherUp, otherLow] of ends.slice(i + 1)) {
      if (row === otherRow && ((up ?? 0) - (otherUp ?? 0)) * ((low ?? 0) - (otherLow ?? 0)) < 0) crossings++
    }
  })
  return crossings
}

test('crossings are counted right', () => {
  for (let seed = 0; seed < 50; seed++) {
    const grid = randomGrid(seed)
    expect(countCrossings(grid)).toBe(crossingsOf(grid))
    expect(orderRows(grid)).toBe(crossingsOf(grid))
  }
})

test('ordering adds no crossings and loses no node', () => {
  for (let seed = 0; seed < 50; seed++) {
    const before = randomGrid(seed)
    const grid = randomGrid(seed)
    orderRows(grid)

    expect(crossingsOf(grid)).toBeLessThanOrEqual(crossingsOf(before))
    expect(grid.rows.map((row) => [...row].sort())).toEqual(before.rows.map((row) => [...row].sort()))
  }
})

test('neighbours stand against the order of the file only where that saves a crossing', () => {
  for (let seed = 0; seed < 100; seed++) {
    const grid = randomGrid(seed)
    const crossings = orderRows(grid)
    for (const row of grid.rows) {
      for (let i = 0; i + 1 < row.length; i++) {
        const [left, right] = [row[i] as number, row[i + 1] as number]
        if (left >= grid.firstBend || right >= grid.firstBend || left < right) continue
        // Parts that are not connected stand side by side, whatever the file says.
        if (grid.part[left] !== grid.part[right]) continue
        row[i] = right
        row[i + 1] = left
        expect(crossingsOf(grid)).toBeGreaterThan(crossings)
        row[i] = left
        row[i + 1] = right
      }
    }
  }
})

test('pooled wishes do not fall, and no shift of a pool is nearer to what was wished', () => {
  const random = randomOf(3)
  for (let run = 0; run < 200; run++) {
    const count = 1 + Math.floor(random() * 8)
    const wish = Float64Array.from({ length: count }, () => Math.round(random() * 20))
    const weight = Float64Array.from({ length: count }, () => 1 + Math.floor(random() * 4))
    const found = wish.slice()
    poolAdjacentViolators(found, weight, count)
    const cost = (of: Float64Array) => of.reduce((sum, x, i) => sum + (weight[i] ?? 0) * (x - (wish[i] ?? 0)) ** 2, 0)

    for (let i = 1; i < count; i++) expect((found[i] ?? 0) - (found[i - 1] ?? 0)).toBeGreaterThanOrEqual(0)
    for (let from = 0; from < count; from++) {
      for (let to = from + 1; to <= count; to++) {
        for (const by of [-0.5, 0.5]) {
          const other = found.map((x, i) => (i >= from && i < to ? x + by : x))
          if (other.some((x, i) => i > 0 && x < (other[i - 1] ?? 0))) continue
          expect(cost(other)).toBeGreaterThanOrEqual(cost(found) - 1e-9)
        }
      }
    }
  }
})
