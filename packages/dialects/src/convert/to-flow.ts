// A manifest as a flow: tools become components, templates `$template`, parameters the input schema.

import { isRecord, own, setOwn } from '@stepflow/engine'
import { TOOLS } from '../manifest/tools.ts'
import { namesIn } from '../template/names.ts'
import { parse } from '../template/parse.ts'
import { jsonInput, propertyOf } from './input-steps.ts'
import { readSteps } from './read-steps.ts'
import type { Remarks } from './remarks.ts'
import { toolCall } from './to-manifest.ts'
import { componentOfTool, withToolName } from './tool-names.ts'

type Data = Record<string, unknown>

export function toFlow(manifest: Data, remarks: Remarks): Data {
  const steps = listOf(manifest.steps)
  const read = readSteps(steps)
  const { steps: _, output, ...rest } = manifest
  const made: Data = { ...rest, on_failure: manifest.on_failure ?? manifest.onFailure ?? 'continue' }
  delete made.onFailure
  const parameters = steps.filter(isParameter)
  if (parameters.length > 0) made.input_schema = inputSchema(parameters, manifest.input_schema, remarks)
  // A parameter that nobody reads as a step is its property and nothing more.
  const kept = steps.filter(
    (step) => !isParameter(step) || read.has(String(step.id)) || steps.length === parameters.length,
  )
  made.steps = kept.map((step) => namedStep(step, made.input_schema, remarks))
  const ends = kept.filter((step) => !read.has(String(step.id)))
  if (output !== undefined) {
    remarks.differs('In the output of a manifest, a skipped step reads as null; in a flow it skips the item.')
    made.output = value(output)
  } else if (ends.length === 1) {
    made.output = { $step: ends[0]?.id, on_skip: 'use_default', $default: null }
  }
  return made
}

// ---

const TEMPLATE = /\{[{%#]/
const OWN_KEYS = new Set([
  'tool',
  'input',
  'config',
  'forEach',
  'for_each',
  'when',
  'skip_if',
  'skipIf',
  'skip',
  'on_error',
  'onError',
  'cache',
])

function listOf(steps: unknown): Data[] {
  return Array.isArray(steps) ? steps.filter(isRecord) : []
}

function isParameter(step: Data): boolean {
  const tool = Object.hasOwn(TOOLS, String(step.tool)) ? TOOLS[String(step.tool)] : undefined
  return tool?.kind === 'parameter'
}

function convertStep(step: Data, remarks: Remarks): Data {
  const made: Data = {}
  const name = String(step.tool)
  const tool = Object.hasOwn(TOOLS, name) ? TOOLS[name] : undefined
  const given = { ...named(step.input), ...named(step.config) }
  made.id = step.id
  if (tool?.kind === 'parameter') {
    made.component = '/builtin/noop'
    made.input = parameterValue(String(step.id), name, given)
  } else if (tool?.kind === 'pass' && given.schema === undefined) {
    made.component = '/builtin/noop'
    made.input = value(given.value ?? null)
  } else {
    made.component = componentOfTool(name)
    made.input = typeof step.input === 'string' ? value(step.input) : value(given)
  }
  for (const [key, setting] of Object.entries(step)) {
    if (!OWN_KEYS.has(key) && key !== 'id') setOwn(made, key, setting)
  }
  const forEach = step.forEach ?? step.for_each
  if (forEach !== undefined) made.for_each = value(forEach)
  const onError = step.on_error ?? step.onError
  if (onError !== undefined) made.on_error = value(onError)
  if (step.cache !== undefined) made.cache = value(step.cache)
  convertCondition(step, made, remarks)
  return made
}

/** The step as a flow has it; where the way back would find another tool, it notes its name. */
function namedStep(step: Data, schema: unknown, remarks: Remarks): Data {
  const made = convertStep(step, remarks)
  return toolCall(made, schema).tool === step.tool ? made : withToolName(made, String(step.tool))
}

function named(given: unknown): Data {
  if (isRecord(given)) return given
  const result: Data = {}
  if (Array.isArray(given)) for (const item of given) if (isRecord(item)) setOwn(result, String(item.name), item.value)
  return result
}

/** Texts with braces become templates; data that looks like an expression of flows is quoted. */
function value(data: unknown): unknown {
  if (typeof data === 'string') {
    const raw = rawText(data)
    if (raw !== undefined) return { $literal: raw }
    return TEMPLATE.test(data) ? { $template: data } : data
  }
  if (Array.isArray(data)) return data.map(value)
  if (!isRecord(data)) return data
  if (Object.keys(data).some((key) => key.startsWith('$'))) return { $literal: withoutRaw(data) }
  const made: Data = {}
  for (const [key, item] of Object.entries(data)) setOwn(made, key, value(item))
  return made
}

/** A text that is put so that it is no template. */
function rawText(text: string): string | undefined {
  return /^\{% raw %\}((?:(?!\{% endraw %\}).)*)\{% endraw %\}$/s.exec(text)?.[1]
}

function withoutRaw(data: unknown): unknown {
  if (typeof data === 'string') return rawText(data) ?? data
  if (Array.isArray(data)) return data.map(withoutRaw)
  if (!isRecord(data)) return data
  const made: Data = {}
  for (const [key, item] of Object.entries(data)) setOwn(made, key, withoutRaw(item))
  return made
}

function parameterValue(id: string, tool: string, given: Data): unknown {
  const computed = typeof given.value === 'string' && TEMPLATE.test(given.value)
  if (tool === 'INPUT_JSON' && given.schema === undefined) {
    return { $template: jsonInput(id) }
  }
  return computed ? { $input: `$.${id}`, default: value(given.value) } : { $input: `$.${id}` }
}

const TYPES: Readonly<Record<string, string>> = {
  INPUT_TEXT: 'string',
  INPUT_NUMBER: 'number',
  INPUT_BOOLEAN: 'boolean',
}

function inputSchema(parameters: readonly Data[], written: unknown, remarks: Remarks): unknown {
  if (written !== undefined)
    remarks.cannot('The file has an input schema and INPUT_* steps: combine them by hand first.')
  const properties: Data = {}
  const required: string[] = []
  for (const step of parameters) {
    const given = named(step.input)
    const tool = String(step.tool)
    const written = typeof given.schema === 'string' ? JSON.parse(given.schema) : given.schema
    const schema: Data = TYPES[tool] ? { type: TYPES[tool] } : isRecord(written) ? { ...written } : {}
    if (typeof given.description === 'string') schema.description = given.description
    if (given.value === undefined || given.value === null) required.push(String(step.id))
    else if (!(typeof given.value === 'string' && TEMPLATE.test(given.value)))
      schema.default = defaultOf(tool, given.value)
    setOwn(properties, String(step.id), propertyOf(String(step.id), schema))
  }
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}) }
}

function defaultOf(tool: string, given: unknown): unknown {
  if (tool === 'INPUT_TEXT') return String(given)
  return typeof given === 'string' ? JSON.parse(given) : given
}

/** A condition as a template that says the same. */
function convertCondition(step: Data, made: Data, remarks: Remarks): void {
  for (const [key, canonical] of [
    ['when', 'when'],
    ['skip_if', 'skip_if'],
    ['skipIf', 'skip_if'],
    ['skip', 'skip_if'],
  ] as const) {
    const condition = own(step, key)
    if (condition === undefined) continue
    if (typeof condition !== 'string') {
      made[canonical] = condition
      continue
    }
    const template = conditionTemplate(condition)
    if (template === undefined) {
      remarks.cannot(`The "${key}" of step "${step.id}" has no counterpart as a template: ${condition}`)
      continue
    }
    made[canonical] = { $template: template }
    remarks.differs(
      'A condition that cannot be evaluated skips the step in a manifest and fails it in a flow, where a text that reads as a number, as true or as false stays a text.',
    )
  }
}

/** `'{{a}}' == 'x'` is `{{ (a) | string == 'x' }}`; text beside braces in quotes is joined by `~`. */
function conditionTemplate(condition: string): string | undefined {
  if (/\{[%#]/.test(condition)) return undefined
  if (/^\{\{(?:(?!\{\{|\}\}).)*\}\}$/s.test(condition.trim())) return condition.trim()
  let unquoted = ''
  for (const [part, quote, body] of condition.matchAll(/(['"])((?:\\.|(?!\1).)*)\1|\{\{.*?\}\}|[^'"{]+|[{]/gs)) {
    if (quote !== undefined && body?.includes('{{')) unquoted += joined(body, quote)
    else unquoted += part.startsWith('{{') && part.endsWith('}}') ? `(${part.slice(2, -2).trim()})` : part
  }
  const template = `{{ ${unquoted} }}`
  try {
    namesIn(parse(template))
    return template
  } catch {
    return undefined
  }
}

function joined(body: string, quote: string): string {
  const parts = [...body.matchAll(/\{\{(.*?)\}\}|((?:(?!\{\{).)+)/gs)].map(([, inner, text]) =>
    inner === undefined ? `${quote}${text}${quote}` : `((${inner.trim()}) | string)`,
  )
  return parts.length === 1 ? (parts[0] as string) : `(${parts.join(' ~ ')})`
}
