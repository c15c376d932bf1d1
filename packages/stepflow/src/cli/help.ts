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
    'Examples:',
    ...command.examples.flatMap((example) => [`  # ${example.does}`, `  ${example.line}`]),
    '',
    'Options:',
    ...columns([...command.options, ...globalOptions].map((option) => [spelling(option), described(option)])),
    '',
  ].join('\n')
}

// ---

function spelling(option: Option): string {
  const names = [option.name, ...(option.aliases ?? [])].map((name) => `--${name}`).join(', ')
  const short = option.short ? `-${option.short}, ` : ''
  if (option.value === undefined) return `${short}${names}`
  return `${short}${names}${option.bare === undefined ? ` ${option.value}` : `[=${option.value}]`}`
}

function described(option: Option): string {
  const choices = option.choices ? ` (${option.choices.join(', ')})` : ''
  return `${option.does}${choices}${option.many ? '; may be given several times' : ''}`
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)))
  return rows.map(([left, right]) =>
    left.length > width ? `  ${left}\n  ${' '.repeat(width)}  ${right}` : `  ${left.padEnd(width)}  ${right}`,
  )
}
