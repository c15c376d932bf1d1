// A worker of another engine: the configuration, the plugins and the folder of flows of this machine, for plans that run there.

import { resolve } from 'node:path'
import { createMemoryStore, type Log, type Router, systemClock } from '@stepflow/engine'
import { lendNodeHash } from '@stepflow/engine/node'
import { openGivenBlobs } from '../blobs/open-blobs.ts'
import { loadConfig } from '../config/load-config.ts'
import { refuseConfig } from '../config/refuse-config.ts'
import type { Env } from '../config/substitute.ts'
import { createFlowLoader } from '../flows/flow-loader.ts'
import { KnownFlows } from '../flows/known-flows.ts'
import { readSecrets } from '../flows/read-secrets.ts'
import { checkedFolder } from '../named-flows/checked-folder.ts'
import { createTextCompiler, type TextCompilerOptions } from '../named-flows/compile-text.ts'
import { homesIn } from '../named-flows/flow-names.ts'
import { NamedFlows } from '../named-flows/named-flows.ts'
import { routeCode } from '../named-flows/read-flow.ts'
import { openSecrets } from '../secrets/secrets.ts'
import { wirePlugins } from '../wire.ts'
import { loadElsewhere } from './load-elsewhere.ts'
import type { WorkElsewhere, WorkerElsewhere } from './port.ts'

export interface OpenWorkElsewhere extends Pick<WorkElsewhere, 'url' | 'version' | 'name' | 'capacity' | 'drainMs'> {
  readonly cwd: string
  readonly env: Env
  readonly configFile?: string | undefined
  readonly secretsFile?: string | undefined
  readonly blobs?: string | undefined
  /** The folder of flows; `flows` in `cwd`, which need not be there, unless told. */
  readonly flowsDir?: string | undefined
  readonly log: Log
}

/** Throws INVALID_INPUT for what cannot be worked with. */
export async function workElsewhere(options: OpenWorkElsewhere): Promise<WorkerElsewhere> {
  const { url, cwd, env, configFile, secretsFile, blobs } = options
  const engine = await loadElsewhere(url, cwd)
  lendNodeHash()
  const folder = checkedFolder(resolve(cwd, options.flowsDir ?? 'flows'), options.flowsDir)
  const { config, diagnostics } = await loadConfig({ path: configFile, cwd, env })
  refuseConfig(diagnostics)
  const given = secretsFile === undefined ? undefined : await readSecrets(secretsFile, cwd)
  const secrets = await openSecrets({ env, given, log: options.log })
  const log = secrets.known.log(options.log)
  const wired = await wirePlugins(config, { env, flowDirectory: folder, homeOf: homesIn(folder), log }, secrets.known)
  try {
    const flows = new KnownFlows()
    const plugins = () => wired
    const inCode = await codeIn({ plugins, env, flows, folder, filesAllow: config.files.allow }, log)
    const worker = await engine.work({
      ...{ url, env, version: options.version, name: options.name, capacity: options.capacity, log, secrets },
      drainMs: options.drainMs,
      blobs: await openGivenBlobs({ blobs, env, cwd }),
      router: { route: inCode(wired.router).route, pluginOf: wired.router.pluginOf },
      plan: createFlowLoader({ directory: folder, plugins, flows }),
    })
    return { ...worker, close: () => worker.close().finally(() => wired.close()) }
  } catch (thrown) {
    await wired.close()
    throw thrown
  }
}

// ---

/** Leads to the functions of flows in code. */
async function codeIn(options: TextCompilerOptions, log: Log): Promise<(otherwise: Router) => Router> {
  const compile = createTextCompiler(options)
  const { folder } = options
  const named = new NamedFlows({ store: createMemoryStore(), compile, clock: systemClock, log, folder })
  await named.load()
  return routeCode(() => named.inCode())
}
