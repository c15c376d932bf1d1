// p-graph: a graph of functions; it hands nothing over, so the functions share a variable.

import { PGraph } from 'p-graph'

export function pGraph(functions) {
  let x
  const nodes = Object.fromEntries(
    functions.map((fn, i) => [
      `s${i}`,
      {
        run: () => {
          x = fn(x)
        },
      },
    ]),
  )
  const edges = functions.slice(1).map((_, i) => [`s${i}`, `s${i + 1}`])
  const graph = new PGraph(nodes, edges)
  return async (input) => {
    x = input
    await graph.run()
    return x
  }
}
