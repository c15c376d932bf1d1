// Where a finding about a trigger is: the file, if it is known, the line, and the place in the list.

import type { Trigger } from '@stepflow/dialects'
import type { Diagnostic } from '@stepflow/engine'

export function triggerPlace(
  { index, origin: { line, column } }: Pick<Trigger, 'index' | 'origin'>,
  file: string | undefined,
): Pick<Diagnostic, 'file' | 'line' | 'column'> & { readonly path: string } {
  return {
    ...(file === undefined ? {} : { file }),
    ...(line > 0 ? { line, column } : {}),
    path: `$.triggers[${index}]`,
  }
}
