// Nodes that are not alike: without a component, with another version of it, without the secrets, with another place for blobs.
// Each is said, where people look for it; and what must not be seen is nowhere.

import { spawnSync } from 'node:child_process'
import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { withPostgres } from '../packages/store-postgres/test/with-postgres.ts'
import { type Node, WITHIN } from './cluster.ts'
import { flows } from './faults/load.ts'
import { nodesOn } from './faults/nodes-on.ts'
import { ask, inputLines, numbers, resultsOf, submitInputs, submitLines } from './requests.ts'
import { stepflow } from './stepflow.ts'

const LIMIT = { timeout: 240_000 }
const KEY = Buffer.alloc(32, 7).toString('base64')

const SIGNED = `name: signed
description: Needs a secret
steps: [{ id: a, component: /mine/slow, input: { n: { $input: n }, ms: 1, of: { $secret: api_key } } }]
output: { $step: a }
`

await withPostgres((server) => {
  const { cluster, at } = nodesOn(server, { ...flows, signed: SIGNED })
  const { home } = cluster
  const all: Node[] = []
  const start = async (words: readonly string[], store: string, env = {}) => {
    const node = await cluster.start(words, { store, env })
    all.push(node)
    return node
  }
  /** Of a node that is not to start. */
  const refused = async (words: readonly string[], store: string, env = {}) => {
    const node = cluster.begin(words, { store, env })
    all.push(node)
    return [await node.ended, node.said()]
  }

  test(
    'a run that no node serves says so in an event and in its log; whoever called a step is on record with it',
    LIMIT,
    async () => {
      writeFileSync(join(home, 'without.yml'), CONFIG('{ type: builtin }', '/none/{*component}'))
      writeFileSync(join(home, 'other.mjs'), 'export const slow = ({ n }) => n + 100\nexport const flaky = slow\n')
      writeFileSync(join(home, 'other.yml'), CONFIG('{ type: module, path: ./other.mjs }', '/mine/{*component}'))
      const { url } = await start(['serve', '--port', '0', '--capacity', '0'], at('unlike'))
      await start(['worker', '--name', 'lacking', '--config', 'without.yml'], at('unlike'))
      const id = await submitLines(url, 'work', inputLines(40, 1), '')
      const events = await readUntil(`${url}/api/v1/runs/${id}/events?topics=log`, 'no node serves')
      expect(events).toMatch(/event: log\n.*no node serves run .*\/mine\/slow/)
      const { logs } = await ask(url, `/runs/${id}/logs?level=warning`)
      const said = (logs as { message: string }[]).map(({ message }) => message)
      expect(said.filter((line) => line.includes('is left to others'))).toHaveLength(1)
      expect(said.filter((line) => line.includes('no node serves'))).toHaveLength(1)
      expect((await ask(url, `/runs/${id}`)).status).not.toBe('failed')

      await start(['worker', '--name', 'other', '--config', 'other.yml'], at('unlike'))
      expect(await resultsOf(url, id)).toEqual(numbers(40).map((n) => n + 200))
      const { steps } = await ask(url, `/runs/${id}/items/7/steps`)
      expect(steps.map((step: any) => [step.stepId, step.attempts.at(-1).node])).toEqual([
        ['a', 'other'],
        ['b', 'other'],
      ])
    },
  )

  test('a node without the secrets, or without the key to them, says which it lacks', LIMIT, async () => {
    const store = at('secrets')
    const stepflowIs = (words: readonly string[], env: Record<string, string>, input = '') =>
      spawnSync(process.execPath, [stepflow, ...words, '--store', store], {
        ...{ cwd: home, encoding: 'utf8', env: { ...process.env, ...env }, input },
      })
    const { url } = await start(['serve', '--port', '0'], store)
    const lacking = await submitInputs(url, 'signed', [{ n: 1 }])
    await vi.waitFor(async () => expect((await ask(url, `/runs/${lacking}`)).status).toBe('failed'), WITHIN)
    expect((await ask(url, `/runs/${lacking}`)).error.message).toContain('api_key')
    expect(cluster.calls().filter(({ run }) => run === lacking)).toEqual([])

    const set = stepflowIs(['secrets', 'set', 'api_key'], { STEPFLOW_MASTER_KEY: KEY }, 'of the store')
    expect([set.status, set.stderr]).toEqual([0, expect.any(String)])
    expect(await refused(['worker'], store)).toEqual([2, expect.stringContaining('STEPFLOW_MASTER_KEY')])
    const wrong = { STEPFLOW_MASTER_KEY: Buffer.alloc(32, 8).toString('base64') }
    expect(await refused(['worker'], store, wrong)).toEqual([2, expect.stringContaining('STEPFLOW_MASTER_KEY')])
    const { url: able } = await start(['serve', '--port', '0', '--name', 'able'], store, { STEPFLOW_MASTER_KEY: KEY })
    const id = await submitInputs(able, 'signed', [{ n: 1 }])
    expect(await resultsOf(able, id)).toEqual([1])
  })

  test('a node with another place for blobs, or with one that is gone, is refused, and makes none', LIMIT, async () => {
    const store = at('blobs')
    const { url } = await start(['serve', '--port', '0', '--blobs', 'place'], store)
    const ended = await submitInputs(url, 'work', [{ n: 1, ms: 1 }])
    expect(await resultsOf(url, ended)).toEqual([1])
    expect(await refused(['worker', '--blobs', 'elsewhere'], store)).toEqual([
      2,
      expect.stringMatching(/keeps its blobs in .*place, and .*elsewhere holds none of them: name the same place/),
    ])
    expect(existsSync(join(home, 'elsewhere'))).toBe(false)
    renameSync(join(home, 'place'), join(home, 'unmounted'))
    expect(await refused(['worker', '--blobs', 'place'], store)).toEqual([
      2,
      expect.stringMatching(/keeps its blobs in .*place, and none of them is there now: mount the folder/),
    ])
    expect(existsSync(join(home, 'place'))).toBe(false)
    renameSync(join(home, 'unmounted'), join(home, 'place'))
    await start(['worker', '--blobs', 'place', '--name', 'there'], store)
  })

  test("a worker's port is on loopback alone unless told", LIMIT, async () => {
    const { url } = await start(['worker', '--port', '0'], at('unlike'))
    expect(new URL(url).hostname).toBe('127.0.0.1')
    expect((await fetch(`${url}/metrics`)).status).toBe(200)
    // Other addresses of this machine reach whoever listens on all.
    await expect(fetch(`${url.replace('127.0.0.1', '127.0.0.2')}/health`)).rejects.toThrow()
  })

  test("the URL's password is in no log, list of nodes, event or error", LIMIT, async () => {
    const store = at('unlike')
    const { url } = await start(['serve', '--port', '0', '--name', 'asked'], store)
    const id = await submitInputs(url, 'work', [{ n: 1, ms: 1 }])
    await resultsOf(url, id)
    const texts = await Promise.all(
      ['nodes', `runs/${id}/events`, `runs/${id}/logs`, `runs/${id}/journal`, 'runs', 'health', 'server'].map(
        async (path) => (await fetch(`${url}/api/v1/${path}`)).text(),
      ),
    )
    texts.push(await (await fetch(`${url}/metrics`)).text())
    for (const words of [['nodes'], ['nodes', '--json'], ['runs', 'list'], ['migrate', '--check']]) {
      const { stdout, stderr } = spawnSync(process.execPath, [stepflow, ...words, '--store', store], {
        encoding: 'utf8',
      })
      texts.push(stdout, stderr)
    }
    const away = store.replace(/:\d+\//, ':1/')
    const gone = spawnSync(process.execPath, [stepflow, 'nodes', '--store', away], { encoding: 'utf8' })
    expect(gone.status).toBe(3)
    texts.push(gone.stderr, ...all.map(({ said }) => said()))
    expect(texts.join('\n')).not.toMatch(/s3cr(%40|@)t/)
    expect(texts.every((text) => !/^\s+at /m.test(text))).toBe(true)
  })
})

// ---

function CONFIG(mine: string, route: string): string {
  return `plugins: { builtin: { type: builtin }, mine: ${mine} }
routes: { "${route}": [{ plugin: mine }], "/{*component}": [{ plugin: builtin }] }
`
}

/** What comes until that is in it, or it has been waited for long enough. */
async function readUntil(url: string, text: string): Promise<string> {
  const { body } = await fetch(url, { signal: AbortSignal.timeout(WITHIN.timeout) })
  let all = ''
  try {
    for await (const chunk of body as ReadableStream<Uint8Array>) {
      all += Buffer.from(chunk).toString()
      if (all.includes(text)) break
    }
  } catch {} // what has come says what is missing
  return all
}
