// What is measured: our flows and the workflows written by hand, each with a worker in a process of its own, and begun by this
// process. Both call the same functions.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { timed } from '../measure.mjs'
import { path, startProgram, stepflow } from '../programs.mjs'
import { order, work } from '../work.mjs'
import { extension, requireThere } from './extension.mjs'

/** The kinds of run, by what a hand-written workflow is called. */
const FLOWS = {
  chain: (steps) => ({
    steps: stepsOf(steps, (i) => (i === 0 ? { $input: '$' } : { $step: `s${i - 1}` })),
    output: { $step: `s${steps - 1}` },
  }),
  fan: (steps) => ({
    steps: stepsOf(steps, () => ({ $input: '$' })),
    output: Array.from({ length: steps }, (_, i) => ({ $step: `s${i}` })),
  }),
}

/** `compile`: of a flow that is given as a value. */
export async function ours(cluster, compile) {
  writeProject(cluster.folder)
  const url = cluster.url('ours')
  const startWorker = () => started([stepflow, 'worker', '--engine', url, '--json', '--quiet'], cluster.folder)
  const worker = await startWorker()
  const runs = await requireThere(extension).open({ url, env: {}, version: 'bench', log: () => {} })
  const plans = new Map()
  const planOf = (name, steps) => {
    const key = `${name} ${steps}`
    if (!plans.has(key)) plans.set(key, compile({ name, ...FLOWS[name](steps) }))
    return plans.get(key)
  }
  return {
    worker,
    runs,
    startWorker,
    /** One run, to its end. */
    async run(name, steps, id, input) {
      await runs.start({ id, plan: planOf(name, steps), input })
      const { outcome, error } = await runs.outcome(id)
      if (outcome !== 'success') throw new Error(error?.message)
    },
    async begin(flow, id) {
      await runs.start({ id, plan: compile(flow), input: null })
    },
    close: () => runs.close(),
  }
}

export async function byHand(cluster) {
  const { host } = new URL(cluster.url())
  const bundle = join(cluster.folder, 'plain-bundle.js')
  writeFileSync(bundle, await bundleByHand())
  const program = fileURLToPath(new URL('plain-worker.mjs', import.meta.url))
  const worker = await started([program, host, 'plain', bundle], cluster.folder)
  const { Client, Connection } = requireThere('@temporalio/client')
  const connection = await Connection.connect({ address: host })
  const { workflow } = new Client({ connection })
  return {
    worker,
    workflow,
    run: (name, steps, workflowId, input) =>
      workflow.execute(name, { workflowId, taskQueue: 'plain', args: [input, steps] }),
    close: () => connection.close(),
  }
}

/** All of them, those that were killed, too. */
export async function endWorkers() {
  for (const worker of workers) await worker.end()
}

let count = 0

/** So many runs, so many at once: how long they took, and what CPU their worker, in milliseconds. */
export async function load({ run, worker }, { name, steps, runs, atOnce }) {
  const times = []
  let left = runs
  const cpu = cpuOf(worker.pid)
  const one = async () => {
    while (left-- > 0) times.push(await timed(() => run(name, steps, `${name}-${count++}`, order(count))))
  }
  const ms = await timed(() => Promise.all(Array.from({ length: atOnce }, one)))
  return { ms, times, cpu: cpuOf(worker.pid) - cpu, last: `${name}-${count - 1}` }
}

// ---

async function bundleByHand() {
  const { bundleWorkflowCode, DefaultLogger } = requireThere('@temporalio/worker')
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('plain-workflows.mjs', import.meta.url)),
    // It stands elsewhere than its dependencies.
    webpackConfigHook: ({ resolve, ...config }) => ({
      ...config,
      resolve: { ...resolve, modules: [join(extension, 'node_modules')] },
    }),
    logger: new DefaultLogger('WARN'),
  })
  return code
}

const workers = []

async function started(words, folder) {
  const worker = await startProgram(words, folder)
  workers.push(worker)
  return worker
}

const TICK_MS = 10

/** Of all its threads, since it began. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

function stepsOf(steps, input) {
  return Array.from({ length: steps }, (_, i) => ({
    ...{ id: `s${i}`, component: `/jobs/${work[i % work.length].name}`, input: input(i) },
  }))
}

function writeProject(folder) {
  const calls = join(folder, 'calls')
  const files = {
    'work.mjs': `export * from '${new URL('../work.mjs', import.meta.url)}'
import { appendFileSync } from 'node:fs'
export const slow = async (input) => {
  appendFileSync('${calls}', Date.now() + '\\n')
  await new Promise((done) => setTimeout(done, 2000))
  return input
}
export const fails_once = (input, { attempt }) => { if (attempt === 1) throw new Error('the first time') ; return input }
`,
    'server.mjs': `import { createServer } from '${pathToFileURL(path('packages/protocol/dist/sdk.js'))}'
import { appendFileSync } from 'node:fs'
const note = (what) => appendFileSync('${calls}', what + ' ' + Date.now() + '\\n')
createServer({ name: 'bench' }).component('wait', {}, (input, { signal }) => new Promise((_, reject) => {
  note('began')
  signal.addEventListener('abort', () => { note('left'); reject(signal.reason) })
})).listen()
`,
    'stepflow-config.yml': JSON.stringify({
      plugins: {
        jobs: { type: 'module', path: './work.mjs' },
        server: { type: 'stepflow', command: process.execPath, args: ['server.mjs'] },
      },
      routes: { '/jobs': [{ plugin: 'jobs' }], '/server': [{ plugin: 'server' }] },
    }),
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
}
