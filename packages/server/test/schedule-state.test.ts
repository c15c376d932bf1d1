// What is decided of the times of a schedule, over days at which clocks change, and over what was missed. Pure.

import type { StoreNode } from '@stepflow/engine'
import { readCron } from '@stepflow/host/schedules'
import { describe, expect, test } from 'vitest'
import { delayOf, type Schedule } from '../src/triggers/schedule.ts'
import { decide, MOST_WAITING, nextDue, type ScheduleState } from '../src/triggers/schedule-state.ts'
import { servedSince } from '../src/triggers/served-since.ts'

const MINUTE = 60_000
const schedule = (cron: string, more: Partial<Schedule> & { readonly timezone?: string } = {}): Schedule => ({
  ...{ id: 's', flow: 'f', cron, overlap: 'allow', catchUp: 0, from: 'api' },
  ...more,
  times: readCron(cron, more.timezone),
})
const state = (until: string, more: Partial<ScheduleState> = {}): ScheduleState => ({
  ...{ flow: 'f', until: Date.parse(until), waiting: [], runs: [] },
  ...more,
})
const shown = (times: readonly { readonly at: number }[]) =>
  times.map(({ at }) => new Date(at).toISOString().replace(':00.000Z', 'Z'))

/** What begins if a server looks whenever something is due, from the one time to the other. */
function fires(of: Schedule, from: string, to: string): string[] {
  let now = state(from)
  const since = now.until
  for (;;) {
    const at = nextDue(of, now, now.until)
    if (at > Date.parse(to)) return shown(now.waiting)
    // A little late, as timers are.
    now = decide(of, now, { since, now: at + 7, open: undefined }).state
  }
}

describe('over days at which the clock changes', () => {
  test.each([
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['2026-03-29T01:00Z', '2026-03-30T00:30Z']],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', ['2026-10-25T00:30Z', '2026-10-26T01:30Z']],
    ['30 2 * * *', 'America/New_York', '2026-03-07T12:00Z', ['2026-03-08T07:00Z', '2026-03-09T06:30Z']],
    ['30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', ['2026-11-01T05:30Z', '2026-11-02T06:30Z']],
    ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T12:00Z', ['2026-10-03T15:30Z', '2026-10-04T15:15Z']],
    ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T12:00Z', ['2026-04-04T14:45Z', '2026-04-05T15:15Z']],
  ])('%s in %s fires once a day', (cron, timezone, from, expected) => {
    const to = new Date(Date.parse(from) + 48 * 60 * MINUTE).toISOString()

    expect(fires(schedule(cron, { timezone }), from, to)).toEqual(expected)
  })

  test.each([
    ['Europe/Berlin', '2026-03-28T22:30Z'],
    ['Europe/Berlin', '2026-10-24T22:30Z'],
    ['America/New_York', '2026-03-08T04:30Z'],
    ['America/New_York', '2026-11-01T04:30Z'],
    ['Australia/Lord_Howe', '2026-10-03T12:00Z'],
    ['Australia/Lord_Howe', '2026-04-04T12:00Z'],
  ])('every quarter of an hour in %s fires four times in each hour that passes', (timezone, from) => {
    const to = new Date(Date.parse(from) + 6 * 60 * MINUTE).toISOString()

    expect(fires(schedule('*/15 * * * *', { timezone }), from, to)).toHaveLength(24)
  })

  test('the 29th of February fires in leap years', () => {
    const found = fires(schedule('0 0 29 2 *', { timezone: 'UTC' }), '2026-01-01T00:00Z', '2033-01-01T00:00Z')
    expect(found).toEqual(['2028-02-29T00:00Z', '2032-02-29T00:00Z'])
  })
})

describe('of the times that were missed', () => {
  test('a server that starts beside others passes over nothing that they are about to decide', () => {
    const [now, due] = [Date.parse('2026-06-01T08:00:05Z'), '2026-06-01T08:00Z']
    const node = (id: string, startedAt: string, status: StoreNode['status'] = 'active'): StoreNode => ({
      ...{ id, name: id, host: 'h', seenAt: now, capacity: 1, shards: 0, status, startedAt: Date.parse(startedAt) },
    })
    const own = node('own', '2026-06-01T08:00:04Z')
    const begun = (others: readonly StoreNode[]) => {
      const since = servedSince([own, ...others], 'own', now)
      const of = { since, now, open: undefined }
      return shown(decide(schedule('* * * * *'), state('2026-06-01T07:59:30Z'), of).state.waiting)
    }

    expect(begun([])).toEqual([])
    expect(begun([node('older', '2026-06-01T07:00Z')])).toEqual([due])
    expect(begun([node('gone', '2026-06-01T07:00Z', 'silent')])).toEqual([])
    expect(begun([node('as young', '2026-06-01T08:00:03Z')])).toEqual([])
  })

  const decided = (catchUp: number, after: string, now: string) =>
    shown(
      decide(schedule('* * * * *', { catchUp }), state(after), {
        ...{ since: Date.parse(now), now: Date.parse(now), open: undefined },
      }).state.waiting,
    )

  test.each([
    [0, []],
    [1, ['2026-06-01T08:59Z']],
    [3, ['2026-06-01T08:57Z', '2026-06-01T08:58Z', '2026-06-01T08:59Z']],
  ])('the newest %d run, the oldest of them first', (catchUp, expected) => {
    expect(decided(catchUp, '2026-06-01T08:00Z', '2026-06-01T08:59:30Z')).toEqual(expected)
  })

  test('none runs that was decided before', () => {
    expect(decided(1000, '2026-06-01T08:57Z', '2026-06-01T08:59:30Z')).toEqual([
      '2026-06-01T08:58Z',
      '2026-06-01T08:59Z',
    ])
  })

  test('a thousand of a schedule that fires each second are those of the last thousand seconds', () => {
    const of = schedule('* * * * * *', { catchUp: 1000 })
    const now = Date.parse('2026-06-01T08:00:00.500Z')
    const { waiting } = decide(of, state('2025-06-01T00:00Z'), { since: now, now, open: undefined }).state

    expect([waiting.length, waiting[0]?.at, waiting.at(-1)?.at]).toEqual([1000, now - 500 - 999_000, now - 500])
  })
})

describe('while the run before has not ended', () => {
  const late = { since: Date.parse('2026-06-01T08:00Z'), now: Date.parse('2026-06-01T08:00:50Z'), open: 'r1' }
  const seconds = '*/10 * * * * *'

  test('skip leaves all times out, and says which run it was', () => {
    const { state: after, leftOut } = decide(schedule(seconds, { overlap: 'skip' }), state('2026-06-01T08:00Z'), late)

    expect(after.waiting).toEqual([])
    expect(leftOut.map(({ why }) => why)).toEqual(Array(5).fill('run r1 has not ended'))
  })

  test('without one that is open, skip lets the first of several begin', () => {
    const from = state('2026-06-01T08:00Z')
    const { state: after } = decide(schedule(seconds, { overlap: 'skip' }), from, { ...late, open: undefined })

    expect(after.waiting.map(({ at }) => at)).toEqual([late.since + 10_000])
  })

  test(`queue lets ${MOST_WAITING} wait, and no more`, () => {
    const waiting = Array.from({ length: MOST_WAITING - 2 }, (_, i) => ({ at: i, id: 's' }))
    const from = state('2026-06-01T08:00Z', { waiting })
    const { state: after, leftOut } = decide(schedule(seconds, { overlap: 'queue' }), from, late)

    expect(after.waiting).toHaveLength(MOST_WAITING)
    expect(leftOut).toHaveLength(3)
  })

  test('allow lets all begin', () => {
    expect(decide(schedule(seconds), state('2026-06-01T08:00Z'), late).state.waiting).toHaveLength(5)
  })
})

test('a schedule that is off or away is never due', () => {
  for (const more of [{ isDisabled: true }, { isAway: true }] as const) {
    const of = state('2026-06-01T08:00Z', more)
    expect(nextDue(schedule('* * * * *'), of, of.until)).toBe(Number.POSITIVE_INFINITY)
  }
})

test('jitter is less than it says, the same for the same time, and another for another', () => {
  const delays = Array.from({ length: 200 }, (_, i) => delayOf({ jitter: '10s' }, { at: i * MINUTE, id: 's' }))

  expect(delays).toEqual(Array.from({ length: 200 }, (_, i) => delayOf({ jitter: '10s' }, { at: i * MINUTE, id: 's' })))
  expect(Math.max(...delays)).toBeLessThan(10_000)
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(0)
  expect(new Set(delays).size).toBeGreaterThan(150)
  expect(delayOf({}, { at: 0, id: 's' })).toBe(0)
})
