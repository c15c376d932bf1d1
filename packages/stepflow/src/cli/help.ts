// The text of --help, made from the same table as parsing and completion. On a terminal its lines end between words: `width`
// is how wide it is; absent, whoever reads the text breaks its lines.

import { globalOptions } from './args.ts'
import type { Command, Option } from './command.ts'

/** What `stepflow --help` shows. */
export function overview(
  commands: readonly Pick<Command, 'name' | 'summary'>[],
  version: string,
  width = Number.POSITIVE_INFINITY,
): string {
  return [
    ...wrapped(`stepflow ${version}: runs workflows written in YAML, JSON or TypeScript`, width),
    '',
    'Usage: stepflow COMMAND [options]',
    '',
    'Commands:',
    ...columns(
      commands.map((command) => [command.name, command.summary]),
      width,
    ),
    '',
    'Options of all commands:',
    ...columns(
      globalOptions.map((option) => [spelling(option), described(option)]),
      width,
    ),
    '',
    ...wrapped('stepflow COMMAND --help explains a command, with examples.', width),
    '',
  ].join('\n')
}

/** What `stepflow COMMAND --help` shows. */
export function helpOf(command: Command, width = Number.POSITIVE_INFINITY): string {
  const aliases = command.aliases?.length ? [`Also called: ${command.aliases.join(', ')}`, ''] : []
  return [
    ...wrapped(`stepflow ${command.name}: ${command.summary}`, width),
    '',
    ...wrapped(`Usage: stepflow ${[command.name, command.operands, '[options]'].filter(Boolean).join(' ')}`, width, 2),
    '',
    ...aliases,
    ...actionsOf(command, width),
    'Examples:',
    ...command.examples.flatMap(({ does, line }) => [
      ...wrapped(`# ${does}`, width - 2, 0, '# ').map((text) => `  ${text}`),
      ...brokenLine(line, width),
    ]),
    '',
    ...optionsOf(command, width),
    ...wrapped('stepflow --help lists the options of all commands.', width),
    '',
  ].join('\n')
}

// ---

function actionsOf({ name, actions }: Command, width: number): string[] {
  if (!actions) return []
  const rows = actions.map((action) => [action.name.slice(name.length + 1), action.summary] as const)
  return [
    'Actions:',
    ...columns(rows, width),
    '',
    ...wrapped(`stepflow ${name} ACTION --help explains an action. Without one: ${actions[0]?.name}.`, width),
    '',
  ]
}

/** Those of its actions are in their own help. */
function optionsOf({ options, actions }: Command, width: number): string[] {
  if (actions || options.length === 0) return []
  const rows = options.map((option) => [spelling(option), described(option)] as const)
  return ['Options:', ...columns(rows, width), '']
}

function spelling(option: Option): string {
  const names = [option.name, ...(option.aliases ?? [])].map((name) => `--${name}`).join(', ')
  const short = option.short ? `-${option.short}, ` : ''
  if (option.value === undefined) return `${short}${names}`
  return `${short}${names}${option.bare === undefined ? ` ${option.value}` : `[=${option.value}]`}`
}

function described(option: Option): string {
  const choices = option.choices ? ` (${option.choices.join(', ')})` : ''
  const missing = option.default === undefined ? '' : ` [default: ${option.default}]`
  return `${option.does}${choices}${option.many ? '; may be given several times' : ''}${missing}`
}

/** Beside each other; where that leaves no room for the right ones, below each other. */
function columns(rows: readonly (readonly [string, string])[], width: number): string[] {
  const left = Math.min(34, Math.max(...rows.map(([one]) => one.length)))
  const room = width - left - 4
  if (room < LEAST_ROOM) {
    return rows.flatMap(([one, other]) => [
      ...wrapped(one, width - 2, 2).map((text) => `  ${text}`),
      ...wrapped(other, width - 6).map((text) => `      ${text}`),
    ])
  }
  return rows.flatMap(([one, other]) => {
    const [first = '', ...more] = wrapped(other, room)
    const below = more.map((text) => `${' '.repeat(left + 4)}${text}`)
    if (one.length <= left) return [`  ${one.padEnd(left)}  ${first}`, ...below]
    return [`  ${one}`, `${' '.repeat(left + 4)}${first}`, ...below]
  })
}

const LEAST_ROOM = 24

/** Lines broken between words: a word that is wider than a line has one of its own. Later lines are set in. */
function wrapped(text: string, width: number, indent = 0, prefix = ' '.repeat(indent)): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = `${prefix}${word}`
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/**
 * A command line that can be copied as it stands: broken as a shell lets it be, which is not inside quotes, and not behind
 * the name of an option if there is room for both.
 */
function brokenLine(line: string, width: number): string[] {
  const words = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [line]
  const lines: string[] = []
  let last = ''
  words.forEach((word, i) => {
    const next = words[i + 1]
    const together = word.startsWith('-') && next !== undefined && !next.startsWith('-') ? `${word} ${next}` : word
    const needed = together.length > width - 6 ? word : together
    if (last !== '' && last.length + 1 + needed.length > width - 2) {
      lines.push(`${last} \\`)
      last = `    ${word}`
    } else last = `${last || ' '} ${word}`
  })
  return [...lines, last]
}
