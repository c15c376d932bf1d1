// One server, written in the API of every released version of the public Python SDK, each as it was installed from PyPI, and
// of our own SDKs over each transport: what an author may do works on all.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Outcome } from '@stepflow/engine'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../src/config/load-config.ts'
import { createFlowLoader } from '../src/flows/flow-loader.ts'
import { KnownFlows } from '../src/flows/known-flows.ts'
import { type Wired, wire } from '../src/wire.ts'
import { type Program, pythonServer, typescriptServer } from './our-servers.ts'
import { pythonWith } from './released-environments.ts'

/** `bounds`: it reads lines of at most 512 KiB. */
type Ability = 'batches' | 'metadata' | 'ids' | 'bounds'

interface Row {
  readonly name: string
  readonly has: readonly Ability[]
  /** Of its plugin. */
  readonly type: 'stepflow' | 'grpc'
  /** What an inner flow's failure has as its code. */
  readonly code: number | string
  start(folder: string): Promise<Program | { readonly missing: string }>
}

const released = (version: string, server: string, has: readonly Ability[], type: Row['type'] = 'stepflow'): Row => ({
  name: `stepflow-py ${version}`,
  has,
  type,
  code: type === 'grpc' ? 'TASK_ERROR_CODE_COMPONENT_FAILED' : 8,
  async start() {
    const found = await pythonWith(version)
    if ('missing' in found) return found
    const program = fileURLToPath(new URL(`./fixtures/servers/${server}`, import.meta.url))
    return { command: found.python, args: [program], env: {} }
  },
})

const ours = (language: string, has: readonly Ability[], start: Row['start']): Row[] =>
  ['stdio', 'HTTP'].map((transport) => ({
    name: `our SDK for ${language} over ${transport}`,
    has,
    type: 'stepflow',
    code: 'COMPONENT_FAILED',
    async start(folder) {
      const program = await start(folder)
      if ('missing' in program || transport === 'stdio') return program
      return { ...program, args: [...program.args, '--http'] }
    },
  }))

const rows: readonly Row[] = [
  released('0.2.1', 'inline_flows.py', []),
  released('0.2.4', 'inline_flows.py', []),
  released('0.3.0', 'flows_by_id.py', ['metadata', 'ids']),
  released('0.4.0', 'flows_by_id.py', ['metadata', 'ids']),
  released('0.5.0', 'flows_by_id.py', ['metadata', 'ids', 'batches']),
  released('0.6.0', 'flows_by_id.py', ['metadata', 'ids', 'batches']),
  released('0.7.0', 'flows_by_id.py', ['metadata', 'ids', 'batches', 'bounds']),
  released('0.9.2', 'runs.py', ['ids', 'batches']),
  released('0.10.0', 'runs.py', ['ids', 'batches']),
  released('0.11.2', 'runs.py', ['ids', 'batches']),
  released('0.12.0', 'workers.py', ['ids', 'batches'], 'grpc'),
  released('0.13.0', 'workers.py', ['ids', 'batches'], 'grpc'),
  ...ours('TypeScript', ['batches'], typescriptServer),
  ...ours('Python', ['batches', 'metadata'], async () => pythonServer()),
]

/** Inside the checkout, so that a program finds the packages it imports. */
const tmp = fileURLToPath(new URL('../../../tmp', import.meta.url))
mkdirSync(tmp, { recursive: true })

const START_MS = 240_000
const CALL_MS = 60_000

describe.each(rows)('$name', ({ has, type, code, start }) => {
  let wired: Wired | undefined
  let missing = ''
  let directory = ''
  const lines: string[] = []
  let loadFlow: ReturnType<typeof createFlowLoader>

  beforeAll(async () => {
    directory = mkdtempSync(join(tmp, 'released-'))
    const program = await start(directory)
    if ('missing' in program) {
      missing = program.missing
      return
    }
    const flows = new KnownFlows()
    loadFlow = createFlowLoader({ directory, plugins: () => wired as Wired, flows })
    const patience = type === 'grpc' ? { queue_timeout: '60s' } : { startup_timeout: '60s' }
    const plugin = { type, ...program, ...patience }
    const config = { plugins: { s: plugin }, routes: { '/s': [{ plugin: 's' }] } }
    writeFileSync(join(directory, 'stepflow-config.yml'), JSON.stringify(config))
    wired = await wire((await loadConfig({ cwd: directory, env: {} })).config, {
      env: {},
      flowDirectory: directory,
      plan: loadFlow,
      flowOf: flows.of,
      log: (_, message) => void lines.push(message),
    })
  }, START_MS)

  afterAll(async () => {
    await wired?.close()
    rmSync(directory, { recursive: true, force: true })
  }, CALL_MS)

  /** The outcomes of a flow with this one step. */
  async function call(component: string, inputs: readonly unknown[]): Promise<Outcome[]> {
    const step = { id: 'called', component: `/s${component}`, input: { $input: '$' }, metadata: { of: 'step' } }
    const plan = await loadFlow({
      name: 'caller',
      metadata: { of: 'flow' },
      steps: [step],
      output: { $step: 'called' },
    })
    const run = await (wired as Wired).engine.submit(plan, inputs)
    const outcomes: Outcome[] = []
    for await (const { outcome } of run.results()) outcomes.push(outcome)
    return outcomes
  }

  const flow = (what: string, check: () => Promise<void>) =>
    test(what, { timeout: CALL_MS }, async (context) => {
      if (missing !== '') return context.skip(missing)
      await check()
    })

  flow('lists its components, with their schemas', async () => {
    const listing = await wired?.components()

    const info = listing?.components.find(({ info: { name } }) => name === '/word_count')?.info
    expect(info).toMatchObject({ name: '/word_count', inputSchema: expect.anything() })
  })

  flow('answers a typed call, and refuses an input of another type', async () => {
    const [right, wrong] = await call('/word_count', [{ text: 'one two' }, { text: 7 }])

    expect(right).toEqual({ outcome: 'success', result: { words: 2 } })
    expect(wrong).toMatchObject({ outcome: 'failed', error: { message: expect.stringContaining('text') } })
  })

  flow('keeps blobs', async () => {
    const value = { a: [1, 'ä', null], b: 'x'.repeat(10_000) }

    const [outcome] = await call('/keep', [{ value }])

    expect(outcome).toEqual({ outcome: 'success', result: { id: expect.stringMatching(/^[0-9a-f]{64}$/), value } })
  })

  flow('runs an inner flow, and hears how one failed', async () => {
    expect(await call('/inner', [{ n: 21 }])).toEqual([{ outcome: 'success', result: 42 }])
    expect(await call('/failing', [{ n: 0 }])).toMatchObject([
      { outcome: 'success', result: { code, message: expect.stringContaining('no negative numbers') } },
    ])
  })

  if (has.includes('batches')) {
    flow('runs a batch', async () => {
      const result = { total: 5, completed: 5, flow: true, results: [0, 2, 4, 6, 8], again: [14] }
      expect(await call('/batch', [{ n: 5 }])).toEqual([{ outcome: 'success', result }])
    })
  }

  if (has.includes('metadata')) {
    flow('reads what the flow and the step say of themselves', async () => {
      const result = { flow_metadata: { of: 'flow' }, step_metadata: { of: 'step' } }
      expect(await call('/metadata', [{ n: 0 }])).toEqual([{ outcome: 'success', result }])
    })
  }

  if (has.includes('ids')) {
    flow('hears who calls', async () => {
      const result = {
        step: 'called',
        run: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/),
        flow: expect.stringMatching(/^[0-9a-f]{64}$/),
      }
      expect(await call('/who', [{ n: 0 }])).toEqual([{ outcome: 'success', result }])
    })
  }

  flow('fails with what it raised, and prints what it likes', async () => {
    expect(await call('/boom', [{ n: 0 }])).toMatchObject([
      { outcome: 'failed', error: { code: 'COMPONENT_FAILED', message: expect.stringContaining('out of luck') } },
    ])
    expect(await call('/talk', [{ n: 3 }])).toEqual([{ outcome: 'success', result: 3 }])
    await expect.poll(() => lines.some((line) => line.includes('a word on stdout'))).toBe(true)
  })

  if (has.includes('bounds')) {
    flow('ends at an input that is longer than it reads, and the next call works', async () => {
      expect(await call('/word_count', [{ text: 'x'.repeat(600_000) }])).toMatchObject([
        { outcome: 'failed', error: { code: 'UNREACHABLE' } },
      ])
      expect(await call('/double', [{ n: 4 }])).toEqual([{ outcome: 'success', result: 8 }])
    })
  }

  flow('answers 16 calls at once', async () => {
    const outcomes = await call(
      '/slow',
      Array.from({ length: 16 }, (_, n) => ({ n })),
    )

    expect(outcomes.map((outcome) => outcome.outcome === 'success' && (outcome.result as { n: number }).n)).toEqual(
      Array.from({ length: 16 }, (_, n) => n),
    )
  })
})
