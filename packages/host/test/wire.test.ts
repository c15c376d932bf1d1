import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { literal, type Outcome, type Plan } from '@stepflow/engine'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadConfig } from '../src/config/load-config.ts'
import { type Wired, wire } from '../src/wire.ts'

let home: string
let wired: Wired | undefined
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wire-'))
})
afterEach(async () => {
  await wired?.close()
  wired = undefined
  rmSync(home, { recursive: true, force: true })
})

async function wireUp(files: Record<string, string>): Promise<Wired> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text)
  const { config, diagnostics } = await loadConfig({ cwd: home, env: {} })
  expect(diagnostics.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([])
  wired = await wire(config, { env: { STEPFLOW_SECRET_KEY: 'k' }, flowDirectory: home })
  return wired
}

function oneStep(component: string, input: Plan['steps'][number]['input']): Plan {
  return {
    name: 'one',
    steps: [{ id: 'only', component, input }],
    entry: 0,
    exit: 0,
    onFailure: 'stop',
  }
}

async function run({ engine }: Wired, plan: Plan, input: unknown = null): Promise<Outcome | undefined> {
  const handle = await engine.submit(plan, [input])
  for await (const { outcome } of handle.results()) return outcome
  return undefined
}

test('without a configuration the builtin components run', async () => {
  const there = await wireUp({})

  expect(await run(there, oneStep('/builtin/noop', literal(1)))).toEqual({ outcome: 'success', result: 1 })
})

test('a function of a module, a recorded answer and a recorded skip are steps like any other', async () => {
  const there = await wireUp({
    'components.ts': 'export const shout = (text: string) => text.toUpperCase()',
    'stepflow-config.yml': `
plugins:
  local: { type: module, path: components.ts, max_in_flight: 1 }
  fake: { type: mock, components: { /x: { behaviors: { 1: { outcome: success, result: one }, 2: { outcome: skipped, reason: two } } } } }
routes:
  /local: [{ plugin: local }]
  "/fake/{*component}": [{ plugin: fake }]
`,
  })

  expect(await run(there, oneStep('/local/shout', literal('hey')))).toEqual({ outcome: 'success', result: 'HEY' })
  expect(await run(there, oneStep('/fake/x', literal(1)))).toEqual({ outcome: 'success', result: 'one' })
  expect(await run(there, oneStep('/fake/x', literal(2)))).toMatchObject({ outcome: 'skipped', reason: 'two' })
  expect(await run(there, oneStep('/fake/x', literal(3)))).toMatchObject({
    outcome: 'failed',
    error: { code: 'UNREACHABLE', message: 'No behavior defined for /x on 3' },
  })
})

const SERVER = `
import { createInterface } from 'node:readline'
const answers = {
  initialize: () => ({ server_protocol_version: 1 }),
  'components/list': () => ({ components: [{ component: '/where' }] }),
  'components/execute': () => ({ output: { pid: process.pid, cwd: process.cwd(), env: process.env.GREETING } }),
}
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line)
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method]?.() ?? null }))
})
`

test('a server runs in the directory of the configuration with the environment that it gives, in several processes', async () => {
  const there = await wireUp({
    'server.mjs': SERVER,
    'stepflow-config.yml': `
plugins:
  s: { type: stepflow, command: node, args: [server.mjs], env: { GREETING: "\${WHO:-hi}" }, processes: 2 }
routes: { /s: [{ plugin: s }] }
`,
  })
  const route = there.router.route('/s/where')
  const plan: Plan = {
    ...oneStep('/s/where', literal(null)),
    steps: [
      { id: 'a', component: '/s/where', input: literal(null) },
      { id: 'b', component: '/s/where', input: literal(null) },
      {
        id: 'both',
        component: null,
        input: {
          op: 'array',
          of: [
            { op: 'step', step: 0 },
            { op: 'step', step: 1 },
          ],
        },
      },
    ],
    entry: 2,
    exit: 2,
  }

  const outcome = await run(there, plan)

  expect(route.component?.info.name).toBe('/where')
  const results = (outcome as { result: { pid: number; cwd: string; env: string }[] }).result
  expect(results).toMatchObject([
    { cwd: realpathSync(home), env: 'hi' },
    { cwd: realpathSync(home), env: 'hi' },
  ])
  expect(new Set(results.map(({ pid }) => pid)).size).toBe(2)
  expect((await there.components()).components).toContainEqual({
    info: { name: '/where' },
    plugin: 's',
    paths: ['/s/where'],
  })
})

test('components are listed with the paths that lead to them, and one plugin that fails hides no other', async () => {
  const there = await wireUp({
    'components.mjs': 'export const shout = (text) => text',
    'stepflow-config.yml': `
plugins:
  local: { type: module, path: components.mjs }
  broken: { type: stepflow, command: ./not-there }
routes: { /local: [{ plugin: local }], /broken: [{ plugin: broken }] }
`,
  })

  const { components, failures } = await there.components()

  expect(components).toContainEqual({ info: { name: '/shout' }, plugin: 'local', paths: ['/local/shout'] })
  expect(components.some(({ plugin, paths }) => plugin === 'builtin' && paths.includes('/builtin/noop'))).toBe(true)
  expect(failures).toMatchObject([{ plugin: 'broken' }])
})

test('a module that cannot be loaded stops everything with its file and line', async () => {
  const broken = wireUp({
    'components.ts': '\nthrow new Error("no luck")',
    'stepflow-config.yml': 'plugins: { l: { type: module, path: components.ts } }\nroutes: { /l: [{ plugin: l }] }',
  })

  await expect(broken).rejects.toThrow('plugin "l": components.ts:2: no luck')
})

test('secrets come from the environment, under their own name or in capitals', async () => {
  const there = await wireUp({})

  const outcome = await run(there, oneStep('/builtin/noop', { op: 'secret', path: 'key' }))

  expect(outcome?.outcome).toBe('success')
})
