// Whether the input of a trigger can ever fit the schema of its flow. Its templates are filled in when it fires; so only what
// is wrong whatever they give is reported.

import { FlowError, isRecord, type Json, own, setOwn, type Violation } from '@stepflow/engine'
import { createSchemaLoader } from '@stepflow/schema'
import type { CronTimes } from '../schedules/cron.ts'
import { fillTemplates, needsFilling } from './fill-templates.ts'

/** Nothing if the input fits at one of the first times of the schedule; `{}` without one. */
export async function scheduleMisfits(
  schema: Json,
  input: Json | undefined = {},
  times: Pick<CronTimes, 'next'>,
): Promise<readonly Violation[]> {
  const check = await createSchemaLoader()(schema)
  let first: readonly Violation[] = []
  for (const at of times.next(SAMPLED_AFTER, needsFilling(input) ? SAMPLED : 1)) {
    const violations = await fitAt(at, input, check)
    if (violations.length === 0) return []
    if (first.length === 0) first = violations
  }
  return first
}

/** What the templates of a webhook's input give is known to nobody before: the parts around them are checked. */
export async function webhookMisfits(schema: Json, input: Json): Promise<readonly Violation[]> {
  const check = await createSchemaLoader()(certain(schema, input) as Json)
  return check(input).violations
}

// ---

/** A clock would let a flow be valid today and not tomorrow. */
const SAMPLED_AFTER = Date.UTC(2026, 0, 1)
const SAMPLED = 5

async function fitAt(
  at: number,
  input: Json,
  check: (value: unknown) => { readonly violations: readonly Violation[] },
): Promise<readonly Violation[]> {
  try {
    return check(await fillTemplates(input, { trigger: { time: new Date(at).toISOString() } })).violations
  } catch (thrown) {
    if (FlowError.is(thrown)) return [{ path: '$', message: `cannot be filled in: ${thrown.message}` }]
    throw thrown
  }
}

/**
 * The schema without what depends on templates in the value: whatever breaks it breaks the whole one as well. Of an object
 * with templates somewhere below, that leaves its names; a template itself may be anything.
 */
function certain(schema: unknown, value: Json): unknown {
  if (!needsFilling(value)) return schema
  const properties = own(schema, 'properties')
  if (!isRecord(schema) || !isRecord(value) || isExpression(value)) return true
  const below: Record<string, unknown> = {}
  const { type, required, additionalProperties, patternProperties } = schema
  for (const [name, one] of Object.entries(isRecord(properties) ? properties : {})) {
    const given = own(value, name) as Json | undefined
    setOwn(below, name, given === undefined ? one : certain(one, given))
  }
  return {
    ...(type === undefined ? {} : { type }),
    ...(required === undefined ? {} : { required }),
    ...(additionalProperties === false && patternProperties === undefined ? { additionalProperties } : {}),
    properties: below,
    // What it refers to.
    ...(schema.$defs === undefined ? {} : { $defs: schema.$defs }),
    ...(schema.definitions === undefined ? {} : { definitions: schema.definitions }),
  }
}

/** It gives what nobody knows; `needsFilling` has found the others. */
function isExpression(value: Readonly<Record<string, unknown>>): boolean {
  return Object.hasOwn(value, '$template') || Object.hasOwn(value, '$literal')
}
