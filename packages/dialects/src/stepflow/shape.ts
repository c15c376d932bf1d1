// A flow as written: its top level in canonical spelling. Says nothing yet about what refers to what.

import type { Json } from '@stepflow/engine'
import { type Field, FieldReader } from '../fields.ts'
import { below, didYouMean, type Findings, type Place, type Trail } from '../findings.ts'
import { type KeyTable, keyTable, readKeys } from '../keys.ts'
import { entryOf, kindOfNode, type MapNode, type Node, shownNode, textOf, toJson } from '../source/node.ts'
import type { Language } from './language.ts'
import { readSchemas, type Schemas } from './schemas.ts'
import { readStep, type StepShape } from './step-shape.ts'
import { readTriggers, type Trigger } from './triggers.ts'

export interface FlowShape {
  readonly name?: string
  readonly description?: string
  readonly version?: string
  readonly metadata?: Json
  readonly schemas: Schemas
  readonly steps: readonly StepShape[]
  readonly output?: Field
  readonly test?: TestShape
  readonly examples: readonly ExampleShape[]
  readonly triggers: readonly Trigger[]
  readonly timeoutMs?: number
  readonly maxConcurrent?: number
  readonly onFailure: 'stop' | 'drain'
}

export interface TestShape {
  readonly config?: Json
  readonly configFile?: string
  readonly cases: readonly (ExampleShape & { readonly output?: Json; readonly origin: Place })[]
}

export interface ExampleShape {
  readonly name: string
  readonly description?: string
  readonly input: Json
}

export interface ShapeOptions {
  readonly file?: string | undefined
  readonly readFile?: ((path: string) => string) | undefined
}

export const FLOW_URL = 'https://stepflow.org/schemas/v1/flow.json'

export function readFlow(node: MapNode, findings: Findings, options: ShapeOptions, language: Language): FlowShape {
  const keys = readKeys(node, FLOW_KEYS, `the ${language.file}`, findings, undefined)
  const fields = new FieldReader(keys, findings, undefined, `the ${language.file}`)
  checkSchemaUrl(fields, findings)
  const name = fields.text('name')
  const description = fields.text('description')
  const version = fields.text('version')
  const metadata = fields.field('metadata')
  const output = fields.field('output')
  const test = readTest(fields.field('test'), findings)
  const timeoutMs = fields.durationMs('timeout')
  const maxConcurrent = fields.number('max_concurrent', 1, true)
  return {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(version === undefined ? {} : { version }),
    ...(metadata ? { metadata: toJson(metadata.node) } : {}),
    schemas: readSchemas(fields, findings, options),
    steps: readSteps(fields.field('steps'), node, findings, language),
    ...(output ? { output } : {}),
    ...(test ? { test } : {}),
    examples: readExamples(fields.field('examples'), 'examples', EXAMPLE_KEYS, findings).map(
      ({ origin: _, ...example }) => example,
    ),
    triggers: readTriggers(fields.field('triggers'), findings),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
    onFailure: fields.choice('on_failure', { stop: 'stop', continue: 'drain' } as const) ?? language.onFailure,
  }
}

// ---

const FLOW_KEYS = keyTable({
  schema: ['$schema'],
  name: [],
  description: [],
  version: [],
  metadata: [],
  schemas: [],
  input_schema: [],
  output_schema: [],
  variables_schema: ['variables'],
  steps: [],
  output: [],
  test: [],
  examples: [],
  triggers: [],
  timeout: [],
  max_concurrent: ['max_concurrency'],
  on_failure: [],
})
const TEST_KEYS = keyTable({ config: ['stepflow_config'], config_file: [], cases: [] })
const EXAMPLE_KEYS = keyTable({ name: [], description: [], input: [] })
const CASE_KEYS = keyTable({ name: [], description: [], input: [], output: [] })

function checkSchemaUrl(fields: FieldReader, findings: Findings): void {
  const field = fields.field('schema')
  if (!field || fields.text('schema') === FLOW_URL) return
  // `$schema` names the schema an editor checks against, wherever it may lie.
  if (field.trail.key === '$schema') return
  findings.error('UNKNOWN_SCHEMA', `"schema" must be ${FLOW_URL}`, field.node, field.trail, 'or leave it out')
}

const SPEAKS_OF_A_FLOW: ReadonlySet<string> = new Set([
  'schema',
  'output',
  'schemas',
  'input_schema',
  'inputSchema',
  'test',
])

function readSteps(
  field: Field | undefined,
  root: MapNode,
  findings: Findings,
  language: Language,
): readonly StepShape[] {
  if (!field) {
    // A flow may be its output alone; a file that says nothing of a flow is no flow.
    if (root.entries.some(({ key }) => SPEAKS_OF_A_FLOW.has(String(key)))) return []
    findings.error(
      'MISSING_STEPS',
      `the ${language.file} has no "steps"`,
      root,
      undefined,
      'add a list of steps; it may be empty',
    )
    return []
  }
  if (field.node.kind === 'scalar' && field.node.value === null) return []
  const { node: list } = field
  if (list.kind !== 'list') {
    findings.error('INVALID_VALUE', `"steps" must be a list, not ${kindOfNode(list)}`, list, field.trail)
    return []
  }
  const steps: StepShape[] = []
  list.items.forEach((node, i) => {
    const key = list.keys?.[i]
    const trail = below(field.trail, key ?? i)
    const step = readStep(node, trail, findings, language)
    if (!step) return
    steps.push(step)
    if (key === undefined || step.id === key) return
    const message = `the step under "${key}" has the id "${step.id}"`
    findings.error('CONFLICTING_KEYS', message, step.place, below(trail, 'id'), 'leave out "id": the key is the id')
  })
  return steps
}

function readTest(field: Field | undefined, findings: Findings): TestShape | undefined {
  if (!field || isNullNode(field.node)) return undefined
  if (field.node.kind !== 'map') {
    findings.error('INVALID_VALUE', `"test" must be an object, not ${kindOfNode(field.node)}`, field.node, field.trail)
    return undefined
  }
  const keys = readKeys(field.node, TEST_KEYS, '"test"', findings, field.trail)
  const fields = new FieldReader(keys, findings, field.trail, '"test"')
  const config = fields.field('config')
  const configFile = fields.text('config_file')
  if (config && configFile !== undefined) {
    findings.error(
      'CONFLICTING_KEYS',
      '"test" has both "config" and "config_file"',
      config.place,
      config.trail,
      'keep one',
    )
  }
  return {
    ...(config ? { config: toJson(config.node) } : {}),
    ...(configFile === undefined ? {} : { configFile }),
    cases: readExamples(fields.field('cases'), 'test.cases', CASE_KEYS, findings),
  }
}

function readExamples(field: Field | undefined, owner: string, keys: KeyTable, findings: Findings): TestShape['cases'] {
  if (!field || isNullNode(field.node)) return []
  if (field.node.kind !== 'list') {
    findings.error('INVALID_VALUE', `"${owner}" must be a list, not ${kindOfNode(field.node)}`, field.node, field.trail)
    return []
  }
  return field.node.items.flatMap(
    (node, i) => readExample(node, keys, below(field.trail, i), `${owner}[${i}]`, i, findings) ?? [],
  )
}

function readExample(node: Node, keys: KeyTable, trail: Trail, owner: string, index: number, findings: Findings) {
  if (node.kind !== 'map') {
    findings.error('INVALID_VALUE', `${owner} must be an object, not ${kindOfNode(node)}`, node, trail)
    return undefined
  }
  const fields = new FieldReader(readKeys(node, keys, owner, findings, trail), findings, trail, owner)
  const description = fields.text('description')
  const [input, output] = [fields.field('input'), fields.field('output')]
  checkOutcome(output, owner, findings)
  return {
    name: fields.text('name') ?? `case ${index + 1}`,
    ...(description === undefined ? {} : { description }),
    input: input ? toJson(input.node) : {},
    ...(output ? { output: toJson(output.node) } : {}),
    origin: { line: node.line, column: node.column },
  }
}

const OUTCOMES = ['success', 'failed', 'skipped']

/** An expectation that nothing could ever meet. */
function checkOutcome(output: Field | undefined, owner: string, findings: Findings): void {
  if (!output || isNullNode(output.node)) return
  const outcome = entryOf(output.node, 'outcome')
  const text = textOf(outcome?.value)
  if (text !== undefined && OUTCOMES.includes(text)) return
  const got = outcome ? `"outcome" is ${shownNode(outcome.value)}` : 'it has no "outcome"'
  const message = `no outcome can match the output of ${owner}: ${got}${text === undefined ? '' : didYouMean(text, OUTCOMES)}`
  const hint =
    'write { outcome: success, result: ... }, { outcome: failed, error: { code: ... } } or { outcome: skipped }'
  findings.warning('IMPOSSIBLE_EXPECTATION', message, outcome?.value ?? output.node, output.trail, hint)
}

function isNullNode(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null
}
