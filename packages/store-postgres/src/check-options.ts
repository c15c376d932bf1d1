// What a store is opened with, checked before anything is connected: all that is wrong is said at once.

import {
  FlowError,
  isRecord,
  kindOf,
  type OptionRules,
  SHARED_STORE_OPTIONS,
  unfitOptions,
  unknownOptions,
} from '@stepflow/engine'

export function checkOptions(options: unknown): void {
  const problems = isRecord(options)
    ? // Without the value: the URL may hold a password.
      [...unknownOptions(options, RULES), ...unfitOptions(options, RULES, { needs: 'url', told: kindOf })]
    : [`it needs { url }, not ${kindOf(options)}`]
  if (problems.length > 0) {
    throw new FlowError('INVALID_INPUT', `a PostgreSQL store cannot be opened: ${problems.join('; ')}`)
  }
}

// ---

const RULES: OptionRules = {
  url: ['a URL: postgres://USER:PASSWORD@HOST:PORT/DATABASE', (value) => typeof value === 'string' && value !== ''],
  ...SHARED_STORE_OPTIONS,
  blobs: ['a function that opens a blob storage', (value) => typeof value === 'function'],
  maxJournals: ['a whole number from 0 on', (value) => Number.isInteger(value) && (value as number) >= 0],
  version: ['a text', (value) => typeof value === 'string'],
  migrate: ['true or false', (value) => typeof value === 'boolean'],
}
