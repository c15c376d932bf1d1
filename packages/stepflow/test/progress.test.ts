import { criticalPath, foldSteps, type JournalEntry, type Plan, type PlanStep } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { describeBatch, describeEnd, drawBatch } from '../src/cli/progress/batch-progress.ts'
import { drawCriticalPath, drawLongTree, drawTree, duration, printable } from '../src/cli/progress/draw-tree.ts'
import { describeSteps } from '../src/cli/progress/show-run.ts'

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

const draw = (states: ReturnType<typeof foldSteps>, now = 0, rows = 99, columns = 80) =>
  drawTree(states, { now, color: false, columns, rows })

test('steps are drawn under what they wait for, a chain without stairs', () => {
  const states = foldSteps(planOf(['a'], ['b', 0], ['c', 0], ['d', 1], ['out', 2, 3]))

  expect(draw(states)).toEqual(['· a', '├ · b', '│ · d', '└ · c'])
})

test('a step shows its state and how long it took', () => {
  const states = foldSteps(planOf(['a'], ['b', 0], ['out', 1]))

  states.see([started(0, 0), settled(0, 1500), started(1, 1500)])

  expect(draw(states, 1750)).toEqual(['✓ a   1.5s', '● b  250ms'])
})

test('a skip shows its reason and a failure its error, where they happened', () => {
  const states = foldSteps(planOf(['a'], ['b', 0], ['out', 1]))

  states.see([
    settled(0, 5, { outcome: 'failed', error: { code: 'TIMEOUT', message: 'too late' } }),
    settled(1, 6, { outcome: 'skipped', reason: 'step "a" failed' }),
  ])

  expect(draw(states)).toEqual(['✗ a  0ms  TIMEOUT: too late', '↷ b       skipped: step "a" failed'])
})

test('durations stand in a column behind the names', () => {
  const states = foldSteps(planOf(['a'], ['much_longer', 0], ['b', 0], ['out', 1, 2]))

  states.see([started(0, 0), settled(0, 1500), started(1, 1500), started(2, 1600)])

  expect(draw(states, 1750)).toEqual(['✓ a               1.5s', '├ ● much_longer  250ms', '└ ● b            150ms'])
})

test('a step that runs once per element says how many have ended, and what failed among them', () => {
  const states = foldSteps(planOf(['a'], ['out', 0]))
  const inside = { sub: '0/0/1', item: 2, step: 0, visit: 1, attempt: 1 }
  const failed = { outcome: 'failed', error: { code: 'X', message: 'no' } }

  states.see([{ type: 'opened', at: 0, attempt: 1, item: 0, step: 0, visit: 1, elements: 6, byStep: true }])
  states.see([{ ...settled(0, 100), ...inside } as JournalEntry])
  states.see([{ type: 'settled', at: 120, ...inside, item: 1, outcome: failed } as JournalEntry])
  states.see([{ type: 'closed', at: 150, sub: '0/0/1', item: 3, outcome: 'success' }])
  // Deeper inside: of an element's own list.
  states.see([{ ...settled(0, 160), ...inside, sub: '0/0/1/2/0/1' } as JournalEntry])
  expect(draw(states, 200)).toEqual(['● a  200ms  each 3/6, 1 failed'])

  states.see([settled(0, 300)])
  expect(draw(states, 400)).toEqual(['✓ a  300ms  each 3/6, 1 failed  recovered: X: no'])
})

test('a step that is skipped because it failed says why once', () => {
  const states = foldSteps(planOf(['a'], ['b'], ['out', 1]))
  const skipped = (reason: string) => ({ outcome: { outcome: 'skipped', reason } as const })

  states.see([
    { ...settled(0, 5), ...skipped('no such host'), recovered: { code: 'X', message: 'no such host' } } as JournalEntry,
    { ...settled(1, 5), ...skipped('not wanted') } as JournalEntry,
  ])

  expect(draw(states, 9)).toEqual(['↷ a  skipped  recovered: X: no such host', '↷ b  skipped: not wanted'])
})

test('at the end errors are whole, on lines of their own where there is no room', () => {
  const states = foldSteps(planOf(['a'], ['b', 0], ['out', 1]))
  const message = 'the service said a long thing about what it does not like, and then some more'

  states.see([settled(0, 5, { outcome: 'failed', error: { code: 'X', message } }), settled(1, 6)])

  const lines = drawTree(states, { now: 9, color: false, columns: 40, rows: 99, errors: 'whole' })
  expect(lines[0]).toBe('✗ a  0ms')
  expect(lines.at(-1)).toBe('✓ b  0ms')
  const told = lines.slice(1, -1)
  expect(told.map((line) => line.trim()).join(' ')).toBe(`X: ${message}`)
  for (const line of lines) expect(line.length).toBeLessThan(40)
})

test('a cancelled step is not called failed', () => {
  const states = foldSteps(planOf(['a'], ['out', 0]))

  states.see([started(0, 0), settled(0, 1, { outcome: 'failed', error: { code: 'CANCELLED', message: 'stopped' } })])

  expect(draw(states)[0]).toMatch(/^■ a/)
})

test('when the item has ended nothing is shown as if it could still run', () => {
  const states = foldSteps(planOf(['a'], ['b'], ['out', 0, 1]))

  states.see([started(0, 0), { type: 'finished', at: 5, item: 0, outcome: { outcome: 'success', result: 1 } }])

  expect(draw(states)).toEqual(['■ a  5ms', '↷ b       skipped: the item ended'])
})

test('a waiting step says what it waits for and how often it was tried', () => {
  const states = foldSteps(planOf(['a'], ['out', 0]))
  const parked = { type: 'parked', at: 10, attempt: 2, item: 0, step: 0, visit: 1 } as const

  states.see([started(0, 0, 2), { ...parked, signal: 'approve' }])

  expect(draw(states, 10)).toEqual(['◌ a  10ms  attempt 2  waiting for the signal "approve"'])
})

test('outside a terminal a step that waits for a signal is not said to be running', () => {
  const states = foldSteps(planOf(['a'], ['b'], ['out', 0, 1]))

  const parked = { type: 'parked', at: 10, attempt: 1, item: 0, step: 0, visit: 1 } as const
  states.see([started(0, 0), started(1, 500), { ...parked, signal: 'approve' }])

  expect(describeSteps(states, 1500)).toBe('0 of 2 steps ended; running: b (1.0s); waiting: a (1.5s)')
})

test('a step counts the steps that ended in runs inside it', () => {
  const states = foldSteps(planOf(['a'], ['out', 0]))

  states.see([started(0, 0), { ...settled(7, 1), sub: '0/0/0' } as JournalEntry])

  expect(draw(states, 1)).toEqual(['● a  1ms  1 step inside'])
})

test('no line is wider than the terminal and none is forged by an error message', () => {
  const states = foldSteps(planOf(['a'], ['out', 0]))

  states.see([settled(0, 5, { outcome: 'failed', error: { code: 'X', message: `evil\n\u001b[2J${'y'.repeat(200)}` } })])

  const [line = '', ...rest] = draw(states, 5, 99, 40)
  expect(rest).toEqual([])
  expect([...line].length).toBeLessThan(40)
  expect(line).not.toContain('\u001b')
  expect(printable('a\r\nb')).toBe('a b')
})

test('in a low terminal what runs is shown and the rest is counted', () => {
  const states = foldSteps(planOf(['a'], ['b'], ['c'], ['d'], ['out', 0, 1, 2, 3]))

  states.see([started(3, 0)])

  expect(draw(states, 0, 3)).toEqual(['· a', '● d  0ms', '  and 2 more steps: 2 pending'])
})

test('a plan that leads round in a circle is drawn once', () => {
  const plan = planOf(['a', 1], ['b', 0], ['out', 1])

  expect(draw(foldSteps(plan))).toHaveLength(2)
})

test('a chain of 100,000 steps is drawn, and its critical path found, in a moment', () => {
  const count = 100_000
  const chain = Array.from({ length: count }, (_, i): [string, ...number[]] => (i === 0 ? ['s0'] : [`s${i}`, i - 1]))
  const states = foldSteps(planOf(...chain, ['out', count - 1]))
  states.see(chain.flatMap((_, i) => [started(i, i), settled(i, i + 1)]))
  const before = performance.now()

  expect(draw(states, 0, Number.POSITIVE_INFINITY)).toHaveLength(count)
  expect(criticalPath(states).ms).toBe(count)
  expect(performance.now() - before).toBeLessThan(5000)
})

const batch = {
  counts: { success: 11_990, failed: 10, skipped: 0 },
  total: { items: 26_000 },
  retries: 3,
  recovered: 0,
  elapsedMs: 2000,
  doneBefore: 2000,
}

test('a batch says what is done of how many, how fast and how long it will take, from where it was', () => {
  expect(describeBatch(batch)).toBe(
    '12,000 of 26,000 done (46%): 11,990 ok, 10 failed, 0 skipped; 3 retries; 5,000/s; 2.8s left',
  )
  expect(describeBatch({ ...batch, total: { items: 26_000, isAbout: true } })).toContain('of ~26,000 done')
  const { total: _, ...unknown } = batch
  expect(describeBatch(unknown)).toBe('12,000 done: 11,990 ok, 10 failed, 0 skipped; 3 retries; 5,000/s')
  expect(describeEnd(batch)).toBe('12,000 done: 11,990 ok, 10 failed, 0 skipped; 3 retries; in 2.0s (5,000/s)')
  expect(describeEnd({ ...batch, doneBefore: 12_000 })).toBe(
    '12,000 done: 11,990 ok, 10 failed, 0 skipped; 3 retries; in 2.0s',
  )
})

test('failures that were recovered are counted, in the line of a batch and at its end', () => {
  const one = { ...batch, recovered: 1 }
  const many = { ...batch, retries: 0, recovered: 1200 }

  expect(describeBatch(one)).toContain('0 skipped; 3 retries; 1 failure recovered; 5,000/s')
  expect(describeEnd(many)).toBe(
    '12,000 done: 11,990 ok, 10 failed, 0 skipped; 1,200 failures recovered; in 2.0s (5,000/s)',
  )
  expect(drawBatch(many, 100, false)).toContain('10 failed  1,200 recovered  5,000/s')
})

test('the line of a batch is never as wide as the terminal, and what matters most is left out last', () => {
  expect(drawBatch(batch, 100, false)).toBe(
    '█████░░░░░░░  46%  12,000/26,000  11,990 ok  10 failed  3 retries  5,000/s  2.8s left',
  )
  expect(drawBatch(batch, 60, false)).toBe('█████░░░░░░░  46%  12,000/26,000  10 failed  2.8s left')
  expect(drawBatch(batch, 40, false)).toBe('46%  12,000/26,000  10 failed  5,000/s')
  for (let columns = 14; columns < 120; columns++) expect(drawBatch(batch, columns, false).length).toBeLessThan(columns)
})

test('durations are read at a glance', () => {
  expect([-7_200_000, 0.4, 850, 1234, 59_960, 185_000, 7_440_000].map(duration)).toEqual([
    '0ms',
    '0ms',
    '850ms',
    '1.2s',
    '1m 0s',
    '3m 5s',
    '2h 4m',
  ])
})

test('a tree of very many steps is summed up: what failed, what it begins with, and how many others there are', () => {
  const count = 30_000
  const steps = Array.from({ length: count }, (_, i) => ({
    id: `s${i}`,
    component: '/x',
    // Each has one step beside it.
    input: i < 2 ? { op: 'input' } : { op: 'step', step: i % 2 === 0 ? i - 2 : i - 1 },
  }))
  const plan = { name: 'long', steps, entry: count - 1, exit: count - 1, onFailure: 'drain' } as unknown as Plan
  const states = foldSteps(plan)
  const bad = { outcome: 'failed', error: { code: 'COMPONENT_FAILED', message: 'no' } } as const
  for (let step = 0; step < count; step++) {
    const outcome = step === 20_000 ? bad : ({ outcome: 'success', result: 1 } as const)
    states.see([{ type: 'settled', at: step, item: 0, step, visit: 1, attempt: 1, outcome }])
  }

  const lines = drawLongTree(states, { now: 0, color: false, columns: 100 })

  expect(lines).toHaveLength(200)
  expect(lines.find((line) => line.includes('s20000'))).toContain('COMPONENT_FAILED: no')
  expect(lines.at(-1)).toBe('  and 29,801 more steps: 29,801 success')
  expect(drawCriticalPath(states, false)).toMatch(/> [\d,]+ steps >/)
})
