// The three steps of ../work.mjs as a service of Restate: each a durable `ctx.run`. Prints where its ingress is.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as restate from '@restatedev/restate-sdk'
import { work } from '../work.mjs'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-bench-restate-'))
const [ingress, admin, node, endpoint] = await Promise.all([freePort(), freePort(), freePort(), freePort()])

const orders = restate.service({
  name: 'orders',
  handlers: {
    async run(context, input) {
      let value = input
      for (const step of work) {
        const given = value
        value = await context.run(step.name, () => step(given))
      }
      return value
    },
  },
})
await restate.serve({ services: [orders], port: endpoint, defaultServiceOptions: {} })

const server = spawn(
  fileURLToPath(new URL('node_modules/.bin/restate-server', import.meta.url)),
  ['--node-name', 'bench'],
  {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: {
      ...process.env,
      DO_NOT_TRACK: '1',
      RESTATE_BASE_DIR: folder,
      RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
      RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}`,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      RESTATE_LOG_FILTER: 'warn',
    },
  },
)
process.on('SIGTERM', () => {
  server.once('exit', () => {
    rmSync(folder, { recursive: true, force: true })
    process.exit(0)
  })
  server.kill('SIGTERM')
})

await eventually(async () => {
  const answer = await fetch(`http://127.0.0.1:${admin}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: `http://127.0.0.1:${endpoint}` }),
  })
  if (!answer.ok) throw new Error(await answer.text())
})
const url = `http://127.0.0.1:${ingress}/orders/run`
await eventually(async () => {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id: 1, name: 'a', amount: 10 }),
  })
  if (!answer.ok) throw new Error(await answer.text())
})
console.log(JSON.stringify({ url }))

// ---

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

async function eventually(action) {
  for (let tries = 0; ; tries++) {
    try {
      return await action()
    } catch (error) {
      if (tries > 150) throw error
      await new Promise((again) => setTimeout(again, 200))
    }
  }
}
