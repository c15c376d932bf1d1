// The server, put together: configuration, store, engine, application. Listens, and drains when it is closed.

import { statSync } from 'node:fs'
import { isIP } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { type Clock, errorsOf, FlowError, type Log, type PlanEngine, type Store, systemClock } from '@stepflow/engine'
import {
  createFlowCompiler,
  createFlowLoader,
  type Env,
  KnownFlows,
  loadConfig,
  openSecrets,
  openStore,
  type PluginUse,
  readSecrets,
  type StoreConfig,
  takeSeat,
  type Wired,
  wire,
} from '@stepflow/host'
import { createRunReader } from '@stepflow/host/history'
import { createTextCompiler, isFlowPath, NamedFlows, routeCode } from '@stepflow/host/named-flows'
import { openStoredSecrets } from '@stepflow/host/secrets'
import { Sessions, Tokens } from '@stepflow/host/tokens'
import type { FastifyInstance } from 'fastify'
import { checkedHost, checkedOrigin } from './access/door.ts'
import { createTokenAccess } from './access/token-access.ts'
import { Life } from './app/life.ts'
import { createApp } from './create-app.ts'
import type { WhichTools } from './mcp/flow-tools.ts'
import { Intakes } from './runs/intakes.ts'
import { RunStarter } from './runs/start-run.ts'
import type { Services } from './services.ts'

export interface ServeOptions {
  readonly cwd: string
  readonly env: Env
  /** Of the program. */
  readonly version: string
  readonly host?: string | undefined
  /** 0: any that is free. */
  readonly port?: number | undefined
  /** `/x`: what all paths begin with. */
  readonly basePath?: string | undefined
  /** The configuration; else the one in `cwd`. */
  readonly configFile?: string | undefined
  readonly secretsFile?: string | undefined
  /** In place of the configuration's. */
  readonly store?: StoreConfig | undefined
  /** The folder of flows; `flows` in `cwd`, which need not be there, unless told. */
  readonly flowsDir?: string | undefined
  /** Names of the server besides addresses and `localhost`; with one, everybody needs a token. */
  readonly allowHosts?: readonly string[] | undefined
  /** Origins whose pages may use the API. */
  readonly cors?: readonly string[] | undefined
  /** Which flows are tools for MCP clients: those that say so unless told. */
  readonly mcpTools?: WhichTools | undefined
  readonly log?: Log
  readonly clock?: Clock
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
  /** Begins nothing new; calls under way may end for so long. */
  close(drainMs?: number): Promise<void>
}

export const DEFAULT_PORT = 7837
const LOOPBACK = '127.0.0.1'

/** Throws INVALID_INPUT for what cannot be served, CONFLICT if another server has the store. */
export async function serve(options: ServeOptions): Promise<StartedServer> {
  const { cwd, env, clock = systemClock, log = () => {}, secretsFile, onLost = () => {} } = options
  const basePath = checkedBase(options.basePath ?? '')
  const flowsDir = checkedFolder(resolve(cwd, options.flowsDir ?? 'flows'), options.flowsDir)
  const { host = LOOPBACK, allowHosts = [], cors = [], mcpTools = 'named' } = options
  const hosts = [...allowHosts.map(checkedHost), ...(isIP(host) === 0 ? [checkedHost(host)] : [])]
  const origins = cors.map(checkedOrigin)
  const isOpen = isLoopback(host) && allowHosts.length === 0
  const { config, diagnostics } = await loadConfig({ path: options.configFile, cwd, env })
  const errors = errorsOf(diagnostics)
  if (errors.length > 0) throw new FlowError('INVALID_INPUT', errors.map(({ message }) => message).join('\n'))
  const stateStore = options.store ?? (config.stateStore.type === 'memory' ? defaultStore(cwd) : config.stateStore)
  const life = new Life()
  const closing: (() => unknown)[] = []
  const closeAll = async () => {
    for (const close of closing.splice(0).reverse()) await close()
  }
  try {
    const store = await openStore({ stateStore }, { clock, log })
    closing.push(() => store.close())
    const seat = await takeSeat({ store, clock, log, onLost })
    closing.push(() => seat.leave())
    const given = secretsFile === undefined ? undefined : await readSecrets(secretsFile, cwd)
    const secrets = await openSecrets({ env, given, store, place: stateStore, clock, log })
    const flows = new KnownFlows()
    const plugins = (): Wired => wired
    const uses = new Map<string, PluginUse>()
    const wired = await wire(config, {
      uses,
      ...{ env, flowDirectory: flowsDir, store, secrets, clock, log },
      plan: createFlowLoader({ directory: flowsDir, plugins, flows }),
      flowOf: flows.of,
      around: routeCode(() => namedFlows.inCode()),
      homeOf: (file) => (file !== undefined && isFlowPath(file) ? dirname(join(flowsDir, file)) : undefined),
    })
    closing.push(() => wired.close())
    const { engine } = wired
    const tokens = new Tokens(store.records, clock)
    const sessions = new Sessions(store.records, tokens, clock)
    const compile = createTextCompiler({ plugins, env, flows, folder: flowsDir, filesAllow: config.files.allow })
    const namedFlows = new NamedFlows({ store, compile, clock, log, folder: flowsDir })
    await namedFlows.load()
    const runs = createRunReader(store, secrets)
    const starter = new RunStarter(engine, store, secrets)
    const intakes = new Intakes({ engine, store, runs, starter, clock, log, life })
    const services: Services = {
      config: { version: options.version, basePath, storeKind: stateStore.type, flowsDir, hosts, origins, mcpTools },
      ...{ store, engine, secrets, life, clock, log, env, tokens, sessions, namedFlows },
      storedSecrets: openStoredSecrets({ env, store, place: stateStore, clock }),
      access: createTokenAccess({ tokens, sessions, isOpen }),
      ...{ runs, starter, intakes },
      plugins: wired,
      pluginsInUse: { uses, configured: config.plugins },
      flows: createFlowCompiler({ store, compile, named: namedFlows }),
    }
    const app = await createApp(services)
    closing.push(() => app.close())
    closing.push(namedFlows.watch())
    const url = `${await listen(app, options)}${basePath}`
    await seat.announce(url)
    const resumedRuns = await resumeRuns(engine, store)
    await intakes.takeOver()
    life.ready()
    return {
      url,
      services,
      needsToken: !isOpen,
      resumedRuns,
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

// ---

function defaultStore(cwd: string): StoreConfig {
  return { type: 'sqlite', path: resolve(cwd, '.stepflow/stepflow.db') }
}

/** Only this machine reaches it. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}

/** `/x`, or nothing. */
function checkedBase(text: string): string {
  const base = text.replace(/\/+$/, '')
  if (base === '' || /^(\/[\w.~-]+)+$/.test(base)) return base
  throw new FlowError('INVALID_INPUT', `the base path is "${text}", but must be like /stepflow`)
}

/** The default one need not be there. */
function checkedFolder(path: string, named: string | undefined): string {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found && !found.isDirectory()) throw new FlowError('INVALID_INPUT', `the folder of flows ${path} is a file`)
  if (!found && named !== undefined) throw new FlowError('INVALID_INPUT', `there is no folder "${named}" for flows`)
  return path
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

/** Goes on with what a server before this one has left; answers how many runs those are. */
async function resumeRuns(engine: PlanEngine, store: Store): Promise<number> {
  const left = new Set<string>()
  for (const { run, heldBy } of await store.runs.open()) if (heldBy === undefined) left.add(run)
  engine.recover()
  return left.size
}
