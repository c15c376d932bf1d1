// What an entry of a journal must be to be taken from a file that somebody brought. Says what is wrong, and mends nothing.
//
// Of what a run did, only the shape is looked at: that its steps fit its plan is checked when it is driven.

import { isRecord, kindOf, own } from '@stepflow/engine'

/** What is wrong with it; undefined if nothing is. */
export function faultOfEntry(entry: unknown): string | undefined {
  const type = own(entry, 'type')
  if (typeof type !== 'string' || !Object.hasOwn(FIELDS, type)) return 'an entry of no known type'
  const fields = { at: isTime, ...(FIELDS[type] as Fields) } // there: asked for just now
  for (const [name, isRight] of Object.entries(fields)) {
    const value = own(entry, name)
    if (!isRight(value)) return `an entry "${type}" whose "${name}" is ${kindOf(value)}, or none that can be`
  }
  return undefined
}

// ---

type Is = (value: unknown) => boolean
type Fields = Readonly<Record<string, Is>>

/** A date of JavaScript reaches so far. */
const LAST_TIME = 8.64e15

const isTime: Is = (value) => isCount(value) && (value as number) <= LAST_TIME
const isCount: Is = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const isText: Is = (value) => typeof value === 'string'
const isList: Is = (value) => Array.isArray(value)
const maybe =
  (is: Is): Is =>
  (value) =>
    value === undefined || is(value)
const oneOf =
  (...values: readonly unknown[]): Is =>
  (value) =>
    values.includes(value)
const isTexts: Is = (value) => isRecord(value) && Object.values(value).every(isText)

function isOutcome(value: unknown): boolean {
  const kind = own(value, 'outcome')
  if (kind === 'failed') return isText(own(own(value, 'error'), 'code'))
  return kind === 'success' || kind === 'skipped'
}

function isOptions(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { flow, labels, origin, trigger, variables, maxConcurrent, secrets } = value
  const failed = own(origin, 'failed')
  const isOrigin =
    origin === undefined ||
    (isText(own(origin, 'runId')) && maybe(isText)(own(origin, 'from')) && maybe(oneOf(true))(failed))
  return (
    isOrigin &&
    maybe(isText)(flow) &&
    [labels, trigger].every(maybe(isTexts)) &&
    maybe(isRecord)(variables) &&
    maybe(isList)(secrets) &&
    maybe(isCount)(maxConcurrent)
  )
}

const visit: Fields = { sub: maybe(isText), item: isCount, step: isCount, visit: isCount, attempt: isCount }

const FIELDS: Readonly<Record<string, Fields>> = {
  created: { run: isText, from: isCount, inputs: isList, options: maybe(isOptions) },
  sealed: { items: isCount, error: maybe(isRecord) },
  broken: { items: isCount, error: isRecord },
  claimed: { driver: isText },
  started: visit,
  parked: {
    ...visit,
    until: maybe(isTime),
    signal: maybe(isText),
    took: maybe(isCount),
    retry: maybe(isRecord),
  },
  settled: { ...visit, outcome: isOutcome, took: maybe(isCount) },
  opened: { ...visit, elements: isCount, plan: maybe(isRecord), secrets: maybe(isList) },
  closed: { sub: isText, item: isCount, outcome: oneOf('success', 'skipped', 'failed') },
  finished: { item: isCount, outcome: isOutcome },
  signalled: {
    name: oneOf('cancel', 'pause', 'resume', 'signal'),
    signal: maybe(isText),
    id: maybe(isText),
    item: maybe(isCount),
  },
}
