// How fast calls reach a gRPC worker and come back, 32 in flight, against a bare loop with grpc-js that hands the same tasks
// to the same worker. The worker does per task what those of the public SDKs do: a heartbeat, then the result.

import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { callContext, RUN } from '../call-context.mjs'
import { line, median, number, takeTurns, timed } from '../measure.mjs'
import { isQuick, path, scratch } from '../programs.mjs'

const CALLS = isQuick ? 500 : 3_000
const IN_FLIGHT = 32
const INPUT = { text: 'sixty bytes or so of input, as a step may have' }

const ours = (file) => pathToFileURL(path(`packages/protocol/dist/${file}`)).href
const library = createRequire(path('packages/protocol/package.json')).resolve('@grpc/grpc-js')
const grpc = (await import(pathToFileURL(library).href)).default

export async function measure() {
  const { createServerPlugin } = await import(ours('index.js'))
  const { workerTransport } = await import(ours('grpc/index.js'))
  const program = join(scratch(), 'worker.mjs')
  writeFileSync(program, WORKER)
  const child = { command: process.execPath, args: [program] }
  const plugin = createServerPlugin({
    name: 'bench',
    open: () => workerTransport({ child, queue: 'q', queueTimeoutMs: 30_000, heartbeatMs: 5000 }),
  })
  const echo = plugin.resolve('/echo')
  const context = callContext()
  const bare = await bareRuntime(program)
  try {
    const { floors, subjects, ratios } = await takeTurns(
      () => timed(() => all(() => bare.call())),
      () => timed(() => all(() => echo.call(INPUT, context))),
    )
    const rate = (values) => number((CALLS / median(values)) * 1000)
    const note = `${rate(subjects)} calls/s; bare: ${rate(floors)}`
    const what = 'a gRPC worker, 32 calls in flight'
    return [line({ what, goal: '<= 2x a bare loop', limit: 2, values: ratios, note })]
  } finally {
    await plugin.stop()
    bare.stop()
  }
}

// ---

function all(call) {
  let left = CALLS
  const caller = async () => {
    while (left-- > 0) await call()
  }
  return Promise.all(Array.from({ length: IN_FLIGHT }, caller))
}

/** Tasks out, results in, and nothing else: no routing, no times, no failures. */
async function bareRuntime(program) {
  const { readServices } = await import(ours('grpc/services.js'))
  const { readValue } = await import(ours('grpc/read-value.js'))
  const { writeValue } = await import(ours('grpc/write-value.js'))
  const { TasksService, OrchestratorService } = readServices()
  const waiting = new Map()
  let stream
  let place = ''
  let connect
  const connected = new Promise((resolve) => {
    connect = resolve
  })
  const server = new grpc.Server()
  server.addService(TasksService, {
    PullTasks(call) {
      stream = call
      connect()
    },
    GetOrchestratorForRun: (_, answer) => answer(null, { orchestrator_service_url: place }),
  })
  server.addService(OrchestratorService, {
    TaskHeartbeat: (_, answer) => answer(null, { status: 1 }),
    CompleteTask({ request }, answer) {
      waiting.get(request.task_id)(readValue(request.response.output))
      waiting.delete(request.task_id)
      answer(null, {})
    },
    SubmitRun: (_, answer) => answer({ code: grpc.status.UNIMPLEMENTED }),
    GetRun: (_, answer) => answer({ code: grpc.status.UNIMPLEMENTED }),
  })
  const bind = (resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    )
  place = `127.0.0.1:${await new Promise(bind)}`
  const env = { STEPFLOW_TASKS_URL: place, STEPFLOW_QUEUE_NAME: 'q' }
  const child = spawn(process.execPath, [program], { env, stdio: 'inherit' })
  await connected
  return {
    call() {
      const task_id = randomUUID()
      const observability = { run_id: RUN, step_id: 'step', flow_id: 'f'.repeat(64) }
      const execute = { component_id: '/echo', input: writeValue(INPUT), attempt: 1, observability }
      const context = { orchestrator_service_url: place, root_run_id: task_id }
      stream.write({ task_id, execute, context, heartbeat_interval_secs: 5 })
      return new Promise((resolve) => waiting.set(task_id, resolve))
    },
    stop() {
      child.kill()
      server.forceShutdown()
    },
  }
}

const WORKER = `
import { readServices } from '${ours('grpc/services.js')}'
import grpc from '${pathToFileURL(library).href}'
const { TasksService, OrchestratorService } = readServices()
const { STEPFLOW_TASKS_URL: place, STEPFLOW_QUEUE_NAME: queue_name } = process.env
const clientOf = (service) => new (grpc.makeClientConstructor(service, ''))(place, grpc.credentials.createInsecure())
const [tasks, orchestrator] = [clientOf(TasksService), clientOf(OrchestratorService)]
const complete = (task_id, result) => orchestrator.CompleteTask({ task_id, ...result }, () => {})
const stream = tasks.PullTasks({ queue_name, worker_id: 'bench' })
stream.on('error', () => process.exit())
stream.on('data', ({ task_id, execute, list_components }) => {
  if (list_components) return complete(task_id, { list_components: { components: [{ component_id: '/echo' }] } })
  orchestrator.TaskHeartbeat({ task_id, worker_id: 'bench' }, () => complete(task_id, { response: { output: execute.input } }))
})
`
