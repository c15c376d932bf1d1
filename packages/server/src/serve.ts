// The server, put together: configuration, store, engine, application. Listens, and drains when it is closed.

import { isIP } from 'node:net'
import { type Diagnostic, FlowError, type Log, type PlanEngine, type Store, systemClock } from '@stepflow/engine'
import { type ServerSeat, takeSeat } from '@stepflow/host'
import { Retention } from '@stepflow/host/history'
import type { FastifyInstance } from 'fastify'
import { checkedHost, checkedOrigin } from './access/door.ts'
import { createTokenAccess } from './access/token-access.ts'
import { createApp } from './create-app.ts'
import { type OpenOptions, openServices } from './open-services.ts'
import type { Services } from './services.ts'
import { whyUnusable } from './signatures/forms.ts'
import { createFire } from './triggers/fire.ts'
import { Scheduler } from './triggers/scheduler.ts'

export interface ServeOptions extends OpenOptions {
  readonly host?: string | undefined
  /** 0: any that is free. */
  readonly port?: number | undefined
  /** `/x`: what all paths begin with. */
  readonly basePath?: string | undefined
  /** Names of the server besides addresses and `localhost`; with one, everybody needs a token. */
  readonly allowHosts?: readonly string[] | undefined
  /** Origins whose pages may use the API. */
  readonly cors?: readonly string[] | undefined
  /** Called if the server can serve no longer: another one has its store. */
  readonly onLost?: () => void
}

export interface StartedServer {
  /** `http://127.0.0.1:7837/x`, without a slash at the end. */
  readonly url: string
  readonly services: Services
  /** Everybody needs a token. */
  readonly needsToken: boolean
  /** Runs that are gone on with. */
  readonly resumedRuns: number
  readonly schedules: number
  readonly webhooks: number
  readonly flows: number
  /** The first error of each file of a flow that has some; the file is below the folder of flows. */
  readonly broken: readonly Diagnostic[]
  /** Begins nothing new; calls under way may end for so long. */
  close(drainMs?: number): Promise<void>
}

export const DEFAULT_PORT = 7837
const LOOPBACK = '127.0.0.1'

/** Throws INVALID_INPUT for what cannot be served, CONFLICT if another server has the store. */
export async function serve(options: ServeOptions): Promise<StartedServer> {
  const { clock = systemClock, log = () => {}, onLost = () => {} } = options
  const basePath = checkedBase(options.basePath ?? '')
  const { host = LOOPBACK, allowHosts = [], cors = [] } = options
  const hosts = [...allowHosts.map(checkedHost), ...(isIP(host) === 0 ? [checkedHost(host)] : [])]
  const origins = cors.map(checkedOrigin)
  const isOpen = isLoopback(host) && allowHosts.length === 0
  let seat: ServerSeat | undefined
  const opened = await openServices({
    ...options,
    door: { basePath, hosts, origins, access: (services) => createTokenAccess({ ...services, isOpen }) },
    async onStore(store) {
      const taken = await takeSeat({ store, clock, log, onLost })
      seat = taken
      return () => taken.leave()
    },
  })
  const { services, closing, closeAll } = opened
  const { engine, store, intakes, life, namedFlows, project } = services
  try {
    const app = await createApp(services)
    closing.push(() => app.close())
    const url = `${await listen(app, options)}${basePath}`
    await seat?.announce(url)
    const resumedRuns = await resumeRuns(engine, store)
    await intakes.takeOver()
    const retention = new Retention({ runs: store.runs, keep: project.config.history, clock, log })
    closing.push(() => retention.stop())
    const scheduler = new Scheduler({ ...services, fire: createFire(services) })
    closing.push(() => scheduler.stop())
    life.ready()
    const schedules = await scheduler.start()
    const webhooks = await services.triggers.all('webhook')
    for (const { trigger } of webhooks) {
      const why = whyUnusable(trigger, services.secrets)
      if (why !== undefined) log('warning', why)
    }
    const { flows, broken } = await namedFlows.count()
    prepareLists(store, log)
    return {
      url,
      services,
      needsToken: !isOpen,
      resumedRuns,
      schedules,
      webhooks: webhooks.length,
      flows,
      broken,
      async close(drainMs = 0) {
        life.drain()
        await scheduler.stop()
        await engine.close({ drainMs })
        await closeAll()
      },
    }
  } catch (thrown) {
    await closeAll()
    throw thrown
  }
}

// ---

/** Only this machine reaches it. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}

/** `/x`, or nothing. */
function checkedBase(text: string): string {
  const base = text.replace(/\/+$/, '')
  // What is left out of addresses before they are sent could never be asked for.
  if (base === '' || (/^(\/[\w.~-]+)+$/.test(base) && !/\/\.\.?(\/|$)/.test(base))) return base
  throw new FlowError('INVALID_INPUT', `the base path is "${text}", but must be like /stepflow`)
}

async function listen(app: FastifyInstance, { host = LOOPBACK, port = DEFAULT_PORT }: ServeOptions): Promise<string> {
  try {
    await app.listen({ host, port })
  } catch (thrown) {
    throw cannotListen(thrown, host, port)
  }
  const address = app.server.address()
  const actual = typeof address === 'object' && address ? address.port : port
  // All addresses of the machine: this one is among them.
  const shown = host === '0.0.0.0' || host === '::' ? LOOPBACK : isIP(host) === 6 ? `[${host}]` : host
  return `http://${shown}:${actual}`
}

function cannotListen(thrown: unknown, host: string, port: number): unknown {
  const { code } = thrown as NodeJS.ErrnoException
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} of ${host} is in use: end what listens there, or take another --port`,
    EACCES: `port ${port} of ${host} may not be used by this user: take one above 1023`,
    EADDRNOTAVAIL: `${host} is no address of this machine`,
    ENOTFOUND: `there is no host ${host}`,
    EAI_AGAIN: `the name ${host} cannot be looked up now`,
  }
  const message = code === undefined ? undefined : why[code]
  return message === undefined ? thrown : new FlowError('INVALID_INPUT', message, { cause: thrown })
}

/** What runs are found by is made now, beside everything else: the first one who asks for a list would wait for it. */
function prepareLists({ runs }: Store, log: Log): void {
  const look = async () => runs.list({ limit: 1 })
  look().catch((thrown: Error) => log('info', `no runs were looked for at the start: ${thrown.message}`))
}

/** Goes on with what a server before this one has left; answers how many runs those are. */
async function resumeRuns(engine: PlanEngine, store: Store): Promise<number> {
  const left = new Set<string>()
  for (const { run, heldBy } of await store.runs.open()) if (heldBy === undefined) left.add(run)
  engine.recover()
  return left.size
}
