// What the scheduler records of the steps that settle, by who keeps it: a store, a count, or nobody.

import { describe, expect, test } from 'vitest'
import { link } from '../src/run/link.ts'
import { Scheduler } from '../src/run/scheduler/scheduler.ts'
import type { Records, Settled } from '../src/run/scheduler/settled.ts'
import { RunState } from '../src/run/scheduler/state.ts'
import { after, call, input, plan, ref, routerOf } from './fixtures.ts'

const recoveredPlan = plan(
  {
    first: call('/fail', input, { fallback: { op: 'literal', value: 0 } }),
    second: call('/echo', after([0], ref(0))),
  },
  () => ({ input: ref(1) }),
)

/** The first step fails and is made good, the second one succeeds. */
async function settledWith(records: Records, isTold = false): Promise<readonly Settled[]> {
  const linked = await link(recoveredPlan, {
    router: routerOf({}),
    core: () => undefined,
    functions: () => undefined,
    schema: undefined,
  })
  const state = new RunState(linked, { id: 'run', variables: {}, secret: () => undefined }, 1)
  const scheduler = new Scheduler(state, records)
  const slot = scheduler.start(0, 1)
  const steps = [
    (step: number) => scheduler.fail(slot, step, { code: 'COMPONENT_FAILED', message: 'boom' }),
    (step: number) => scheduler.succeed(slot, step, 2, isTold),
  ]
  for (const settle of steps) {
    scheduler.advance()
    settle(scheduler.takeReady())
  }
  scheduler.advance()
  return scheduler.settled
}

describe('what is recorded of a recovered step and one that succeeds', () => {
  test('where steps are kept: both, and the output', async () => {
    expect((await settledWith('steps')).map(({ step }) => step)).toEqual([0, 1, 2])
  })

  test('where results alone are kept: the recovered one, for the count', async () => {
    expect(await settledWith('recoveries')).toMatchObject([{ step: 0, recovered: { message: 'boom' } }])
  })

  test('where nothing is kept: none', async () => {
    expect(await settledWith('nothing')).toEqual([])
  })

  test('an answer that the driver has something to say of is recorded all the same', async () => {
    expect(await settledWith('nothing', true)).toMatchObject([{ step: 1, outcome: { result: 2 } }])
  })
})
