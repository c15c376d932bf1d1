// Secrets: the file that names them, a map in JSON or YAML, or NAME=value lines. No value of it is ever in a message.

import { extname } from 'node:path'
import { FlowError, isRecord, kindOf } from '@stepflow/engine'
import { readText } from './read-file.ts'

export async function readSecrets(file: string, cwd: string): Promise<ReadonlyMap<string, string>> {
  const text = readText(file, 'the file of secrets', cwd)
  const ending = extname(file).toLowerCase()
  if (ending === '.json') return fromData(file, parsedJson(file, text))
  return ending === '.yaml' || ending === '.yml' ? fromData(file, await parsedYaml(file, text)) : fromLines(file, text)
}

// ---

/** Of what a parser says only the place is told: its message may quote the text, and that is a secret. */
function parsedJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    const offset = /at position (\d+)/.exec((thrown as Error).message)?.[1]
    const line = offset === undefined ? undefined : text.slice(0, Number(offset)).split('\n').length
    throw unreadable(file, 'JSON', line)
  }
}

async function parsedYaml(file: string, text: string): Promise<unknown> {
  const { parse, YAMLParseError } = await import('yaml')
  try {
    return parse(text, { schema: 'core', version: '1.2' }) ?? null
  } catch (thrown) {
    throw unreadable(file, 'YAML', thrown instanceof YAMLParseError ? thrown.linePos?.[0].line : undefined)
  }
}

function unreadable(file: string, format: string, line: number | undefined): FlowError {
  const where = line === undefined ? '' : `, line ${line}`
  return new FlowError('INVALID_INPUT', `the file of secrets "${file}"${where}: this is not ${format}`)
}

function fromData(file: string, data: unknown): ReadonlyMap<string, string> {
  if (!isRecord(data)) {
    throw new FlowError(
      'INVALID_INPUT',
      `the file of secrets "${file}" must hold an object of texts by name, but holds ${kindOf(data)}`,
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
    if (!match)
      throw new FlowError('INVALID_INPUT', `the file of secrets "${file}", line ${i + 1}: this is not NAME=value`)
    const [, name, value] = match as unknown as [string, string, string]
    secrets.set(name, /^"(.*)"$|^'(.*)'$/.test(value) ? value.slice(1, -1) : value)
  })
  return secrets
}
