// Orders to start from. Which of them can be improved the most is known only afterwards.

import type { Grid } from './grid.ts'
import type { Neighbours } from './neighbours.ts'

/** From each node that nothing leads to, downwards: a tree has no crossings that way. */
export function depthFirst(grid: Grid, lower: Neighbours): number[][] {
  const rows: number[][] = grid.rows.map(() => [])
  const seen = new Uint8Array(grid.row.length)
  const stack: number[] = []
  for (let start = 0; start < grid.row.length; start++) {
    stack.push(start)
    while (stack.length > 0) {
      const node = stack.pop() as number
      if (seen[node]) continue
      seen[node] = 1
      rows[grid.row[node] as number]?.push(node)
      // The first is on top of the stack: members in the order of the file, then bends.
      for (let i = lower.end(node) - 1; i >= lower.start(node); i--) stack.push(lower.at(i))
    }
  }
  return rows
}

/** Members as in the file, and bends in the middle: where a layer is several rows, all can be reached from there. */
export function asInFile(grid: Grid): number[][] {
  return grid.rows.map((row) => {
    const members = row.filter((node) => node < grid.firstBend)
    members.splice(Math.ceil(members.length / 2), 0, ...row.filter((node) => node >= grid.firstBend))
    return members
  })
}
