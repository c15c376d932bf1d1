// The server, put together: configuration, store, engine, application. Listens, and drains when it is closed.

import { isIP } from 'node:net'
import { type Diagnostic, FlowError, type Log, type PlanEngine, type Store, systemClock } from '@stepflow/engine'
import { type ServerSeat, takeSeat } from '@stepflow/host'
import { Retention } from '@stepflow/host/history'
import { checkedHost, checkedOrigin } from './access/door.ts'
import { createTokenAccess } from './access/token-access.ts'
import { createApp } from './create-app.ts'
import { isLoopback, LOOPBACK, listen } from './listen.ts'
import { type OpenOptions, openServices } from './open-services.ts'
import type { Services } from './services.ts'
import { whyUnusable } from './signatures/forms.ts'
import { startWhenThere } from './start-when-there.ts'
import { createFire } from './triggers/fire.ts'
import { Scheduler } from './triggers/scheduler.ts'
import { servedSince } from './triggers/served-since.ts'

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

/** Throws INVALID_INPUT for what cannot be served, CONFLICT if another server has the store. */
export function serve(options: ServeOptions): Promise<StartedServer> {
  return startWhenThere(options.log, (foundShared) => start(options, foundShared))
}

// ---

async function start(options: ServeOptions, foundShared: () => void): Promise<StartedServer> {
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
      // Where several nodes work on a store, each of them serves it.
      if (store.capacity !== undefined) {
        foundShared()
        return () => {}
      }
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
    const url = `${await listen(app, { host, port: options.port ?? DEFAULT_PORT })}${basePath}`
    await seat?.announce(url)
    const resumedRuns = await resumeRuns(engine, store)
    await intakes.takeOver()
    const retention = new Retention({ runs: store.runs, keep: project.config.history, clock, log })
    closing.push(() => retention.stop())
    const scheduler = new Scheduler({ ...services, fire: createFire(services) })
    closing.push(() => scheduler.stop())
    life.ready()
    const nodes = (await store.nodes?.()) ?? []
    const schedules = await scheduler.start(servedSince(nodes, store.driver, clock.now()))
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

/** `/x`, or nothing. */
function checkedBase(text: string): string {
  const base = text.replace(/\/+$/, '')
  // What is left out of addresses before they are sent could never be asked for.
  if (base === '' || (/^(\/[\w.~-]+)+$/.test(base) && !/\/\.\.?(\/|$)/.test(base))) return base
  throw new FlowError('INVALID_INPUT', `the base path is "${text}", but must be like /stepflow`)
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
