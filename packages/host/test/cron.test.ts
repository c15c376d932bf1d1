import { describe, expect, it } from 'vitest'
import { readCron } from '../src/schedules/cron.ts'

const next = (cron: string, zone: string | undefined, after: string, count = 3) =>
  readCron(cron, zone)
    .next(Date.parse(after), count)
    .map((ms) => new Date(ms).toISOString().replace(':00.000Z', 'Z'))

const MINUTE = 60_000

describe('the times of a cron expression', () => {
  it('are in UTC unless a zone is named, by the option or in front of the fields', () => {
    expect(next('30 9 * * *', undefined, '2026-07-01T00:00Z', 1)).toEqual(['2026-07-01T09:30Z'])
    expect(next('30 9 * * *', 'Europe/Berlin', '2026-07-01T00:00Z', 1)).toEqual(['2026-07-01T07:30Z'])
    expect(next('CRON_TZ=Europe/Berlin 30 9 * * *', undefined, '2026-07-01T00:00Z', 1)).toEqual(['2026-07-01T07:30Z'])
  })

  it.each([
    // The clock jumps over them: right after it.
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['2026-03-29T01:00Z', '2026-03-30T00:30Z']],
    ['30 2 * * *', 'America/New_York', '2026-03-07T12:00Z', ['2026-03-08T07:00Z', '2026-03-09T06:30Z']],
    ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T12:00Z', ['2026-10-03T15:30Z', '2026-10-04T15:15Z']],
    // They come twice: once.
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', ['2026-10-25T00:30Z', '2026-10-26T01:30Z']],
    ['30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', ['2026-11-01T05:30Z', '2026-11-02T06:30Z']],
    ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T12:00Z', ['2026-04-04T14:45Z', '2026-04-05T15:15Z']],
    // So do several in a day, and all of the hours that are named.
    ['30 2,14 * * *', 'Europe/Berlin', '2026-03-28T20:00Z', ['2026-03-29T01:00Z', '2026-03-29T12:30Z']],
    ['30 2,14 * * *', 'Europe/Berlin', '2026-10-24T20:00Z', ['2026-10-25T00:30Z', '2026-10-25T13:30Z']],
    ['0 1-2 * * *', 'Australia/Lord_Howe', '2026-10-03T12:00Z', ['2026-10-03T14:30Z', '2026-10-03T15:30Z']],
    // What has a * counts on: each hour that passes.
    ['0 * * * *', 'Europe/Berlin', '2026-10-25T00:30Z', ['2026-10-25T01:00Z', '2026-10-25T02:00Z']],
    ['0 0 29 2 *', 'UTC', '2026-01-01T00:00Z', ['2028-02-29T00:00Z', '2032-02-29T00:00Z']],
  ])('%s in %s hold at changes of the clock', (cron, zone, after, expected) => {
    expect(next(cron, zone, after, 2)).toEqual(expected)
  })

  it.each([
    ['Europe/Berlin', '2026-03-29T01:00Z'],
    ['Europe/Berlin', '2026-10-25T01:00Z'],
    ['America/New_York', '2026-03-08T07:00Z'],
    ['America/New_York', '2026-11-01T06:00Z'],
    ['Australia/Lord_Howe', '2026-10-03T15:30Z'],
    ['Australia/Lord_Howe', '2026-04-04T15:00Z'],
  ])('of %s are the same wherever they are asked from, around %s', (zone, change) => {
    const [from, to] = [Date.parse(change) - 120 * MINUTE, Date.parse(change) + 120 * MINUTE]
    for (const cron of ['30 2 * * *', '0 2,14 * * *', '0,30 1-3 * * *', '*/20 1,2 * * *', '0 * * * *', '15 2 * * 0']) {
      const times = readCron(cron, zone)
      const all = times.between(from, to)

      expect(new Set(all).size, cron).toBe(all.length)
      for (let at = from; at < to; at += 15 * MINUTE) {
        const following = all.find((one) => one > at)
        if (following !== undefined) expect(times.next(at, 1), cron).toEqual([following])
        expect(times.last(3, from, at), cron).toEqual(all.filter((one) => one <= at).slice(-3))
      }
    }
  })

  it('are found backwards as well: the last of a span, none that is not in it', () => {
    const last = (count: number, after: string) =>
      readCron('0 * * * *')
        .last(count, Date.parse(after), Date.parse('2026-07-01T03:00Z'))
        .map((ms) => new Date(ms).toISOString().slice(11, 16))

    expect(last(2, '2026-01-01T00:00Z')).toEqual(['02:00', '03:00'])
    expect(last(9, '2026-07-01T01:00Z')).toEqual(['02:00', '03:00'])
    expect(last(0, '2026-07-01T01:00Z')).toEqual([])
  })

  it.each([
    ['* * * *', undefined, 'has 4 fields'],
    ['* * * * * * *', undefined, 'has 7 fields'],
    ['61 * * * *', undefined, 'minute'],
    ['0 0 30 2 *', undefined, 'never fires'],
    ['0 0 * * *', 'Mars/Olympus', 'no time zone'],
    ['CRON_TZ=UTC 0 0 * * *', 'Europe/Berlin', 'differ'],
    ['', undefined, 'has no fields'],
    ['0 0 31 2,4,6,9,11 *', undefined, 'never fires'],
    ['*/0 * * * *', undefined, 'stepping'],
    ['? * * * *', undefined, '"?" stands for any day'],
    ['0 0 * * *', '', 'no time zone'],
    ['0 0 * * *', '+02:00', 'no time zone'],
    ['CRON_TZ=Nowhere 0 0 * * *', undefined, 'no time zone'],
    ['@reboot', undefined, 'has one field'],
  ])('%j in %s is refused', (cron, zone, reason) => {
    expect(() => readCron(cron, zone)).toThrow(reason)
  })
})
