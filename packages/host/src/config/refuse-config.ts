// A configuration that has errors is refused with all of them.

import { type Diagnostic, errorsOf, FlowError } from '@stepflow/engine'

/** Throws INVALID_INPUT. */
export function refuseConfig(diagnostics: readonly Diagnostic[]): void {
  const errors = errorsOf(diagnostics)
  if (errors.length > 0) throw new FlowError('INVALID_INPUT', errors.map(toldOf).join('\n'))
}

// ---

/** What is wrong, and in which line of which file. */
function toldOf({ file, line, message }: Diagnostic): string {
  const place = file === undefined ? '' : line === undefined ? `${file}: ` : `${file}:${line}: `
  return message.startsWith(place) ? message : `${place}${message}`
}
