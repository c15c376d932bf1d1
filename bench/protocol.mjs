// How fast calls reach a component server and come back: 64 in flight, one at a time, and 1 MB each way.
// Run after `npm run build`: node bench/protocol.mjs
import { setMaxListeners } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServerPlugin } from '../packages/protocol/dist/index.js'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-bench-'))
const server = join(folder, 'server.mjs')
const sdk = new URL('../packages/protocol/dist/sdk.js', import.meta.url)
writeFileSync(
  server,
  `import { createServer } from '${sdk}'\ncreateServer({ name: 'bench' }).component('echo', {}, (x) => x).listen()`,
)
const plugin = createServerPlugin({ name: 'bench', command: process.execPath, args: [server] })
const echo = plugin.resolve('/echo')
const { signal } = new AbortController()
setMaxListeners(0, signal)
const context = {
  signal,
  attempt: 1,
  idempotencyKey: '0190c8f0/0/step/1',
  runId: '0190c8f0-0000-7000-8000-000000000000',
  stepId: 'step',
}

async function measure(title, calls, inFlight, input) {
  let left = calls
  const caller = async () => {
    while (left-- > 0) await echo.call(input, context)
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: inFlight }, caller))
  const perSecond = Math.round((calls / (performance.now() - start)) * 1000)
  console.log(`${title.padEnd(24)} ${perSecond.toLocaleString('en-US').padStart(9)} calls/s`)
}

const small = { text: 'sixty bytes or so of input, as a step may have' }
await measure('warm-up', 20_000, 64, small)
await measure('64 in flight', 200_000, 64, small)
await measure('one at a time', 20_000, 1, small)
await measure('1 MB, 4 in flight', 200, 4, 'x'.repeat(1_000_000))
await plugin.stop()
rmSync(folder, { recursive: true })
