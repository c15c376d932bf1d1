// The order of the nodes in each row: medians of their neighbours, up and down, then exchanges of neighbours in a row, and
// of all that was tried the order with the fewest crossings. Where it costs no crossing, nodes stand as in the file, and
// parts that are not connected stand side by side. No chance: the same grid gives the same order.

import { asInFile, depthFirst } from './first-orders.ts'
import type { Grid } from './grid.ts'
import { Ordering } from './ordering.ts'

/** Rearranges the rows of the grid; gives back how many segments cross. */
export function orderRows(grid: Grid): number {
  if (grid.upper.length === 0) return 0
  const ordering = new Ordering(grid)
  const nodes = grid.row.length
  const isSmall = nodes <= 1_500
  const sweeps = isSmall ? 12 : Math.max(4, Math.min(12, Math.round(240_000 / nodes)))
  const starts = [asInFile(grid), depthFirst(grid, ordering.lower)]
  for (const start of starts) {
    ordering.take(start)
    ordering.keepIfBetter()
  }
  for (const start of isSmall ? starts : [undefined]) {
    for (const by of isSmall ? (['median', 'mean'] as const) : (['median'] as const)) {
      if (start) ordering.take(start)
      else ordering.takeBest()
      let without = 0
      for (let i = 0; i < sweeps && without < 4 && ordering.best > 0; i++) {
        ordering.sweep(i % 2 === 0 ? 'down' : 'up', by)
        if (isSmall) ordering.exchange(4)
        without = ordering.keepIfBetter() ? 0 : without + 1
      }
    }
  }
  // What sweeps cannot leave any more: nodes moved far along their rows, from the best order with some rows shaken.
  const shakes = isSmall ? Math.min(60, Math.ceil(8_000 / nodes)) : 0
  for (let shake = 0, without = 0; shake < shakes && without < 20 && ordering.best > 0; shake++) {
    ordering.takeBest()
    if (shake > 0) ordering.shake(shake)
    let before = Number.POSITIVE_INFINITY
    for (let round = 0; round < 6; round++) {
      ordering.sift()
      const now = ordering.crossings()
      if (now >= before) break
      before = now
    }
    without = ordering.keepIfBetter() ? 0 : without + 1
  }
  return ordering.finish()
}

/** Crossings of the segments in the order of the rows. */
export function countCrossings(grid: Grid): number {
  return grid.upper.length === 0 ? 0 : new Ordering(grid).crossings()
}
