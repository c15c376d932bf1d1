// A flow file with what belongs to it: configuration, plugins, plan, engine. What every command that reads a flow opens.

import { dirname, resolve } from 'node:path'
import type { FlowInfo } from '@stepflow/dialects'
import { type Diagnostic, type Engine, FlowError, hasErrors, type Plan, type Store } from '@stepflow/engine'
import { type Config, isCodeFile, type StoreConfig, type WiredPlugins, type WireOptions } from '@stepflow/host'
import { describeDiagnostics } from './code-frame.ts'
import type { Args, Io } from './command.ts'
import { createFlowLoader } from './load-flow.ts'
import type { Messages } from './messages.ts'
import { readText } from './read-file.ts'
import { readSecrets } from './read-secrets.ts'
import { checkStoreWritable } from './write-file.ts'

export interface Project {
  /** As the user named it. */
  readonly file: string
  readonly text: string
  /** Of the configuration, then of the flow. */
  readonly diagnostics: readonly Diagnostic[]
  /** Absent if there are errors. */
  readonly plan: Plan | undefined
  /** What the flow says of itself; absent if it could not be read at all. */
  readonly flow: FlowInfo | undefined
  /** The plan as it is to be drawn. */
  readonly sketch: Plan | undefined
  /** What a flow in code exports as `test`. */
  readonly cases: unknown
  readonly plugins: WiredPlugins
  /** Not there if the project is only checked. */
  readonly engine: Engine
  /** What the runs are kept in; not there if the project is only checked. */
  readonly store: Store
  readonly config: Config
  close(): Promise<void>
}

export interface OpenProject {
  readonly file: string
  readonly args: Args
  readonly io: Io
  readonly messages: Messages
  readonly overrides?: readonly unknown[]
  /** `check`: nothing will be run. */
  readonly purpose: 'run' | 'batch' | 'test' | 'check'
  /** In place of the one that is looked for. */
  readonly config?: { readonly config: Config; readonly diagnostics: readonly Diagnostic[] }
  /** In place of the configuration's. */
  readonly store?: StoreConfig | undefined
}

/** Reads all of it; throws only if the flow file cannot be read. Close it, or child processes stay. */
export async function openProject(options: OpenProject): Promise<Project> {
  const { file, args, io, messages, purpose } = options
  const text = readText(file, 'the flow', io.cwd)
  const code = await openCode(file, io.cwd)
  const [{ compile }, { loadConfig }, { wire, wirePlugins }] = await Promise.all([
    import('@stepflow/dialects'),
    import('@stepflow/host'),
    import('@stepflow/host'),
  ])
  const place = { path: args.value('config'), flowFile: file, cwd: io.cwd, env: io.env }
  const found = options.config ?? (await loadConfig({ ...place, ...(purpose === 'test' ? { purpose } : {}) }))
  const config = options.store === undefined ? found.config : { ...found.config, stateStore: options.store }
  if ((purpose === 'run' || purpose === 'batch') && config.stateStore.type === 'sqlite') {
    checkStoreWritable(config.stateStore.path)
  }
  const flowDirectory = dirname(resolve(io.cwd, file))
  const secretsFile = args.value('secrets')
  const wireOptions: WireOptions = {
    ...(secretsFile === undefined ? {} : { secrets: await readSecrets(secretsFile, io.cwd) }),
    env: io.env,
    flowDirectory,
    // The results of a batch are streamed out, and nobody draws its steps. A single run is watched.
    history: purpose === 'run' ? 'all' : 'none',
    log: messages.log,
    plan: createFlowLoader(flowDirectory, () => plugins),
    ...(code && { around: (router) => code.router(router) }),
  }
  const wired = purpose === 'check' ? undefined : await wire(config, wireOptions)
  const plugins = wired ?? (await wirePlugins(found.config, wireOptions))
  const compiled: CompiledFlow =
    code ??
    compile(text, {
      file,
      strict: args.has('strict'),
      readFile: (path) => readText(path, 'the schema', io.cwd),
      ...(options.overrides?.length ? { overrides: options.overrides } : {}),
      primaryOf: plugins.router.primaryOf,
      isSet: (variable) => Boolean(io.env[variable]),
      // What a broken configuration would have served is not known.
      ...(hasErrors(found.diagnostics) ? {} : { isServed: plugins.router.whyUnserved }),
    })
  const diagnostics = [...found.diagnostics, ...compiled.diagnostics]
  return {
    file,
    text,
    diagnostics,
    plan: hasErrors(diagnostics) ? undefined : compiled.plan,
    flow: compiled.flow,
    sketch: code?.sketch ?? compiled.plan,
    cases: code?.test,
    plugins,
    get engine() {
      if (!wired) throw new FlowError('INTERNAL', 'a project that is only checked has no engine')
      return wired.engine
    },
    get store() {
      if (!wired) throw new FlowError('INTERNAL', 'a project that is only checked has no store')
      return wired.store
    },
    config,
    close: () => plugins.close(),
  }
}

interface CompiledFlow {
  readonly plan?: Plan | undefined
  readonly diagnostics: readonly Diagnostic[]
  readonly flow?: FlowInfo | undefined
}

/** A flow or a step function that a JavaScript or TypeScript file exports. */
async function openCode(file: string, cwd: string) {
  if (!isCodeFile(file)) return undefined
  const { loadCodeFlow } = await import('@stepflow/host')
  return { flow: undefined, ...(await loadCodeFlow(resolve(cwd, file))) }
}

/** The plan; undefined if there is none, and then the reasons are on stderr. Warnings are told too. */
export function refuseInvalid(project: Project, io: Io, messages: Messages): Plan | undefined {
  const { plan, diagnostics, text, file } = project
  // Who runs a flow does not want its style reviewed; `validate` tells it all.
  const worth = diagnostics.filter((one) => one.level !== 'hint' && !MATTERS_OF_STYLE.has(one.code))
  if (worth.length > 0) {
    const own = worth.filter((one) => one.file === undefined || one.file === file)
    const others = worth.filter((one) => !own.includes(one))
    const color = io.terminal.color.err
    const told = [describeDiagnostics(others, { color }), describeDiagnostics(own, { text, color })]
      .filter(Boolean)
      .join('\n')
    if (plan) messages.hint(told.trimEnd())
    else messages.problem(told.trimEnd())
  }
  if (!plan) messages.problem(`${file} is not valid: nothing ran`)
  return plan
}

// ---

const MATTERS_OF_STYLE: ReadonlySet<string> = new Set(['MISSING_FLOW_NAME', 'MISSING_FLOW_DESCRIPTION'])
