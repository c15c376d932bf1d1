// The cases of one flow file: read, run at the same time, compared in their order.

import { dirname, resolve } from 'node:path'
import type { Node } from '@stepflow/dialects'
import {
  errorsOf,
  errorValue,
  isRecord,
  type Outcome,
  own,
  type Plan,
  type PlanEngine,
  type SubmitOptions,
} from '@stepflow/engine'
import { isCodeFile, readText } from '@stepflow/host'
import { type Case, casesOf, mismatch, normalised } from '@stepflow/host/cases'
import { describeDiagnostics } from '../code-frame.ts'
import type { Args, Io } from '../command.ts'
import { stayAtWork } from '../interrupts.ts'
import type { Messages } from '../messages.ts'
import { type OpenProject, openProject } from '../project.ts'
import { absentInput, readVariables } from '../sources.ts'
import { diffLines } from './diff-lines.ts'

export interface FileResult {
  readonly file: string
  readonly text: string
  readonly status: 'tested' | 'skipped' | 'errored'
  /** Why it was skipped, or what kept it from being tested. */
  readonly reason?: string
  readonly cases: readonly CaseResult[]
  /** Of all its cases, those left out by `--case` included. */
  readonly caseNames: readonly string[]
}

export interface CaseResult {
  readonly name: string
  /** Among the cases of the file. */
  readonly index: number
  /** Absent: the case holds. */
  readonly problem?: string
  readonly actual: unknown
  readonly diff: readonly string[]
}

export interface TestFileOptions {
  readonly file: string
  readonly isNamed: boolean
  readonly args: Args
  readonly io: Io
  readonly messages: Messages
  readonly maxConcurrent: number
  /** Patches of the steps of every file. */
  readonly overrides: readonly unknown[]
  /** Names of the cases to run; none: all. */
  readonly wanted: readonly string[]
}

export async function testFile(options: TestFileOptions): Promise<FileResult> {
  const { file, io } = options
  let text = ''
  try {
    text = readText(file, 'the flow', io.cwd)
    return await testText(text, options)
  } catch (thrown) {
    return { file, text, status: 'errored', reason: errorValue(thrown).message, cases: [], caseNames: [] }
  }
}

// ---

async function testText(text: string, options: TestFileOptions): Promise<FileResult> {
  const { file, isNamed } = options
  if (isCodeFile(file)) return testCode(text, options)
  const result = { file, text, cases: [], caseNames: [] }
  const { get, readSource, toJson } = await import('@stepflow/dialects')
  const source = readSource(text, { file })
  if (!source.node) {
    // A folder may hold YAML of other programs; a file that was named is meant.
    const looksLikeFlow = isNamed || /^\s*"?steps"?\s*:/m.test(text)
    if (!looksLikeFlow) return { ...result, status: 'skipped', reason: 'not a flow' }
    return {
      ...result,
      status: 'errored',
      reason: describeDiagnostics(source.diagnostics, { text, color: false }).trimEnd(),
    }
  }
  const document = toJson(source.node)
  if (!isRecord(document) || (own(document, 'steps') === undefined && own(document, 'test') === undefined)) {
    return { ...result, status: 'skipped', reason: 'not a flow' }
  }
  return testCases(casesOf(document), { text, ...options }, await configOf(get(source.node, 'test'), options))
}

/** A flow in code brings its cases as what it exports as `test`. */
async function testCode(text: string, options: TestFileOptions): Promise<FileResult> {
  const { loadCodeFlow } = await import('@stepflow/host')
  const { test } = await loadCodeFlow(resolve(options.io.cwd, options.file))
  return testCases(casesOf({ test }), { text, ...options }, undefined)
}

async function testCases(
  cases: readonly Case[],
  { text, ...options }: TestFileOptions & { readonly text: string },
  config: OpenProject['config'],
): Promise<FileResult> {
  const { file, args, io, messages, maxConcurrent, overrides, wanted } = options
  const result = { file, text, cases: [], caseNames: [] }
  const caseNames = cases.map(({ name }) => name)
  if (cases.length === 0) return { ...result, status: 'skipped', reason: 'it has no test cases' }
  const chosen = wanted.length === 0 ? cases : cases.filter(({ name }) => wanted.includes(name))
  if (chosen.length === 0)
    return { ...result, caseNames, status: 'skipped', reason: 'it has no case with a name that --case gives' }

  const open = { file, args, io, messages, overrides, purpose: 'test' as const }
  const project = await openProject({ ...open, ...(config ? { config } : {}) })
  try {
    const { plan } = project
    if (!plan) {
      const errors = errorsOf(project.diagnostics)
      return {
        ...result,
        caseNames,
        status: 'errored',
        reason: describeDiagnostics(errors, { text, color: false }).trimEnd(),
      }
    }
    const inputs = chosen.map(({ input }) => (input === undefined ? absentInput(plan) : input))
    const variables = await readVariables(args, plan, io, messages)
    await project.start()
    const outcomes = await outcomesOf(project.engine, plan, inputs, { flow: file, variables, maxConcurrent })
    const { stringify } = await import('yaml')
    const print = (value: unknown) => (value === undefined ? '' : stringify(normalised(value), { lineWidth: 0 }))
    return {
      ...result,
      status: 'tested',
      caseNames,
      cases: chosen.map((one, i) => judge(one, outcomes[i] as Outcome, print)),
    }
  } finally {
    await project.close()
  }
}

async function outcomesOf(
  engine: PlanEngine,
  plan: Plan,
  inputs: readonly unknown[],
  options: SubmitOptions,
): Promise<Outcome[]> {
  const leave = stayAtWork()
  try {
    const outcomes: Outcome[] = []
    const run = await engine.submit(plan, inputs, options)
    for await (const { outcome } of run.results('input')) outcomes.push(outcome)
    return outcomes
  } finally {
    leave()
  }
}

function judge({ name, index, output }: Case, outcome: Outcome, print: (value: unknown) => string): CaseResult {
  const actual = normalised(outcome.outcome === 'success' ? { ...outcome, result: outcome.result ?? null } : outcome)
  const problem = output === undefined ? 'the case has no output; --update writes it' : mismatch(output, actual)
  if (problem === undefined) return { name, index, actual, diff: [] }
  const told = `${problem}${becauseOf(outcome, output)}`
  return { name, index, actual, problem: told, diff: diffLines(print(output), print(actual)) }
}

/** Why it ended otherwise than expected: what differs does not say that. */
function becauseOf(outcome: Outcome, expected: unknown): string {
  if (outcome.outcome === 'success' || own(expected, 'outcome') === outcome.outcome) return ''
  if (outcome.outcome === 'skipped') return `\nit was skipped: ${outcome.reason}`
  const { code, message, step } = outcome.error
  const where = step === undefined || message.includes(`"${step}"`) ? '' : `step "${step}": `
  return `\n${where}${code}: ${message}`
}

/** The configuration that the test section brings: written there, or a file named there. `--config` beats both. */
async function configOf(test: Node | undefined, { file, args, io }: TestFileOptions): Promise<OpenProject['config']> {
  if (args.value('config') !== undefined) return undefined
  const { get, textOf } = await import('@stepflow/dialects')
  const inline = get(test, 'config') ?? get(test, 'stepflow_config')
  const named = textOf(get(test, 'config_file') ?? get(test, 'configFile'))
  const directory = dirname(resolve(io.cwd, file))
  if (named !== undefined) {
    const { loadConfig } = await import('@stepflow/host')
    return loadConfig({ path: resolve(directory, named), flowFile: file, cwd: io.cwd, env: io.env, purpose: 'test' })
  }
  if (!inline) return undefined
  const { readConfig } = await import('@stepflow/host')
  return readConfig(inline, { directory, env: io.env, file, path: '$.test.config' })
}
