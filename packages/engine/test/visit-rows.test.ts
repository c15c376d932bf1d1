import { expect, test } from 'vitest'
import { foldInside, foldVisits, foldWaits, type JournalEntry, type Plan } from '../src/index.ts'

const step = (id: string, reads: number[] = []) => ({
  id,
  component: '/x',
  input: { op: 'array', of: reads.map((step) => ({ op: 'step', step })) },
})
const plan = {
  name: 'p',
  steps: [step('a'), step('b', [0]), step('c', [1])],
  entry: 2,
  exit: 2,
  onFailure: 'stop',
} as unknown as Plan

const at = (step: number, time: number, visit = 1, attempt = 1) => ({ at: time, item: 0, step, visit, attempt })
const success = { outcome: 'success', result: 1 } as const
const failure = { code: 'COMPONENT_FAILED', message: 'no' }

function rowsAfter(...entries: JournalEntry[]) {
  const visits = foldVisits(plan)
  for (const entry of entries) visits.see([entry])
  return visits.rows()
}

test('a step that was tried again has a row with each attempt, its error and its node', () => {
  const [, b] = rowsAfter(
    { type: 'claimed', at: 1, driver: 'd', node: 'one' },
    { type: 'settled', ...at(0, 10), outcome: success },
    { type: 'started', ...at(1, 12) },
    { type: 'parked', ...at(1, 20), until: 50, retry: { step: 1, transport: 0 }, error: failure },
    { type: 'claimed', at: 40, driver: 'e', node: 'two' },
    { type: 'started', ...at(1, 51, 1, 2) },
    { type: 'settled', ...at(1, 60, 1, 2), outcome: success },
  )

  expect(b).toMatchObject({ stepId: 'b', visit: 1, status: 'success', readyAt: 10, startedAt: 12, endedAt: 60 })
  expect(b?.attempts).toEqual([
    { startedAt: 12, endedAt: 20, error: failure, node: 'one' },
    { startedAt: 51, endedAt: 60, node: 'two' },
  ])
})

test('an attempt that was put aside says from when to when it did nothing', () => {
  const parked = [
    { type: 'started', ...at(0, 1) },
    { type: 'parked', ...at(0, 10), signal: 'approve' },
  ] as const satisfies JournalEntry[]

  expect(rowsAfter(...parked)[0]?.attempts).toEqual([{ startedAt: 1, waits: [{ from: 10 }] }])
  expect(
    rowsAfter(...parked, { type: 'started', ...at(0, 30) }, { type: 'settled', ...at(0, 35), outcome: success })[0]
      ?.attempts,
  ).toEqual([{ startedAt: 1, endedAt: 35, waits: [{ from: 10, to: 30 }] }])
})

test('a step that was visited again has a row for each visit, and one that nothing has reached has one', () => {
  const rows = rowsAfter(
    { type: 'settled', ...at(0, 10), outcome: success },
    { type: 'settled', ...at(1, 20), outcome: success },
    { type: 'settled', ...at(1, 30, 2), outcome: success },
  )

  expect(rows.map(({ stepId, visit, status }) => [stepId, visit, status])).toEqual([
    ['a', 1, 'success'],
    ['b', 1, 'success'],
    ['b', 2, 'success'],
    ['c', 1, 'pending'],
  ])
})

test('a step that waits says for what, and one that the end of its item cut off says that', () => {
  const waits: JournalEntry[] = [{ type: 'parked', ...at(0, 10), signal: 'approve', until: 99 }]
  const [a] = rowsAfter(...waits)
  expect(a).toMatchObject({ status: 'waiting', why: { kind: 'signal', signal: 'approve', until: 99 } })

  const failed = { outcome: 'failed', error: failure } as const
  const [cut, never] = rowsAfter(...waits, { type: 'finished', at: 40, item: 0, outcome: failed })
  expect(cut).toMatchObject({ status: 'cancelled', endedAt: 40, why: { kind: 'ended' } })
  expect(never).toMatchObject({ status: 'skipped', why: { kind: 'ended' } })
})

test('a step that is skipped because it failed says so, and its attempt has an end and an error', () => {
  const [a, b] = rowsAfter(
    { type: 'started', ...at(0, 10) },
    { type: 'settled', ...at(0, 12), outcome: { outcome: 'skipped', reason: 'no' }, recovered: failure },
    { type: 'settled', ...at(1, 13, 1, 0), outcome: { outcome: 'skipped', reason: 'it is not wanted' }, derived: true },
  )

  expect(a).toMatchObject({ status: 'skipped', why: { kind: 'step', text: 'it failed, and is skipped for that: no' } })
  expect(a?.attempts).toEqual([{ startedAt: 10, endedAt: 12, error: failure }])
  expect(b).toMatchObject({ status: 'skipped', attempts: [], why: { kind: 'condition', text: 'it is not wanted' } })
})

test('a step behind one that was taken over is ready when its own run reaches it', () => {
  const [a, b] = rowsAfter(
    { type: 'settled', ...at(0, 10), outcome: success, carried: true },
    { type: 'claimed', at: 5000, driver: 'd' },
    { type: 'started', ...at(1, 5001) },
  )

  expect(a).toMatchObject({ reused: true, readyAt: 10, endedAt: 10 })
  expect(b).toMatchObject({ readyAt: 5001, startedAt: 5001 })
})

test('a loop counts its elements that have ended, and names what runs inside it', () => {
  const inside = { at: 20, sub: '0/1/1', step: 0, visit: 1, attempt: 1 }
  const [, b] = rowsAfter(
    { type: 'opened', ...at(1, 10), elements: 3, byStep: true },
    { type: 'settled', ...inside, item: 0, outcome: success },
    { type: 'settled', ...inside, item: 2, outcome: success },
  )

  expect(b).toMatchObject({ status: 'running', done: 2, total: 3, inside: '0/1/1' })
})

test('an element of a loop that waited, or whose output failed after its step, has ended once', () => {
  const inside = { sub: '0/1/1', step: 0, visit: 1, attempt: 1 }
  const [, b] = rowsAfter(
    { type: 'opened', ...at(1, 10), elements: 2, byStep: true },
    { type: 'parked', ...inside, at: 20, item: 0, until: 50 },
    { type: 'parked', ...inside, at: 20, item: 1, until: 50 },
    { type: 'settled', ...inside, at: 50, item: 0, outcome: success },
    { type: 'closed', at: 50, sub: '0/1/1', item: 0, outcome: 'failed' },
    { type: 'settled', ...inside, at: 51, item: 1, outcome: success },
  )

  expect(b).toMatchObject({ done: 2, total: 2 })
})

test('a loop that goes on after a crash still counts the elements that had ended before', () => {
  const inside = { at: 20, sub: '0/1/1', step: 0, visit: 1, attempt: 1 }
  const [, b] = rowsAfter(
    { type: 'opened', ...at(1, 10), elements: 3, byStep: true },
    { type: 'settled', ...inside, item: 0, outcome: success },
    { type: 'claimed', at: 30, driver: 'e' },
    { type: 'opened', ...at(1, 31), elements: 3, byStep: true },
    { type: 'settled', ...inside, item: 2, outcome: success },
  )

  expect(b).toMatchObject({ done: 2, total: 3 })
})

test('a signal is waited for until its step goes on or its item ends', () => {
  const waits = foldWaits(plan)
  const names = () => [...waits.open()].map(({ item, step, name }) => `${item} ${step} ${name}`)
  waits.see([
    { type: 'parked', ...at(0, 1), signal: 'x' },
    { type: 'parked', ...at(1, 1), item: 1, signal: 'y' },
  ])
  waits.see([{ type: 'parked', ...at(2, 2), sub: '2/1/1', signal: 'z' }])
  expect(names()).toEqual(['0 a x', '1 b y', '2 b z'])

  waits.see([{ type: 'settled', ...at(0, 3), outcome: success }])
  waits.see([{ type: 'finished', at: 4, item: 2, outcome: success }])
  expect(names()).toEqual(['1 b y'])

  waits.see([{ type: 'parked', ...at(1, 5), item: 3, signal: 'y' }])
  waits.see([{ type: 'finished', at: 6, item: 0, to: 2, outcome: success }])
  expect(names()).toEqual(['3 b y'])
})

const element = (item: number, step: number, at: number, sub = '0/1/1') => ({
  at,
  sub,
  item,
  step,
  visit: 1,
  attempt: 1,
})

test('inside a step, each element has its rows, with its number, its states and what runs deeper inside', () => {
  const inside = foldInside(plan, '0/1/1')
  inside.see([
    { type: 'opened', ...at(1, 10), elements: 3 },
    { type: 'settled', ...element(1, 0, 12), outcome: success },
    { type: 'started', ...element(0, 0, 13) },
    { type: 'opened', ...element(1, 1, 14), elements: 2, byStep: true },
    { type: 'settled', ...element(0, 0, 15, '0/1/1/1/1/1'), outcome: success },
    // Of another step, and of another item.
    { type: 'settled', ...element(0, 0, 15, '0/1/12'), outcome: success },
    { type: 'settled', ...element(0, 0, 15, '7/1/1'), outcome: success },
    { type: 'closed', at: 20, sub: '0/1/1', item: 0, outcome: 'failed' },
  ])

  expect(inside.rows().map(({ element, stepId, status, done }) => [element, stepId, status, done])).toEqual([
    [0, 'a', 'cancelled', undefined],
    [0, 'b', 'skipped', undefined],
    [0, 'c', 'skipped', undefined],
    [1, 'a', 'success', undefined],
    [1, 'b', 'running', 1],
    [1, 'c', 'pending', undefined],
  ])

  inside.see([{ type: 'settled', ...at(1, 30), outcome: success }])
  expect(inside.rows().filter(({ status }) => status === 'running' || status === 'pending')).toEqual([])
})

test('runs one after the other inside one step are its elements, and steps of a plan that nobody knows have numbers', () => {
  const inside = foldInside(undefined, '0/1/1')
  inside.see([
    { type: 'settled', ...element(0, 2, 12), outcome: success },
    { type: 'settled', ...element(0, 2, 13, '0/1/1.2'), outcome: success },
  ])

  expect(inside.rows()).toMatchObject([
    { element: 0, stepId: '2', status: 'success' },
    { element: 1, stepId: '2', status: 'success' },
  ])
})

const decides = (id: string, ...to: number[]) => ({
  id,
  component: '/x',
  input: { op: 'arrival' },
  next: to.map((one) => ({ on: 'done', to: one })),
})
const ways = {
  ...plan,
  steps: [decides('a', 1, 2), decides('b', 3), decides('c', 4), decides('d'), decides('e')],
  entry: 0,
  exit: 3,
} as unknown as Plan

const whyOf = (rows: ReturnType<typeof rowsAfter>) => rows.map(({ stepId, why }) => [stepId, why?.kind, why?.step])

test('a step on a way that was not taken names the step that led elsewhere', () => {
  const visits = foldVisits(ways)
  visits.see([
    { type: 'settled', ...at(0, 10), outcome: success },
    { type: 'settled', ...at(1, 11), outcome: success },
    { type: 'settled', ...at(3, 12), outcome: success },
    { type: 'finished', at: 12, item: 0, outcome: success },
  ])

  expect(whyOf(visits.rows()).slice(2)).toEqual([
    ['c', 'branch', 'a'],
    ['d', undefined, undefined],
    ['e', 'branch', 'a'],
  ])
})

test('a step that nothing needed is told from one that its item did not live to see', () => {
  const [, notNeeded] = rowsAfter({ type: 'finished', at: 12, item: 0, outcome: success })
  expect(notNeeded).toMatchObject({ status: 'skipped', why: { kind: 'not_needed' } })

  const error = { ...failure, step: 'a' }
  const [, notSeen] = rowsAfter({ type: 'finished', at: 12, item: 0, outcome: { outcome: 'failed', error } })
  expect(notSeen).toMatchObject({ status: 'skipped', why: { kind: 'ended', step: 'a' } })
  const [, after] = whyOf(
    (() => {
      const visits = foldVisits(ways)
      visits.see([
        { type: 'settled', ...at(0, 10), outcome: { outcome: 'failed', error } },
        { type: 'finished', at: 12, item: 0, outcome: { outcome: 'failed', error } },
      ])
      return visits.rows()
    })(),
  )
  expect(after).toEqual(['b', 'ended', 'a'])
})

test('a skip for a step that it needs, for its rule and for its condition are told apart', () => {
  const guard = (rule: string) => ({ op: 'guard', rule, of: [0], then: { op: 'step', step: 0 } })
  const skipped = (rule: string, outcome: object) => {
    const [a, b] = plan.steps
    const visits = foldVisits({ ...plan, steps: [a, { ...b, input: guard(rule) }] } as unknown as Plan)
    visits.see([
      { type: 'settled', ...at(0, 10), outcome: { outcome: 'skipped', reason: 'no' } },
      { type: 'settled', ...at(1, 11), derived: true, outcome: { outcome: 'skipped', ...outcome } as never },
    ])
    return visits.rows()[1]?.why
  }
  const need = 'step "a" was skipped (no)'
  expect(skipped('all_success', { reason: need })).toEqual({ kind: 'need', text: need, step: 'a' })
  expect(skipped('none_failed', { reason: need, cause: failure })).toMatchObject({ kind: 'rule' })
  const rule = 'trigger rule one_failed: none of the steps it depends on failed'
  expect(skipped('one_failed', { reason: rule })).toEqual({ kind: 'rule', text: rule })
  expect(skipped('one_failed', { reason: 'its "when" is not true' })).toMatchObject({ kind: 'condition' })
})

test('a call that may not start yet waits for its turn', () => {
  const [a] = rowsAfter({ type: 'parked', ...at(0, 10), until: 50, turn: 1 })
  expect(a).toMatchObject({ status: 'waiting', why: { kind: 'rate', until: 50 } })
})
