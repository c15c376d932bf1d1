// The text of --help, made from the same table as parsing and completion.

import { globalOptions } from './args.ts'
import type { Command, Option } from './command.ts'

/** What `stepflow --help` shows. */
export function overview(commands: readonly Pick<Command, 'name' | 'summary'>[], version: string): string {
  return [
    `stepflow ${version}: runs workflows written in YAML, JSON or TypeScript`,
    '',
    'Usage: stepflow COMMAND [options]',
    '',
    'Commands:',
    ...columns(commands.map((command) => [command.name, command.summary])),
    '',
    'Options of all commands:',
    ...columns(globalOptions.map((option) => [spelling(option), described(option)])),
    '',
    'stepflow COMMAND --help explains a command, with examples.',
    '',
  ].join('\n')
}

/** What `stepflow COMMAND --help` shows. */
export function helpOf(command: Command): string {
  const aliases = command.aliases?.length ? [`Also called: ${command.aliases.join(', ')}`, ''] : []
  return [
    `stepflow ${command.name}: ${command.summary}`,
    '',
    `Usage: stepflow ${[command.name, command.operands, '[options]'].filter(Boolean).join(' ')}`,
    '',
    ...aliases,
    ...actionsOf(command),
    'Examples:',
    ...command.examples.flatMap((example) => [`  # ${example.does}`, `  ${example.line}`]),
    '',
    ...optionsOf(command),
    'stepflow --help lists the options of all commands.',
    '',
  ].join('\n')
}

// ---

function actionsOf({ name, actions }: Command): string[] {
  if (!actions) return []
  const rows = actions.map((action) => [action.name.slice(name.length + 1), action.summary] as const)
  return [
    'Actions:',
    ...columns(rows),
    '',
    `stepflow ${name} ACTION --help explains an action. Without one: ${actions[0]?.name}.`,
    '',
  ]
}

/** Those of its actions are in their own help. */
function optionsOf({ options, actions }: Command): string[] {
  if (actions || options.length === 0) return []
  return ['Options:', ...columns(options.map((option) => [spelling(option), described(option)])), '']
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

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)))
  return rows.map(([left, right]) =>
    left.length > width ? `  ${left}\n  ${' '.repeat(width)}  ${right}` : `  ${left.padEnd(width)}  ${right}`,
  )
}
