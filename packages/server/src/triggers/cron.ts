// Cron expressions: the times that they name, and what they say in words. Pure; the times of a zone come from croner.
//
// Five or six fields (seconds first), or a name like @daily. The zone is that of `timezone`, or of `CRON_TZ=ZONE` in front of
// the fields, else UTC. A fixed time that a clock change skips is right after the change; one that comes twice counts once.

import { FlowError } from '@stepflow/engine'
import { Cron } from 'croner'
import { toString as inWords } from 'cronstrue'

export interface CronTimes {
  /** The fields, without a zone. */
  readonly fields: string
  readonly timezone: string
  /** In words: `At 02:30 AM, Monday through Friday`. */
  readonly description: string
  /** The first `count` times after `afterMs`, in milliseconds since 1970; fewer if there are no more. */
  next(afterMs: number, count: number): number[]
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
  return {
    fields,
    timezone: zone,
    description: inWords(fields, { use24HourTimeFormat: true, verbose: false }),
    next,
    last: (most, afterMs, untilMs) => lastOf(next, most, afterMs, untilMs),
  }
}

// ---

/** Looks back further and further, always forwards in time: so the times at changes of the clock are the same. */
function lastOf(next: CronTimes['next'], most: number, afterMs: number, untilMs: number): number[] {
  if (most === 0) return []
  for (let spanMs = most * 1000; ; spanMs *= 2) {
    const fromMs = Math.max(afterMs, untilMs - spanMs)
    const found: number[] = []
    for (let at = fromMs; ; ) {
      const some = next(at, 100).filter((one) => one <= untilMs)
      found.push(...some)
      if (some.length < 100) break
      at = some.at(-1) as number // there are a hundred
    }
    if (found.length >= most || fromMs === afterMs) return found.slice(-most)
  }
}

const NAMED = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/

function parse(fields: string, timezone: string): Cron {
  const count = fields.split(' ').length
  if (count !== 5 && count !== 6 && !NAMED.test(fields)) {
    throw new FlowError(
      'INVALID_INPUT',
      `"${fields}" has ${count === 1 ? 'one field' : `${count} fields`}, but a schedule has five (minute, hour, day, month, weekday), or six with seconds first`,
    )
  }
  let cron: Cron
  try {
    cron = new Cron(fields, { timezone, paused: true, ...(NAMED.test(fields) ? {} : { mode: '5-or-6-parts' }) })
  } catch (thrown) {
    throw new FlowError('INVALID_INPUT', `"${fields}" is no schedule: ${reasonOf(thrown)}`, { cause: thrown })
  }
  if (cron.nextRun(new Date(0)) === null)
    throw new FlowError('INVALID_INPUT', `"${fields}" never fires: there is no such day`)
  return cron
}

/** Croner's own words, without the name of its class. */
function reasonOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const plain = message.replace(/^Cron\w*: /, '')
  return plain.charAt(0).toLowerCase() + plain.slice(1)
}

function checkedZone(name: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone && name
  } catch {
    throw new FlowError('INVALID_INPUT', `"${name}" is no time zone: give a name like Europe/Berlin or UTC`)
  }
}
