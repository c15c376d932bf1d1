// What serves flows, put together, without a door: configuration, store, engine, flows by their names. It takes up no run of
// others, and listens to nothing.

import { resolve } from 'node:path'
import { type Clock, FlowError, type Log, type Router, type Store, systemClock } from '@stepflow/engine'
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
  refuseConfig,
  type StoreConfig,
  type Wired,
  wire,
} from '@stepflow/host'
import { createRunReader } from '@stepflow/host/history'
import { checkedFolder, createTextCompiler, homesIn, NamedFlows, routeCode } from '@stepflow/host/named-flows'
import { Observation, openRuns, openTelemetry } from '@stepflow/host/observability'
import { openStoredSecrets } from '@stepflow/host/secrets'
import { Sessions, Tokens } from '@stepflow/host/tokens'
import type { Access } from './access/access.ts'
import type { DoorConfig } from './access/door.ts'
import { Life } from './app/life.ts'
import { EventHub } from './events/event-stream.ts'
import { FlowNews } from './events/flow-news.ts'
import type { WhichTools } from './mcp/flow-tools.ts'
import { Intakes, leftInputs } from './runs/intakes.ts'
import { RunStarter } from './runs/start-run.ts'
import type { Services } from './services.ts'
import { ActiveTriggers } from './triggers/active-triggers.ts'
import { Schedules } from './triggers/schedules.ts'

export interface OpenOptions {
  readonly cwd: string
  readonly env: Env
  /** Of the program. */
  readonly version: string
  /** The configuration; else the one in `cwd`. */
  readonly configFile?: string | undefined
  readonly secretsFile?: string | undefined
  /** In place of the configuration's. */
  readonly store?: StoreConfig | undefined
  /** Where its blobs go: a folder, or `s3://BUCKET/PREFIX`. */
  readonly blobs?: string | undefined
  /** The folder of flows; `flows` in `cwd`, which need not be there, unless told. */
  readonly flowsDir?: string | undefined
  /** Which flows are tools for MCP clients: those that say so unless told. */
  readonly mcpTools?: WhichTools | undefined
  /** Of a store that several nodes share: how many journals this one drives at once, and what it is called. */
  readonly capacity?: number | undefined
  readonly nodeName?: string | undefined
  /** `false`: the schema of such a store is not brought to this version; an older one is refused. */
  readonly migrate?: boolean | undefined
  /** Called once this program may not work on its store any more: a newer one has changed it. */
  readonly onUnfit?: (why: FlowError) => void
  readonly log?: Log
  readonly clock?: Clock
}

export interface Door extends DoorConfig {
  readonly basePath: string
  readonly access: (services: { readonly tokens: Tokens; readonly sessions: Sessions }) => Access
}

export interface OpenServices extends OpenOptions {
  readonly door: Door
  /** Sees the store before anything is read from it; what it returns is called at the end. */
  readonly onStore?: (store: Store) => Promise<() => unknown>
}

export interface OpenedServices {
  readonly services: Services
  /** What is called at the end, the last first. */
  readonly closing: (() => unknown)[]
  closeAll(): Promise<void>
}

/** Throws INVALID_INPUT for what cannot be served. */
export async function openServices(options: OpenServices): Promise<OpenedServices> {
  const { cwd, env, blobs, log = () => {}, secretsFile, door, mcpTools = 'named', version } = options
  const flowsDir = checkedFolder(resolve(cwd, options.flowsDir ?? 'flows'), options.flowsDir)
  const { config, diagnostics } = await loadConfig({ path: options.configFile, cwd, env })
  refuseConfig(diagnostics)
  const stateStore = options.store ?? (config.stateStore.type === 'memory' ? defaultStore(cwd) : config.stateStore)
  if (stateStore.type !== 'postgres' && (options.capacity ?? options.nodeName ?? options.migrate) !== undefined) {
    const message =
      '--capacity, --name and --no-migrate are for nodes that share a store: --store postgres://USER@HOST/DATABASE'
    throw new FlowError('INVALID_INPUT', message)
  }
  const life = new Life()
  const closing: (() => unknown)[] = []
  const closeAll = async () => {
    for (const close of closing.splice(0).reverse()) await close()
  }
  try {
    const { nodeName: name, capacity, migrate } = options
    const node = { name, capacity, version, migrate }
    const store = await openStore(
      { stateStore },
      { env, blobs, log, node, ...(options.clock && { clock: options.clock }) },
    )
    const clock = options.clock ?? store.clock ?? systemClock
    closing.push(() => store.close())
    const { unfit } = store
    unfit?.addEventListener('abort', () => options.onUnfit?.(unfit.reason))
    if (options.onStore) closing.push(await options.onStore(store))
    const given = secretsFile === undefined ? undefined : await readSecrets(secretsFile, cwd)
    const secrets = await openSecrets({ env, given, store, place: stateStore, clock, log })
    const flows = new KnownFlows()
    const plugins = (): Wired => wired
    const uses = new Map<string, PluginUse>()
    const homeOf = homesIn(flowsDir)
    const telemetry = await openTelemetry({ env, version, openRuns: () => openRuns(store) })
    if (telemetry) closing.push(() => telemetry.close())
    const observation = new Observation({ store, clock, log, further: telemetry ? [telemetry] : [] })
    closing.push(() => observation.ends.stop())
    const inCode = routeCode(() => namedFlows.inCode())
    let router: Router | undefined
    const wired = await wire(config, {
      uses,
      ...{ env, flowDirectory: flowsDir, store: observation.store, secrets, clock, log },
      plan: createFlowLoader({ directory: flowsDir, plugins, flows }),
      flowOf: flows.of,
      leftInputs,
      ...(store.capacity === undefined ? {} : { storePatienceMs: SHARED_PATIENCE_MS }),
      around(inner) {
        router = observation.around(inCode(inner))
        return router
      },
      homeOf,
    })
    closing.push(() => wired.close())
    const { engine } = wired
    const tokens = new Tokens(store.records, clock)
    const sessions = new Sessions(store.records, tokens, clock)
    const compile = createTextCompiler({ plugins, env, flows, folder: flowsDir, filesAllow: config.files.allow })
    const namedFlows = new NamedFlows({ store, compile, clock, log, folder: flowsDir })
    await namedFlows.load()
    closing.push(namedFlows.watch())
    const triggers = new ActiveTriggers(namedFlows, clock)
    const runs = createRunReader(store, secrets, (component) => leads(router, component))
    const starter = new RunStarter(engine, store, secrets)
    const intakes = new Intakes({ engine, store, runs, starter, clock, log, life })
    const { basePath, hosts, origins, access } = door
    const services: Services = {
      config: { version, basePath, storeKind: stateStore.type, flowsDir, hosts, origins, mcpTools },
      ...{ store, engine, secrets, life, observation, clock, log, env, tokens, sessions, namedFlows },
      storedSecrets: openStoredSecrets({ env, store, place: stateStore, clock }),
      access: access({ tokens, sessions }),
      ...{ runs, starter, intakes },
      events: new EventHub({ store, runs, clock, flows: new FlowNews(namedFlows) }),
      plugins: wired,
      project: { config, homeOf },
      pluginsInUse: { uses, configured: config.plugins },
      ...{ triggers, schedules: new Schedules({ records: store.records, flows: namedFlows, triggers, clock, log }) },
      flows: createFlowCompiler({ store, compile, named: namedFlows }),
    }
    return { services, closing, closeAll }
  } catch (thrown) {
    await closeAll()
    throw thrown
  }
}

// ---

/** While its database is away, nobody could go on with what a node has in hand: it waits for longer than for a file. */
const SHARED_PATIENCE_MS = 600_000

function leads(router: Router | undefined, component: string): boolean {
  try {
    router?.route(component)
    return true
  } catch {
    return false
  }
}

function defaultStore(cwd: string): StoreConfig {
  return { type: 'sqlite', path: resolve(cwd, '.stepflow/stepflow.db') }
}
