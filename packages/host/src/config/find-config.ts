// Where the configuration file is. Looks at names only; opens nothing.

import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Diagnostic } from '@stepflow/engine'

export interface FindConfig {
  /** As given by `--config`, relative to `cwd`. */
  readonly path?: string | undefined
  readonly flowFile?: string | undefined
  readonly cwd: string
  /** `test`: `stepflow-config.test.yml` beside the flow comes before all others. */
  readonly purpose?: 'run' | 'test' | undefined
}

/** The configuration's absolute path, if there is one: `--config`, else beside the flow, else in the current directory. */
export function findConfig(where: FindConfig): { readonly file?: string; readonly diagnostics: readonly Diagnostic[] } {
  if (where.path !== undefined) {
    const file = resolve(where.cwd, where.path)
    if (existsSync(file)) return { file, diagnostics: [] }
    return { diagnostics: [fatal('CONFIG_NOT_FOUND', `there is no configuration file "${where.path}"`)] }
  }
  const beside = where.flowFile === undefined ? undefined : dirname(resolve(where.cwd, where.flowFile))
  const places: [string, readonly string[]][] = []
  if (beside !== undefined && where.purpose === 'test') places.push([beside, TEST_NAMES])
  if (beside !== undefined) places.push([beside, NAMES])
  if (beside !== where.cwd) places.push([where.cwd, NAMES])
  for (const [directory, names] of places) {
    const there = names.filter((name) => existsSync(join(directory, name)))
    if (there.length === 1) return { file: join(directory, there[0] as string), diagnostics: [] } // length was just asked
    if (there.length > 1) {
      const message = `several configuration files in ${directory}: ${there.join(', ')}`
      return { diagnostics: [fatal('CONFIG_AMBIGUOUS', message, 'keep one of them, or name one with --config')] }
    }
  }
  return { diagnostics: [] }
}

// ---

const NAMES = ['stepflow-config.yml', 'stepflow-config.yaml', 'stepflow_config.yml', 'stepflow_config.yaml']
const TEST_NAMES = NAMES.map((name) => name.replace('config.', 'config.test.'))

function fatal(code: string, message: string, hint?: string): Diagnostic {
  return hint === undefined ? { code, level: 'fatal', message } : { code, level: 'fatal', message, hint }
}
