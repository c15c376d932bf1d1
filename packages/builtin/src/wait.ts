// The components that wait: wait and wait_for_signal. They park, so that nothing is held meanwhile.

import {
  type Clock,
  type Component,
  FlowError,
  instantOf,
  isRecord,
  type Json,
  type Log,
  own,
  Park,
} from '@stepflow/engine'
import type { SchemaLoader } from './check.ts'
import { define } from './define.ts'
import { anything, custom, duration, optional, text } from './input.ts'

export function wait(clock: Clock): Component {
  return define({
    name: 'wait',
    description: 'Waits for a time or until a time',
    fields: {
      duration: optional(duration('How long')),
      until: optional(
        custom(
          'a date and time by ISO 8601 ("2030-01-31T12:00:00+01:00"; UTC without a zone)',
          { type: 'string', description: 'ISO 8601, such as 2030-01-31T12:00:00+01:00; UTC without a zone' },
          (value) => (typeof value === 'string' ? instantOf(value) : undefined),
        ),
      ),
    },
    output: { type: 'object', properties: { waited_until: { type: 'string', format: 'date-time' } } },
    repeatable: true,
    call(input, context) {
      if ((input.duration === undefined) === (input.until === undefined)) {
        throw new FlowError('INVALID_INPUT', '/builtin/wait needs either "duration": "10m" or "until": a date and time')
      }
      const now = clock.now()
      // What was decided when the wait began: a duration must not start again.
      const kept = Number(own(context.woken?.state, 'until'))
      const until = context.woken && !Number.isNaN(kept) ? kept : (input.until ?? now + (input.duration ?? 0))
      if (!context.woken && until > now) return new Park({ until, state: { until } })
      return { waited_until: new Date(until).toISOString() }
    },
  })
}

/** A payload that does not fit the schema is refused with a warning, and the wait goes on to the end it always had. */
export function waitForSignal(clock: Clock, load: SchemaLoader): Component {
  return define({
    name: 'wait_for_signal',
    description: 'Waits for a signal and gives its payload',
    fields: {
      name: text('The name of the signal'),
      schema: optional(
        custom('a JSON Schema', { type: ['object', 'boolean'] }, (value) =>
          isRecord(value) || typeof value === 'boolean' ? value : undefined,
        ),
      ),
      title: optional(text('What is asked, in a few words')),
      description: optional(text('What is asked, for whoever decides it')),
      context: optional(anything('What is shown beside the question')),
      timeout: optional(duration('How long at most')),
      default: optional(anything('The output if no signal came in time')),
    },
    output: {},
    repeatable: true,
    call(input, context, raw) {
      if (input.name.trim() === '')
        throw new FlowError('INVALID_INPUT', '/builtin/wait_for_signal needs a "name", got ""')
      const { woken } = context
      if (woken?.by === 'time') return expired(input.name, raw)
      const schema = input.schema as Json | undefined // checked above; steps' inputs are JSON
      const kept = own(woken?.state, 'until')
      const until =
        typeof kept === 'number' ? kept : input.timeout === undefined ? undefined : clock.now() + input.timeout
      const park = () =>
        new Park({
          signal: {
            name: input.name,
            ...(input.title === undefined ? {} : { title: input.title }),
            ...(input.description === undefined ? {} : { description: input.description }),
            ...(schema === undefined ? {} : { schema }),
            ...(hasDefault(raw) ? { default: raw.default as Json } : {}),
          },
          ...(until === undefined ? {} : { until, state: { until } }),
        })
      if (!woken) return park()
      const payload = woken.payload ?? null
      return schema === undefined ? payload : fitting(payload, input.name, schema, load, context.log, park)
    },
  })
}

// ---

async function fitting(
  payload: unknown,
  name: string,
  schema: Json,
  load: SchemaLoader,
  log: Log,
  park: () => Park,
): Promise<unknown> {
  const { value, violations } = (await load(schema))(payload)
  if (violations.length === 0) return value
  const list = violations.map(({ path, message }) => `${path}: ${message}`).join('; ')
  log('warning', `the payload of the signal "${name}" does not fit its schema and is dropped: ${list}`)
  return park()
}

/** A default of null is a default too. */
function expired(name: string, raw: unknown): unknown {
  if (hasDefault(raw)) return raw.default
  throw new FlowError('TIMEOUT', `no signal "${name}" came in time; "default" would be the output in that case`)
}

function hasDefault(raw: unknown): raw is { readonly default: unknown } {
  return isRecord(raw) && Object.hasOwn(raw, 'default')
}
