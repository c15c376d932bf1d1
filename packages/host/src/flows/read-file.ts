// Reads files that the user names, whole, and checks them on the way; explains a file that cannot be used.

import { isUtf8 } from 'node:buffer'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, extname, resolve } from 'node:path'
import { FlowError, isJson, isTooDeep, MOST_LEVELS, suggest, whyNotJson } from '@stepflow/engine'
import { holdsTooLarge, TOO_LARGE } from './too-large.ts'

/** The text of a file, without a byte order mark. `what` says what it was wanted for: "the flow", "the input". */
export function readText(file: string, what: string, cwd: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(resolve(cwd, file))
  } catch (thrown) {
    throw cannot('read', file, what, thrown)
  }
  if (!isUtf8(bytes)) throw new FlowError('INVALID_INPUT', `${what} "${file}" is not text in UTF-8`)
  const text = bytes.toString()
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/** JSON or YAML by the file's ending. */
export async function readData(file: string, what: string, cwd: string): Promise<unknown> {
  const ending = extname(file).toLowerCase()
  const format = ending === '.json' ? 'json' : ending === '.yaml' || ending === '.yml' ? 'yaml' : undefined
  if (!format) {
    throw new FlowError(
      'INVALID_INPUT',
      `${what} "${file}" must end in .json, .yaml or .yml, so that its format is known`,
    )
  }
  return parseData(readText(file, what, cwd), format, `${what} "${file}"`)
}

/** `asYaml`: what would have read YAML in its place, for the message about a text that is some. */
export async function parseData(
  text: string,
  format: 'json' | 'yaml',
  name: string,
  asYaml?: string,
): Promise<unknown> {
  if (format === 'json') {
    try {
      return representable(text, JSON.parse(text), name)
    } catch (thrown) {
      if (thrown instanceof FlowError) throw thrown
      throw new FlowError('INVALID_INPUT', `${name} is not JSON: ${whyNotJson(thrown)}${await yamlHint(text, asYaml)}`)
    }
  }
  const { parse } = await import('yaml')
  let value: unknown
  try {
    value = parse(text, { schema: 'core', version: '1.2' }) ?? null
  } catch (thrown) {
    // The parser recurses, and gives up before our limit. What is JSON needs no such parser.
    if (thrown instanceof RangeError || /call stack/.test((thrown as Error).message)) {
      if (isJson(text)) return parseData(text, 'json', name)
      throw new FlowError(
        'INVALID_INPUT',
        `${name} is nested too deeply for YAML; as JSON it may have ${MOST_LEVELS} levels of lists and objects`,
      )
    }
    // The parser's own words for that are advice for programmers.
    if ((thrown as { code?: unknown }).code === 'MULTIPLE_DOCS') {
      throw new FlowError('INVALID_INPUT', `${name} is not YAML: it has more than one document`)
    }
    const [first = ''] = (thrown as Error).message.split('\n')
    throw new FlowError('INVALID_INPUT', `${name} is not YAML: ${first.replace(/:$/, '')}`)
  }
  return representable(text, value, name)
}

/** Throws INVALID_INPUT for what is no JSON, or none that can be kept. */
export function parseJson(text: string, name: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (thrown) {
    throw new FlowError('INVALID_INPUT', `${name} is not JSON: ${whyNotJson(thrown)}`)
  }
  return representable(text, value, name)
}

/** What a system error means to the one who named the file. */
export function cannot(done: 'read' | 'written', file: string, what: string, thrown: unknown): FlowError {
  const { code, message } = thrown as NodeJS.ErrnoException
  const name = `${what} "${file}"`
  switch (code) {
    case 'ENOENT':
      return done === 'read'
        ? new FlowError('INVALID_INPUT', `${name} is not there${nearBy(thrown as NodeJS.ErrnoException)}`)
        : new FlowError('INVALID_INPUT', `${name} cannot be written: there is no folder "${dirname(file)}"`)
    case 'EISDIR':
      return new FlowError('INVALID_INPUT', `${name} is a folder; name a file in it: ${file.replace(/\/*$/, '')}/...`)
    case 'ENOTDIR':
      return new FlowError('INVALID_INPUT', `${name}: "${dirname(file)}" is a file, not a folder`)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new FlowError('INVALID_INPUT', `${name} may not be ${done}: permission denied`)
    case 'ENAMETOOLONG':
      return new FlowError(
        'INVALID_INPUT',
        `${what}: the name "${basename(file).slice(0, 40)}..." is too long for a file`,
      )
    case 'ENOSPC':
    case 'EDQUOT':
      return new FlowError('RESOURCE_UNAVAILABLE', `the disk has no space left for ${name}`)
    default:
      return new FlowError('INVALID_INPUT', `${name} cannot be ${done}: ${message}`)
  }
}

// ---

function tooDeep(name: string): FlowError {
  return new FlowError('INVALID_INPUT', `${name} has more than ${MOST_LEVELS} levels of lists and objects`)
}

function representable(text: string, value: unknown, name: string): unknown {
  if (holdsTooLarge(text, value)) throw new FlowError('INVALID_INPUT', `${name}: ${TOO_LARGE}`)
  if (isTooDeep(value)) throw tooDeep(name)
  return value
}

async function yamlHint(text: string, asYaml: string | undefined): Promise<string> {
  if (asYaml === undefined || text.length > MOST_TRIED) return ''
  const { parse } = await import('yaml')
  try {
    const value: unknown = parse(text)
    return typeof value === 'object' && value !== null ? `; it is YAML, though: ${asYaml}` : ''
  } catch {
    return ''
  }
}

const MOST_TRIED = 100_000

/** A file of nearly that name in the same folder: with another ending, or misspelt before it. */
function nearBy({ path }: NodeJS.ErrnoException): string {
  if (path === undefined) return ''
  const stem = (name: string) => name.slice(0, name.length - extname(name).length)
  const wanted = stem(basename(path))
  try {
    const names = readdirSync(dirname(path))
    const meant = suggest(wanted, names.map(stem))
    const near = names.find((name) => stem(name) === meant)
    return near === undefined ? '' : `. Did you mean "${near}"?`
  } catch {
    return ''
  }
}
