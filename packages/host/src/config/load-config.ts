// Finds and reads the configuration file. Without one it opens nothing and loads no parser.

import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Diagnostic } from '@stepflow/engine'
import { defaultConfig } from './config.ts'
import { type FindConfig, findConfig } from './find-config.ts'
import type { ConfigFindings } from './read-config.ts'
import type { Env } from './substitute.ts'

export interface LoadConfigOptions extends FindConfig {
  readonly env: Env
}

/**
 * The configuration for a flow: that of `path`, else of the file beside the flow, else of the current directory, else
 * the default. What is wrong is in `diagnostics`; nothing is thrown.
 */
export async function loadConfig(options: LoadConfigOptions): Promise<ConfigFindings> {
  const { file, diagnostics } = findConfig(options)
  const home = options.flowFile === undefined ? options.cwd : dirname(resolve(options.cwd, options.flowFile))
  if (file === undefined) return { config: defaultConfig(home), diagnostics }
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    return unreadable(file, { code: 'CONFIG_UNREADABLE', level: 'fatal', message: reasonOf(error, file), file })
  }
  const [{ readSource }, { readConfig }] = await Promise.all([import('@stepflow/dialects'), import('./read-config.ts')])
  const source = readSource(text, { file })
  if (source.diagnostics.some((found) => found.code === 'EMPTY_SOURCE')) return unreadable(file)
  if (!source.node) return unreadable(file, ...source.diagnostics)
  const read = readConfig(source.node, { directory: dirname(file), env: options.env, file })
  return { config: read.config, diagnostics: [...source.diagnostics, ...read.diagnostics] }
}

// ---

/** A file without anything in it is none that is wrong. */
function unreadable(file: string, ...diagnostics: Diagnostic[]): ConfigFindings {
  return { config: { ...defaultConfig(dirname(file)), file }, diagnostics }
}

function reasonOf(error: unknown, file: string): string {
  const { code } = error as NodeJS.ErrnoException // whatever else was thrown has no code
  if (code === 'EISDIR') return `the configuration "${file}" is a directory`
  if (code === 'EACCES') return `the configuration "${file}" may not be read`
  return `the configuration "${file}" cannot be read (${code ?? 'unknown reason'})`
}
