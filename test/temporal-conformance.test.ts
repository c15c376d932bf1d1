// The conformance flows on a Temporal server: one worker, all cases of all flows at once. Each flow passes its cases there, or
// is refused by name.

import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { get, readSource, toJson } from '@stepflow/dialects'
import { type Outcome, own, type Plan } from '@stepflow/engine'
import {
  type EngineElsewhere,
  openGivenBlobs,
  openProject,
  type RunsElsewhere,
  readConfig,
  type StartElsewhere,
} from '@stepflow/host'
import { type Case, casesOf, mismatch, normalised } from '@stepflow/host/cases'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Case as CodeCase } from '../conformance/code/kit.ts'
import { expectCase } from './expect-case.ts'
import { extension, installTemporal } from './install-temporal.ts'
import { ledThere, mergedConfig } from './merged-config.ts'
import { root } from './stepflow.ts'
import { TemporalCluster } from './temporal-cluster.ts'
import { type CodeFlow, codeNames, writeCodeFlows } from './temporal-code-flows.ts'

const installed = await installTemporal()
if ('missing' in installed) process.stderr.write(`skipped: ${installed.missing}\n`)

const AT_ONCE = 16
/** The folder of flows of the worker, called as a flow that reads a file beside it calls its own. */
const HOME = 'stepflow'
/** With it, secrets may be changed, and inputs be secret. */
const KEY = { STEPFLOW_PAYLOAD_KEY: randomBytes(32).toString('base64') }

const LATE = 'a call that is cut off hears of it by its next heartbeat, when other steps have gone on'

/** What cannot run there, and what is said of it. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'manifest/cache-and-metadata-keys.yaml': /has "cache", which Temporal has no place for/,
  'stepflow/cache-does-not-depend-on-the-order-of-keys.yaml': /has "cache"/,
  'stepflow/cache-reuses-an-output.yaml': /has "cache"/,
}
const REFUSED_WITHOUT_KEY: Readonly<Record<string, RegExp>> = {
  'manifest/secrets-that-may-be-absent.yaml': /changes or compares the secret "NOBODY_HAS_SET_THIS"/,
  'stepflow/secret-words-leave-ours-alone.yaml': /marks parts as is_secret/,
}
/** What has another result there, and why: see docs/temporal.md. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'stepflow/clean-up-runs-after-an-aborted-step.yaml': LATE,
  'stepflow/on-failure-stop-aborts-what-runs.yaml': LATE,
}

const folders = ['manifest', 'stepflow'].map((name) => join(root, 'conformance', name))
/** By path. */
const texts = new Map(
  folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => [join(folder, name), readFileSync(join(folder, name), 'utf8')] as const),
  ),
)
const passing = [...texts.keys()].filter((path) => !(shown(path) in REFUSED || shown(path) in DIFFERENT))

describe.skipIf('missing' in installed)('the conformance flows on a Temporal server', () => {
  let cluster: TemporalCluster
  let runs: RunsElsewhere
  let withoutKey: RunsElsewhere
  /** Of flows in code, by name. */
  const ended = new Map<string, { readonly cases: readonly CodeCase[]; readonly outcomes: readonly Outcome[] }>()
  /** By path: what is wrong with the outcomes of its cases. */
  const wrong = new Map<string, string[]>()

  beforeAll(async () => {
    cluster = await TemporalCluster.start(installed as Exclude<typeof installed, { missing: string }>, {
      renewAfter: 4_000,
    })
    copyFilesBesideFlows(join(cluster.folder, HOME))
    cluster.write(
      `${HOME}/stepflow-config.yml`,
      mergedConfig(new Map([...texts].map(([path, text]) => [shown(path), text]))),
    )
    const blobs = join(cluster.folder, 'blobs')
    const inCode = await writeCodeFlows(cluster.folder, join(cluster.folder, HOME))
    const words = [
      '--engine',
      cluster.url(),
      '--flows',
      HOME,
      '--config',
      `${HOME}/stepflow-config.yml`,
      '--blobs',
      blobs,
    ]
    const worker = await cluster.worker(words, KEY)
    const died = new Promise<never>((_, reject) =>
      worker.child.once('exit', () => reject(new Error(`the worker has ended: ${worker.log()}`))),
    )
    const { open } = createRequire(import.meta.url)(extension) as EngineElsewhere
    const opened = { url: cluster.url(), version: 'test', log: () => {} }
    runs = await open({ ...opened, env: KEY, blobs: await openGivenBlobs({ blobs, env: {}, cwd: root }) })
    withoutKey = await open({ ...opened, env: {} })
    const next = casesOfAll(passing)
    const work = async () => {
      for await (const { path, plan, one } of next) {
        const problem = await problemOf(runs, plan, path, one)
        wrong.set(path, [...(wrong.get(path) ?? []), ...(problem === undefined ? [] : [`${one.name}: ${problem}`])])
      }
    }
    const ofCode = async ({ name, plan, cases }: CodeFlow) => {
      const asked = cases.map(({ input = null }, i) => outcomeOf(runs, { id: `${name}.${i}`, plan, input }))
      ended.set(name, { cases, outcomes: await Promise.all(asked) })
    }
    const all = [...Array.from({ length: AT_ONCE }, work), ...inCode.map(ofCode)]
    await Promise.race([died, Promise.all(all)])
  }, 600_000)

  afterAll(async () => {
    await runs?.close()
    await withoutKey?.close()
    await cluster?.close()
  })

  test.each(passing.map((path) => [shown(path), path]))('%s', (_, path) => {
    expect(wrong.get(path)).toEqual([])
  })

  test.each(codeNames)('code/%s', (name) => {
    const { cases, outcomes } = ended.get(name) ?? { cases: [], outcomes: [] }

    expect(cases.length).toBeGreaterThan(0)
    for (const [i, one] of cases.entries()) expectCase(outcomes[i] as Outcome, one)
  })

  test.skip.each(Object.entries(DIFFERENT))('%s is different: %s', () => {})

  test.each(Object.entries(REFUSED))('%s is refused: %s', async (name, reason) => {
    const { plan } = await flowAt(join(root, 'conformance', name))
    await expect(runs.check(plan)).rejects.toThrow(reason)
  })

  test.each(Object.entries(REFUSED_WITHOUT_KEY))('%s is refused without a payload key: %s', async (name, reason) => {
    const { plan } = await flowAt(join(root, 'conformance', name))
    await expect(withoutKey.check(plan)).rejects.toThrow(reason)
  })
})

// ---

interface ConformanceFlow {
  readonly plan: Plan
  readonly cases: readonly Case[]
}

function shown(path: string): string {
  return path.slice(join(root, 'conformance/').length)
}

/** The flows themselves are sent. What they read, and the flow that one of them names, lies with the worker. */
function copyFilesBesideFlows(to: string): void {
  mkdirSync(to)
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isFile() && !entry.name.endsWith('.yaml')) copyFileSync(join(folder, entry.name), join(to, entry.name))
    }
  }
}

async function* casesOfAll(paths: readonly string[]) {
  for (const path of paths) {
    const { plan, cases } = await flowAt(path)
    for (const one of cases) yield { path, plan, one }
  }
}

/** Compiled with the configuration that it brings along. */
async function flowAt(file: string): Promise<ConformanceFlow> {
  const text = texts.get(file) ?? ''
  const { node } = readSource(text, { file })
  const config = get(get(node, 'test'), 'config')
  const found = config && readConfig(config, { directory: dirname(file), env: {}, file, path: '$.test.config' })
  const project = await openProject({
    ...{ file: basename(file), cwd: dirname(file), env: {}, purpose: 'check' },
    ...(found && { config: found }),
  })
  try {
    const { plan, diagnostics } = project
    if (!plan) throw new Error(`${file}: ${JSON.stringify(diagnostics)}`)
    return { plan: ledThere(plan, shown(file), text), cases: casesOf(node && toJson(node)) }
  } finally {
    await project.close()
  }
}

async function problemOf(runs: RunsElsewhere, plan: Plan, path: string, one: Case): Promise<string | undefined> {
  const id = `${shown(path).replace('/', '.')}.${one.index}`
  const input = one.input === undefined ? (own(plan.schemas?.input, 'default') ?? {}) : one.input
  try {
    const outcome = normalised(await outcomeOf(runs, { id, plan, input, flow: basename(path) }))
    const problem = mismatch(one.output, outcome)
    return problem && `${problem} in ${JSON.stringify(outcome)}`
  } catch (thrown) {
    return String(thrown)
  }
}

async function outcomeOf(runs: RunsElsewhere, run: StartElsewhere): Promise<Outcome> {
  await runs.check(run.plan)
  await runs.start(run)
  return runs.outcome(run.id)
}
