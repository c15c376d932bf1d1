// Writes inferred schemas into the text of a flow. Comments, order and style stay; what is declared is never replaced.

import { isRecord, own, setOwn } from '@stepflow/engine'
import { type Document, isMap, isSeq, type Pair, parseDocument, type YAMLMap } from 'yaml'
import { keepingLineEnds } from '../edit/line-ends.ts'
import { isKnown, type Schema } from './schema-type.ts'

export interface Annotations {
  readonly input: Schema
  readonly output: Schema
  readonly steps: Readonly<Record<string, Schema>>
}

/** YAML stays YAML and JSON stays JSON. A bare list of steps becomes `{schemas, steps}`. */
export function annotate(text: string, schemas: Annotations): string {
  return keepingLineEnds(text, (lines) => annotated(lines, schemas))
}

/** What is declared in a flow about its steps' outputs, by id. */
export function declaredSteps(flow: unknown): Readonly<Record<string, unknown>> {
  const steps = own(own(own(own(flow, 'schemas'), 'properties'), 'steps'), 'properties')
  return isRecord(steps) ? steps : {}
}

// ---

function annotated(text: string, schemas: Annotations): string {
  const json = asJson(text)
  if (json !== undefined) return `${JSON.stringify(annotateJson(json, schemas), null, indentOf(text))}\n`
  const doc = parseDocument(text, { version: '1.2', schema: 'core' })
  if (isSeq(doc.contents)) doc.contents = doc.createNode({ steps: doc.contents }) as never // a map is a document's content, too
  if (!isMap(doc.contents)) return text
  annotateMap(doc as Document, doc.contents as YAMLMap, schemas)
  return doc.toString({
    lineWidth: 0,
    indent: indentOf(text),
    indentSeq: !/^( *)(?:- )?[\w"'$-]+:[ \t]*\n\1- /m.test(text),
    flowCollectionPadding: !/\{(?=[\w"'$])/.test(text),
  })
}

/** Spellings of a schema at the top level: beside one of these a second one would be a conflict. */
const beside = {
  input: ['input_schema', 'inputSchema'],
  output: ['output_schema', 'outputSchema'],
} as const

function annotateMap(doc: Document, root: YAMLMap, schemas: Annotations): void {
  const map = (parent: YAMLMap, key: string, start: Record<string, unknown>): YAMLMap => {
    const there = parent.get(key, true)
    if (isMap(there)) return there as unknown as YAMLMap
    const made = doc.createNode(start) as YAMLMap
    parent.set(key, made)
    return made
  }
  const missing = missingOf(schemas, (name) => beside[name].some((key) => root.has(key)))
  if (missing.input === undefined && missing.output === undefined && missing.steps.length === 0) return
  if (!isMap(root.get('schemas', true))) insertBefore(doc, root, 'schemas', 'steps')
  const properties = map(map(root, 'schemas', { type: 'object', properties: {} }), 'properties', {})
  for (const name of ['input', 'output'] as const) {
    if (missing[name] !== undefined && !properties.has(name)) properties.set(name, doc.createNode(missing[name]))
  }
  if (missing.steps.length === 0) return
  const steps = map(map(properties, 'steps', { type: 'object', properties: {} }), 'properties', {})
  for (const [id, schema] of missing.steps) if (!steps.has(id)) steps.set(id, doc.createNode(schema))
}

/** An empty `schemas` where a reader looks for it, with the blank line that belongs to it. */
function insertBefore(doc: Document, root: YAMLMap, key: string, next: string): void {
  root.delete(key)
  const at = root.items.findIndex((pair) => String((pair as Pair).key) === next)
  const pair = doc.createPair(key, { type: 'object', properties: {} })
  const following = root.items[at]?.key as { spaceBefore?: boolean } | undefined // a scalar's own field
  if (following?.spaceBefore) (pair.key as { spaceBefore?: boolean }).spaceBefore = true
  root.items.splice(at < 0 ? root.items.length : at, 0, pair as Pair)
}

function annotateJson(flow: unknown, schemas: Annotations): unknown {
  const root: Record<string, unknown> = isRecord(flow) ? flow : { steps: flow }
  const missing = missingOf(schemas, (name) => beside[name].some((key) => Object.hasOwn(root, key)))
  if (missing.input === undefined && missing.output === undefined && missing.steps.length === 0) return root
  const declared = isRecord(root.schemas) ? root.schemas : {}
  const properties: Record<string, unknown> = { ...(isRecord(declared.properties) ? declared.properties : {}) }
  if (missing.input !== undefined) properties.input ??= missing.input
  if (missing.output !== undefined) properties.output ??= missing.output
  if (missing.steps.length > 0) {
    const before = isRecord(properties.steps) ? properties.steps : { type: 'object' }
    const steps: Record<string, unknown> = { ...(isRecord(before.properties) ? before.properties : {}) }
    for (const [id, schema] of missing.steps) if (!Object.hasOwn(steps, id)) setOwn(steps, id, schema)
    properties.steps = { ...before, properties: steps }
  }
  const annotated = { type: 'object', ...declared, properties }
  const entries = Object.entries(root).filter(([key]) => key !== 'schemas')
  const at = entries.findIndex(([key]) => key === 'steps')
  entries.splice(at < 0 ? entries.length : at, 0, ['schemas', annotated])
  return Object.fromEntries(entries)
}

function missingOf(schemas: Annotations, isDeclared: (name: 'input' | 'output') => boolean) {
  return {
    input: isKnown(schemas.input) && !isDeclared('input') ? schemas.input : undefined,
    output: isKnown(schemas.output) && !isDeclared('output') ? schemas.output : undefined,
    steps: Object.entries(schemas.steps),
  }
}

function asJson(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** As the author indents: the first line that is. */
function indentOf(text: string): number {
  const width = /^( +)[^ \n#]/m.exec(text)?.[1]?.length ?? 2
  return Math.min(Math.max(width, 1), 8)
}
