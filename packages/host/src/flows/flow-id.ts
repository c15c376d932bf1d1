// What a flow is known by: the id of the blob that holds it as JSON.

import { contentId } from '@stepflow/engine'
import { isCodeFile } from './code-file.ts'

/** Undefined for a flow in code, and for a text that cannot be read. */
export async function flowIdOf(file: string, text: string): Promise<string | undefined> {
  if (isCodeFile(file)) return undefined
  const { readSource, toJson } = await import('@stepflow/dialects')
  const { node } = readSource(text, { file })
  return node && contentId(toJson(node))
}
