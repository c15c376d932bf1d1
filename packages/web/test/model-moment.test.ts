import type { JournalEntry, Plan } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { beside, momentsOf, stepsAt } from '../src/model/moment.ts'

const plan = {
  name: 'f',
  steps: ['a', 'b'].map((id, i) => ({
    id,
    component: '/x',
    input: { op: 'literal', value: null } as const,
    needs: i === 0 ? [] : [0],
  })),
  entry: 0,
  exit: 1,
  onFailure: 'stop',
} as const satisfies Plan

const visit = (step: number) => ({ item: 0, step, visit: 1, attempt: 1 })
const entries: readonly JournalEntry[] = [
  { type: 'started', at: 100, ...visit(0) },
  { type: 'settled', at: 200, ...visit(0), outcome: { outcome: 'success', result: 1 } },
  { type: 'started', at: 200, ...visit(1) },
  { type: 'settled', at: 300, ...visit(1), outcome: { outcome: 'success', result: 1 } },
  { type: 'finished', at: 300, item: 0, outcome: { outcome: 'success', result: 1 } },
]
const statusesAt = (at: number) =>
  stepsAt(entries, at, { plan, item: 0, inside: undefined }).map(({ stepId, status }) => `${stepId} ${status}`)

test('at each moment a step stands as what had happened by then says', () => {
  expect(statusesAt(50)).toEqual(['a pending', 'b pending'])
  expect(statusesAt(150)).toEqual(['a running', 'b pending'])
  expect(statusesAt(200)).toEqual(['a success', 'b running'])
  expect(statusesAt(300)).toEqual(['a success', 'b success'])
})

test('one goes from one thing that happened to the next, and not beyond the last', () => {
  const moments = momentsOf(entries, 100)

  expect(moments).toEqual([100, 200, 300])
  expect([beside(moments, 100, 'next'), beside(moments, 250, 'before'), beside(moments, 300, 'next')]).toEqual([
    200,
    200,
    undefined,
  ])
})
