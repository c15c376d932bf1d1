// The file of secrets that --secrets names: a map in JSON or YAML, or NAME=value lines. No value of it is ever in a message.

import { extname } from 'node:path'
import { FlowError, isRecord, kindOf } from '@stepflow/engine'
import { readData, readText } from './read-file.ts'

export async function readSecrets(file: string, cwd: string): Promise<ReadonlyMap<string, string>> {
  const isData = ['.json', '.yaml', '.yml'].includes(extname(file).toLowerCase())
  return isData
    ? fromData(file, await readData(file, 'the secrets', cwd))
    : fromLines(file, readText(file, 'the secrets', cwd))
}

// ---

function fromData(file: string, data: unknown): ReadonlyMap<string, string> {
  if (!isRecord(data)) {
    throw new FlowError(
      'INVALID_INPUT',
      `the secrets "${file}" must be an object of texts by name, but are ${kindOf(data)}`,
    )
  }
  const secrets = new Map<string, string>()
  for (const [name, value] of Object.entries(data)) {
    if (typeof value !== 'string' && typeof value !== 'number') {
      throw new FlowError('INVALID_INPUT', `the secret "${name}" in "${file}" must be text, but is ${kindOf(value)}`)
    }
    secrets.set(name, String(value))
  }
  return secrets
}

function fromLines(file: string, text: string): ReadonlyMap<string, string> {
  const secrets = new Map<string, string>()
  text.split(/\r?\n/).forEach((line, i) => {
    if (/^\s*(#|$)/.test(line)) return
    const match = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*?)\s*$/.exec(line)
    if (!match) throw new FlowError('INVALID_INPUT', `line ${i + 1} of the secrets "${file}" is not NAME=value`)
    const [, name, value] = match as unknown as [string, string, string]
    secrets.set(name, /^"(.*)"$|^'(.*)'$/.test(value) ? value.slice(1, -1) : value)
  })
  return secrets
}
