// A worker: runs our plans as workflows, and calls their components as activities, until it is closed.

import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { anywhere } from '@stepflow/builtin/anywhere'
import { FlowError, type Json, type Log, systemClock } from '@stepflow/engine'
import type { WorkElsewhere, WorkerElsewhere } from '@stepflow/host'
import { DefaultLogger, type LogEntry, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker'
import { placeOf, readAddress } from './address.ts'
import { blobAccess } from './calls/blob-access.ts'
import { type CallTools, callComponent, farError } from './calls/call-component.ts'
import { type Connected, connect, reach } from './connect.ts'
import { makeCurrent } from './deployment.ts'
import { type FarCall, NAMES } from './far-call.ts'
import { payloadKey } from './payloads/codec.ts'
import { dataConverter, workerConverter } from './payloads/data-converter.ts'
import { REPLAY_VERSION } from './replay-version.ts'
import { checkPlan } from './runs/check-plan.ts'
import { thrownFailure } from './thrown-failure.ts'
import { watchServer } from './watch-server.ts'
import { type WorkerFacts, withFacts } from './worker-facts.ts'

/** A second: whoever waits for workflows of a worker that is gone asks others then. */
const STICKY_MS = 1_000
/** How soon a cancel gets to a call that is under way. */
const HEARTBEATS_MS = 500
/** Calls that do not heed their end are left. */
const FORCE_MS = 2_000

/**
 * Cut off after its 5 s, a turn on a busy machine would end the whole process: Node 20 aborts by "async hook stack has become
 * corrupted". Our engine ends its turns by itself. An option of the SDK that its types do not show; its longest time.
 */
interface Endless {
  readonly isolateExecutionTimeout: string
}
const ENDLESS = '4294967295ms'

export async function work(options: WorkElsewhere): Promise<WorkerElsewhere> {
  const { env, blobs, log, router, drainMs, capacity } = options
  const address = readAddress(options.url, env)
  checkBuiltins(router)
  const facts = { keepsBlobs: blobs !== undefined, isEncrypted: payloadKey(env) !== undefined }
  Runtime.install({
    logger: new DefaultLogger('WARN', (entry) => forward(entry, log)),
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
  })
  const connected = await connect({ address, env, blobs })
  let native: NativeConnection | undefined
  try {
    native = await reach(address, (at) => NativeConnection.connect(at))
    const name = options.name ?? hostname()
    const { namespace, taskQueue, deployment, cache } = address
    const workerOptions: WorkerOptions & Endless = {
      ...{ connection: native, namespace, taskQueue },
      identity: `stepflow ${name} ${process.pid}`,
      workflowBundle: { code: withFacts(await readFile(join(__dirname, 'workflow-bundle.js'), 'utf8'), facts) },
      activities: activitiesOf(options, facts),
      dataConverter: workerConverter(dataConverter(env, blobs)),
      maxHeartbeatThrottleInterval: HEARTBEATS_MS,
      stickyQueueScheduleToStartTimeout: STICKY_MS,
      shutdownGraceTime: drainMs,
      shutdownForceTime: drainMs + FORCE_MS,
      ...(cache === undefined ? {} : { maxCachedWorkflows: cache }),
      ...(capacity === undefined ? {} : { maxConcurrentActivityTaskExecutions: capacity }),
      workerDeploymentOptions: {
        version: { deploymentName: deployment, buildId: REPLAY_VERSION },
        useWorkerVersioning: true,
        defaultVersioningBehavior: 'PINNED',
      },
      isolateExecutionTimeout: ENDLESS,
    }
    const worker = await Worker.create(workerOptions)
    return await begun(worker, { name, connected, native, log })
  } catch (thrown) {
    await native?.close()
    await connected.connection.close()
    throw thrown
  }
}

// ---

interface Beginning {
  readonly name: string
  readonly connected: Connected
  readonly native: NativeConnection
  readonly log: Log
}

/** Resolves when it has begun to work, and new runs begin on it. */
async function begun(worker: Worker, { name, connected, native, log }: Beginning): Promise<WorkerElsewhere> {
  const { address, connection } = connected
  const over = new AbortController()
  const ended = worker.run().finally(async () => {
    over.abort()
    await native.close()
    await connection.close()
  })
  ended.catch(() => {})
  await Promise.race([makeCurrent(connection, address, log, over.signal), ended])
  void watchServer(connection, address, log, over.signal)
  return {
    name,
    place: placeOf(address),
    ended,
    async close() {
      if (worker.getState() === 'RUNNING') worker.shutdown()
      await ended
    },
  }
}

function activitiesOf({ router, plan, secrets, blobs, log }: WorkElsewhere, facts: WorkerFacts) {
  const redaction = <T>(value: T): T => secrets.known.named.value(value) as T // of the same shape
  const tools: CallTools = { router, plan, secret: secrets.get, blobs: blobAccess(blobs), log, redaction, ...facts }
  const answer =
    <A extends readonly unknown[], R>(ask: (...args: A) => R | Promise<R>) =>
    async (...args: A): Promise<R> => {
      try {
        return await ask(...args)
      } catch (thrown) {
        throw thrownFailure(redaction(farError(thrown)))
      }
    }
  return {
    default: (input: unknown, call: FarCall) => callComponent(input, call, tools),
    [NAMES.plan]: answer(async (ref: unknown, overrides: Json | null) => {
      const found = await plan(ref, overrides ?? undefined)
      await checkPlan(found, facts.isEncrypted)
      return found
    }),
    [NAMES.secrets]: answer((names: readonly string[]) => secretsFor(names, secrets, facts)),
    [NAMES.putBlob]: answer((value: unknown) => tools.blobs.put(value)),
    [NAMES.getBlob]: answer((id: string) => tools.blobs.get(id)),
  }
}

/** Those that are set. Their values only where every value in the history is encrypted. */
function secretsFor(
  names: readonly string[],
  secrets: WorkElsewhere['secrets'],
  { isEncrypted }: WorkerFacts,
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const secret = secrets.get(name)
      return secret === undefined ? [] : [[name, isEncrypted ? secret : '']]
    }),
  )
}

/** What runs in a workflow is decided by its path: there, the configuration is not known. */
function checkBuiltins(router: WorkElsewhere['router']): void {
  for (const { info } of anywhere({ clock: systemClock, functions: () => undefined, schema: () => NEVER })) {
    for (const path of [`/builtin${info.name}`, info.name]) {
      const plugin = router.pluginOf(path)
      if (plugin === undefined || plugin === 'builtin') continue
      const message = `the configuration leads ${path} to the plugin "${plugin}": on Temporal it runs inside the workflow, where it is always the builtin one. Give yours another path`
      throw new FlowError('INVALID_INPUT', message)
    }
  }
}

const NEVER = (value: unknown) => ({ value, violations: [] })

/** What ends a step or a run is told where the run is looked at. */
const TOLD_ELSEWHERE = /^(Activity|Workflow) (failed|cancelled|completed)/

function forward({ level, message, meta }: LogEntry, log: Log): void {
  if (TOLD_ELSEWHERE.test(message)) return
  const error = meta?.error as Error | undefined
  const failure = meta?.failure as { message?: string } | undefined
  const workflow = meta?.workflowId === undefined ? '' : ` (run ${meta.workflowId})`
  const why = error?.message ?? failure?.message
  log(level === 'ERROR' ? 'error' : 'warning', `Temporal: ${message}${workflow}${why === undefined ? '' : `: ${why}`}`)
}
