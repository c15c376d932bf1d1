// What a store is opened with, checked before any file is touched: all that is wrong is said at once.

import { FlowError, isRecord, kindOf, suggest } from '@stepflow/engine'

export function checkOptions(options: unknown): void {
  const problems = isRecord(options)
    ? [...unknown(options), ...unfit(options)]
    : [`it needs { path }, not ${kindOf(options)}`]
  if (problems.length > 0)
    throw new FlowError('INVALID_INPUT', `a SQLite store cannot be opened: ${problems.join('; ')}`)
}

// ---

type Rule = readonly [wants: string, fits: (value: unknown) => boolean]

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const aFunction: Rule = ['a function', (value) => typeof value === 'function']
const oneOf = (...words: readonly string[]): Rule => [words.join(' or '), (value) => words.includes(value as string)]
const from = (least: number): Rule => [
  `a whole number from ${least} on`,
  (value) => Number.isInteger(value) && (value as number) >= least,
]

const RULES: Readonly<Record<string, Rule>> = {
  path: ['the path of a file', (value) => isText(value) && !value.includes('\0')],
  synchronous: oneOf('full', 'normal', 'off'),
  clock: ['a clock', (value) => isRecord(value) && typeof value.now === 'function'],
  log: aFunction,
  driverId: ['a text that is not empty', isText],
  pollMs: from(1),
  maxJournals: from(1),
  driver: oneOf('node:sqlite', 'libsql'),
}

function unknown(options: object): string[] {
  const names = Object.keys(options).filter((name) => !Object.hasOwn(RULES, name))
  return names.map((name) => {
    const near = suggest(name, Object.keys(RULES))
    return `there is no option "${name}", ${near ? `did you mean "${near}"?` : `only ${Object.keys(RULES).join(', ')}`}`
  })
}

function unfit(options: Readonly<Record<string, unknown>>): string[] {
  const { path } = options
  if (path === ':memory:') return ['it is a file; createMemoryStore() makes a store in memory']
  if (typeof path === 'string' && /^(sqlite|file):/.test(path)) {
    return [`"path" is that of a file, not ${JSON.stringify(path)}: without "${path.slice(0, path.indexOf(':') + 1)}"`]
  }
  return Object.entries(RULES)
    .filter(([name, [, fits]]) => (name === 'path' || options[name] !== undefined) && !fits(options[name]))
    .map(([name, [wants]]) => `"${name}" must be ${wants}, not ${told(options[name])}`)
}

function told(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  return typeof value === 'number' ? String(value) : value === undefined ? 'nothing' : kindOf(value)
}
