import type { Plan } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { elementsOf } from '../src/model/elements.ts'
import { lastVisits, runGraph, type StepRow } from '../src/model/run-graph.ts'
import { whatIfs } from '../src/model/what-if.ts'

const step = (id: string, ...reads: number[]) => ({
  id,
  component: '/x',
  input: { op: 'array', of: reads.map((step) => ({ op: 'step', step })) },
})
const plan = {
  name: 'p',
  steps: [step('fetch'), step('score', 0), step('audit', 0), step('enrich', 1, 2)],
  entry: 3,
  exit: 3,
  onFailure: 'stop',
} as unknown as Plan
const graph = runGraph(plan, 'right')

const row = (stepId: string, from: number, to: number) =>
  ({
    step: 0,
    stepId,
    visit: 1,
    status: 'success',
    startedAt: new Date(from).toISOString(),
    endedAt: new Date(to).toISOString(),
    attempts: [],
  }) as StepRow

test('a step twice as fast makes the run shorter by half of it, but not below what else is waited for', () => {
  const last = lastVisits([
    row('fetch', 0, 1000),
    row('score', 1000, 9000),
    row('audit', 1000, 7000),
    row('enrich', 9100, 10_100),
  ])

  expect(whatIfs(graph, last, ['fetch', 'score', 'enrich'])).toEqual([
    { step: 'score', shorter: 2000 },
    { step: 'fetch', shorter: 500 },
    { step: 'enrich', shorter: 500 },
  ])
})

test('of elements those come first that failed, then those that have not ended', () => {
  const of = (element: number, status: string, more = {}) =>
    ({ ...row('a', 0, 1), element, status, ...more }) as StepRow
  const error = { code: 'X', message: 'no' }

  const elements = elementsOf([
    of(0, 'success'),
    of(1, 'running'),
    of(2, 'success'),
    of(2, 'failed'),
    of(3, 'failed', { recovered: error }),
    of(4, 'skipped'),
    of(5, 'failed'),
  ])

  expect(elements.map(({ number, status }) => `${number} ${status}`)).toEqual([
    '2 failed',
    '5 failed',
    '1 running',
    '0 success',
    '3 success',
    '4 skipped',
  ])
})
