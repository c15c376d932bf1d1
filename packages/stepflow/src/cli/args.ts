// Command lines: words in, named values out. Every word is understood or refused with a suggestion; none is passed over.

import { FlowError, parseDuration, setOwn, suggest, whyNoLabel } from '@stepflow/engine'
import type { Args, Command, Option } from './command.ts'

/** Options that every command has. */
export const globalOptions: readonly Option[] = [
  { name: 'help', short: 'h', does: 'show this help' },
  { name: 'quiet', short: 'q', does: 'print only results and errors: no progress, no hints' },
  { name: 'verbose', short: 'v', does: 'print more on stderr, such as the stack trace of an internal error' },
  { name: 'color', does: 'use colours even if the output is not a terminal; --no-color: never' },
  { name: 'log-format', value: 'FORMAT', choices: ['text', 'json'], does: 'the format of the lines on stderr' },
  {
    name: 'log-level',
    value: 'LEVEL',
    choices: ['debug', 'info', 'warning', 'error', 'warn'],
    does: 'print log lines of components from this level on',
  },
]

/** Where the output goes; undefined: to stdout, which is what `-` means too. */
export function outputOf(args: Args): string | undefined {
  const output = args.value('output')
  return output === '-' ? undefined : output
}

/** Parses what stands after the command's name. Throws INVALID_INPUT on what the command does not know. */
export function parseArgs(command: Command, words: readonly string[]): Args {
  const options = [...command.options, ...globalOptions]
  const byName = new Map<string, Option>()
  for (const option of options) for (const name of [option.name, ...(option.aliases ?? [])]) byName.set(name, option)
  const given: { name: string; value: string | undefined }[] = []
  const switches = new Map<string, boolean>()
  const operands: string[] = []

  let at = 0
  while (at < words.length) {
    const word = words[at++] as string
    if (word === '--') {
      operands.push(...words.slice(at))
      break
    }
    if (word === '-' || !word.startsWith('-')) {
      operands.push(word)
      continue
    }
    const { option, typed, value, off } = word.startsWith('--') ? long(word) : short(word)
    if (option.value === undefined) {
      if (value !== undefined) throw usage(command, `${typed} takes no value`)
      switches.set(option.name, !off)
      given.push({ name: option.name, value: undefined })
      continue
    }
    if (!option.many && given.some((one) => one.name === option.name)) throw usage(command, `${typed} is given twice`)
    given.push({
      name: option.name,
      value: checked(option, typed, value ?? chosen(option) ?? option.bare ?? next(option, typed)),
    })
  }

  const most = mostOperands(command.operands)
  if (operands.length > most) {
    const extra = operands[most] as string
    throw usage(command, most === 0 ? `takes no argument: "${extra}"` : `one argument too many: "${extra}"`)
  }
  return {
    operands,
    given,
    value: (name) => given.findLast((one) => one.name === name)?.value,
    values: (name) => given.filter((one) => one.name === name).map((one) => one.value ?? ''),
    has: (name) => switches.get(name) ?? given.some((one) => one.name === name && one.value !== undefined),
  }

  function long(word: string): Found {
    const equals = word.indexOf('=')
    const typed = equals < 0 ? word : word.slice(0, equals)
    const value = equals < 0 ? undefined : word.slice(equals + 1)
    const name = typed.slice(2)
    const option = byName.get(name)
    if (option) return { option, typed, value, off: false }
    const negated = name.startsWith('no-') ? byName.get(name.slice(3)) : undefined
    if (negated && negated.value === undefined) return { option: negated, typed, value, off: true }
    throw unknown(command, typed, [...byName.keys()])
  }

  function short(word: string): Found {
    const option = options.find((one) => one.short === word[1])
    if (!option) throw unknown(command, word, [...byName.keys()])
    const rest = word.slice(2).replace(/^=/, '')
    if (option.value === undefined && rest !== '') throw usage(command, `unknown option "${word}"`)
    return { option, typed: word.slice(0, 2), value: rest === '' ? undefined : rest, off: false }
  }

  /** Of an option that may stand alone, the next word is the value only if it can be nothing else: `--schemas false`. */
  function chosen({ bare, choices }: Option): string | undefined {
    const word = words[at]
    if (bare === undefined || word === undefined || !choices?.includes(word)) return undefined
    at++
    return word
  }

  function next(option: Option, typed: string): string {
    const word = words[at]
    if (word === undefined || isOption(word)) throw usage(command, `${typed} needs a value: ${typed} ${option.value}`)
    at++
    return word
  }

  function isOption(word: string): boolean {
    if (word.startsWith('--')) return byName.has(word.slice(2).split('=')[0] as string)
    return word.length === 2 && word[0] === '-' && options.some(({ short }) => short === word[1])
  }

  function checked(option: Option, typed: string, value: string): string {
    if (!option.choices || option.choices.includes(value)) return value
    const near = suggest(value, option.choices)
    const hint = near ? `; did you mean "${near}"?` : ''
    throw usage(command, `${typed} is "${value}", but must be one of: ${option.choices.join(', ')}${hint}`)
  }
}

/** The action that is named among the words after the command's name, and the other words; a command without actions is its own. */
export function actionIn(
  command: Command,
  words: readonly string[],
): { readonly command: Command; readonly words: readonly string[] } {
  const { name, actions } = command
  const [bare] = actions ?? []
  if (!actions || !bare) return { command, words }
  const at = firstOperand([...actions.flatMap(({ options }) => options), ...globalOptions], words)
  const word = words[at]
  if (word === undefined) return { command: bare, words }
  const action = actions.find((one) => one.name === `${name} ${word}`)
  if (action) return { command: action, words: [...words.slice(0, at), ...words.slice(at + 1)] }
  const names = actions.map((one) => one.name.slice(name.length + 1))
  const near = suggest(word, names)
  const hint = near ? `. Did you mean "${near}"?` : `; there are: ${names.join(', ')}`
  throw usage(command, `there is no action "${word}"${hint}`)
}

/** Wrong usage: nothing ran. Ends with a pointer to the command's help. */
export function usage(command: Pick<Command, 'name'>, message: string): FlowError {
  return new FlowError(
    'INVALID_INPUT',
    `${command.name}: ${message}\n  stepflow ${command.name} --help shows how to use it`,
  )
}

/** The flow file: the first argument, or `--flow`. */
export function flowFile(command: Command, args: Args): string {
  const option = args.value('flow')
  const operand = args.operands[0]
  if (option !== undefined && operand !== undefined) {
    throw usage(command, `the flow is given twice: "${operand}" and --flow=${option}`)
  }
  const file = option ?? operand
  if (file === undefined || file === '') throw usage(command, `needs a flow file: stepflow ${command.name} flow.yaml`)
  return file
}

/** A whole number of at least 1, or undefined if the option is not given. */
export function countOption(command: Pick<Command, 'name'>, args: Args, name: string): number | undefined {
  const text = args.value(name)
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) {
    throw usage(command, `--${name} is "${text}", but must be a whole number of at least 1`)
  }
  return Number(text)
}

/** Milliseconds, or undefined if the option is not given. */
export function durationOption(command: Pick<Command, 'name'>, args: Args, name: string): number | undefined {
  const text = args.value(name)
  if (text === undefined) return undefined
  const ms = parseDuration(text)
  if (ms === undefined)
    throw usage(command, `--${name} is "${text}", which is not a duration: write 30s, 5m, 12h or 30d`)
  return ms
}

/** Labels by their names; undefined if none is given. */
export function labelsOption(command: Pick<Command, 'name'>, args: Args): Record<string, string> | undefined {
  const given = args.values('label')
  if (given.length === 0) return undefined
  const labels: Record<string, string> = {}
  for (const [name, value] of labelPairs(command, args)) setOwn(labels, name, value)
  return labels
}

/** Each `--label`, by name and value. */
export function labelPairs(command: Pick<Command, 'name'>, args: Args): (readonly [string, string])[] {
  return args.values('label').map((text) => {
    const at = text.indexOf('=')
    if (at < 1) throw usage(command, `--label is "${text}", but must be NAME=VALUE`)
    const name = text.slice(0, at)
    const why = whyNoLabel(name)
    if (why !== undefined) throw usage(command, `--label is "${text}": ${why}`)
    return [name, text.slice(at + 1)]
  })
}

/** Of a batch: options that give one input. */
export function refuseSingleInput(command: Pick<Command, 'name'>, args: Args, options: readonly Option[]): void {
  const given = args.given.find(({ name }) => options.some((option) => option.name === name))
  if (given) throw usage(command, `--inputs gives a batch and --${given.name} gives one input: use one of them`)
}

/** Of a single run: options that only a batch has. */
export function refuseOutsideBatch(command: Pick<Command, 'name'>, args: Args, names: readonly string[]): void {
  for (const name of names) {
    if (args.has(name) || args.value(name) !== undefined) {
      throw usage(command, `--${name} is for a batch: it needs --inputs FILE`)
    }
  }
}

// ---

interface Found {
  readonly option: Option
  readonly typed: string
  readonly value: string | undefined
  readonly off: boolean
}

/** The place of the first word that is neither an option nor the value of one. */
function firstOperand(options: readonly Option[], words: readonly string[]): number {
  let at = 0
  while (at < words.length) {
    const word = words[at] as string
    if (word === '--' || !word.startsWith('-')) break
    const option = options.find(({ name, aliases = [], short }) =>
      [`--${name}`, ...aliases.map((alias) => `--${alias}`), `-${short}`].includes(word),
    )
    at += option?.value !== undefined && option.bare === undefined ? 2 : 1
  }
  return at
}

function mostOperands(operands: string): number {
  if (operands === '') return 0
  return operands.includes('...') ? Number.POSITIVE_INFINITY : operands.split(' ').length
}

function unknown(command: Command, typed: string, names: readonly string[]): FlowError {
  const name = typed.replace(/^-+/, '')
  const { elsewhere = {} } = command
  if (Object.hasOwn(elsewhere, name)) return usage(command, `has no option ${typed}: ${elsewhere[name]}`)
  const near = suggest(name, names)
  return usage(command, `unknown option "${typed}"${near ? `. Did you mean "--${near}"?` : ''}`)
}
