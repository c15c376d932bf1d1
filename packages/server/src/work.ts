// A node that serves no API: it drives what is due in a store that others share, and answers probes if it is told where.

import { FlowError, type Store } from '@stepflow/engine'
import fastify from 'fastify'
import { guard } from './access/access.ts'
import { guardDoor } from './access/door.ts'
import { EndedTokens } from './access/ended-tokens.ts'
import { createTokenAccess } from './access/token-access.ts'
import type { App } from './app/app.ts'
import { refuseUnknown } from './app/not-found.ts'
import { sendProblem } from './app/problem.ts'
import { compilers } from './app/validate.ts'
import { isLoopback, LOOPBACK, listen } from './listen.ts'
import { type OpenOptions, openServices } from './open-services.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { healthRoutes } from './routes/root.ts'
import type { Services } from './services.ts'
import { startWhenThere } from './start-when-there.ts'

export interface WorkOptions extends OpenOptions {
  /** Where probes are answered; nowhere unless told. 0: any that is free. */
  readonly port?: number | undefined
  readonly host?: string | undefined
}

export interface StartedWorker {
  /** Where probes are answered. */
  readonly url?: string
  /** Who it is in journals and lists. */
  readonly id: string
  readonly name: string
  readonly capacity: number
  /** Takes nothing more; calls under way may end for so long, and the rest is handed back. */
  close(drainMs?: number): Promise<void>
}

/** Throws INVALID_INPUT for a store that only one process can work on. */
export function work(options: WorkOptions): Promise<StartedWorker> {
  return startWhenThere(options.log, (foundShared) => start(options, foundShared))
}

// ---

async function start(options: WorkOptions, foundShared: () => void): Promise<StartedWorker> {
  const { host = LOOPBACK, port } = options
  const isOpen = isLoopback(host)
  const opened = await openServices({
    ...options,
    door: { basePath: '', hosts: [], origins: [], access: (services) => createTokenAccess({ ...services, isOpen }) },
    async onStore(store) {
      checkShared(store)
      foundShared()
      return () => {}
    },
  })
  const { services, closing, closeAll } = opened
  const { engine, store, life } = services
  try {
    const app = port === undefined ? undefined : createProbes(services)
    if (app) closing.push(() => app.close())
    const url = app && (await listen(app, { host, port: port ?? 0 }))
    engine.recover()
    life.ready()
    return {
      ...(url === undefined ? {} : { url }),
      id: store.driver ?? '',
      name: store.node ?? '',
      capacity: store.capacity ?? 0,
      async close(drainMs = 0) {
        life.drain()
        await engine.close({ drainMs })
        await closeAll()
      },
    }
  } catch (thrown) {
    await closeAll()
    throw thrown
  }
}

function checkShared({ capacity }: Store): void {
  if (capacity !== undefined) return
  const message = 'a worker needs a store that others share: --store postgres://USER@HOST/DATABASE'
  throw new FlowError('INVALID_INPUT', message)
}

/** `/health`, `/ready` and `/metrics`, and nothing else. */
function createProbes(services: Services) {
  const { access, config, log, tokens, clock } = services
  const app = fastify({
    trustProxy: false,
    forceCloseConnections: true,
    return503OnClosing: false,
    schemaController: compilers(),
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply, log),
  })
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, log))
  const typed = app as unknown as App
  guardDoor(typed, config)
  refuseUnknown(typed, () => undefined)
  const ended = new EndedTokens(tokens, clock)
  app.addHook('onClose', async () => ended.stop())
  guard(typed, access, { basePath: '', ended })
  healthRoutes(typed, services, '', 'hidden')
  metricsRoutes(typed, services, '', 'hidden')
  return app
}
