// What runs are asked for by, in lists, summaries and events, and when many are acted on.

import { type Shape, time } from '@stepflow/api'
import { ASKED_STATUSES, instantOf, type RunFilter, TRIGGER_TYPES } from '@stepflow/engine'
import { unreadable } from '../app/problem.ts'
import { labelOf } from './start-query.ts'

export const filterProperties = {
  status: { type: 'string', description: 'One, or several with commas; `waiting` too.' },
  flow: { type: 'string', description: 'A name or an id; one, or several with commas.' },
  label: { type: 'array', items: { type: 'string' }, description: '`k:v`; all of several.' },
  trigger: { type: 'string', description: 'The type of what started it; one, or several with commas.' },
  kind: { enum: ['run', 'test', 'all'] },
  since: { ...time, description: 'Created at that time or later.' },
  until: { ...time, description: 'Created before.' },
  q: { type: 'string', minLength: 1, maxLength: 1000, description: 'Part of id, flow, label or error, in any case.' },
} as const

/** In JSON, one label may stand without a list around it, as it does in a query. */
export const jsonFilterProperties = {
  ...filterProperties,
  label: { anyOf: [{ type: 'string' }, filterProperties.label] },
} as const

type RunFilterQuery = Partial<Shape<{ readonly type: 'object'; readonly properties: typeof jsonFilterProperties }>>

/** Throws INVALID_INPUT for a status, a trigger, a label or a time that cannot be read. */
export function filterOf({
  status,
  flow,
  label = [],
  trigger,
  kind = 'run',
  since,
  until,
  q,
}: RunFilterQuery): RunFilter {
  return {
    status: someOf('status', status, ASKED_STATUSES),
    flow: flow?.split(','),
    labels: [label].flat().map(labelOf),
    trigger: someOf('trigger', trigger, TRIGGER_TYPES),
    kind: kind === 'all' ? undefined : kind,
    since: timeOf('since', since),
    until: timeOf('until', until),
    q,
  }
}

/** Throws INVALID_INPUT for what is no time. */
export function timeOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const at = instantOf(text)
  if (at !== undefined) return at
  throw unreadable(`"${name}" is "${text}", but must be a time: 2026-11-30T08:00:00Z (in a URL, "+" is %2B)`)
}

// ---

function someOf<T extends string>(name: string, texts: string | undefined, words: readonly T[]): T[] | undefined {
  return texts?.split(',').map((text) => {
    const word = words.find((known) => known === text)
    if (word) return word
    throw unreadable(`"${name}" is "${text}", but must be of: ${words.join(', ')}`)
  })
}
