// Our layout of drawings beside dagre's: crossings as they are seen, and the time, on the drawings of the layout's own tests.
// `node bench/peers/layout.mjs [SEED...]`, after `npm ci` here. Exits with 1 if there are more than two thirds of dagre's.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { layout as dagre, graphlib } from '@dagrejs/dagre'
import { build } from 'esbuild'
import { number } from '../measure.mjs'
import { path, scratch } from '../programs.mjs'

const seeds = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 2, 3]
const { crossingsSeen, layout, testGraphs } = await loadDrawings()
const sizeOf = () => ({ width: 128, height: 44 })
const labelSizeOf = () => ({ width: 50, height: 16 })

const sum = { ours: 0, theirs: 0, oursMs: 0, theirsMs: 0, more: 0, drawings: 0 }
for (const drawing of seeds.flatMap(testGraphs)) {
  const [ours, oursMs] = timed(() => layout(drawing, { sizeOf, labelSizeOf }).ways)
  const [theirs, theirsMs] = timed(() => byDagre(drawing))
  const [a, b] = [crossingsSeen(ours), crossingsSeen(theirs)]
  sum.ours += a
  sum.theirs += b
  sum.oursMs += oursMs
  sum.theirsMs += theirsMs
  sum.drawings++
  if (a > b) sum.more++
  console.log(`${drawing.name.padEnd(36)} ${String(a).padStart(5)} of ${b}${a > b ? '  MORE' : ''}`)
}
console.log(
  `\n${sum.drawings} drawings: ${number(sum.ours)} crossings, dagre ${number(sum.theirs)} (${Math.round((100 * sum.ours) / sum.theirs)} %); ` +
    `more in ${sum.more}; ${number(sum.oursMs)} ms, dagre ${number(sum.theirsMs)} ms`,
)
process.exit(sum.ours <= (sum.theirs * 2) / 3 ? 0 : 1)

// ---

async function loadDrawings() {
  const outfile = join(scratch(), 'drawings.mjs')
  await build({
    stdin: {
      contents: `export * from './test/graphs.ts'; export * from './test/measures.ts'; export { layout } from './src/layout/layout.ts'`,
      resolveDir: path('packages/draw'),
    },
    outfile,
    bundle: true,
    format: 'esm',
    target: 'node20',
  })
  const loaded = await import(pathToFileURL(outfile).href)
  rmSync(outfile)
  return loaded
}

function timed(work) {
  const start = performance.now()
  return [work(), performance.now() - start]
}

/** With the settings that our drawings had while dagre made them. */
function byDagre(drawing) {
  const graph = new graphlib.Graph({ multigraph: true, compound: true })
  graph.setGraph({ rankdir: 'TB', nodesep: 36, ranksep: 44, edgesep: 18 })
  const holders = new Set(drawing.shapes.flatMap((s) => (s.within === undefined ? [] : [s.within])))
  const touched = new Set(drawing.arrows.flatMap((a) => [a.from, a.to]))
  for (const holder of holders) graph.setNode(`f${holder}`, {})
  drawing.shapes.forEach((shape, i) => {
    if (i < 2 && !touched.has(i)) return
    graph.setNode(`s${i}`, sizeOf())
    if (holders.has(i)) graph.setParent(`s${i}`, `f${i}`)
    if (shape.within === undefined) return
    if (!holders.has(i)) graph.setParent(`s${i}`, `f${shape.within}`)
    else graph.setParent(`f${i}`, `f${shape.within}`)
  })
  drawing.arrows.forEach((arrow, i) => {
    const label = arrow.label === undefined ? {} : { ...labelSizeOf(), labelpos: 'c' }
    const weight = arrow.kind === 'failure' || arrow.kind === 'maybe' ? 1 : 3
    graph.setEdge(`s${arrow.from}`, `s${arrow.to}`, { ...label, weight }, `a${i}`)
  })
  dagre(graph)
  return drawing.arrows.map((a, i) => graph.edge({ v: `s${a.from}`, w: `s${a.to}`, name: `a${i}` }).points)
}
