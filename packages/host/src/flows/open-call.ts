// One component of one plugin, ready to be called by itself: no flow, no route, nothing kept.

import { FlowError, type Log, type Plan, type PlanEngine, type Plugin, type Store, suggest } from '@stepflow/engine'
import type { Config } from '../config/config.ts'
import type { Env } from '../config/substitute.ts'
import { type Wired, wire } from '../wire.ts'
import { createFlowLoader } from './flow-loader.ts'
import { KnownFlows } from './known-flows.ts'
import { readSecrets } from './read-secrets.ts'

export interface OpenCall {
  readonly config: Config
  /** By its name in the configuration. */
  readonly plugin: string
  /** As the plugin names it. */
  readonly component: string
  readonly cwd: string
  readonly env: Env
  readonly secretsFile?: string | undefined
  readonly log?: Log
}

export interface OpenedCall {
  /** One step: its input is the run's, its result too. */
  readonly plan: Plan
  readonly engine: PlanEngine
  readonly store: Store
  close(): Promise<void>
}

/** Throws NOT_FOUND for a plugin that is not there, COMPONENT_NOT_FOUND for a component. Close it, or child processes stay. */
export async function openCall({
  config,
  plugin: name,
  component,
  cwd,
  env,
  secretsFile,
  log,
}: OpenCall): Promise<OpenedCall> {
  const path = component.startsWith('/') ? component : `/${component}`
  // No flow can have it: paths of components begin with a slash.
  const called = `${name} ${path}`
  const flows = new KnownFlows()
  const wired: Wired = await wire(
    { ...config, stateStore: { type: 'memory' } },
    {
      env,
      flowDirectory: cwd,
      plan: createFlowLoader({ directory: cwd, plugins: () => wired, flows }),
      flowOf: flows.of,
      around: (router) => ({
        route: (asked) => (asked === called ? { component: resolve(wired, name, path) } : router.route(asked)),
      }),
      ...(secretsFile === undefined ? {} : { secretsOfFile: await readSecrets(secretsFile, cwd) }),
      ...(log && { log }),
    },
  )
  try {
    findPlugin(wired, config, name)
  } catch (error) {
    await wired.close()
    throw error
  }
  const step = { id: path.slice(1) || path, component: called, input: { op: 'input' } } as const
  const plan: Plan = { name: called, steps: [step], entry: 0, exit: 0, onFailure: 'stop' }
  return { plan, engine: wired.engine, store: wired.store, close: () => wired.close() }
}

// ---

function findPlugin({ plugins }: Wired, { plugins: configured, file }: Config, name: string): Plugin {
  const plugin = plugins.get(name)
  if (plugin) return plugin
  const named = configured.find((one) => one.name === name)
  if (named?.type === 'unavailable') throw new FlowError('NOT_FOUND', named.reason)
  const names = [...plugins.keys()]
  const meant = suggest(name, names)
  const hint = meant ? `did you mean "${meant}"?` : `there are: ${names.join(', ')}`
  throw new FlowError('NOT_FOUND', `there is no plugin "${name}" in ${file ?? 'the configuration'}; ${hint}`)
}

function resolve({ plugins }: Wired, name: string, path: string) {
  const component = plugins.get(name)?.resolve(path)
  if (component) return component
  throw new FlowError('COMPONENT_NOT_FOUND', `plugin "${name}" has no component ${path}: see stepflow components`)
}
