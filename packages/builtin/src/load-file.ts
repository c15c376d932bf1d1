// /load_file: a file of the flow's own directory as data. What the configuration allows besides is said in the options.

import type { FileHandle } from 'node:fs/promises'
import { type Component, FlowError, suggest } from '@stepflow/engine'
import { define } from './define.ts'
import { also, oneOf, optional, text } from './input.ts'

export interface FileAccess {
  /** The directory that paths are relative to and that they may not leave. */
  readonly baseDir: string
  /** In place of it, by the file of the flow; undefined: the flow has no folder, and may read what is allowed besides. */
  readonly homeOf?: HomeOf | undefined
  /** More directories and files that may be read; relative ones to `baseDir`. */
  readonly allow?: readonly string[]
  /** 64 MiB if absent. */
  readonly maxBytes?: number
}

/** The folder of a flow, by its file as the plan has it; undefined for one that has none. */
export type HomeOf = (file: string | undefined) => string | undefined

const FORMATS = ['json', 'yaml', 'text', 'jsonl'] as const
type Format = (typeof FORMATS)[number]

export function loadFile(access: FileAccess): Component {
  return define({
    name: 'load_file',
    description: 'Reads a JSON, YAML or text file',
    fields: {
      path: also(text("Relative to the flow's directory"), 'file'),
      format: optional(oneOf('By the extension if absent', FORMATS)),
    },
    output: {
      type: 'object',
      properties: {
        data: {},
        metadata: {
          type: 'object',
          properties: {
            resolved_path: { type: 'string' },
            size_bytes: { type: 'integer' },
            format: { enum: FORMATS },
          },
        },
      },
      required: ['data', 'metadata'],
    },
    primary: 'data',
    async call(input, { flowFile }) {
      const home = access.homeOf ? access.homeOf(flowFile) : access.baseDir
      const real = await permittedPath(input.path, access, home)
      const bytes = await readBounded(input.path, real, access.maxBytes ?? 64 * 1024 * 1024)
      const format = input.format ?? formatOf(real)
      const data = await parse(input.path, decode(input.path, bytes), format)
      return { data, metadata: { resolved_path: real, size_bytes: bytes.length, format } }
    },
  })
}

// ---

/** The file's path without symlinks; throws unless it is inside what may be read. */
async function permittedPath(path: string, access: FileAccess, home: string | undefined): Promise<string> {
  const { realpath } = await import('node:fs/promises')
  const { isAbsolute, resolve } = await import('node:path')
  if (path.includes('\0') || path === '')
    throw new FlowError('INVALID_INPUT', '/builtin/load_file: "path" is not a path')
  const where = home === undefined ? 'the flow has no directory' : `it is outside the flow's directory ${home}`
  const refused = () =>
    new FlowError(
      'INVALID_INPUT',
      `/builtin/load_file may not read ${JSON.stringify(path)}: ${where}; add its directory to files.allow in the configuration file`,
    )
  if (home === undefined && !isAbsolute(path)) throw refused()
  const wanted = resolve(home ?? access.baseDir, path)
  const roots = [
    ...(home === undefined ? [] : [home]),
    ...(access.allow ?? []).map((root) => resolve(access.baseDir, root)),
  ]
  const realRoots = await Promise.all(roots.map((root) => realpath(root).catch(() => resolve(root))))
  const inside = async (file: string, within: readonly string[]) => {
    for (const root of within) if (await isInside(file, root)) return true
    return false
  }
  const real = await realpath(wanted).catch(async (error: NodeJS.ErrnoException) => {
    // Outside, not even whether a file is there is told.
    if (!(await inside(wanted, [...roots, ...realRoots]))) throw refused()
    throw await unreadable(path, wanted, error)
  })
  if (!(await inside(real, realRoots))) throw refused()
  return real
}

async function isInside(file: string, root: string): Promise<boolean> {
  const { isAbsolute, relative, sep } = await import('node:path')
  const way = relative(root, file)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}

async function readBounded(path: string, real: string, maxBytes: number): Promise<Buffer> {
  const { open } = await import('node:fs/promises')
  const { constants } = await import('node:fs')
  let file: FileHandle | undefined
  try {
    // Opening a named pipe would wait for a writer.
    file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = await file.stat()
    if (stat.isDirectory())
      throw new FlowError('INVALID_INPUT', `/builtin/load_file: ${JSON.stringify(path)} is a directory`)
    if (!stat.isFile())
      throw new FlowError('INVALID_INPUT', `/builtin/load_file: ${JSON.stringify(path)} is not a regular file`)
    if (stat.size > maxBytes) {
      throw new FlowError(
        'INVALID_INPUT',
        `/builtin/load_file: ${JSON.stringify(path)} has ${(stat.size / 2 ** 20).toFixed(1)} MiB, more than the ${maxBytes / 2 ** 20} MiB that may be loaded`,
      )
    }
    return await file.readFile()
  } catch (error) {
    throw FlowError.is(error) ? error : await unreadable(path, real, error as NodeJS.ErrnoException) // fs throws no others
  } finally {
    await file?.close()
  }
}

async function unreadable(path: string, resolved: string, error: NodeJS.ErrnoException): Promise<FlowError> {
  const name = JSON.stringify(path)
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR': {
      const hint = await missingHint(resolved)
      return new FlowError('NOT_FOUND', `/builtin/load_file: there is no file ${name} (looked at ${resolved})${hint}`)
    }
    case 'EACCES':
    case 'EPERM':
      return new FlowError(
        'INVALID_INPUT',
        `/builtin/load_file may not read ${name}: the system denies it (${error.code})`,
      )
    case 'ELOOP':
      return new FlowError('INVALID_INPUT', `/builtin/load_file: ${name} is a symlink that leads to itself`)
    default:
      return new FlowError(
        'RESOURCE_UNAVAILABLE',
        `/builtin/load_file cannot read ${name} (${error.code ?? error.message})`,
      )
  }
}

async function missingHint(resolved: string): Promise<string> {
  const { readdir } = await import('node:fs/promises')
  const { basename, dirname } = await import('node:path')
  const name = basename(resolved)
  const names: string[] = await readdir(dirname(resolved)).catch(() => [])
  if (names.includes(name)) return ': it is a symlink that leads nowhere'
  const near = suggest(name, names)
  return near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`
}

function formatOf(path: string): Format {
  if (/\.json$/i.test(path)) return 'json'
  if (/\.ya?ml$/i.test(path)) return 'yaml'
  return /\.(jsonl|ndjson)$/i.test(path) ? 'jsonl' : 'text'
}

function decode(path: string, bytes: Buffer): string {
  try {
    // Takes off a byte order mark too.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new FlowError('INVALID_INPUT', `/builtin/load_file: ${JSON.stringify(path)} is not UTF-8 text`)
  }
}

async function parse(path: string, content: string, format: Format): Promise<unknown> {
  switch (format) {
    case 'text':
      return content
    case 'json':
      return parseJson(path, content, 1)
    case 'jsonl':
      return content.split(/\r?\n/).flatMap((line, i) => (line.trim() === '' ? [] : [parseJson(path, line, i + 1)]))
    case 'yaml':
      return parseYaml(path, content)
  }
}

function parseJson(path: string, content: string, firstLine: number): unknown {
  try {
    return JSON.parse(content)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const line = firstLine + (content.slice(0, faultPosition(content, message)).split('\n').length - 1)
    // V8 quotes the text around the fault, which may be long and secret.
    const what = content.trim() === '' ? 'it is empty' : (message.split(/, "|, \.\.\.| in JSON/)[0] ?? message)
    throw new FlowError(
      'INVALID_INPUT',
      `/builtin/load_file: ${JSON.stringify(path)} is not JSON: ${what} (line ${line})`,
    )
  }
}

/** Not all of V8's messages tell the place: it is the end of the longest beginning that could still become JSON. */
function faultPosition(content: string, message: string): number {
  const told = /position (\d+)/.exec(message)?.[1]
  if (told !== undefined) return Number(told)
  let low = 0
  let high = Math.min(content.length, 2 ** 20)
  while (low < high) {
    const middle = (low + high) >> 1
    if (mayGoOn(content.slice(0, middle + 1))) low = middle + 1
    else high = middle
  }
  return low
}

function mayGoOn(beginning: string): boolean {
  try {
    JSON.parse(beginning)
    return true
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    return /end of JSON|Unterminated/.test(message) || message.endsWith(`position ${beginning.length}`)
  }
}

async function parseYaml(path: string, content: string): Promise<unknown> {
  const { parseDocument } = await import('yaml')
  const document = parseDocument(content, { version: '1.2', schema: 'core', prettyErrors: true, logLevel: 'error' })
  const [first] = document.errors
  const fault = first?.code === 'MULTIPLE_DOCS' ? 'it has more than one document' : first?.message.split('\n')[0]
  const broken = (what: string) =>
    new FlowError('INVALID_INPUT', `/builtin/load_file: ${JSON.stringify(path)} is not YAML: ${what.replace(/:$/, '')}`)
  if (fault !== undefined) throw broken(fault)
  try {
    // Aliases are bounded: a few of them can stand for billions of values.
    return document.toJS({ maxAliasCount: 1000 })
  } catch (error) {
    throw broken(error instanceof Error ? error.message : String(error))
  }
}
