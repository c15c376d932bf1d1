// The flow that a command sends to a server: its text, compiled here as far as it can be judged here, and what patches it.

import { type Diagnostic, FlowError, hasErrors, isRecord, own, type Plan, setOwn } from '@stepflow/engine'
import { isCodeFile, readText } from '@stepflow/host'
import { usage } from '../args.ts'
import { describeDiagnostics } from '../code-frame.ts'
import type { Command, Io } from '../command.ts'
import type { Messages } from '../messages.ts'
import { worthTelling } from '../project.ts'
import { reportInvalid } from '../report-invalid.ts'

export function flowText(command: Pick<Command, 'name'>, file: string, io: Io): string {
  if (!isCodeFile(file)) return readText(file, 'the flow', io.cwd)
  throw usage(command, `${file} is a flow in code, which cannot be sent: put it into the flows folder of the server`)
}

/** Undefined if there are errors, which are reported; which components there are, only the server knows. */
export async function compiled(file: string, text: string, messages: Messages, io: Io): Promise<Plan | undefined> {
  const { compile } = await import('@stepflow/dialects')
  const { plan, diagnostics } = compile(text, { file, readFile: (path) => readText(path, 'the schema', io.cwd) })
  if (plan && !hasErrors(diagnostics)) return plan
  reportInvalid({ file, text, diagnostics, undone: 'sent' }, io, messages)
  return undefined
}

/** What the server found in the text of this file, with the lines; false if that is not what was thrown. */
export function reportFindings(
  thrown: unknown,
  { file, text }: { readonly file: string; readonly text: string },
  messages: Messages,
  io: Io,
): boolean {
  if (!FlowError.is(thrown) || thrown.code !== 'INVALID_FLOW' || !Array.isArray(thrown.data)) return false
  const found: readonly Diagnostic[] = thrown.data // the server's, of this text; it has no name there
  const color = io.terminal.color.err
  const columns = io.terminal.err ? io.terminal.columns : undefined
  const named = worthTelling(found).map((one) => ({ ...one, file: one.file ?? file }))
  messages.problem(describeDiagnostics(named, { text, color, columns }).trimEnd())
  messages.problem(`${file} is not valid: nothing ran`)
  return true
}

/** Several documents as one: what a later one says of a step is laid over what those before say. */
export function merged(documents: readonly unknown[]): Record<string, unknown> | undefined {
  if (documents.length === 0) return undefined
  return documents.map(stepsOf).reduce((all, next) => laidOver(all, next) as Record<string, unknown>)
}

// ---

function stepsOf(document: unknown): Record<string, unknown> {
  const { steps } = document as Record<string, unknown> // readOverrides takes nothing else
  return isRecord(steps) && Object.keys(document as object).length === 1 ? steps : (document as Record<string, unknown>)
}

/** Merge patches: null takes away, and has to stay. */
function laidOver(below: unknown, above: unknown): unknown {
  if (!isRecord(below) || !isRecord(above)) return above
  const all: Record<string, unknown> = {}
  for (const key of Object.keys(below)) setOwn(all, key, below[key])
  for (const key of Object.keys(above)) setOwn(all, key, laidOver(own(below, key), above[key]))
  return all
}
