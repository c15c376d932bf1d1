// What a recorded run calls, wired anew as it was when the run was begun; and its flow with patches. Begins nothing.

import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Diagnostic, hasErrors, type Json, type Log, type Plan, type RunRow, type Store } from '@stepflow/engine'
import { loadConfig } from '../config/load-config.ts'
import type { Env } from '../config/substitute.ts'
import { isCodeFile } from '../flows/code-file.ts'
import { createFlowLoader } from '../flows/flow-loader.ts'
import { KnownFlows } from '../flows/known-flows.ts'
import { readText } from '../flows/read-file.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { type Wired, wire } from '../wire.ts'

export interface ReopenRun {
  readonly store: Store
  readonly row: RunRow
  /** What is gone on with. */
  readonly plan: Plan
  readonly cwd: string
  readonly env: Env
  /** In place of the one that the run was begun with. */
  readonly configFile?: string | undefined
  /** Those of the store among them. */
  readonly secrets: Secrets
  readonly log?: Log
  /** For how long the run waits for a store that is away. */
  readonly storePatienceMs?: number
}

export interface Reopened {
  readonly diagnostics: readonly Diagnostic[]
  /** Absent if there are errors. Close it, and then the store. */
  readonly wired: Wired | undefined
}

export async function reopenRun(options: ReopenRun): Promise<Reopened> {
  const { store, row, plan, cwd, env, configFile, secrets, log, storePatienceMs } = options
  const { flow, config } = row.trigger ?? ({} as Readonly<Record<string, string>>)
  const found = await loadConfig({ path: configFile ?? config, flowFile: flow, cwd, env })
  if (hasErrors(found.diagnostics)) return { diagnostics: found.diagnostics, wired: undefined }
  const flowDirectory = flow === undefined ? cwd : dirname(flow)
  const flows = new KnownFlows()
  if (flow !== undefined && !isCodeFile(flow)) flows.addMain(plan, await readerOf(flow, cwd))
  const wired: Wired = await wire(found.config, {
    env,
    flowDirectory,
    store,
    ...(log && { log }),
    ...(storePatienceMs === undefined ? {} : { storePatienceMs }),
    plan: createFlowLoader({ directory: flowDirectory, plugins: () => wired, flows }),
    flowOf: flows.of,
    secrets,
  })
  return { diagnostics: found.diagnostics, wired }
}

/** The flow as its file has it by the time that somebody asks; undefined if it is gone. */
async function readerOf(file: string, cwd: string): Promise<() => Json | undefined> {
  const { readSource, toJson } = await import('@stepflow/dialects')
  return () => {
    if (!existsSync(resolve(cwd, file))) return undefined
    const { node } = readSource(readText(file, 'the flow of the run', cwd), { file })
    return node && toJson(node)
  }
}
