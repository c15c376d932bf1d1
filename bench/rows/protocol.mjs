// How fast calls reach a component server and come back: 64 in flight, one at a time, and 1 MB each way. No floor: these
// lines are for information, and for comparing one day with another.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { callContext } from '../call-context.mjs'
import { line, timed } from '../measure.mjs'
import { path, scratch } from '../programs.mjs'

const ROUNDS = 5

export async function measure() {
  const { createServerPlugin } = await import(pathToFileURL(path('packages/protocol/dist/index.js')).href)
  const sdk = pathToFileURL(path('packages/protocol/dist/sdk.js')).href
  const server = join(scratch(), 'server.mjs')
  writeFileSync(
    server,
    `import { createServer } from '${sdk}'\ncreateServer({ name: 'bench' }).component('echo', {}, (x) => x).listen()`,
  )
  const plugin = createServerPlugin({ name: 'bench', command: process.execPath, args: [server] })
  const echo = plugin.resolve('/echo')
  const context = callContext()

  /** Calls per second, a few times. */
  const rates = async (calls, inFlight, input) => {
    const rounds = []
    for (let round = -1; round < ROUNDS; round++) {
      let left = calls
      const caller = async () => {
        while (left-- > 0) await echo.call(input, context)
      }
      const ms = await timed(() => Promise.all(Array.from({ length: inFlight }, caller)))
      if (round >= 0) rounds.push((calls / ms) * 1000)
    }
    return rounds
  }

  try {
    const small = { text: 'sixty bytes or so of input, as a step may have' }
    const unit = 'calls/s'
    return [
      line({ what: 'a component server, 64 calls in flight', values: await rates(50_000, 64, small), unit }),
      line({ what: '  one at a time', values: await rates(5_000, 1, small), unit }),
      line({ what: '  1 MB each way, 4 in flight', values: await rates(100, 4, 'x'.repeat(1_000_000)), unit }),
    ]
  } finally {
    await plugin.stop()
  }
}
