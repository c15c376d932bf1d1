// Sets values in a file that a person wrote: only the lines of what changes are touched; comments, order and spacing of
// the rest stay as they are.

import { equalJson, FlowError, type Json } from '@stepflow/engine'
import type { Document, Pair, Scalar, YAMLMap, Node as YamlNode } from 'yaml'
import * as yaml from 'yaml'
import { keepingLineEnds } from './line-ends.ts'

export interface Edit {
  /** `['test', 'cases', 0, 'output']`; all but the last must be there. */
  readonly path: readonly (string | number)[]
  readonly value: Json
}

export function editSource(text: string, format: 'yaml' | 'json', edits: readonly Edit[]): string {
  return keepingLineEnds(text, (lines) => (format === 'json' ? editJson(lines, edits) : edits.reduce(editYaml, lines)))
}

// ---

function editYaml(text: string, edit: Edit): string {
  const document = parse(text)
  if (document.errors.length > 0) throw new FlowError('INVALID_FLOW', 'the text to edit does not parse')
  const spliced = splice(text, document, edit)
  // The splice is only as good as the places it is told; what it made is read again before it is believed.
  if (spliced !== undefined && holds(parse(spliced), edit)) return spliced
  document.setIn(edit.path, document.createNode(edit.value, { aliasDuplicateObjects: false }))
  return document.toString({ lineWidth: 0 })
}

function parse(text: string): Document.Parsed {
  return yaml.parseDocument(text, { version: '1.2', schema: 'core' })
}

function holds(document: Document.Parsed, { path, value }: Edit): boolean {
  if (document.errors.length > 0) return false
  const found = document.getIn(path, true) as YamlNode | undefined
  return equalJson(found?.toJS(document) ?? null, value)
}

/** The text with the value in its place; undefined if the place is none that this knows. */
function splice(text: string, document: Document.Parsed, { path, value }: Edit): string | undefined {
  const parent = document.getIn(path.slice(0, -1), true)
  const key = path.at(-1)
  if (!yaml.isMap(parent) || typeof key !== 'string' || !parent.range) return undefined
  const pairs = parent.items as Pair<Scalar, YamlNode | null>[]
  const pair = pairs.find((item) => item.key.value === key)
  if (parent.flow) return spliceFlow(text, parent, pair, key, value)
  const indent = columnOf(text, pairs[0]?.key.range?.[0] ?? 0)
  const made = key + rendered(value, indent)
  if (pair?.key.range) {
    const end = pair.value?.range?.[1] ?? pair.key.range[1]
    return text.slice(0, pair.key.range[0]) + made + text.slice(lastMark(text, end, pair.key.range[1]))
  }
  const last = pairs.at(-1)
  const end = last?.value?.range?.[1] ?? last?.key.range?.[1]
  if (end === undefined) return undefined
  const at = lineEnd(text, lastMark(text, end, 0))
  return `${text.slice(0, at)}\n${' '.repeat(indent)}${made}${text.slice(at)}`
}

function spliceFlow(
  text: string,
  parent: YAMLMap,
  pair: Pair<Scalar, YamlNode | null> | undefined,
  key: string,
  value: Json,
) {
  const json = JSON.stringify(value)
  const range = pair?.value?.range
  if (range) return text.slice(0, range[0]) + json + text.slice(range[1])
  const close = (parent.range?.[1] ?? 0) - 1
  if (pair || text[close] !== '}') return undefined
  const before = text.slice(0, close).trimEnd()
  const comma = before.endsWith('{') || before.endsWith(',') ? '' : ','
  return `${before}${comma} ${JSON.stringify(key)}: ${json} ${text.slice(close)}`
}

/** What stands behind a key that begins at column `indent`. */
function rendered(value: Json, indent: number): string {
  const text = yaml.stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd()
  const isBlock = typeof value === 'object' && value !== null && Object.keys(value).length > 0
  const pad = ' '.repeat(indent + 2)
  const lines = text.split('\n').map((line, i) => (line === '' || (i === 0 && !isBlock) ? line : pad + line))
  return isBlock ? `:\n${lines.join('\n')}` : `: ${lines.join('\n')}`
}

function columnOf(text: string, at: number): number {
  return at - (text.lastIndexOf('\n', at - 1) + 1)
}

/** Back over space to the last character before `end`. */
function lastMark(text: string, end: number, least: number): number {
  let at = end
  while (at > least && /\s/.test(text[at - 1] as string)) at--
  return at
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end
}

function editJson(text: string, edits: readonly Edit[]): string {
  const root = JSON.parse(text)
  for (const { path, value } of edits) {
    let at = root
    for (const key of path.slice(0, -1)) at = at[key]
    at[path.at(-1) as string] = value
  }
  const indent = /\n([ \t]+)/.exec(text)?.[1]
  return JSON.stringify(root, null, indent) + (text.endsWith('\n') ? '\n' : '')
}
