// A flow as a manifest: references become templates. Lazy expressions and what to do after skips have no counterpart.

import { isRecord, own, parsePath, setOwn } from '@stepflow/engine'
import { canonicalComponent } from '../stepflow/step-shape.ts'
import { inputStep, restOfSchema } from './input-steps.ts'
import { readSteps } from './read-steps.ts'
import type { Remarks } from './remarks.ts'
import { componentOfTool, noteOf, toolOfComponent } from './tool-names.ts'

type Data = Record<string, unknown>

export function toManifest(flow: Data, remarks: Remarks): Data {
  const { steps, output, on_failure, onFailure, schema: _, input_schema, ...rest } = flow
  const failure = on_failure ?? onFailure ?? 'stop'
  // What goes on after a failure is what a manifest does anyway.
  const made: Data = { ...rest, ...(failure === 'continue' ? {} : { on_failure: failure }) }
  const list = Array.isArray(steps) ? steps.filter(isRecord) : []
  if (list.length === 0) remarks.cannot('A manifest needs at least one step, and the flow has none.')
  const converted = list.map((step) => convertStep(step, input_schema, remarks))
  const declared = converted.filter(({ tool }) => String(tool).startsWith('INPUT_')).map(({ id }) => String(id))
  const schema = restOfSchema(input_schema, new Set(declared))
  if (schema !== undefined) made.input_schema = schema
  made.steps = converted
  if (isOnlyEnd(output, converted)) return made
  if (output !== undefined) {
    made.output = value(output, OUTPUT, remarks)
    remarks.differs('In the output of a flow, a skipped step skips the item; in a manifest it reads as null.')
  } else if (endsOf(converted).length === 1) {
    remarks.differs(
      'Without an output, a flow with a single step gives an object by id; a manifest gives the result of the step itself.',
    )
  }
  return made
}

// ---

const OUTPUT = 'the output'
const VALUES = new Set(['for_each', 'forEach', 'on_error', 'onError', 'cache'])
const CONDITIONS = new Set(['when', 'skip_if', 'skipIf', 'skip'])

/** The output of a manifest that says none: its one step that nothing reads, null if that was skipped. */
function isOnlyEnd(output: unknown, steps: readonly Data[]): boolean {
  if (!isRecord(output) || !isNullIfSkipped(output) || output.path !== undefined || Object.keys(output).length !== 3) {
    return false
  }
  const [only, ...others] = endsOf(steps)
  return others.length === 0 && only?.id === output.$step
}

/** The steps that no other reads. */
function endsOf(steps: readonly Data[]): Data[] {
  const read = readSteps(steps)
  return steps.filter(({ id }) => !read.has(String(id)))
}

function isNullIfSkipped({ on_skip, $default }: Data): boolean {
  return (on_skip === 'use_default' || on_skip === 'useDefault') && $default === null
}

/** The tool of a flow's step, and what is given to it, not yet converted. */
export function toolCall(step: Data, schema: unknown): { readonly tool: string; readonly input: unknown } {
  const component = canonicalComponent(String(step.component))
  const { tool: noted } = noteOf(step)
  if (component === '/builtin/noop') {
    const parameter = inputStep(String(step.id), step.input, schema)
    if (parameter) return { ...parameter, tool: noted?.startsWith('INPUT_') ? noted : parameter.tool }
    if (noted?.startsWith('OUTPUT_')) return { tool: noted, input: outputOf(step.input) }
    const { input } = step
    const isPlain = isRecord(input) && !Object.keys(input).some((key) => key.startsWith('$'))
    if (!isPlain) return { tool: isTextTemplate(input) ? 'OUTPUT_TEXT' : 'OUTPUT_JSON', input: outputOf(input) }
  }
  const isMeant = noted !== undefined && componentOfTool(noted) === component
  return { tool: isMeant ? noted : toolOfComponent(component), input: step.input }
}

function outputOf(input: unknown): Data | undefined {
  return input === undefined || input === null ? undefined : { value: input }
}

function isTextTemplate(input: unknown): boolean {
  const text = typeof input === 'string' ? input : own(input, '$template')
  return typeof text === 'string' && !/^\{\{(?:(?!\}\}).)*\}\}$/s.test(text.trim())
}

function convertStep(step: Data, schema: unknown, remarks: Remarks): Data {
  const owner = `step "${step.id}"`
  const made: Data = {}
  const { tool, input: given } = toolCall(step, schema)
  const isParameter = tool.startsWith('INPUT_')
  for (const [key, setting] of Object.entries(step)) {
    if (key === 'component') {
      made.tool = tool
      const input = isParameter ? given : given === undefined ? undefined : value(given, owner, remarks)
      if (input !== undefined && !(isRecord(input) && Object.keys(input).length === 0)) made.input = input
    } else if (key === 'must_execute' || key === 'mustExecute' || key === 'input') continue
    else if (key === 'metadata') {
      const { metadata } = noteOf(step)
      if (metadata !== undefined) made.metadata = metadata
    } else if (CONDITIONS.has(key)) made[key] = condition(setting, owner, remarks)
    else setOwn(made, key === 'for_each' ? 'forEach' : key, VALUES.has(key) ? value(setting, owner, remarks) : setting)
  }
  const { input } = made
  if (step.input === undefined && !tool.startsWith('OUTPUT_')) {
    remarks.differs('A step without an input gets null in a flow, and an empty object in a manifest.')
  }
  if (input !== undefined && !isRecord(input) && !(typeof input === 'string' && input.includes('{{'))) {
    remarks.cannot(`The input of ${owner} is not an object: the tools of manifests take named inputs.`)
  }
  return made
}

function condition(setting: unknown, owner: string, remarks: Remarks): unknown {
  if (!isRecord(setting)) return setting
  remarks.differs(
    'An empty list or object is true in a flow and false in a manifest; a condition that cannot be evaluated skips the step there.',
  )
  return value(setting, owner, remarks)
}

function value(data: unknown, owner: string, remarks: Remarks): unknown {
  if (typeof data === 'string') return quotedText(data)
  if (Array.isArray(data)) return data.map((item) => value(item, owner, remarks))
  if (!isRecord(data)) return data
  const head = Object.keys(data).find((key) => Object.hasOwn(FORMS, key))
  if (head !== undefined) return FORMS[head]?.(data, owner, remarks)
  const made: Data = {}
  for (const [key, item] of Object.entries(data)) setOwn(made, key, value(item, owner, remarks))
  return made
}

/** Text that would be read as a template. */
function quotedText(text: string): string {
  return /\{[{%#]/.test(text) ? `{% raw %}${text}{% endraw %}` : text
}

type Form = (data: Data, owner: string, remarks: Remarks) => unknown

const FORMS: Readonly<Record<string, Form>> = {
  $literal: (data) => literalData(data.$literal),
  $template(data, owner, remarks) {
    if (data.values !== undefined) remarks.cannot(`"values" beside "$template" in ${owner} have no counterpart.`)
    return data.$template
  },
  $step: (data, owner, remarks) => reference(`steps['${data.$step}'].result`, data.path, data, owner, remarks),
  $input: (data, owner, remarks) => reference('inputs', data.$input, data, owner, remarks),
  $item: (data, owner, remarks) => reference('item', data.$item, data, owner, remarks),
  $index: (data, owner, remarks) => reference('index', undefined, data, owner, remarks),
  $secret: (data, owner, remarks) => reference(`secrets['${data.$secret}']`, undefined, data, owner, remarks),
  $variable: (data, owner, remarks) => reference('variables', data.$variable, data, owner, remarks),
  $if: (_, owner, remarks) =>
    remarks.cannot(
      `"$if" in ${owner} waits for the branch that is taken; a template waits for every step that it names.`,
    ),
  $coalesce: (_, owner, remarks) =>
    remarks.cannot(`"$coalesce" in ${owner} asks for one candidate after the other; a template waits for all of them.`),
  $from(data, owner, remarks) {
    const { $from, ...rest } = data
    if (typeof $from === 'string') {
      return value(
        $from === '$input' ? { ...rest, $input: data.path ?? '$' } : { ...rest, $step: $from },
        owner,
        remarks,
      )
    }
    const step = own($from, 'step')
    if (step !== undefined) return value({ ...rest, $step: step }, owner, remarks)
    const { path, ...others } = rest
    const variable = own($from, 'variable')
    if (variable === undefined) return value({ ...others, $input: path ?? '$' }, owner, remarks)
    const otherwise = own($from, 'default')
    const more = otherwise === undefined ? {} : { default: otherwise }
    return value({ ...others, ...more, $variable: `${variable}${path ? `.${path}` : ''}` }, owner, remarks)
  },
}

function literalData(data: unknown): unknown {
  if (typeof data === 'string') return quotedText(data)
  if (Array.isArray(data)) return data.map(literalData)
  if (!isRecord(data)) return data
  const made: Data = {}
  for (const [key, item] of Object.entries(data)) setOwn(made, key, literalData(item))
  return made
}

const SKIP_KEYS = ['on_skip', 'onSkip', '$on_skip', '$onSkip', '$default', 'default_value', 'defaultValue']

function reference(root: string, path: unknown, data: Data, owner: string, remarks: Remarks): unknown {
  if (data.transform !== undefined)
    remarks.cannot(`"transform" in ${owner} has no counterpart: write it as a template.`)
  const skip = SKIP_KEYS.find((key) => data[key] !== undefined)
  // In the output of a manifest a skipped step reads as null.
  if (skip !== undefined && !(owner === OUTPUT && isNullIfSkipped(data)))
    remarks.cannot(`"${skip}" in ${owner} has no counterpart: use "trigger_rule" and a template with "or".`)
  const at = `${root}${typeof path === 'string' ? members(path) : ''}`
  if (data.default === undefined) return `{{ ${at} }}`
  if (isRecord(data.default) || Array.isArray(data.default)) {
    remarks.cannot(`The "default" in ${owner} is not a plain value, as the default in a template must be.`)
  }
  if (at !== root) {
    remarks.differs('In a flow, the default of a path also replaces what lies below null; in a template that is null.')
  }
  return `{{ ${at} | default(${JSON.stringify(data.default)}) }}`
}

function members(path: string): string {
  const parsed = parsePath(path)
  if ('error' in parsed) return ''
  const [only] = parsed.segments
  const dotted =
    parsed.segments.length === 1 && typeof only === 'string' && !path.trim().startsWith('$')
      ? only.split('.')
      : parsed.segments
  return dotted
    .map((segment) =>
      typeof segment === 'number'
        ? `[${segment}]`
        : /^[A-Za-z_]\w*$/.test(segment)
          ? `.${segment}`
          : `[${JSON.stringify(segment)}]`,
    )
    .join('')
}
