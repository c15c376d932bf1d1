// Which nodes of a grid are connected, whichever way the segments lead.

/** For each node the first node of its part: members come before ports and bends, and in the order of the file. */
export function partsOf(nodes: number, from: readonly number[], to: readonly number[]): Int32Array {
  const root = new Int32Array(nodes)
  for (let node = 0; node < nodes; node++) root[node] = node
  const find = (node: number) => {
    let at = node
    while (root[at] !== at) {
      root[at] = root[root[at] as number] as number
      at = root[at] as number
    }
    return at
  }
  for (let s = 0; s < from.length; s++) {
    const [a, b] = [find(from[s] as number), find(to[s] as number)]
    if (a < b) root[b] = a
    else root[a] = b
  }
  for (let node = 0; node < nodes; node++) root[node] = find(node)
  return root
}
