// All rows, or those that are named, each in a process of its own, and one table. Run after `npm run build`:
// npm run bench [-- ROW...]; BENCH_QUICK=1 takes a tenth of the lines of the large batch. `--write` puts what was measured
// into docs/performance.md.

import { spawn } from 'node:child_process'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { printTable } from './measure.mjs'
import { writePage } from './page.mjs'

const rows = [
  'start-up',
  'chain',
  'shapes',
  'kept',
  'batch',
  'for-each',
  'validate',
  'templates',
  'durable',
  'postgres',
  'nodes',
  'temporal',
  'signals',
  'code',
  'protocol',
  'stdio-worker',
  'http-server',
  'mcp',
  'grpc-worker',
  'python',
  'jail',
  'layout',
  'serve',
  'web',
  'lists',
  'reading',
  'secrets',
]

const isWriting = process.argv.includes('--write')
const named = process.argv.slice(2).filter((word) => word !== '--write')
const unknown = named.filter((name) => !rows.includes(name))
if (unknown.length > 0) {
  console.error(`there is no row "${unknown.join('", "')}"; there are: ${rows.join(', ')}`)
  process.exit(2)
}

const measured = new Map()
for (const name of named.length > 0 ? named : rows) {
  process.stderr.write(`${name} ...\n`)
  const [before] = loadavg()
  measured.set(name, { lines: await measureApart(name), before, after: loadavg()[0] })
  // Row by row: what breaks off later takes nothing of it away.
  if (isWriting) writePage(rows, measured)
}
const lines = [...measured.values()].flatMap((row) => row.lines)
printTable(lines)
process.exit(lines.some((line) => line.met === 'NO') ? 1 : 0)

// ---

/** In a process of its own: what one row taught the compiler, and left in memory, is not the next one's. */
function measureApart(name) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('row.mjs', import.meta.url)), name], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    let lines = []
    child.on('message', (message) => {
      lines = message
    })
    child.on('close', (status) => (status === 0 ? resolve(lines) : reject(new Error(`row "${name}" broke off`))))
  })
}
