import type { CallContext, Component, MaybePromise, Plugin, SubmittedRun } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { limit } from '../src/plugins/limit.ts'

function around(call: Component['call'], maxInFlight: number): Component {
  const component: Component = { info: { name: '/c' }, call }
  const plugin: Plugin = { name: 'p', components: () => [component.info], resolve: () => component }
  return limit(plugin, maxInFlight).resolve('/c') as Component
}

function context(signal = new AbortController().signal, rest: Partial<CallContext> = {}): CallContext {
  return { signal, started: () => {}, ...rest } as CallContext // what these calls look at
}

/** Calls that end when they are told to. */
function gates() {
  const started: unknown[] = []
  const open = new Map<unknown, () => void>()
  const call = (input: unknown): MaybePromise<unknown> => {
    started.push(input)
    return new Promise((resolve) => open.set(input, () => resolve(input)))
  }
  return { started, call, open: (input: unknown) => open.get(input)?.() }
}

test('no more calls than the limit run at once, and those that wait go in order', async () => {
  const { started, call, open } = gates()
  const component = around(call, 2)

  const answers = ['a', 'b', 'c', 'd'].map((input) => component.call(input, context()))
  expect(started).toEqual(['a', 'b'])
  open('b')
  await answers[1]
  expect(started).toEqual(['a', 'b', 'c'])
  open('a')
  await answers[0]

  expect(started).toEqual(['a', 'b', 'c', 'd'])
  open('c')
  open('d')
  expect(await Promise.all(answers)).toEqual(['a', 'b', 'c', 'd'])
})

test('a call that is aborted while it waits leaves the queue and never starts', async () => {
  const { started, call, open } = gates()
  const component = around(call, 1)
  const controller = new AbortController()

  const first = component.call('a', context())
  const second = component.call('b', context(controller.signal)) as Promise<unknown>
  const third = component.call('c', context())
  controller.abort()
  await expect(second).rejects.toMatchObject({ code: 'CANCELLED' })
  open('a')
  await first
  await Promise.resolve()
  open('c')

  expect(await third).toBe('c')
  expect(started).toEqual(['a', 'c'])
})

test('a call that fails, at once or later, gives its place back', async () => {
  const component = around((input) => {
    if (input === 'now') throw new Error('now')
    return input === 'later' ? Promise.reject(new Error('later')) : input
  }, 1)

  expect(() => component.call('now', context())).toThrow('now')
  await expect(component.call('later', context())).rejects.toThrow('later')

  expect(component.call('at once', context())).toBe('at once')
})

test('a call that waits for a run of its own does not hold up the calls of that run', async () => {
  const inner = context()
  const component = around(async (input, { submit }) => {
    if (input === 'inner') return 'inner'
    return (await submit({} as never, [])).runId
  }, 1)
  const submit = async (): Promise<SubmittedRun> => {
    const answer = await component.call('inner', inner)
    return { runId: String(answer), outcomes: [] }
  }

  expect(await component.call('outer', context(undefined, { submit }))).toBe('inner')
})
