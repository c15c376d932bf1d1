// The project of a command line: opened as its options say; what keeps its flow from being run is said on stderr.

import type { Diagnostic, Plan } from '@stepflow/engine'
import type { OpenProject as Open, Project } from '@stepflow/host'
import { describeDiagnostics } from './code-frame.ts'
import type { Args, Io } from './command.ts'
import type { Messages } from './messages.ts'
import { STORE_PATIENCE_MS } from './store-option.ts'

export type { Project } from '@stepflow/host'

export interface OpenProject
  extends Pick<Open, 'file' | 'text' | 'purpose' | 'overrides' | 'config' | 'store' | 'blobs'> {
  readonly args: Args
  readonly io: Io
  readonly messages: Messages
}

/** Reads all of it; throws only if a file that was named cannot be read. Close it, or child processes stay. */
export async function openProject({ args, io, messages, ...options }: OpenProject): Promise<Project> {
  const host = await import('@stepflow/host')
  return host.openProject({
    ...options,
    cwd: io.cwd,
    env: io.env,
    configFile: args.value('config'),
    secretsFile: args.value('secrets'),
    strict: args.has('strict'),
    log: messages.log,
    storePatienceMs: STORE_PATIENCE_MS,
  })
}

/** The plan; undefined if there is none, and then the reasons are on stderr. Warnings are told too. */
export function refuseInvalid(project: Project, io: Io, messages: Messages): Plan | undefined {
  const { plan, diagnostics, text, file } = project
  const worth = worthTelling(diagnostics)
  if (worth.length > 0) {
    const own = worth.filter((one) => one.file === undefined || one.file === file)
    const others = worth.filter((one) => !own.includes(one))
    const color = io.terminal.color.err
    const columns = io.terminal.err ? io.terminal.columns : undefined
    const told = [describeDiagnostics(others, { color }), describeDiagnostics(own, { text, color, columns })]
      .filter(Boolean)
      .join('\n')
    if (plan) messages.hint(told.trimEnd())
    else messages.problem(told.trimEnd())
  }
  if (!plan) {
    // A configuration that is wrong says nothing against the flow.
    messages.problem(`${project.isFlowValid ? 'the configuration' : file} is not valid: nothing ran`)
  }
  return plan
}

/** Who runs a flow does not want its style reviewed; `validate` tells it all. */
export function worthTelling(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.filter((one) => one.level !== 'hint' && !MATTERS_OF_STYLE.has(one.code))
}

// ---

const MATTERS_OF_STYLE: ReadonlySet<string> = new Set(['MISSING_FLOW_NAME', 'MISSING_FLOW_DESCRIPTION'])
