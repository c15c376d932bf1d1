// What those who watch a step function are told when things fail: everything that began ends, once.

import { createManualClock } from '@stepflow/engine/testing'
import { run, runOutcome, StepFailedError, StepFunction, type StepFunctionHooks } from 'stepflow'
import { expect, test } from 'vitest'

const boom = () => {
  throw new Error('boom')
}

/** A step function that notes all that it tells. */
function told(options: object = {}) {
  const lines: string[] = []
  const events: any[] = []
  const note = (what: string) => (event: any) => {
    events.push({ what, ...event })
    lines.push([what, event.step ?? event.workflow, event.task, event.error?.message].filter(Boolean).join(' '))
  }
  const hooks: StepFunctionHooks = {
    onWorkflowStart: note('run'),
    onStepStart: note('start'),
    onStepSuccess: note('success'),
    onStepFailure: note('failure'),
    onWorkflowEnd: note('end'),
  }
  return { lines, events, sf: new StepFunction('w', { log: () => {}, hooks, ...options }) }
}

async function rejection(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    () => {
      throw new Error('it did not reject')
    },
    (error) => error,
  )
}

test('each attempt of a step function inside that failed has ended with FAILED, when it failed', async () => {
  const clock = createManualClock(0)
  const { lines, events, sf } = told({ clock })
  let calls = 0
  const inner = new StepFunction('inner').addStep('X', { func: () => (++calls < 3 ? boom() : 'x') }).setStartStep('X')
  sf.addSubStepFunction('S', inner, { retry: { maxAttempts: 3, delay: '1s', backoff: 'fixed' } }).setStartStep('S')

  const running = sf.execute()
  await clock.advance(1_000)
  await clock.advance(1_000)
  await running

  const attempt = ['run w > S', 'start X', 'failure X boom', 'end w > S step "X" of "w > S" failed: boom']
  expect(lines).toEqual([
    ...['run w', 'start S', ...attempt, ...attempt],
    ...['run w > S', 'start X', 'success X', 'end w > S', 'success S', 'end w'],
  ])
  const ends = events.filter(({ what, workflow }) => what === 'end' && workflow === 'w > S')
  expect(ends.map(({ status, finishedAt }) => [status, finishedAt])).toEqual([
    ['FAILED', 0],
    ['FAILED', 1_000],
    ['COMPLETED', 2_000],
  ])
})

test('tasks that are cut off by a retry of their parallel step have failed', async () => {
  const { lines, sf } = told()
  let calls = 0
  const never = () => (calls === 1 ? new Promise(() => {}) : 'slow')
  sf.addStep('P', {
    func: { bad: async () => (++calls === 1 ? boom() : 'good'), slow: never },
    parallel: true,
    stopOnFailure: true,
    retry: { maxAttempts: 2, delay: '1ms' },
  }).setStartStep('P')

  await sf.execute()

  expect(lines.filter((line) => line.includes('slow'))).toEqual([
    'start P slow',
    'failure P slow it was cut off: its attempt failed, and another begins',
    'start P slow',
    'success P slow',
  ])
})

test('what is in flight when the execution is stopped has failed, however deep it is', async () => {
  const { lines, sf } = told()
  const controller = new AbortController()
  const inner = new StepFunction('inner').addStep('X', {
    func: () => {
      queueMicrotask(() => controller.abort(new Error('enough')))
      return new Promise(() => {})
    },
  })
  sf.addStep('P', { func: { inner: inner.setStartStep('X') }, parallel: true }).setStartStep('P')

  const error = await rejection(sf.execute(null, { signal: controller.signal }))

  const stopped = 'the execution was stopped by its signal: enough'
  expect(error).toMatchObject({ code: 'CANCELLED', message: stopped })
  expect(lines.slice(-5)).toEqual([
    `failure X it was cut off: ${stopped}`,
    `end w > inner it was cut off: ${stopped}`,
    `failure P inner it was cut off: ${stopped}`,
    `failure P it was cut off: ${stopped}`,
    `end w ${stopped}`,
  ])
})

test('a step function that was stopped by the failure beside it is not blamed for it', async () => {
  const { lines, sf } = told()
  const inner = new StepFunction('inner').addStep('X', { func: () => new Promise(() => {}) }).setStartStep('X')
  const bad = () => new Promise((_, reject) => setImmediate(() => reject(new Error('boom'))))
  sf.addStep('P', { func: { inner, bad }, parallel: true, stopOnFailure: true }).setStartStep('P')

  const error: StepFailedError = await rejection(sf.execute())

  expect(Object.keys(error.errors ?? {})).toEqual(['bad'])
  expect(lines.filter((line) => line.includes('inner') || line.includes('X'))).toEqual([
    'start P inner',
    'run w > inner',
    'start X',
    'failure X it was cut off: boom',
    'end w > inner it was cut off: boom',
    'failure P inner it was cut off: boom',
  ])
})

test('a step inside that took too long has failed by itself; one whose step around it did was cut off', async () => {
  const slow = () => new Promise(() => {})
  const inside = (inner: object, outer: object) => {
    const { lines, sf } = told()
    const sub = new StepFunction('inner').addStep('X', { func: slow, ...inner }).setStartStep('X')
    return { lines, sf: sf.addSubStepFunction('S', sub, outer).setStartStep('S') }
  }

  const own = inside({ timeout: '5ms' }, {})
  const error = await rejection(own.sf.execute())
  expect(error.cause).toMatchObject({ step: 'X', cause: { code: 'TIMEOUT' } })
  expect(own.lines).toContain('failure X step "X" did not answer within 5 ms')

  const around = inside({}, { timeout: '5ms' })
  expect((await rejection(around.sf.execute())).cause).toMatchObject({ code: 'TIMEOUT' })
  expect(around.lines).toContain('failure X it was cut off: step "S" did not answer within 5 ms')
})

test('a step function inside that goes round too often ends with FAILED', async () => {
  const { lines, sf } = told()
  const inner = new StepFunction('inner', { maxVisits: 2 }).addStep('X', { func: () => 1, nextStep: 'X' })

  const error = await rejection(sf.addSubStepFunction('S', inner.setStartStep('X')).setStartStep('S').execute())

  expect(error).toBeInstanceOf(StepFailedError)
  expect(lines.slice(-3)).toEqual([
    'end w > S step "X" was reached more than 2 times in one item; raise maxVisits if the loop is meant to continue',
    'failure S step "X" was reached more than 2 times in one item; raise maxVisits if the loop is meant to continue',
    expect.stringMatching(/^end w step "S" of "w" failed/),
  ])
})

test('a hook that answers with a thenable of its own kind harms nothing', async () => {
  const rejecting = { then: (_: unknown, reject: (why: Error) => void) => reject(new Error('a bad hook')) }
  const { sf } = told({ hooks: { onStepStart: () => rejecting } })

  expect(
    (
      await sf
        .addStep('A', { func: () => 1 })
        .setStartStep('A')
        .execute()
    ).result,
  ).toBe(1)
})

test('a run is told as an execution is, whether it goes well or not', async () => {
  const { lines, sf } = told()
  sf.addStep('A', { func: (x: number) => (x > 1 ? boom() : x) }).setStartStep('A')

  expect(await run(sf, 1)).toBe(1)
  expect(lines.splice(0)).toEqual(['run w', 'start A', 'success A', 'end w'])

  expect(await runOutcome(sf, 2)).toMatchObject({ outcome: 'failed', error: { message: 'boom', step: 'A' } })
  expect(lines).toEqual(['run w', 'start A', 'failure A boom', expect.stringMatching(/^end w .*boom/)])
})

test('a handler of a run is given what was thrown', async () => {
  const { sf } = told()
  sf.addStep('A', { func: boom, onFailure: 'H' }).addStep('H', { func: (error) => error instanceof Error })

  expect(await run(sf.setStartStep('A'), null)).toBe(true)
})
