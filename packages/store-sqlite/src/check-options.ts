// What a store is opened with, checked before any file is touched: all that is wrong is said at once.

import {
  FlowError,
  isRecord,
  kindOf,
  type OptionRule,
  type OptionRules,
  SHARED_STORE_OPTIONS,
  unfitOptions,
  unknownOptions,
} from '@stepflow/engine'

export function checkOptions(options: unknown): void {
  const problems = isRecord(options)
    ? [...unknownOptions(options, RULES), ...unfit(options)]
    : [`it needs { path }, not ${kindOf(options)}`]
  if (problems.length > 0)
    throw new FlowError('INVALID_INPUT', `a SQLite store cannot be opened: ${problems.join('; ')}`)
}

// ---

const oneOf = (...words: readonly string[]): OptionRule => [
  words.join(' or '),
  (value) => words.includes(value as string),
]

const RULES: OptionRules = {
  path: ['the path of a file', (value) => typeof value === 'string' && value !== '' && !value.includes('\0')],
  synchronous: oneOf('full', 'normal', 'off'),
  ...SHARED_STORE_OPTIONS,
  driver: oneOf('node:sqlite', 'libsql'),
}

function unfit(options: Readonly<Record<string, unknown>>): string[] {
  const { path } = options
  if (path === ':memory:') return ['it is a file; createMemoryStore() makes a store in memory']
  if (typeof path === 'string' && /^(sqlite|file):/.test(path)) {
    return [`"path" is that of a file, not ${JSON.stringify(path)}: without "${path.slice(0, path.indexOf(':') + 1)}"`]
  }
  return unfitOptions(options, RULES, { needs: 'path', told })
}

function told(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  return typeof value === 'number' ? String(value) : value === undefined ? 'nothing' : kindOf(value)
}
