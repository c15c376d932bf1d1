// The builtin components in programs: there without a plugin, typed, and in tests.

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteStore } from '@stepflow/store-sqlite'
import {
  createEngine,
  createMemoryStore,
  defineFlow,
  http,
  type Plugin,
  run,
  runOutcome,
  StepFunction,
  shape,
  sleep,
  wait,
  waitForSignal,
} from 'stepflow'
import { createManualClock, expectRun } from 'stepflow/testing'
import { describe, expect, test } from 'vitest'

const approval = defineFlow('approval', { input: shape<{ name: string }>() }, ({ input, step }) => {
  const answer = step('approved', waitForSignal, { name: input.name })
  return { by: answer.by }
})

describe('a program without plugins', () => {
  test('waits for a signal that is sent to its engine', async () => {
    const engine = createEngine()
    const handle = await engine.submit(approval, [{ name: 'approve' }])

    await engine.signal(handle.id, { name: 'signal', signal: 'approve', payload: { by: 'Ada' } })

    for await (const { outcome } of handle.results())
      expect(outcome).toEqual({ outcome: 'success', result: { by: 'Ada' } })
    await engine.close()
  })

  test('goes on with a wait in another engine over the same store', async () => {
    const store = createMemoryStore()
    const first = createEngine({ store, flows: [approval] })
    const { id } = await first.submit(approval, [{ name: 'approve' }])
    await first.close()
    const second = createEngine({ store, flows: [approval] })
    const handle = await second.resume(id)

    await second.signal(id, { name: 'signal', signal: 'approve', payload: { by: 'Bo' } })

    for await (const { outcome } of handle.results()) expect(outcome).toMatchObject({ result: { by: 'Bo' } })
    await second.close()
  })

  test('waits on a durable store, and in an element of a list', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'builtin-'))
    const store = await createSqliteStore({ path: join(folder, 'runs.db') })
    const engine = createEngine({ store })
    const flow = defineFlow('each', {}, ({ step, forEach }) =>
      forEach([1, 2], (item) => step('pause', sleep, { duration: '1ms', passthrough: item })),
    )

    expect(await engine.run(flow, null)).toMatchObject([{ passthrough: 1 }, { passthrough: 2 }])
    await engine.close()
    await store.close()
    rmSync(folder, { recursive: true })
  })

  test('calls a component by its path, and is told which path it misspelt', async () => {
    const noop = defineFlow('noop', {}, ({ step }) => step('a', '/builtin/noop', { n: 1 }))
    const wrong = defineFlow('wrong', {}, ({ step }) => step('a', '/builtin/nop', { n: 1 }))

    expect(await run(noop, null)).toEqual({ n: 1 })
    expect(await runOutcome(wrong, null)).toMatchObject({
      error: { code: 'COMPONENT_NOT_FOUND', message: expect.stringContaining('/builtin/nop') },
    })
  })

  test('cannot reach an address of its own network by http, as in a file', async () => {
    const server = createServer((_, response) => response.end('secret'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const flow = defineFlow('inside', {}, ({ step }) => step('get', http, { url }).body)

    expect(await runOutcome(flow, null)).toMatchObject({ outcome: 'failed', error: { step: 'get' } })
    server.close()
  })

  test('may bring a plugin called builtin, which is then the one', async () => {
    const own: Plugin = {
      name: 'builtin',
      components: () => [{ name: '/noop' }],
      resolve: (name) => ({ info: { name }, call: () => 'mine' }),
    }
    const engine = createEngine({ plugins: [own] })

    expect(
      await engine.run(
        defineFlow('noop', {}, ({ step }) => step('a', '/builtin/noop', {})),
        null,
      ),
    ).toBe('mine')
    await engine.close()
  })
})

test('a step function runs a typed flow that waits', async () => {
  const pause = defineFlow('pause', {}, ({ step }) => step('pause', wait, { duration: '1ms' }))
  const steps = new StepFunction('with a pause')
  steps.addStep('Pause', { func: async () => run(pause, null) })
  steps.setStartStep('Pause')

  expect((await steps.execute()).result).toHaveProperty('waited_until')
})

test('in a test an hour passes as fast as its clock', async () => {
  const clock = createManualClock()
  const flow = defineFlow('hour', {}, ({ step }) => step('pause', wait, { duration: '1h' }))
  let isOver = false
  const expected = expectRun(flow)
    .withClock(clock)
    .toSucceed()
    .finally(() => {
      isOver = true
    })

  while (!isOver) await clock.advance(3_600_000)
  await expected
})

test('a file that is written of a flow names the same components', () => {
  expect(approval.toYAML()).toContain('/builtin/wait_for_signal')
})
