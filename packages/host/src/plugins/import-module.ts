// Imports a JavaScript or TypeScript file at run time. Errors name the file and the line, without a stack.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, extname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { contentId, errorValue, FlowError } from '@stepflow/engine'

/**
 * The exports of `file` (an absolute path). Throws INVALID_FLOW, beginning with `who`, if it cannot be loaded, or not within
 * `limitMs`. `text`: what it holds now; with another than before it is loaded anew. What it imports stays as it was, where
 * Node loads it.
 */
export async function importModule(file: string, who: string, text?: string, limitMs = LIMIT_MS): Promise<object> {
  try {
    return await ended(imported(file, text), limitMs)
  } catch (error) {
    throw new FlowError('INVALID_FLOW', `${who}: ${placeOf(error, file)}: ${wordsOf(error, file)}`, { cause: error })
  }
}

// ---

/** A top level may open connections and load models; a server must not wait for one file for ever. */
const LIMIT_MS = 60_000

async function imported(file: string, text: string | undefined): Promise<object> {
  if (!nodeReads(file)) return importWithJiti(file, text)
  const { href } = pathToFileURL(file)
  try {
    return (await import(text === undefined ? href : `${href}?${contentId(text).slice(0, 16)}`)) as object // a namespace is an object
  } catch (error) {
    if (!wasNotRun(error)) throw error
    return importWithJiti(file, text)
  }
}

/**
 * Rejects after `limitMs`, and when nothing is left that could end the import: Node would leave without a word, and with 0 as
 * its exit code.
 */
async function ended<T>(importing: Promise<T>, limitMs: number): Promise<T> {
  if (underWay.size === 0) process.on('beforeExit', endAll)
  let end: ((why: Error) => void) | undefined
  const never = new Promise<never>((_, reject) => {
    end = reject
    underWay.add(reject)
  })
  const limit = setTimeout(
    () => end?.(new Error(`its top level has not ended within ${limitMs / 1000} s, so it cannot be loaded`)),
    limitMs,
  ).unref()
  try {
    return await Promise.race([importing, never])
  } finally {
    clearTimeout(limit)
    underWay.delete(end as (why: Error) => void) // set when the promise was made
    if (underWay.size === 0) process.off('beforeExit', endAll)
  }
}

/** How to end each import that is under way: one listener for all, for a folder may have hundreds of files. */
const underWay = new Set<(why: Error) => void>()

function endAll(): void {
  for (const end of underWay) end(new Error('it awaits at its top level what never comes, so it cannot be loaded'))
}

/** JavaScript always; TypeScript where this Node strips types by itself. */
function nodeReads(file: string): boolean {
  if (!/\.[mc]?tsx?$/.test(file)) return extname(file) !== '.jsx'
  return extname(file) === '.ts' && Boolean((process.features as { typescript?: unknown }).typescript) // newer than our types
}

/** TypeScript that stripping does not cover, imports without an ending: nothing was executed, so jiti may try. */
function wasNotRun(error: unknown): boolean {
  if (error instanceof SyntaxError) return true
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && NOT_RUN.has(code)
}

const NOT_RUN = new Set([
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_INVALID_TYPESCRIPT_SYNTAX',
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_MODULE_NOT_FOUND',
  'ERR_UNSUPPORTED_DIR_IMPORT',
])

async function importWithJiti(file: string, text: string | undefined): Promise<object> {
  const { createJiti } = await import('jiti')
  const options = { interopDefault: false, jsx: /x$/.test(file), alias: lent(file), moduleCache: text === undefined }
  return await createJiti(file, options).import<object>(file)
}

/** This package, for files in places where it is not installed. Objects of any copy of it meet (library/program.ts). */
function lent(file: string): Record<string, string> {
  try {
    createRequire(file).resolve('stepflow')
    return {}
  } catch {
    const own = createRequire(import.meta.url)
    return Object.fromEntries(LENT.map((name) => [name, own.resolve(name)]))
  }
}

const LENT = ['stepflow/testing', 'stepflow/sqlite', 'stepflow/sdk', 'stepflow']

/** `components.ts:3`: where in the user's file the trouble is, as near as the error says. */
function placeOf(error: unknown, file: string): string {
  const text = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : ''
  for (const name of [file, pathToFileURL(file).href]) {
    const at = text.indexOf(`${name}:`)
    const line = at < 0 ? undefined : /^:(\d+)/.exec(text.slice(at + name.length))?.[1]
    if (line) return `${basename(file)}:${line}`
  }
  const byName = new RegExp(`\\b${basename(file).replace(/[.*+?^$()[\]{}|\\]/g, '\\$&')}:(\\d+)`).exec(text)?.[1]
  if (byName) return `${basename(file)}:${byName}`
  const inParentheses = error instanceof SyntaxError ? /\((\d+):\d+\)/.exec(error.message)?.[1] : undefined
  if (inParentheses) return `${basename(file)}:${inParentheses}`
  const imported = /Cannot find (?:module|package) '([^']+)'/.exec(text)?.[1]
  const line = imported === undefined ? undefined : lineOfImport(file, imported)
  return line === undefined ? basename(file) : `${basename(file)}:${line}`
}

/** The first line of what was thrown, without the places that are told already. */
function wordsOf(error: unknown, file: string): string {
  const [first = ''] = errorValue(error).message.split('\n')
  return first
    .replace(`${file}: `, '')
    .replace(/\s*\(\d+:\d+\)$/, '')
    .replace(/\s+imported from .*$/, '')
    .replace(/^ParseError: /, '')
    .trim()
}

function lineOfImport(file: string, imported: string): number | undefined {
  const name = imported.startsWith('file:') ? fileURLToPath(imported) : imported
  const index = readFileSync(file, 'utf8')
    .split('\n')
    .findIndex((line) => /\b(import|from|require)\b/.test(line) && (line.includes(name) || line.includes(stem(name))))
  return index < 0 ? undefined : index + 1
}

function stem(path: string): string {
  return basename(path, extname(path))
}
