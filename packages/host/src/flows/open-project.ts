// A flow file with what belongs to it: configuration, plugins, plan, engine. What everybody who checks or runs a flow opens.

import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { FlowInfo, Node } from '@stepflow/dialects'
import {
  type Diagnostic,
  FlowError,
  hasErrors,
  type Log,
  type Plan,
  type PlanEngine,
  type Store,
} from '@stepflow/engine'
import { lendNodeHash } from '@stepflow/engine/node'
import type { Config, StoreConfig } from '../config/config.ts'
import { loadConfig } from '../config/load-config.ts'
import type { Env } from '../config/substitute.ts'
import { openSecrets } from '../secrets/secrets.ts'
import { type WiredPlugins, type WireOptions, wire, wirePlugins } from '../wire.ts'
import { isCodeFile, loadCodeFlow } from './code-file.ts'
import { createFlowLoader } from './flow-loader.ts'
import { KnownFlows } from './known-flows.ts'
import { cannot, readText } from './read-file.ts'
import { readSecrets } from './read-secrets.ts'
import { triggerFindings } from './trigger-findings.ts'

export interface Project {
  /** As it was named. */
  readonly file: string
  readonly text: string
  /** What was read from the text, without overrides; absent of a flow in code, and if the text cannot be read. */
  readonly document: Node | undefined
  /** Of the configuration, then of the flow. */
  readonly diagnostics: readonly Diagnostic[]
  /** What errors there are, if any, are of the configuration. */
  readonly isFlowValid: boolean
  /** Absent if there are errors. */
  readonly plan: Plan | undefined
  /** What the flow says of itself; absent if it could not be read at all. */
  readonly flow: FlowInfo | undefined
  /** The plan as it is to be drawn. */
  readonly sketch: Plan | undefined
  /** What a flow in code exports as `test`. */
  readonly cases: unknown
  readonly plugins: WiredPlugins
  /** There once the project is started. */
  readonly engine: PlanEngine
  /** What the runs are kept in; there once the project is started. */
  readonly store: Store
  readonly config: Config
  /** Before anything is run. The file of a store that is not there is made now: what was refused until here leaves none. */
  start(): Promise<void>
  close(): Promise<void>
}

export interface OpenProject {
  /** The flow. This and the other files may be relative to `cwd`. */
  readonly file: string
  readonly cwd: string
  readonly env: Env
  /** In place of what the file holds. */
  readonly text?: string | undefined
  /** `check`: nothing will be run. `elsewhere`: by another engine, and which components its workers serve is not known. */
  readonly purpose: 'run' | 'batch' | 'test' | 'check' | 'elsewhere'
  /** The configuration; else the one beside the flow, or in `cwd`. */
  readonly configFile?: string | undefined
  /** In place of the one that is looked for. */
  readonly config?: { readonly config: Config; readonly diagnostics: readonly Diagnostic[] } | undefined
  readonly secretsFile?: string | undefined
  readonly overrides?: readonly unknown[] | undefined
  /** Warnings are errors. */
  readonly strict?: boolean
  /** In place of the configuration's. */
  readonly store?: StoreConfig | undefined
  /** Where its blobs go: a folder, or `s3://BUCKET/PREFIX`. */
  readonly blobs?: string | undefined
  readonly log?: Log
  /** For how long runs wait for a store that is away. */
  readonly storePatienceMs?: number
}

/** Reads all of it; throws only if a file that was named cannot be read. Close it, or child processes stay. */
export async function openProject(options: OpenProject): Promise<Project> {
  const { file, cwd, env, purpose, secretsFile } = options
  lendNodeHash()
  const text = options.text ?? readText(file, 'the flow', cwd)
  const code = isCodeFile(file)
    ? { flow: undefined, ...(await loadCodeFlow(resolve(cwd, file), undefined, options.log)) }
    : undefined
  const { compile, toJson } = await import('@stepflow/dialects')
  const flows = new KnownFlows()
  const place = { path: options.configFile, flowFile: file, cwd, env }
  const found = options.config ?? (await loadConfig({ ...place, ...(purpose === 'test' ? { purpose } : {}) }))
  const config = options.store === undefined ? found.config : { ...found.config, stateStore: options.store }
  if ((purpose === 'run' || purpose === 'batch') && config.stateStore.type === 'sqlite') {
    checkStoreWritable(config.stateStore.path)
  }
  const flowDirectory = dirname(resolve(cwd, file))
  const wireOptions: WireOptions = {
    ...(secretsFile === undefined ? {} : { secretsOfFile: await readSecrets(secretsFile, cwd) }),
    env,
    flowDirectory,
    // Results are streamed out, and whoever draws the steps of a run watches it: nobody reads them afterwards.
    history: 'none',
    ...(options.blobs === undefined ? {} : { blobs: options.blobs }),
    ...(options.log && { log: options.log }),
    ...(options.storePatienceMs === undefined ? {} : { storePatienceMs: options.storePatienceMs }),
    plan: createFlowLoader({ directory: flowDirectory, plugins: () => plugins, flows }),
    flowOf: flows.of,
    ...(code && { around: (router) => code.router(router) }),
  }
  const runsHere = purpose !== 'check' && purpose !== 'elsewhere'
  // A store that is not there holds no secrets, and its clock is that of this machine.
  const secrets =
    runsHere && isNewFile(config.stateStore)
      ? await openSecrets({ env, given: wireOptions.secretsOfFile, log: options.log })
      : undefined
  let wired = runsHere && !secrets ? await wire(config, wireOptions) : undefined
  const plugins = wired ?? (await wirePlugins(secrets ? config : found.config, wireOptions, secrets?.known))
  const compiled: CompiledFlow =
    code ??
    compile(text, {
      file,
      strict: options.strict === true,
      readFile: (path) => readText(path, 'the schema', cwd),
      ...(options.overrides?.length ? { overrides: options.overrides } : {}),
      primaryOf: plugins.router.primaryOf,
      isSet: (variable) => Boolean(env[variable]),
      // What a broken configuration would have served is not known.
      ...(hasErrors(found.diagnostics)
        ? {}
        : {
            ...(purpose === 'elsewhere' ? {} : { isServed: plugins.router.whyUnserved }),
            misfits: plugins.router.misfits,
          }),
    })
  const triggers = purpose === 'check' ? await triggerFindings(compiled, file) : []
  const diagnostics = [...found.diagnostics, ...compiled.diagnostics, ...triggers]
  const document = compiled.source?.node
  if (compiled.plan && document) flows.addMain(compiled.plan, () => toJson(document))
  return {
    file,
    text,
    document,
    diagnostics,
    isFlowValid: !hasErrors(compiled.diagnostics) && !hasErrors(triggers),
    plan: hasErrors(diagnostics) ? undefined : compiled.plan,
    flow: compiled.flow,
    sketch: code?.sketch ?? compiled.plan,
    cases: code?.test,
    plugins,
    get engine() {
      if (!wired) throw new FlowError('INTERNAL', 'a project that was not started has no engine')
      return wired.engine
    },
    get store() {
      if (!wired) throw new FlowError('INTERNAL', 'a project that was not started has no store')
      return wired.store
    },
    config,
    async start() {
      if (!runsHere) throw new FlowError('INTERNAL', 'a project that runs nothing here cannot be started')
      wired ??= await wire(config, { ...wireOptions, plugins, ...(secrets && { secrets }) })
    },
    close: () => (wired ?? plugins).close(),
  }
}

// ---

interface CompiledFlow {
  readonly plan?: Plan | undefined
  readonly diagnostics: readonly Diagnostic[]
  readonly flow?: FlowInfo | undefined
  readonly source?: { readonly node: Node }
}

function isNewFile(store: StoreConfig): boolean {
  return store.type === 'sqlite' && store.path !== ':memory:' && !existsSync(store.path)
}

/** Throws if the file of a store is there and may only be read: SQLite would say so at the first write. */
function checkStoreWritable(path: string): void {
  try {
    if (statSync(path).isFile()) accessSync(path, constants.W_OK)
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    // Whatever else is wrong with it is said by who opens it.
    if (code === 'EACCES' || code === 'EROFS') throw cannot('written', path, 'the store', thrown)
  }
}
