// Changes values in a file that a person wrote; comments, order and formatting of the rest stay.

import { FlowError, type Json } from '@stepflow/engine'
import { loadYaml } from './yaml.ts'

export interface Edit {
  /** `['test', 'cases', 0, 'output']` */
  readonly path: readonly (string | number)[]
  readonly value: Json
}

export function editSource(text: string, format: 'yaml' | 'json', edits: readonly Edit[]): string {
  const yaml = loadYaml()
  const document = yaml.parseDocument(text, { version: '1.2', schema: 'core', keepSourceTokens: true })
  if (document.errors.length > 0) throw new FlowError('INVALID_FLOW', 'the text to edit does not parse')
  if (format === 'json') return editJson(text, edits)
  for (const { path, value } of edits)
    document.setIn(path, document.createNode(value, { aliasDuplicateObjects: false }))
  return document.toString({ lineWidth: 0 })
}

// ---

function editJson(text: string, edits: readonly Edit[]): string {
  const root = JSON.parse(text)
  for (const { path, value } of edits) {
    let at = root
    for (const key of path.slice(0, -1)) at = at[key] ??= {}
    at[path.at(-1) as string] = value
  }
  const indent = /\n([ \t]+)/.exec(text)?.[1]
  return JSON.stringify(root, null, indent) + (text.endsWith('\n') ? '\n' : '')
}
