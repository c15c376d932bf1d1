// Where a run's input, variables and overrides come from: files, options, stdin, the environment. Several: later wins.

import { isUtf8 } from 'node:buffer'
import { fstatSync, read } from 'node:fs'
import { FlowError, isRecord, kindOf, own, type Plan, setOwn, walk } from '@stepflow/engine'
import { addVariablesFrom, parseData, readData, unknownVariables } from '@stepflow/host'
import { usage } from './args.ts'
import type { Args, Command, Io, Option } from './command.ts'
import type { Messages } from './messages.ts'

export const inputOptions: readonly Option[] = [
  { name: 'input', value: 'FILE', does: 'the input, from a .json or .yaml file' },
  { name: 'input-json', value: 'JSON', does: 'the input itself, as JSON' },
  { name: 'input-yaml', value: 'YAML', does: 'the input itself, as YAML' },
  {
    name: 'stdin-format',
    value: 'FORMAT',
    choices: ['json', 'yaml'],
    does: 'read the input from stdin, in this format',
  },
]

export const variableOptions: readonly Option[] = [
  { name: 'variables', value: 'FILE', many: true, does: 'variables, from a .json or .yaml file' },
  { name: 'variables-json', value: 'JSON', many: true, does: 'variables as a JSON object' },
  { name: 'variables-yaml', value: 'YAML', many: true, does: 'variables as a YAML map' },
  {
    name: 'secrets',
    value: 'FILE',
    does: 'a file of secrets: a .json or .yaml map, or NAME=value lines; others come from STEPFLOW_SECRET_NAME in the environment',
  },
  { name: 'env-variables', does: 'take variables that are not given from STEPFLOW_VAR_NAME in the environment' },
]

export const overrideOptions: readonly Option[] = [
  { name: 'overrides', value: 'FILE', many: true, does: 'patches of steps, from a .json or .yaml file' },
  { name: 'overrides-json', value: 'JSON', many: true, does: 'patches of steps: {"STEP": {"value": {...}}}' },
  { name: 'overrides-yaml', value: 'YAML', many: true, does: 'patches of steps as YAML' },
]

/** The one input of a run; stdin if nothing else is named and something is piped in. */
export async function readInput(
  command: Command,
  args: Args,
  plan: Plan,
  io: Io,
  messages: Messages,
): Promise<unknown> {
  const only = givenInput(args, command)
  if (only && only.name !== 'stdin-format') return readGiven(only.name, only.value ?? '', 'the input', io)
  const format = only?.value === 'yaml' ? 'yaml' : 'json'
  const text =
    only || readsInput(plan) ? await readStdin(only !== undefined, io, messages, 'the input', '--input-json') : ''
  if (text.trim() !== '') return parseData(text, format, 'the input from stdin', '--stdin-format yaml')
  if (only) throw usage(command, `--${only.name} is given, but stdin is empty`)
  return absentInput(plan)
}

/** What a run without an input is given: the default of its schema, or an empty object. */
export function absentInput(plan: Plan): unknown {
  return own(plan.schemas?.input, 'default') ?? {}
}

/** All variables that are given; a later source replaces the same name of an earlier one. */
export async function readVariables(
  args: Args,
  plan: Plan,
  io: Io,
  messages: Messages,
): Promise<Record<string, unknown>> {
  const given = await givenVariables(args, plan, io)
  for (const { message } of unknownVariables(given, plan)) messages.hint(`warning: ${message}`)
  return given
}

/** The same, and nobody is told of names that the flow does not have. */
export async function givenVariables(args: Args, plan: Plan, io: Io): Promise<Record<string, unknown>> {
  const merged: Record<string, unknown> = {}
  for (const { name, value } of args.given) {
    if (name !== 'variables' && name !== 'variables-json' && name !== 'variables-yaml') continue
    const source = await readGiven(name, value ?? '', 'the variables file', io)
    if (!isRecord(source)) {
      throw new FlowError('INVALID_INPUT', `--${name} must be an object of variables by name, but is ${kindOf(source)}`)
    }
    for (const key of Object.keys(source)) setOwn(merged, key, source[key])
  }
  if (args.has('env-variables')) addVariablesFrom(io.env, merged, plan)
  return merged
}

/** All override documents in the order given. */
export async function readOverrides(args: Args, io: Io): Promise<unknown[]> {
  const sources: unknown[] = []
  for (const { name, value } of args.given) {
    if (name !== 'overrides' && name !== 'overrides-json' && name !== 'overrides-yaml') continue
    const source = await readGiven(name, value ?? '', 'the overrides file', io)
    if (!isRecord(source)) {
      throw new FlowError('INVALID_INPUT', `--${name} must be an object of patches by step, but is ${kindOf(source)}`)
    }
    sources.push(source)
  }
  return sources
}

/** The option, if any, that gives an input; two of them are refused. */
export function givenInput(
  args: Args,
  command: Pick<Command, 'name'> = { name: 'runs' },
): { readonly name: string; readonly value: string | undefined } | undefined {
  const named = args.given.filter(({ name }) => inputOptions.some((option) => option.name === name))
  if (named.length <= 1) return named[0]
  throw usage(command, `there is one input, but ${named.map(({ name }) => `--${name}`).join(' and ')} are given`)
}

export function readGiven(option: string, value: string, what: string, io: Io): Promise<unknown> {
  if (option.endsWith('-json')) return parseData(value, 'json', `--${option}`, `--${option.replace(/json$/, 'yaml')}`)
  if (option.endsWith('-yaml')) return parseData(value, 'yaml', `--${option}`)
  return readData(value, what, io.cwd)
}

/**
 * What is piped in; "" if stdin is a terminal (unless asked for), closed, or no data could ever come from it. `what` it is,
 * and the option that gives it otherwise.
 */
export async function readStdin(
  isAskedFor: boolean,
  io: Io,
  messages: Messages,
  what: string,
  option: string,
): Promise<string> {
  if (io.terminal.in && !isAskedFor) return ''
  try {
    if (fstatSync(io.fds.in).isCharacterDevice() && !io.terminal.in) return ''
  } catch {
    return ''
  }
  const hint = setTimeout(
    () => messages.hint(`waiting for ${what} on stdin (end it with Ctrl-D, or stop and give it with ${option})`),
    HINT_MS,
  )
  const parts: Buffer[] = []
  try {
    for (;;) {
      const part = await readPart(io.fds.in)
      if (part.length === 0) break
      parts.push(part)
    }
  } finally {
    clearTimeout(hint)
  }
  const bytes = Buffer.concat(parts)
  if (!isUtf8(bytes)) throw new FlowError('INVALID_INPUT', `${what} from stdin is not text in UTF-8`)
  const text = bytes.toString()
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

// ---

/** False only if nothing that the flow does could depend on the input. */
function readsInput(plan: Plan): boolean {
  if (plan.schemas?.input !== undefined) return true
  let reads = false
  for (const step of plan.steps) {
    for (const expr of [step.input, step.fallback, step.cache?.key]) {
      // What a step was handed on may be the input, so a step function always reads it.
      if (!expr) continue
      walk(expr, ({ op }) => {
        if (op === 'input' || op === 'arrival' || op === 'call') reads = true
      })
    }
  }
  return reads
}

const HINT_MS = 1000

function readPart(fd: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(1 << 16)
  return new Promise((resolve, reject) => {
    const attempt = () =>
      read(fd, buffer, 0, buffer.length, null, (error, count) => {
        if (!error) resolve(buffer.subarray(0, count))
        else if (error.code === 'EAGAIN') setTimeout(attempt, 10)
        else if (error.code === 'EOF') resolve(buffer.subarray(0, 0))
        else reject(new FlowError('INVALID_INPUT', `stdin cannot be read: ${error.message}`))
      })
    attempt()
  })
}
