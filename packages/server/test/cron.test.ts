import { describe, expect, it } from 'vitest'
import { readCron } from '../src/triggers/cron.ts'

const next = (cron: string, zone: string | undefined, after: string, count = 3) =>
  readCron(cron, zone)
    .next(Date.parse(after), count)
    .map((ms) => new Date(ms).toISOString().replace(':00.000Z', 'Z'))

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
    // Each hour that passes.
    ['0 * * * *', 'Europe/Berlin', '2026-10-25T00:30Z', ['2026-10-25T01:00Z', '2026-10-25T02:00Z']],
    ['0 0 29 2 *', 'UTC', '2026-01-01T00:00Z', ['2028-02-29T00:00Z', '2032-02-29T00:00Z']],
  ])('%s in %s hold at changes of the clock', (cron, zone, after, expected) => {
    expect(next(cron, zone, after, 2)).toEqual(expected)
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

  it('are said in words', () => {
    expect(readCron('30 9 * * 1-5').description).toBe('At 09:30, Monday through Friday')
    expect(readCron('*/10 * * * * *').description).toBe('Every 10 seconds')
  })

  it.each([
    ['* * * *', undefined, 'has 4 fields'],
    ['* * * * * * *', undefined, 'has 7 fields'],
    ['61 * * * *', undefined, 'minute'],
    ['0 0 30 2 *', undefined, 'never fires'],
    ['0 0 * * *', 'Mars/Olympus', 'no time zone'],
    ['CRON_TZ=UTC 0 0 * * *', 'Europe/Berlin', 'differ'],
    ['', undefined, 'has one field'],
    ['@reboot', undefined, 'has one field'],
  ])('%j in %s is refused', (cron, zone, reason) => {
    expect(() => readCron(cron, zone)).toThrow(reason)
  })
})
