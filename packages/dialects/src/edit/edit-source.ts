// Sets values in a file that a person wrote, whatever the file is: only what changes is touched.

import type { Json } from '@stepflow/engine'
import { changesOfParts, dataOf } from './changes.ts'
import { changed } from './pieces.ts'
import type { Path } from './steps.ts'

export interface Edit {
  /** `['test', 'cases', 0, 'output']`; what is missing on the way is made. */
  readonly path: Path
  readonly value: Json
}

export function editSource(text: string, format: 'yaml' | 'json', edits: readonly Edit[]): string {
  const parts = edits.map(({ path, value }) => ({ part: 'set', path, value }) as const)
  return changed(text, changesOfParts(text, dataOf(text, { format }), parts, { format }))
}
