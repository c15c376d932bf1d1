import type { Plan, RunRow } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { type Driving, heldBack } from '../src/history/run-why.ts'

const row = { status: 'queued', items: { total: 1 }, atWork: { running: 0, waiting: 0 } } as unknown as RunRow
const plan = { steps: [{ id: 'a', component: '/python/udf' }] } as unknown as Plan

const why = (given: Partial<Driving>) =>
  heldBack(row, { plan, serves: () => false, isDriven: async () => false, isNewToOthers: false, ...given })

test('a component that is lacking here is lacking everywhere only once others have had time to look', async () => {
  expect(await why({})).toMatchObject({ kind: 'node', text: 'no node serves the component "/python/udf"' })
  expect(await why({ isNewToOthers: true })).toMatchObject({ text: 'no process has taken the run up yet' })
  expect(await why({ isDriven: async () => true })).toBeUndefined()
})
