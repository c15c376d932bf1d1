// A project whose flows run on a Temporal server, with a worker of it: what the tests of faults, values and long runs share. Its
// runs are begun and awaited from here, without a command for each; each is replayed in the end.

import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Outcome, Plan } from '@stepflow/engine'
import { type EngineElsewhere, openGivenBlobs, openProject, type RunsElsewhere } from '@stepflow/host'
import { extension, type Installed } from './install-temporal.ts'
import { root } from './stepflow.ts'
import { type RunningWorker, type ServerOptions, TemporalCluster } from './temporal-cluster.ts'

const COMPONENTS = `
import { appendFileSync, existsSync } from 'node:fs'
const note = (text) => appendFileSync('calls.txt', text + '\\n')
export const double = ({ n }) => { note('double ' + n); return { n: n * 2 } }
export const fail = ({ message }, context) => { note(message + ' ' + context.attempt); throw new Error(message) }
export const third = (input, { attempt }) => { if (attempt < 3) throw new Error('not yet'); return input }
export const big = ({ bytes }) => { note('big ' + bytes); return { text: 'x'.repeat(bytes) } }
export const next = ({ n, of }) => { appendFileSync('called-' + of + '.txt', n + '\\n'); return n + 1 }
export const length = ({ text }) => text.length
export const echo = (input) => input
export const leak = ({ token }) => { throw new Error('refused: ' + token) }
export const slow = ({ ms, name }, { signal }) => new Promise((resolve, reject) => {
  note('began ' + name)
  const timer = setTimeout(() => { note('ended ' + name); resolve(name) }, ms)
  signal.addEventListener('abort', () => { clearTimeout(timer); note('left ' + name); reject(signal.reason) })
})
/** Answers when the file of that name is there. */
export const hold = ({ name }, { signal }) => new Promise((resolve, reject) => {
  note('began ' + name)
  const look = setInterval(() => { if (existsSync(name)) { clearInterval(look); resolve({ n: 0 }) } }, 20)
  signal.addEventListener('abort', () => { clearInterval(look); note('left ' + name); reject(signal.reason) })
})
`
/** Says nothing of capabilities, as servers on the public SDKs do. */
const PLAIN_SERVER = `
import { createInterface } from 'node:readline'
const results = { initialize: () => ({ server_protocol_version: 1 }), 'components/execute': (params) => ({ output: params }) }
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: results[method]?.(params) ?? {} }))
})
`
const CONFIG = `
plugins:
  mine: { type: module, path: ./components.mjs }
  plain: { type: stepflow, command: node, args: [plain-server.mjs] }
routes:
  "/plain/{*component}": [{ plugin: plain }]
  "/mine/{*component}": [{ plugin: mine }]
files: { allow: [schemas] }
`

type Env = Readonly<Record<string, string>>

export interface Given {
  readonly env?: Env
  readonly blobs?: string
}

/** The runs of one task queue, and the words that lead a command to it. */
export class TemporalProject {
  readonly cluster: TemporalCluster
  readonly #plans = new Map<string, Promise<Plan>>()
  readonly #opened = new Map<string, Promise<RunsElsewhere>>()
  readonly #begun: string[] = []

  private constructor(cluster: TemporalCluster) {
    this.cluster = cluster
  }

  /** `flows`: the text of each after its name. */
  static async open(installed: Installed, flows: Readonly<Record<string, string>>, options: ServerOptions) {
    const cluster = await TemporalCluster.start(installed, options)
    cluster.write('components.mjs', COMPONENTS)
    cluster.write('plain-server.mjs', PLAIN_SERVER)
    cluster.write('stepflow-config.yml', CONFIG)
    for (const [name, text] of Object.entries(flows)) cluster.write(`flows/${name}.yaml`, `name: ${name}${text}`)
    return new TemporalProject(cluster)
  }

  words(queue = 'q', more = ''): string[] {
    return ['--engine', this.cluster.url(queue, more)]
  }

  worker(queue = 'q', { env = {}, blobs }: Given = {}, more = ''): Promise<RunningWorker> {
    return this.cluster.worker([...this.words(queue, more), ...(blobs === undefined ? [] : ['--blobs', blobs])], env)
  }

  runs(queue = 'q', { env = {}, blobs }: Given = {}): Promise<RunsElsewhere> {
    const key = JSON.stringify([queue, env, blobs])
    const { folder } = this.cluster
    const open = async () => {
      const { open } = createRequire(import.meta.url)(extension) as EngineElsewhere // its public names are these
      const opened = { url: this.cluster.url(queue), env, version: 'test', log: () => {} }
      return open({ ...opened, blobs: await openGivenBlobs({ blobs, env: {}, cwd: folder }) })
    }
    const found = this.#opened.get(key) ?? open()
    this.#opened.set(key, found)
    return found
  }

  async begin(flow: string, input: unknown, id: string, queue?: string, given?: Given): Promise<void> {
    const runs = await this.runs(queue, given)
    const plan = await this.plan(flow)
    await runs.check(plan)
    await runs.start({ id, plan, input })
    if (given === undefined) this.#begun.push(id)
  }

  async outcome(id: string, queue?: string, given?: Given): Promise<Outcome> {
    return (await this.runs(queue, given)).outcome(id)
  }

  async run(flow: string, input: unknown, id: string, queue?: string, given?: Given): Promise<Outcome> {
    await this.begin(flow, input, id, queue, given)
    return this.outcome(id, queue, given)
  }

  plan(flow: string): Promise<Plan> {
    const found = this.#plans.get(flow) ?? this.#compile(flow)
    this.#plans.set(flow, found)
    return found
  }

  /** Signals as anybody sends them who knows nothing of us. */
  async signal(id: string, name: string, ...payloads: readonly unknown[]): Promise<void> {
    const inputs = payloads.flatMap((payload) => ['--input', JSON.stringify(payload)])
    const { code, err } = await this.cluster.temporal('workflow', 'signal', '-w', id, '--name', name, ...inputs)
    if (code !== 0) throw new Error(err)
  }

  /** What the components noted: how often this. */
  calls(text: string): number {
    return this.cluster.lines('calls.txt').filter((line) => line === text).length
  }

  /** Replays all runs that were begun here without a key or blobs, others by their ids, and those of released versions. */
  replay(others: readonly string[] = []) {
    const folder = `${root}/extensions/temporal/histories`
    const released = readdirSync(folder).map((name) => `${folder}/${name}`)
    return this.cluster.replay([...this.#begun, ...others], released)
  }

  async close(): Promise<void> {
    for (const runs of this.#opened.values()) await (await runs).close()
    await this.cluster.close()
  }

  // ---

  async #compile(flow: string): Promise<Plan> {
    const { folder } = this.cluster
    const project = await openProject({ file: `flows/${flow}.yaml`, cwd: folder, env: {}, purpose: 'elsewhere' })
    try {
      if (!project.plan) throw new Error(JSON.stringify(project.diagnostics))
      return project.plan
    } finally {
      await project.close()
    }
  }
}
