// A step's tool and what it is given: `input` and `config`, each a list of {name, value} or a plain map, as one map.

import type { Field } from '../fields.ts'
import { below, didYouMean, lineOf } from '../findings.ts'
import { keyTable, readKeys } from '../keys.ts'
import { entryOf, isNull, kindOfNode, type Node, textOf } from '../source/node.ts'
import { checkSchema } from '../stepflow/check-schema.ts'
import { canonicalComponent, type StepCall, type StepReading } from '../stepflow/step-shape.ts'
import { holdsTemplate, readParameter } from './parameters.ts'
import type { Given, ToolUse } from './tool.ts'
import { type CallTool, TOOLS } from './tools.ts'

/** What is known of where the manifest will run. */
export interface Surroundings {
  /** Some route serves the component. */
  readonly isServed: (component: string) => boolean
  /** The environment has the variable. */
  readonly isSet: (variable: string) => boolean
}

export function readToolCall(reading: StepReading, { isServed, isSet }: Surroundings): StepCall {
  const { fields, node } = reading
  const given = readGiven(reading)
  const named = 'named' in given ? given.named : new Map<string, Field>()
  const componentPlace = fields.field('tool')?.node ?? node
  const name = readName(reading)
  const called = name === undefined || name.startsWith('/') ? {} : { calledAs: name }
  const used = (component: string, tool: ToolUse): StepCall => ({
    component,
    componentPlace,
    given: named,
    tool,
    ...called,
  })
  const tool = name !== undefined && Object.hasOwn(TOOLS, name) ? TOOLS[name] : undefined
  const call = (component: string) => used(component, { kind: 'call', given, knowsKeys: tool !== undefined })
  if (name === undefined) return call('')
  if (!tool) return call(componentNamed(name, reading, isServed))
  if ('named' in given) tellUnknown(name, tool.inputs, given.named, reading)
  else if (tool.kind !== 'call') tellWhole(name, given.whole, reading)
  const { component } = tool
  switch (tool.kind) {
    case 'parameter': {
      const parameter = readParameter(tool.type, named, reading)
      return used(component, { kind: 'parameter', parameter, knowsKeys: true })
    }
    case 'pass': {
      // With a schema the value is checked by a component.
      const schema = named.get('schema')
      if (schema?.node.kind === 'map' && !holdsTemplate(schema.node)) {
        checkSchema(schema.node, schema.trail, reading.findings)
      }
      if (schema) return call(component)
      return used(component, { kind: 'pass', value: named.get('value'), knowsKeys: true })
    }
    case 'call':
      if ('named' in given) tellMissing(name, tool, given.named, reading, isSet)
      return call(component)
  }
}

// ---

const NAMED_KEYS = keyTable({ name: [], value: [], description: [], type: [] })

function readName({ fields, owner, node, trail, findings }: StepReading): string | undefined {
  const field = fields.field('tool')
  if (!field) {
    findings.error(
      'MISSING_TOOL',
      `${owner} has no "tool"`,
      node,
      trail,
      'name one, such as INPUT_TEXT or HTTP_REQUEST',
    )
    return undefined
  }
  const name = fields.text('tool')?.trim()
  if (name) return name
  if (name === '' || isNull(field.node)) {
    findings.error('MISSING_TOOL', `${owner} has an empty "tool"`, field.node, field.trail)
  }
  return undefined
}

/** A component's path, `server.tool`, or a name that some route serves. */
function componentNamed(name: string, reading: StepReading, isServed: (component: string) => boolean): string {
  const path = canonicalComponent(name)
  if (path.startsWith('/')) return path
  const dot = /^([A-Za-z_][\w-]*)\.([\w./-]+)$/.exec(name)
  if (dot) return `/${dot[1]}/${dot[2]}`
  if (isServed(`/${name}`)) return `/${name}`
  const { owner, fields, findings, node, trail } = reading
  const field = fields.field('tool')
  const near = didYouMean(name, Object.keys(TOOLS))
  findings.error(
    'UNKNOWN_TOOL',
    `${owner}: there is no tool "${name}"${near}`,
    field?.node ?? node,
    field?.trail ?? trail,
    `tools: ${Object.keys(TOOLS).join(', ')}; or a component path (/builtin/http), or server.tool`,
  )
  return ''
}

/** `config` goes into the input. */
function readGiven(reading: StepReading): Given {
  const [input, config] = [reading.fields.field('input'), reading.fields.field('config')]
  if (input && textOf(input.node) !== undefined && /\{[{%]/.test(textOf(input.node) as string) && !config) {
    return { whole: input }
  }
  const named = new Map<string, Field>()
  for (const [field, what] of [
    [input, 'input'],
    [config, 'config'],
  ] as const) {
    if (field && !isNull(field.node)) readNamed(field, what, named, reading)
  }
  return { named }
}

function readNamed(field: Field, what: string, named: Map<string, Field>, reading: StepReading): void {
  const { owner, findings } = reading
  const { node, trail } = field
  if (node.kind === 'map') {
    for (const entry of node.entries) {
      add(entry.key, { node: entry.value, trail: below(trail, entry.key), place: entry }, named, reading)
    }
  } else if (node.kind === 'list') {
    node.items.forEach((item, i) => {
      readOne(item, `${what}[${i}]`, { node: item, trail: below(trail, i), place: item }, named, reading)
    })
  } else {
    const message = `"${what}" of ${owner} must be a list of {name, value} or an object, not ${kindOfNode(node)}`
    findings.error('INVALID_VALUE', message, node, trail)
  }
}

function readOne(item: Node, what: string, field: Field, named: Map<string, Field>, reading: StepReading): void {
  const { owner, findings } = reading
  if (item.kind !== 'map') {
    const message = `${what} of ${owner} must be {name, value}, not ${kindOfNode(item)}`
    findings.error('INVALID_VALUE', message, item, field.trail)
    return
  }
  const keys = readKeys(item, NAMED_KEYS, `${what} of ${owner}`, findings, field.trail)
  const name = textOf(keys.get('name')?.value)
  if (name === undefined || name.trim() === '') {
    findings.error(
      'INVALID_VALUE',
      `${what} of ${owner} has no "name"`,
      item,
      field.trail,
      'write {name: ..., value: ...}',
    )
    return
  }
  const value = entryOf(item, 'value')
  if (value) add(name, { node: value.value, trail: below(field.trail, 'value'), place: item }, named, reading)
  else
    findings.warning(
      'MISSING_VALUE',
      `${what} ("${name}") of ${owner} has no "value" and is not given`,
      item,
      field.trail,
    )
}

function add(name: string, field: Field, named: Map<string, Field>, { owner, findings }: StepReading): void {
  const first = named.get(name)
  if (!first) named.set(name, field)
  else {
    const message = `"${name}" is given twice to ${owner}${lineOf(first.place)} and${lineOf(field.place) || ' again'}`
    findings.error('CONFLICTING_KEYS', message, field.place, field.trail, 'remove one of them')
  }
}

function tellUnknown(tool: string, known: readonly string[], named: ReadonlyMap<string, Field>, reading: StepReading) {
  for (const [name, field] of named) {
    const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    if (known.includes(name) || known.includes(snake)) continue
    reading.findings.unknownKey(name, known, `the input of ${reading.owner} (${tool})`, field.place, field.trail)
  }
}

function tellMissing(
  tool: string,
  { needs, orFrom }: CallTool,
  named: ReadonlyMap<string, Field>,
  reading: StepReading,
  isSet: (variable: string) => boolean,
) {
  for (const names of needs) {
    if (names.some((name) => named.has(name))) continue
    const [name] = names as readonly [string, ...string[]]
    const variable = orFrom?.[name]
    if (variable && isSet(variable)) continue
    reading.findings.warning(
      'MISSING_INPUT',
      `${reading.owner}: ${tool} needs ${names.map((n) => `"${n}"`).join(' or ')}, which its input does not have`,
      reading.fields.field('tool')?.node ?? reading.node,
      reading.trail,
      `add {name: ${name}, value: ...} to its input${variable ? `, or set ${variable} in the environment` : ''}`,
    )
  }
}

function tellWhole(tool: string, field: Field, { owner, findings }: StepReading): void {
  const message = `"input" of ${owner} (${tool}) must be a list of {name, value} or an object, not text`
  findings.error('INVALID_VALUE', message, field.node, field.trail)
}
