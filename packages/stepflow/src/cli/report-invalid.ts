// Reports why a command can do nothing with a flow: its errors on stderr, and what was therefore not done. Ends nothing.

import { type Diagnostic, errorsOf } from '@stepflow/engine'
import { describeDiagnostics } from './code-frame.ts'
import type { Io } from './command.ts'
import type { Messages } from './messages.ts'

export interface Invalid {
  readonly file: string
  readonly text: string
  readonly diagnostics: readonly Diagnostic[]
  /** What the command would have done: `drawn`. */
  readonly undone: string
}

export function reportInvalid({ file, text, diagnostics, undone }: Invalid, io: Io, messages: Messages): void {
  const errors = errorsOf(diagnostics)
  messages.problem(
    describeDiagnostics(errors, {
      text,
      color: io.terminal.color.err,
      columns: io.terminal.err ? io.terminal.columns : undefined,
    }).trimEnd(),
  )
  messages.problem(`${file} is not valid: nothing was ${undone}`)
}
