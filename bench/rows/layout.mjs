// The layout of a drawing of 10,000 steps: what a page has to wait for, and most of an SVG.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { line, number } from '../measure.mjs'
import { path, scratch } from '../programs.mjs'

const shapes = [
  { what: 'layout of a flow of 10,000 steps', drawingOf: ({ flow }) => flow(1, 10_000, 20) },
  { what: 'layout of 10,000 steps in a line', drawingOf: ({ line }) => line(10_000) },
  { what: 'layout of 1,000 steps side by side', drawingOf: ({ sideBySide }) => sideBySide(1_000) },
]

export async function measure() {
  const drawings = await loadDrawings()
  const sizeOf = () => ({ width: 128, height: 44 })
  return shapes.map(({ what, drawingOf }) => {
    const drawing = drawingOf(drawings)
    const values = Array.from({ length: 9 }, () => {
      const start = performance.now()
      drawings.layout(drawing, { sizeOf })
      return performance.now() - start
    })
    const note = `${number(drawing.arrows.length)} arrows; the first took ${number(values[0])} ms`
    return line({ what, goal: '<= 500 ms', limit: 500, values, unit: 'ms', note })
  })
}

// ---

async function loadDrawings() {
  const outfile = join(scratch(), 'drawings.mjs')
  await build({
    stdin: {
      contents: `export * from './test/graphs.ts'; export { layout } from './src/layout/layout.ts'`,
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
