// A program that a plugin starts: its command, arguments and environment.

import { isAbsolute, resolve } from 'node:path'
import type { ConfigReader, Fields } from './config-reader.ts'

export interface Program {
  readonly command: string
  readonly args: readonly string[]
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string>>
}

export function readProgram(
  reader: ConfigReader,
  fields: Fields,
  what: string,
  directory: string,
): Program | undefined {
  const command = reader.text(fields.get('command'), `"command" of ${what}`)
  const args = reader.texts(fields.get('args'), `"args" of ${what}`, 'bareNames') ?? []
  const env = reader.textsByName(fields.get('env'), `"env" of ${what}`, 'bareNames') ?? {}
  if (command === undefined) return undefined
  return { command: isPath(command) ? resolve(directory, command) : command, args, env }
}

// ---

/** A bare name is looked for in PATH; anything else is relative to the configuration. */
function isPath(command: string): boolean {
  return isAbsolute(command) || /[\\/]/.test(command)
}
