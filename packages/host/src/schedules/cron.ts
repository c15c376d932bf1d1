// Cron expressions: the times that they name. Pure; the times of a zone come from croner.
//
// Five or six fields (seconds first), or a name like @daily. The zone is that of `timezone`, or of `CRON_TZ=ZONE` in front of
// the fields, else UTC. A fixed time that a clock change skips is right after the change; one that comes twice counts once.

import { FlowError } from '@stepflow/engine'
import { Cron } from 'croner'

export interface CronTimes {
  /** The fields, without a zone. */
  readonly fields: string
  readonly timezone: string
  /** The first `count` times after `afterMs`, in milliseconds since 1970; fewer if there are no more. */
  next(afterMs: number, count: number): number[]
  /** All times after `afterMs` and not after `untilMs`. */
  between(afterMs: number, untilMs: number): number[]
  /** The last `count` times of those after `afterMs` and not after `untilMs`, the first first. */
  last(count: number, afterMs: number, untilMs: number): number[]
}

/** Throws INVALID_INPUT for what is no cron expression, for an unknown zone, and for one that never fires. */
export function readCron(text: string, timezone?: string): CronTimes {
  const [, named, rest] = /^\s*CRON_TZ=(\S+)\s+(.*)$/s.exec(text) ?? []
  if (named !== undefined && timezone !== undefined && named !== timezone) {
    throw new FlowError('INVALID_INPUT', `CRON_TZ=${named} and the timezone ${timezone} differ: give one of them`)
  }
  const zone = checkedZone(named ?? timezone ?? 'UTC')
  const fields = (rest ?? text).trim().replace(/\s+/g, ' ')
  const cron = parse(fields, zone)
  const next = (afterMs: number, most: number) => cron.nextRuns(most, new Date(afterMs)).map((date) => date.getTime())
  const between = (afterMs: number, untilMs: number) => timesBetween(cron, afterMs, untilMs)
  return {
    ...{ fields, timezone: zone, next, between },
    last: (most, afterMs, untilMs) => lastOf(between, most, afterMs, untilMs),
  }
}

// ---

/** One by one: each costs, and of most schedules there is none. */
function timesBetween(cron: Cron, afterMs: number, untilMs: number): number[] {
  const found: number[] = []
  for (let at = afterMs; ; ) {
    const next = cron.nextRun(new Date(at))?.getTime()
    if (next === undefined || next > untilMs) return found
    found.push(next)
    at = next
  }
}

/** Looks back further and further, always forwards in time: so the times at changes of the clock are the same. */
function lastOf(between: CronTimes['between'], most: number, afterMs: number, untilMs: number): number[] {
  if (most === 0) return []
  for (let spanMs = most * 1000; ; spanMs *= 2) {
    const fromMs = Math.max(afterMs, untilMs - spanMs)
    const found = between(fromMs, untilMs)
    if (found.length >= most || fromMs === afterMs) return found.slice(-most)
  }
}

const NAMED = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/
const HOW = 'a schedule has five (minute, hour, day, month, weekday), or six with seconds first'

function parse(fields: string, timezone: string): Cron {
  const count = fields === '' ? 0 : fields.split(' ').length
  if (count !== 5 && count !== 6 && !NAMED.test(fields)) {
    const counted = count === 0 ? 'no fields' : count === 1 ? 'one field' : `${count} fields`
    throw new FlowError('INVALID_INPUT', `"${fields}" has ${counted}, but ${HOW}`)
  }
  const plain = withoutMarks(fields)
  let cron: Cron
  try {
    cron = new Cron(plain, {
      timezone,
      paused: true,
      ...(NAMED.test(fields) ? {} : { mode: '5-or-6-parts', fixedTimeRule: 'no-wildcard' }),
    })
  } catch (thrown) {
    throw new FlowError('INVALID_INPUT', `"${fields}" is no schedule: ${reasonOf(thrown)}`, { cause: thrown })
  }
  if (cron.nextRun(new Date(0)) === null)
    throw new FlowError('INVALID_INPUT', `"${fields}" never fires: there is no such day`)
  return cron
}

/** Croner takes `?` for the time at which it reads; elsewhere it is any day. */
function withoutMarks(fields: string): string {
  const parts = fields.split(' ')
  const [weekday, day] = [parts.length - 1, parts.length - 3]
  if (parts.some((part, i) => part.includes('?') && (part !== '?' || (i !== day && i !== weekday)))) {
    throw new FlowError('INVALID_INPUT', `"${fields}" is no schedule: "?" stands for any day or any weekday alone`)
  }
  return parts.map((part) => (part === '?' ? '*' : part)).join(' ')
}

/** Croner's own words, without the name of its class. */
function reasonOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const plain = message.replace(/^Cron\w*: /, '')
  return plain.charAt(0).toLowerCase() + plain.slice(1)
}

function checkedZone(name: string): string {
  try {
    // Some versions of Node take offsets, others do not.
    if (!/^[A-Za-z]/.test(name)) throw new RangeError(name)
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone && name
  } catch {
    throw new FlowError('INVALID_INPUT', `"${name}" is no time zone: give a name like Europe/Berlin or UTC`)
  }
}
