// A date and time as people write it, strictly by ISO 8601: missing parts are not guessed, and dates that do not exist are
// refused.

/** Epoch milliseconds; without a zone it is UTC. Undefined for anything else. */
export function instantOf(text: string): number | undefined {
  const parts = ISO.exec(text.trim())
  if (!parts) return undefined
  const [, date, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = parts
  const local = Date.parse(`${date}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`)
  // Date.parse makes 1 March of 30 February.
  if (Number.isNaN(local) || new Date(local).toISOString().slice(0, 10) !== date) return undefined
  const offset = offsetMs(zone)
  return offset === undefined ? undefined : local - offset
}

/** A date and time by the format `date-time` of JSON Schema, or one without seconds or a zone; in any case. */
export function isDateTime(text: string): boolean {
  return DATE_TIME.test(text) && instantOf(text.toUpperCase().replace(' ', 'T')) !== undefined
}

// ---

const DATE_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d[^,\s]*$/i

const ISO = /^(\d{4}-\d\d-\d\d)(?:T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:[.,](\d+))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/

function offsetMs(zone: string): number | undefined {
  if (zone === 'Z') return 0
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3).replace(':', '') || 0)]
  if (hours > 23 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
