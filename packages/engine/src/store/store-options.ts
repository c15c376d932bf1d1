// What the options of a store may be, for those that check them before they touch anything: all that is wrong is said at once.

import { isRecord } from '../json.ts'
import { suggest } from '../plan/diagnostic.ts'

/** What an option must be. */
export type OptionRule = readonly [wants: string, fits: (value: unknown) => boolean]
export type OptionRules = Readonly<Record<string, OptionRule>>

/** Of those that several processes share. */
export const SHARED_STORE_OPTIONS = {
  clock: ['a clock', (value) => isRecord(value) && typeof value.now === 'function'],
  log: ['a function', (value) => typeof value === 'function'],
  driverId: ['a text that is not empty', (value) => typeof value === 'string' && value !== ''],
  pollMs: from(1),
  maxJournals: from(1),
} satisfies OptionRules

/** Options that there are not. */
export function unknownOptions(options: object, rules: OptionRules): string[] {
  const names = Object.keys(options).filter((name) => !Object.hasOwn(rules, name))
  return names.map((name) => {
    const near = suggest(name, Object.keys(rules))
    return `there is no option "${name}", ${near ? `did you mean "${near}"?` : `only ${Object.keys(rules).join(', ')}`}`
  })
}

/** Options that are not as they must be. `told` names a value. */
export function unfitOptions(
  options: Readonly<Record<string, unknown>>,
  rules: OptionRules,
  { needs, told }: { readonly needs: string; readonly told: (value: unknown) => string },
): string[] {
  return Object.entries(rules)
    .filter(([name, [, fits]]) => (name === needs || options[name] !== undefined) && !fits(options[name]))
    .map(([name, [wants]]) => `"${name}" must be ${wants}, not ${told(options[name])}`)
}

// ---

function from(least: number): OptionRule {
  return [`a whole number from ${least} on`, (value) => Number.isInteger(value) && (value as number) >= least]
}
