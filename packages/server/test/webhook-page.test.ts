// What docs/triggers.md shows of webhooks works as it stands there: its flow, and its commands with curl and openssl.

import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startServer } from './start-server.ts'

const page = readFileSync(new URL('../../../docs/triggers.md', import.meta.url), 'utf8')
const blocks = [...page.matchAll(/```(\w+)\n(.*?)```/gs)].map(([, language, text = '']) => ({ language, text }))
const yaml =
  blocks.find(({ language, text }) => language === 'yaml' && text.includes('webhook: github-push'))?.text ?? ''
const commands = blocks.filter(({ language, text }) => language === 'sh' && text.includes('openssl dgst'))

const isThere = (program: string) => spawnSync(program, ['--version']).error === undefined
// A machine without them cannot run these commands.
const hasPrograms = isThere('curl') && isThere('openssl') && isThere('bash')

const ORDERS = `
name: orders
triggers: [{ webhook: new-order, secret: ORDERS }]
steps: [{ id: a, component: /builtin/noop, input: { $input: order } }]
output: { $step: a }
`

test.skipIf(!hasPrograms)('the deliveries that the page signs with openssl are accepted', async () => {
  const files = { 'flows/push.yaml': yaml, 'flows/orders.yaml': ORDERS }
  const server = await startServer({ files })
  for (const [file, name] of [
    ['github.secret', 'GITHUB_WEBHOOK'],
    ['order.secret', 'ORDERS'],
  ] as const) {
    const value = `of-${name}`
    writeFileSync(join(server.folder, file), `${value}\n`)
    await server.call('PUT', `/secrets/${name}`, { value })
  }

  const results: unknown[] = []
  for (const { text } of commands) {
    const { runId } = JSON.parse(await bash(text.replaceAll('http://127.0.0.1:7837', server.url), server.folder))
    results.push(JSON.parse((await server.call('GET', `/runs/${runId}/results`)).body).result)
  }

  expect(results).toEqual(['push: mona to octo/hello', 17])
})

// ---

/** The server is in this process, which must go on meanwhile. */
function bash(script: string, cwd: string): Promise<string> {
  const child = spawn('bash', ['-e', '-c', script], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`exit ${code}: ${out}${err}`))))
  })
}
