// What the tests of gRPC workers share: plugins that listen for workers of the test, and plugins that start one as a process.

import { afterEach } from 'vitest'
import { type WorkerOptions, workerTransport } from '../src/grpc/index.ts'
import type { Transport } from '../src/transport.ts'
import { bundle } from './bundle.ts'
import { type Listed, RawWorker } from './raw-worker.ts'
import { pluginOf, type TestOptions, type TestPlugin } from './setup.ts'

const workers: RawWorker[] = []
afterEach(() => {
  for (const worker of workers.splice(0)) worker.close()
})

export const TOKEN = 'a token that is long enough'
const OURS = { queue: 'q', queueTimeoutMs: 30_000, heartbeatMs: 5000 }

export interface Listening {
  readonly plugin: TestPlugin
  /** Where workers ask; is there once something was called. */
  place(): Promise<string>
  worker(id?: string, components?: readonly Listed[], queue?: string): Promise<RawWorker>
}

/** For workers that others start. */
export function listening({ worker = {}, ...over }: TestOptions & { worker?: Partial<WorkerOptions> } = {}): Listening {
  let transport: Transport | undefined
  let place = ''
  const { clock } = over
  const plugin = pluginOf({
    startupTimeoutMs: 30_000,
    ...over,
    open() {
      const listen = { host: '127.0.0.1', port: 0 }
      transport = workerTransport({ ...OURS, listen, token: TOKEN, ...(clock && { clock }), ...worker })
      return transport
    },
  })
  async function placeOf(): Promise<string> {
    while (place === '') {
      place = /127\.0\.0\.1:[1-9]\d*/.exec(transport?.waitsFor ?? '')?.[0] ?? ''
      await new Promise(setImmediate)
    }
    return place
  }
  return {
    plugin,
    place: placeOf,
    async worker(id, components, queue = `q:${TOKEN}`) {
      const worker = new RawWorker(await placeOf(), queue, id, components)
      workers.push(worker)
      return worker
    },
  }
}

/** A worker as a process: `behave` is its source, with `worker`, a RawWorker, and `next`, `send` and so on of it. */
export async function started(
  source: string,
  {
    worker = {},
    env = {},
    ...over
  }: TestOptions & { worker?: Partial<WorkerOptions>; env?: Record<string, string> } = {},
): Promise<TestPlugin> {
  const { program } = await bundle(source, 'cjs')
  const child = { command: process.execPath, args: [program], env }
  const { clock } = over
  return pluginOf({
    startupTimeoutMs: 30_000,
    ...over,
    open: () => workerTransport({ ...OURS, child, ...(clock && { clock }), ...worker }),
  })
}

/** A worker that claims each task, beats for it, and does what its component's name says. */
export const GOOD = `
import { RawWorker } from '../test/raw-worker.ts'
const { STEPFLOW_TASKS_URL: place, STEPFLOW_QUEUE_NAME: queue } = process.env
const names = ['/echo', '/pid', '/hold', '/env', '/silent']
const worker = new RawWorker(place, queue, 'child', names.map((component_id) => ({ component_id })))
const does = {
  '/echo': (input) => input,
  '/pid': () => process.pid,
  '/env': () => ({ ...process.env }),
  '/hold': () => new Promise(() => {}),
  '/silent': () => new Promise(() => console.log('I am silent from now on')),
}
async function handle(task) {
  const name = task.execute.component_id
  await worker.beat(task)
  if (name !== '/silent') setInterval(() => worker.beat(task), task.heartbeat_interval_secs * 500)
  await worker.complete(task, await does[name](task.execute.input))
}
void worker.ended.then(() => process.exit())
async function work() {
  for (;;) void handle(await worker.next())
}
void work()
`
