import { expect, test } from 'vitest'
import { criticalPath, foldSteps, type JournalEntry, type Plan, type PlanStep } from '../src/index.ts'

/** Steps by id with the numbers of those they read; the last one is made by the compiler. */
function planOf(...steps: [id: string, ...reads: number[]][]): Plan {
  const made = steps.map(
    ([id, ...reads], i): PlanStep => ({
      id,
      component: '/builtin/noop',
      input: { op: 'array', of: reads.map((step) => ({ op: 'step', step }) as const) },
      ...(i === steps.length - 1 ? { hidden: true } : {}),
    }),
  )
  return { name: 'p', steps: made, entry: made.length - 1, exit: made.length - 1, onFailure: 'stop' }
}

const started = (step: number, at: number, attempt = 1): JournalEntry => ({
  type: 'started',
  at,
  attempt,
  item: 0,
  step,
  visit: 1,
})
const settled = (step: number, at: number, outcome: unknown = { outcome: 'success', result: 1 }): JournalEntry =>
  ({ type: 'settled', at, attempt: 1, item: 0, step, visit: 1, outcome }) as JournalEntry

test('the critical path leads back along the last to end', () => {
  const states = foldSteps(planOf(['a'], ['b'], ['c', 0, 1], ['d', 1], ['out', 2, 3]))

  states.see([started(0, 0), started(1, 0), settled(0, 100), settled(1, 300), started(2, 300), started(3, 300)])
  states.see([settled(3, 310), settled(2, 900)])

  expect(criticalPath(states)).toEqual({ ids: ['b', 'c'], ms: 900 })
})

test('what a rerun takes over has no part in its critical path', () => {
  const states = foldSteps(planOf(['a'], ['b', 0], ['out', 1]))

  states.see([{ ...settled(0, 100), carried: true } as JournalEntry, started(1, 90_000), settled(1, 90_300)])

  expect(criticalPath(states)).toEqual({ ids: ['b'], ms: 300 })
})

test('entries of other items, and those after the moment that is asked for, are passed over', () => {
  const states = foldSteps(planOf(['a'], ['b', 0], ['out', 1]), 3)
  const of = (item: number, entry: JournalEntry) => ({ ...entry, item }) as JournalEntry

  states.see([of(3, started(0, 0)), of(2, settled(0, 5)), of(3, settled(0, 10)), of(3, started(1, 10))], 9)

  expect(states.steps.slice(0, 2).map((step) => step?.status)).toEqual(['running', 'pending'])
})

test('a step that runs a flow inside it has begun when something happens there', () => {
  const states = foldSteps(planOf(['loop'], ['out', 0]))
  states.see([{ ...settled(0, 40), sub: '0/0/1' } as JournalEntry, settled(0, 100)])

  expect(states.steps[0]).toMatchObject({ startedAt: 40, endedAt: 100, inside: 1 })
  expect(criticalPath(states)).toEqual({ ids: ['loop'], ms: 60 })
})
