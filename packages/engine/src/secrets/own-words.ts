// The words of our own shapes. Every run prints them, so redacting one of them would hide nothing.

import { codes } from '../errors.ts'
import { isRecord } from '../json.ts'
import type { Plan } from '../plan/plan.ts'

/** True of a key of our shapes, also where it stands in a user's data: results of a loop, an error as a value. */
export function isOwnKey(key: string): boolean {
  return KEYS.has(key)
}

/** True of an outcome, a status or a code of ours where one belongs, and of the step's id in a failure. */
export function isOwnValue(key: string, value: unknown, record: object): boolean {
  if (typeof value !== 'string') return false
  switch (key) {
    case 'outcome':
    case 'status':
      return STATES.has(value)
    case 'code':
      return Object.hasOwn(codes, value)
    case 'step':
      return Object.hasOwn(record, 'code') && Object.hasOwn(record, 'message')
    default:
      return false
  }
}

/** The keys that a flow's author wrote: of its schemas, and of the objects that it makes. Its text is no secret. */
export function keysOf(plan: Plan): ReadonlySet<string> {
  const known = keysByPlan.get(plan)
  if (known) return known
  const keys = new Set<string>()
  collect([plan.schemas, plan.steps], keys)
  keysByPlan.set(plan, keys)
  return keys
}

// ---

const keysByPlan = new WeakMap<Plan, ReadonlySet<string>>()

const KEYS: ReadonlySet<string> = new Set(
  [
    'outcome result reason cause error code message data step status value index item items path violations name id',
    'success skipped failed cancelled results input inputs output outputs attempt attempts type kind',
  ].flatMap((line) => line.split(' ')),
)

const STATES: ReadonlySet<string> = new Set(
  'success skipped failed cancelled pending running waiting queued paused completed recovered'.split(' '),
)

/** Not recursive: an author decides how deep it is. */
function collect(of: unknown, keys: Set<string>): void {
  const left: unknown[] = [of]
  while (left.length > 0) {
    const value = left.pop()
    if (Array.isArray(value)) {
      // An object that an expression makes is a list of keys and values.
      if (value.length === 2 && typeof value[0] === 'string') keys.add(value[0])
      for (const element of value) left.push(element)
    } else if (isRecord(value)) {
      for (const key of Object.keys(value)) {
        keys.add(key)
        left.push(value[key])
      }
    }
  }
}
