// What a store is opened with, checked before anything is connected: all that is wrong is said at once.

import { FlowError, isRecord, kindOf, suggest } from '@stepflow/engine'

export function checkOptions(options: unknown): void {
  const problems = isRecord(options)
    ? [...unknown(options), ...unfit(options)]
    : [`it needs { url }, not ${kindOf(options)}`]
  if (problems.length > 0) {
    throw new FlowError('INVALID_INPUT', `a PostgreSQL store cannot be opened: ${problems.join('; ')}`)
  }
}

// ---

type Rule = readonly [wants: string, fits: (value: unknown) => boolean]

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const from = (least: number): Rule => [
  `a whole number from ${least} on`,
  (value) => Number.isInteger(value) && (value as number) >= least,
]

const RULES: Readonly<Record<string, Rule>> = {
  url: ['a URL: postgres://USER:PASSWORD@HOST:PORT/DATABASE', isText],
  clock: ['a clock', (value) => isRecord(value) && typeof value.now === 'function'],
  log: ['a function', (value) => typeof value === 'function'],
  driverId: ['a text that is not empty', isText],
  pollMs: from(1),
  maxJournals: from(1),
  migrate: ['true or false', (value) => typeof value === 'boolean'],
}

function unknown(options: object): string[] {
  const names = Object.keys(options).filter((name) => !Object.hasOwn(RULES, name))
  return names.map((name) => {
    const near = suggest(name, Object.keys(RULES))
    return `there is no option "${name}", ${near ? `did you mean "${near}"?` : `only ${Object.keys(RULES).join(', ')}`}`
  })
}

/** Without the value: the URL may hold a password. */
function unfit(options: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(RULES)
    .filter(([name, [, fits]]) => (name === 'url' || options[name] !== undefined) && !fits(options[name]))
    .map(([name, [wants]]) => `"${name}" must be ${wants}, not ${kindOf(options[name])}`)
}
