// The composition root: a Config to plugins, a router, a store and an engine. The only file that knows every plugin.

import { type BuiltinOptions, createBuiltinPlugin, paced, Rate } from '@stepflow/builtin'
import { assembleEngine } from '@stepflow/code'
import {
  type Clock,
  createMemoryStore,
  FlowError,
  isAway,
  type KnownSecrets,
  type Log,
  type PlanEngine,
  type PlanEngineOptions,
  type Plugin,
  type Router,
  type Store,
  systemClock,
} from '@stepflow/engine'
import { lendNodeHash } from '@stepflow/engine/node'
import { blobsOf } from './blobs/open-blobs.ts'
import type { Config, PluginConfig } from './config/config.ts'
import { type ConfiguredRouter, createRouter } from './config/routes.ts'
import type { Env } from './config/substitute.ts'
import { Catalog, type Listing } from './plugins/catalog.ts'
import { limit } from './plugins/limit.ts'
import { newUse, type PluginUse, watched } from './plugins/watched.ts'
import { openSecrets, type Secrets } from './secrets/secrets.ts'

export interface WireOptions {
  readonly env: Env
  /** What the flow's own files are relative to. */
  readonly flowDirectory: string
  /** In place of it: the folder by the flow's file; none for a flow that came from no file. */
  readonly homeOf?: NonNullable<BuiltinOptions['homeOf']>
  /** In place of the configuration's. */
  readonly store?: Store
  /** Where its blobs go; a folder is relative to this process's own. */
  readonly blobs?: string | undefined
  /** `none`: the store in memory keeps nothing but the runs' rows, for results that are streamed away. */
  readonly history?: 'all' | 'none'
  /** Looked up before those of the environment and of the store. */
  readonly secretsOfFile?: ReadonlyMap<string, string>
  /** In place of those that would be opened with the store. */
  readonly secrets?: Secrets
  /** In place of those of the configuration; closed with the rest. */
  readonly plugins?: WiredPlugins
  readonly plan?: PlanEngineOptions['plan']
  readonly flowOf?: PlanEngineOptions['flowOf']
  readonly leftInputs?: PlanEngineOptions['leftInputs']
  /** Leads to what a flow in code brings along, and else to the configuration's routes. */
  readonly around?: (router: Router) => Router
  /** Learns, by the name of each plugin, how it is doing. */
  readonly uses?: Map<string, PluginUse>
  readonly clock?: Clock
  readonly log?: Log
  /** What this process is among those that work on its store. */
  readonly node?: NodeFacts | undefined
  /** For how long runs wait for a store that is away; as long as the engine thinks right, unless told. */
  readonly storePatienceMs?: number
}

/** A process among those that work on a store. */
export interface NodeFacts {
  /** In lists and logs: the host's name unless told. */
  readonly name?: string | undefined
  /** Journals that it drives at once; 0: it takes none. */
  readonly capacity?: number | undefined
  /** Of the program. */
  readonly version?: string | undefined
  /** `false`: a store whose schema is older than this program is refused, and stays as it is. */
  readonly migrate?: boolean | undefined
}

export interface WiredPlugins {
  readonly router: ConfiguredRouter
  /** By the name in the configuration. */
  readonly plugins: ReadonlyMap<string, Plugin>
  /** All components and where they are called; starts the servers, to ask them. */
  components(): Promise<Listing>
  close(): Promise<void>
}

export interface Wired extends WiredPlugins {
  readonly engine: PlanEngine
  readonly store: Store
}

/** Everything that is needed to run flows. Close it, or child processes stay. */
export async function wire(config: Config, given: WireOptions): Promise<Wired> {
  lendNodeHash()
  const store = given.store ?? (await openStore(config, given))
  const clock = given.clock ?? store.clock
  const options = clock ? { ...given, clock } : given
  const { secrets, wired } = await wireOn(store, config, options).catch(async (thrown) => {
    if (!options.store) await store.close()
    throw thrown
  })
  const engine = assembleEngine({
    store,
    router: options.around?.(wired.router) ?? wired.router,
    secrets: secrets.get,
    known: secrets.known,
    ...(options.plan && { plan: options.plan }),
    ...(options.flowOf && { flowOf: options.flowOf }),
    ...(options.leftInputs && { leftInputs: options.leftInputs }),
    ...(options.clock && { clock: options.clock }),
    ...(options.log && { log: options.log }),
    ...(options.storePatienceMs === undefined ? {} : { storePatienceMs: options.storePatienceMs }),
  })
  return {
    ...wired,
    engine,
    store,
    async close() {
      await engine.close()
      if (!options.store) await store.close()
      await wired.close()
    },
  }
}

/** Plugins and routes alone: what validation and listings need. Modules are imported; servers start when first called. */
export async function wirePlugins(config: Config, given: WireOptions, known?: KnownSecrets): Promise<WiredPlugins> {
  const hidden = known ?? (await openSecrets({ ...given, given: given.secretsOfFile, store: undefined })).known
  // What the engine logs is clean; what plugins log by themselves (lines that their processes print) is not.
  const options = given.log ? { ...given, log: hidden.log(given.log) } : given
  const builtin = createBuiltinPlugin({
    env: options.env,
    baseDir: options.flowDirectory,
    allowPrivate: config.http.allowPrivate,
    hostRates: config.http.rateLimits,
    filesAllow: config.files.allow,
    ...(options.homeOf && { homeOf: options.homeOf }),
    code: config.code,
    functions,
    ...(options.clock && { clock: options.clock }),
  })
  const plugins = new Map<string, Plugin>()
  const unavailable = new Map<string, string>()
  const catalog = new Catalog()
  for (const plugin of config.plugins) {
    if (plugin.type === 'unavailable') unavailable.set(plugin.name, plugin.reason)
    else {
      const made = pacedAs(plugin, await createPlugin(plugin, builtin, config, options), options)
      plugins.set(plugin.name, options.uses ? watchedAs(plugin, made, options.uses) : made)
    }
    if (!SERVERS.has(plugin.type)) catalog.addLocal(plugins.get(plugin.name))
  }
  // The configured one has the configured limits.
  const ours = config.plugins.find((plugin) => plugin.type === 'builtin')
  const always = (ours && plugins.get(ours.name)) ?? builtin
  catalog.addLocal(always)
  const router = createRouter({
    routes: config.routes,
    plugins,
    unavailable,
    builtin: always,
    known: catalog.known,
    ...(options.clock && { clock: options.clock }),
  })
  const close = () => stopAll([builtin, ...plugins.values()])
  try {
    // A module's components are its exports: they are not known before it is imported.
    for (const { name, type } of config.plugins) if (type === 'module') await plugins.get(name)?.start?.()
  } catch (error) {
    await close()
    throw error
  }
  return { router, plugins, components: () => catalog.list(new Map([['builtin', always], ...plugins]), router), close }
}

/** The store that a configuration names; whoever opens it closes it. */
export async function openStore(
  { stateStore }: Pick<Config, 'stateStore'>,
  options: Pick<WireOptions, 'history' | 'clock' | 'log' | 'blobs' | 'node'> & Partial<Pick<WireOptions, 'env'>>,
): Promise<Store> {
  const blobs = blobsOf(stateStore, options)
  const shared = { ...(options.clock && { clock: options.clock }), ...(options.log && { log: options.log }) }
  if (stateStore.type === 'postgres') {
    const { createPostgresStore } = await import('@stepflow/store-postgres')
    const { url } = stateStore
    const { name, capacity, version, migrate } = options.node ?? {}
    const node = {
      ...(name === undefined ? {} : { driverId: name }),
      ...(capacity === undefined ? {} : { maxJournals: capacity }),
      ...(version === undefined ? {} : { version }),
      ...(migrate === undefined ? {} : { migrate }),
    }
    return ifThere(() => createPostgresStore({ url, ...(blobs && { blobs }), ...node, ...shared }))
  }
  if (stateStore.type === 'memory' || stateStore.path === ':memory:') {
    return createMemoryStore({ forget: options.history === 'none', ...shared })
  }
  const { createSqliteStore } = await import('@stepflow/store-sqlite')
  try {
    return await createSqliteStore({ path: stateStore.path, ...shared })
  } catch (thrown) {
    // Whatever is wrong with it, nothing has run: a file that cannot be used was named.
    if (!FlowError.is(thrown)) throw thrown
    throw new FlowError('INVALID_INPUT', thrown.message, { cause: thrown })
  }
}

/** Brings the schema of a store in PostgreSQL to this version, or only says from which to which that would be. */
export async function migrateStore(
  url: string,
  isOnlyChecked: boolean,
): Promise<{ readonly from: number; readonly to: number }> {
  const { migratePostgres } = await import('@stepflow/store-postgres')
  return ifThere(() => migratePostgres(url, isOnlyChecked))
}

// ---

/** Nothing has run: whoever named a database that does not answer is told that it is not there. */
async function ifThere<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (thrown) {
    if (!isAway(thrown)) throw thrown
    throw new FlowError('NOT_FOUND', thrown.message, { cause: thrown })
  }
}

/** What has to be started before its components are known. */
const SERVERS: ReadonlySet<PluginConfig['type']> = new Set(['stepflow', 'grpc', 'mcp'])

async function wireOn(store: Store, config: Config, options: WireOptions) {
  const { env, secretsOfFile: given, clock, log } = options
  const secrets = options.secrets ?? (await openSecrets({ env, given, store, place: config.stateStore, clock, log }))
  return { secrets, wired: options.plugins ?? (await wirePlugins(config, options, secrets.known)) }
}

function watchedAs({ name, type }: PluginConfig, made: Plugin, uses: Map<string, PluginUse>): Plugin {
  const use = newUse()
  uses.set(name, use)
  return watched(made, use, SERVERS.has(type) ? 'server' : 'in this process')
}

function pacedAs({ rateLimit }: PluginConfig, made: Plugin, { clock = systemClock }: WireOptions): Plugin {
  return rateLimit ? paced(made, new Rate(rateLimit, clock)) : made
}

async function createPlugin(
  plugin: Exclude<PluginConfig, { type: 'unavailable' }>,
  builtin: Plugin,
  config: Config,
  options: WireOptions,
): Promise<Plugin> {
  const limited = (made: Plugin) => (plugin.maxInFlight === undefined ? made : limit(made, plugin.maxInFlight))
  switch (plugin.type) {
    case 'builtin':
      return limited(builtin)
    case 'module': {
      const { createModulePlugin } = await import('./plugins/module.ts')
      return limited(createModulePlugin(plugin.name, plugin.path, options.log))
    }
    case 'mock': {
      const { createMockPlugin } = await import('./plugins/mock.ts')
      const primaryOf = (component: string) => builtin.resolve(component)?.info.primary
      return limited(createMockPlugin(plugin.name, plugin.components, primaryOf))
    }
    case 'stepflow':
    case 'grpc':
      return createServer(plugin, config, options)
    case 'mcp':
      return limit(await createMcp(plugin, config, options), plugin.maxInFlight ?? 64)
  }
}

/** Its limit is its own affair: a server's call that waits for a run of its own lends its place. */
async function createServer(
  plugin: Extract<PluginConfig, { type: 'stepflow' | 'grpc' }>,
  config: Config,
  options: WireOptions,
): Promise<Plugin> {
  const { createServerPlugin } = await import('@stepflow/protocol')
  const processes = 'processes' in plugin ? plugin.processes : 1
  const place = plugin.type === 'grpc' ? await workerOf(plugin, config, options) : placeOf(plugin, config)
  const create = () =>
    createServerPlugin({
      name: plugin.name,
      ...place,
      ...(options.env.STEPFLOW_COMPONENT_STDERR === 'verbose' ? { amount: 'all' as const } : {}),
      ...(plugin.maxInFlight === undefined ? {} : { maxInFlight: Math.ceil(plugin.maxInFlight / processes) }),
      ...(options.clock && { clock: options.clock }),
      ...(options.log && { log: options.log }),
    })
  if (processes === 1) return create()
  const { pool } = await import('./plugins/pool.ts')
  return pool(plugin.name, Array.from({ length: processes }, create))
}

async function createMcp(
  plugin: Extract<PluginConfig, { type: 'mcp' }>,
  { directory }: Config,
  options: WireOptions,
): Promise<Plugin> {
  const { createMcpPlugin } = await import('./plugins/mcp/plugin.ts')
  const { PATH, HOME } = options.env
  const place =
    'url' in plugin
      ? { url: plugin.url, headers: plugin.headers }
      : {
          command: plugin.command,
          args: plugin.args,
          cwd: directory,
          env: { ...(PATH === undefined ? {} : { PATH }), ...(HOME === undefined ? {} : { HOME }), ...plugin.env },
        }
  return createMcpPlugin({
    name: plugin.name,
    place,
    ...(options.env.STEPFLOW_COMPONENT_STDERR === 'verbose' ? { amount: 'all' as const } : {}),
    ...(plugin.startupTimeoutMs === undefined ? {} : { startupTimeoutMs: plugin.startupTimeoutMs }),
    ...(options.clock && { clock: options.clock }),
    ...(options.log && { log: options.log }),
  })
}

/** Which program to start, or where it is. */
function placeOf(plugin: Extract<PluginConfig, { type: 'stepflow' }>, { directory }: Config) {
  const shared = {
    ...(plugin.blobUrl === undefined ? {} : { blobUrl: plugin.blobUrl }),
    ...(plugin.startupTimeoutMs === undefined ? {} : { startupTimeoutMs: plugin.startupTimeoutMs }),
  }
  if ('url' in plugin) {
    return { ...shared, url: plugin.url, ...(plugin.timeoutMs === undefined ? {} : { timeoutMs: plugin.timeoutMs }) }
  }
  const { command, args, env, transport } = plugin
  return { ...shared, command, args, env, cwd: directory, ...(transport && { transport }) }
}

/** How workers over gRPC are waited for: as long as a call may wait for one. */
async function workerOf(
  plugin: Extract<PluginConfig, { type: 'grpc' }>,
  { directory }: Config,
  { clock }: WireOptions,
) {
  const { workerTransport } = await import('@stepflow/protocol/grpc')
  const { queue, queueTimeoutMs, executionTimeoutMs, heartbeatMs } = plugin
  const options = {
    ...('listen' in plugin
      ? { listen: plugin.listen, token: plugin.token }
      : { child: { command: plugin.command, args: plugin.args, env: plugin.env, cwd: directory } }),
    queue,
    queueTimeoutMs,
    heartbeatMs,
    ...(executionTimeoutMs === undefined ? {} : { executionTimeoutMs }),
    ...(clock && { clock }),
  }
  return { open: () => workerTransport(options), startupTimeoutMs: queueTimeoutMs }
}

async function functions(name: string) {
  const dialects = await import('@stepflow/dialects')
  return dialects.functions(name)
}

/** All are stopped, whatever one of them says; then the first complaint is told. */
async function stopAll(plugins: Plugin[]): Promise<void> {
  const results = await Promise.allSettled([...new Set(plugins.reverse())].map(async (plugin) => plugin.stop?.()))
  const failure = results.find((result) => result.status === 'rejected')
  if (failure) throw new FlowError('INTERNAL', 'a plugin could not be stopped', { cause: failure.reason })
}
