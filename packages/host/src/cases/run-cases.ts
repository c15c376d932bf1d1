// Runs the cases of a flow and compares. Nothing of it is kept: the runs are in memory.
//
// A flow may bring a configuration for its tests. Who may save and run flows on a server may not therefore start programs
// there: such a configuration has recorded answers and builtin components, and permits what the server's permits.

import { dirname, join, posix } from 'node:path'
import { assembleEngine } from '@stepflow/code'
import type { Node } from '@stepflow/dialects'
import { createMemoryStore, FlowError, type Outcome, own, type Plan, type PlanEngine } from '@stepflow/engine'
import type { Config } from '../config/config.ts'
import { readConfig } from '../config/read-config.ts'
import { createFlowLoader } from '../flows/flow-loader.ts'
import { KnownFlows } from '../flows/known-flows.ts'
import { refuseInvalid } from '../flows/refuse-invalid.ts'
import { createTextCompiler } from '../named-flows/compile-text.ts'
import { FlowFolder } from '../named-flows/flow-folder.ts'
import { isFlowPath } from '../named-flows/flow-names.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { type WiredPlugins, type WireOptions, wire } from '../wire.ts'
import { type Case, casesOf } from './cases.ts'
import { type Difference, differencesOf, normalised } from './compare.ts'

export interface RunCases {
  readonly text: string
  /** Below the folder, if the flow is one of its files, or is to be one. */
  readonly file?: string | undefined
  /** Names; all unless told. */
  readonly wanted?: readonly string[] | undefined
  /** What is called if the flow brings no configuration, and what that may do. */
  readonly wired: WiredPlugins
  readonly config: Config
  /** Absolute. */
  readonly folder: string
  readonly options: Pick<WireOptions, 'env' | 'homeOf' | 'clock' | 'log'> & { readonly secrets: Secrets }
}

export interface CaseResult {
  readonly name: string
  readonly passed: boolean
  readonly differences: readonly Difference[]
}

export interface TestedCases {
  readonly passed: number
  readonly failed: number
  readonly cases: readonly CaseResult[]
}

/** Throws INVALID_FLOW for a flow with errors, NOT_FOUND for a case that it does not have. */
export async function runCases(given: RunCases): Promise<TestedCases> {
  const { text, file, wanted, folder, options } = given
  const { readSource, toJson } = await import('@stepflow/dialects')
  const { node } = readSource(text, file === undefined ? {} : { file })
  const document = node && toJson(node)
  const chosen = chosenOf(casesOf(document), wanted)
  const flows = new KnownFlows()
  const brought = await configOf(node, given)
  const store = createMemoryStore()
  const plan = createFlowLoader({ directory: folder, plugins: () => called, flows })
  const wired = brought && (await wire(brought, { ...options, flowDirectory: folder, store, plan, flowOf: flows.of }))
  const called = wired ?? given.wired
  const { secrets, clock, log } = options
  const engine =
    wired?.engine ??
    assembleEngine({
      ...{ store, plan, router: called.router, flowOf: flows.of, secrets: secrets.get, known: secrets.known },
      ...(clock && { clock }),
      ...(log && { log }),
    })
  try {
    const { env } = options
    const compile = createTextCompiler({
      plugins: () => called,
      env,
      flows,
      folder,
      filesAllow: given.config.files.allow,
    })
    const compiled = await compile(text, { file })
    refuseInvalid(compiled.diagnostics)
    const outcomes = await outcomesOf(engine, compiled.plan as Plan, chosen) // without errors there is one
    const cases = chosen.map((one, i) => judge(one, outcomes[i] as Outcome)) // one for each
    const passed = cases.filter((one) => one.passed).length
    return { passed, failed: cases.length - passed, cases }
  } finally {
    await (wired ?? engine).close()
    await store.close()
  }
}

// ---

const MOST_AT_ONCE = 16

function chosenOf(cases: readonly Case[], wanted: readonly string[] | undefined): readonly Case[] {
  if (wanted === undefined) return cases
  const missing = wanted.find((name) => !cases.some((one) => one.name === name))
  if (missing === undefined) return cases.filter(({ name }) => wanted.includes(name))
  const there = cases.map(({ name }) => `"${name}"`).join(', ') || 'none'
  throw new FlowError('NOT_FOUND', `the flow has no case "${missing}"; there are: ${there}`)
}

async function outcomesOf(engine: PlanEngine, plan: Plan, cases: readonly Case[]): Promise<Outcome[]> {
  const absent = own(plan.schemas?.input, 'default') ?? {}
  const inputs = cases.map(({ input }) => (input === undefined ? absent : input))
  const run = await engine.submit(plan, inputs, { maxConcurrent: MOST_AT_ONCE })
  const outcomes: Outcome[] = []
  for await (const { outcome } of run.results('input')) outcomes.push(outcome)
  return outcomes
}

function judge({ name, output }: Case, outcome: Outcome): CaseResult {
  const actual = normalised(outcome.outcome === 'success' ? { ...outcome, result: outcome.result ?? null } : outcome)
  const differences =
    output === undefined
      ? [{ path: '$', actual, text: 'the case has no output to compare with' }]
      : differencesOf(output, actual)
  return { name, passed: differences.length === 0, differences }
}

/** Its own, if it brings one. */
async function configOf(flow: Node | undefined, given: RunCases): Promise<Config | undefined> {
  const { config, folder, file } = given
  const { get, readSource, textOf } = await import('@stepflow/dialects')
  const test = get(flow, 'test')
  const named = textOf(get(test, 'config_file') ?? get(test, 'configFile'))
  const inFile = named === undefined ? undefined : readSource(await textOfFile(named, given))
  if (inFile) refuseInvalid(inFile.diagnostics)
  const node = inFile ? inFile.node : (get(test, 'config') ?? get(test, 'stepflow_config'))
  if (!node) return undefined
  const directory = file === undefined ? folder : dirname(join(folder, file))
  // Nothing of the environment: it would be in the recorded answers.
  const read = readConfig(node, { directory, env: {}, file, path: '$.test.config' })
  refuseInvalid(read.diagnostics)
  const other = read.config.plugins.find(({ type }) => type !== 'mock' && type !== 'builtin')
  if (other) {
    const how = 'on a server there may be those of the types mock and builtin; `stepflow test` runs all'
    throw new FlowError('INVALID_INPUT', `the tests have the plugin "${other.name}" of the type ${other.type}: ${how}`)
  }
  const { http, files, code } = config
  return { ...read.config, http, files, code }
}

async function textOfFile(named: string, { folder, file }: RunCases): Promise<string> {
  const path = file === undefined ? undefined : posix.join(posix.dirname(file), named)
  const content = path !== undefined && isFlowPath(path) ? await new FlowFolder(folder).read(path) : undefined
  if (content) return content.text
  throw new FlowError(
    'INVALID_INPUT',
    `the configuration of the tests, "${named}", is not there in the folder of flows`,
  )
}
