// `onError` of a typed flow's step: a word, a value in the failure's place, or what a flow file says.

import { isRecord } from '@stepflow/engine'
import { checkKeys, shown, wrong } from '../compile/options.ts'
import type { StepDraft } from './flow-draft.ts'
import { nodeOf } from './ref.ts'

/** What a step's failure does: a word, a value in its place, or an action as a flow file says it. */
export type OnError<Value> =
  | Word
  | { readonly default: Value }
  | { readonly action: 'fail' | 'terminate' | 'skip' }
  | ({ readonly action: 'continue' | 'use_default' | 'useDefault' } & DefaultOf<Value>)
  | { readonly action: 'retry'; readonly max_retries?: number; readonly maxRetries?: number }

export interface ReadOnError {
  readonly onError: NonNullable<StepDraft['onError']>
  /** Tried again so often before. */
  readonly retries?: number
}

export function readOnError(onError: unknown, what: string): ReadOnError {
  if (typeof onError === 'string') return actionOf(onError, {}, onError, what)
  if (!isRecord(onError) || nodeOf(onError)) throw unknownForm(onError, what)
  const named = `"onError" of ${what}`
  if (!Object.hasOwn(onError, 'action')) {
    checkKeys(onError, ['default', 'action'], named)
    return { onError: { default: onError.default } }
  }
  checkKeys(onError, ['action', ...DEFAULTS, ...RETRIES], named)
  return actionOf(onError.action, onError, onError, what)
}

// ---

type Word = 'fail' | 'terminate' | 'skip' | 'continue' | 'use_default' | 'useDefault' | 'retry'
interface DefaultOf<Value> {
  readonly default_output?: Value
  readonly defaultOutput?: Value
  readonly default_value?: Value
  readonly defaultValue?: Value
  readonly default?: Value
}

const DEFAULTS = ['default_output', 'defaultOutput', 'default_value', 'defaultValue', 'default']
const RETRIES = ['max_retries', 'maxRetries']

function actionOf(
  action: unknown,
  options: Readonly<Record<string, unknown>>,
  given: unknown,
  what: string,
): ReadOnError {
  const value = only(DEFAULTS, options, what)
  const retries = only(RETRIES, options, what)
  const refuse = (key: string | undefined, wanted: string) => {
    if (key !== undefined) throw wrong(`"onError" of ${what} has "${key}", but its action is not "${wanted}"`)
  }
  if (action !== 'retry') refuse(retries, 'retry')
  switch (action) {
    case 'fail':
    case 'terminate':
    case 'skip':
      refuse(value, 'continue')
      return { onError: action === 'skip' ? 'skip' : 'fail' }
    case 'continue':
    case 'use_default':
    case 'useDefault':
      return { onError: { default: value === undefined ? null : options[value] } }
    case 'retry': {
      refuse(value, 'continue')
      const count = retries === undefined ? 3 : options[retries]
      if (Number.isInteger(count) && (count as number) >= 0) return { onError: 'fail', retries: count as number }
      throw wrong(`"${retries}" of ${what} must be a whole number from 0 on, not ${shown(count)}`)
    }
    default:
      throw unknownForm(given, what)
  }
}

/** The one key of several spellings that is there. */
function only(keys: readonly string[], options: Readonly<Record<string, unknown>>, what: string): string | undefined {
  const [first, second] = keys.filter((key) => options[key] !== undefined)
  if (second === undefined) return first
  throw wrong(`"onError" of ${what} has both "${first}" and "${second}": keep one`)
}

function unknownForm(onError: unknown, what: string) {
  const forms =
    'fail, skip or { default: VALUE }, or an action as in a flow file: { action: "continue", default_output: VALUE }'
  return wrong(`"onError" of ${what} must be ${forms}, not ${shown(onError)}`)
}
