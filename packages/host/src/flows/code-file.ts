// Which files hold flows in code, told by the name alone, and what is in one. What reads them is loaded with the first.

import type { Log } from '@stepflow/engine'
import type { CodeFlow } from './read-code-flow.ts'

export type { CodeFlow } from './read-code-flow.ts'

/** Endings of files that `loadCodeFlow` reads. */
export function isCodeFile(file: string): boolean {
  return /\.([mc]?[jt]s|[jt]sx)$/i.test(file)
}

/**
 * `file` is an absolute path; `exported` names one of several. `text`: what the file holds now, where it may have been loaded
 * with another text before.
 */
export async function loadCodeFlow(file: string, exported?: string, log?: Log, text?: string): Promise<CodeFlow> {
  const { readCodeFlow } = await import('./read-code-flow.ts')
  return readCodeFlow(file, exported, log, text)
}
