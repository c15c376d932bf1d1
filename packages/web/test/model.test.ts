// What the page computes by itself, without a browser.

import { describe, expect, test } from 'vitest'
import { clockTicks } from '../src/model/clock-ticks.ts'
import { filterOf, queryOf, toggled, within } from '../src/model/filter.ts'
import { agoText, bytesText, countText, durationText, middleCut, shortId } from '../src/model/format.ts'
import { criticalPath, lastVisits, reachOf, runGraph, type StepRow } from '../src/model/run-graph.ts'
import { spansOf } from '../src/model/spans.ts'
import { FOLD_WIDTH, scaleOf } from '../src/model/timeline.ts'

describe('format', () => {
  test.each([
    [0, '0 ms'],
    [412, '412 ms'],
    [8_300, '8.3 s'],
    [59_960, '1 m 00 s'],
    [192_000, '3 m 12 s'],
    [7_500_000, '2 h 05 m'],
    [273_600_000, '3 d 4 h'],
  ])('%d ms is %s', (ms, text) => expect(durationText(ms)).toBe(text))

  test('counts, sizes and times read the same for everybody', () => {
    expect(countText(12_480)).toBe('12,480')
    expect(bytesText(1_468_006)).toBe('1.4 MiB')
    expect(agoText(0, 360_000)).toBe('6 min ago')
    expect(agoText(7_200_000, 0)).toBe('in 2 h')
  })

  test('a long name loses its middle', () => {
    expect(middleCut('abcdefghij', 5)).toBe('ab…ij')
    expect(shortId('mx3047lw-arfxnwqla9bakber')).toBe('a9bakber')
  })
})

describe('the line of time above the runs', () => {
  const at = (text: string) => Date.parse(`2026-11-${text}Z`)

  test('is marked at round times, and no more often than there is room for', () => {
    expect(clockTicks(at('29T15:20'), at('30T15:20'), 8)).toEqual(
      ['29T18:00', '29T21:00', '30T00:00', '30T03:00', '30T06:00', '30T09:00', '30T12:00', '30T15:00'].map(at),
    )
    expect(clockTicks(at('29T15:20:07'), at('29T15:20:09.5'), 8)).toEqual(
      ['29T15:20:07', '29T15:20:08', '29T15:20:09'].map(at),
    )
  })

  test('is round by the clock of the reader, also where that is half an hour off', () => {
    const ticks = clockTicks(at('29T15:20'), at('30T03:20'), 4, 5.5 * 3_600_000)

    expect(ticks).toEqual(['29T15:30', '29T18:30', '29T21:30', '30T00:30'].map(at))
  })
})

describe('the filter of runs', () => {
  test('its words become a query, and what is no word of ours is looked for', () => {
    const filter = filterOf('status:failed,waiting flow:orders label:order=1 since:24h time out')

    const query = queryOf(filter, Date.UTC(2026, 10, 30, 8, 0, 30))

    expect(query).toMatchObject({
      status: 'failed,waiting',
      flow: 'orders',
      label: ['order:1'],
      since: '2026-11-29T08:00:00.000Z',
      q: 'time out',
    })
  })

  test('a word is put on and taken off, a time in place of another', () => {
    expect(toggled('flow:a', 'status:failed')).toBe('flow:a status:failed')
    expect(toggled('flow:a status:failed', 'status:failed')).toBe('flow:a')
    expect(within('since:24h flow:a', 'A', 'B')).toBe('flow:a since:A until:B')
  })
})

describe('the graph of a run', () => {
  const step = (id: string, needs: readonly number[]) => ({
    id,
    component: '/x',
    input: { op: 'literal', value: null } as const,
    needs,
  })
  const plan = {
    name: 'f',
    steps: [step('a', []), step('b', [0]), step('c', [0]), step('d', [1, 2])],
    entry: 0,
    exit: 3,
    onFailure: 'stop',
  } as const
  const graph = runGraph(plan, 'right')
  const row = (stepId: string, from: number, to: number, visit = 1): StepRow => ({
    stepId,
    visit,
    status: 'success',
    attempts: [],
    startedAt: new Date(from).toISOString(),
    endedAt: new Date(to).toISOString(),
  })

  test('reaches what lies before a step, and after it', () => {
    expect([...reachOf(graph, 'd', 'up')].sort()).toEqual(['a', 'b', 'c'])
    expect([...reachOf(graph, 'a', 'down')].sort()).toEqual(['b', 'c', 'd'])
  })

  test('its critical path leads along what ended last', () => {
    const last = lastVisits([row('a', 0, 10), row('b', 10, 20), row('c', 10, 90), row('d', 90, 100)])

    expect(criticalPath(graph, last)).toEqual(['a', 'c', 'd'])
  })

  test('a step with a long name is itself, not what fits into its box', () => {
    const long = 'x'.repeat(90)
    const { shapeOf } = runGraph(
      { ...plan, steps: plan.steps.map((one, i) => (i === 1 ? { ...one, id: long } : one)) },
      'right',
    )

    expect(shapeOf.has(long)).toBe(true)
  })

  test('of several visits the last one counts', () => {
    expect(lastVisits([row('a', 0, 10), row('a', 10, 30, 2)]).get('a')?.visit).toBe(2)
  })
})

describe('the timeline', () => {
  const row = (from: number, to: number): StepRow => ({
    stepId: 'a',
    visit: 1,
    status: 'success',
    attempts: [],
    startedAt: new Date(from).toISOString(),
    endedAt: new Date(to).toISOString(),
  })

  test('time goes to the right, and a stretch in which nothing ran is folded', () => {
    const scale = scaleOf([row(0, 5_000), row(3_600_000, 3_605_000)], 0, 3_605_000, 800)

    expect(scale.folds).toHaveLength(1)
    expect(scale.at(3_600_000) - scale.at(5_000)).toBeCloseTo(FOLD_WIDTH)
    expect(scale.at(2_500)).toBeLessThan(scale.at(5_000))
    expect(scale.at(3_605_000)).toBeLessThanOrEqual(800)
  })

  const iso = (at: number) => new Date(at).toISOString()
  const day = 86_400_000

  test('tries a day apart are two bars with a fold between them', () => {
    const tried = {
      ...row(0, day + 1_000),
      attempts: [
        { startedAt: iso(0), endedAt: iso(1_000) },
        { startedAt: iso(day), endedAt: iso(day + 1_000) },
      ],
    }

    expect(spansOf(tried, 2 * day)).toEqual([
      [0, 1_000],
      [day, day + 1_000],
    ])
    expect(scaleOf([tried], 0, day + 1_000, 800).folds).toHaveLength(1)
  })

  test('what a step was put aside for is no time in which it ran, until it ends or goes on', () => {
    const waits = (to?: number) => ({
      ...row(0, 5_000),
      attempts: [{ startedAt: iso(0), waits: [{ from: iso(0), ...(to === undefined ? {} : { to: iso(to) }) }] }],
    })

    expect(spansOf(waits(4_000), 9_000)).toEqual([
      [0, 0],
      [4_000, 5_000],
    ])
    expect(spansOf({ ...waits(), endedAt: undefined } as unknown as StepRow, 9_000)).toEqual([[0, 0]])
  })
})
