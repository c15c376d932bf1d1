// `stepflow/testing`: what it lets a test say, and what it shows when the test fails.

import { component, defineFlow, StepFunction, shape } from 'stepflow'
import { createManualClock, expectRun, fake, recorded } from 'stepflow/testing'
import { describe, expect, test } from 'vitest'

const fetchUser = component(
  'fetch_user',
  { input: shape<{ id: string }>(), output: shape<{ name: string; ok: boolean }>() },
  async () => {
    throw new Error('no network in tests')
  },
)
const flow = defineFlow('greet', { input: shape<{ id: string }>() }, ({ input, step }) => {
  const user = step('user', fetchUser, input)
  const text = step('text', (name: string) => `Hello ${name}`, user.name, { when: user.ok })
  return { text }
})
const ada = { fetch_user: () => ({ name: 'Ada', ok: true }) }

async function failure(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    () => {
      throw new Error('the expectation was met')
    },
    (error) => error,
  )
}

describe('expectRun', () => {
  test('is met by what happens', async () => {
    const greet = expectRun(flow).withInput({ id: 'x' })

    await greet.withFakes(ada).toSucceedWith({ text: 'Hello Ada' })
    await greet.withFakes({ fetch_user: () => ({ name: 'Ada', ok: false }) }).toBeSkipped()
    await greet.toFailWith({ code: 'COMPONENT_FAILED', message: /no network/, step: 'user' })
    await greet.toFail()
  })

  test('shows the steps, and what was expected and came, when it is not met', async () => {
    const error = await failure(expectRun(flow).withInput({ id: 'x' }).withFakes(ada).toSucceedWith({ text: 'Bye' }))

    expect(error.name).toBe('AssertionError')
    expect(error.message).toBe(
      [
        'greet was expected to succeed with {"text":"Bye"}, but it succeeded with {"text":"Hello Ada"}',
        '',
        '✓ user  {"name":"Ada","ok":true}',
        '✓ text  "Hello Ada"',
        '',
      ].join('\n'),
    )
    expect([error.actual, error.expected]).toEqual([{ text: 'Hello Ada' }, { text: 'Bye' }])
  })

  test('shows failures, skips and what did not run', async () => {
    const error = await failure(expectRun(flow).withInput({ id: 'x' }).toSucceed())

    expect(error.message).toContain('but it failed with COMPONENT_FAILED no network in tests in step "user"')
    expect(error.message).toContain('✗ user  COMPONENT_FAILED: no network in tests')
    expect(error.message).toContain('· text  did not run')
  })

  test('shows the steps inside a step', async () => {
    const outer = defineFlow('outer', { input: shape<number[]>() }, ({ input, step, forEach }) =>
      forEach(input, (n) => step('half', (x: number) => x / 2, n), { id: 'halves' }),
    )

    const error = await failure(expectRun(outer).withInput([2, 4]).toSucceedWith([1, 1]))

    expect(error.message).toContain('✓ halves  [1,2]\n  [0]\n    ✓ half  1\n  [1]\n    ✓ half  2')
  })

  test('runs step functions as well, with their loops', async () => {
    const sf = new StepFunction<number, number>('count')
      .addStep('Up', { func: (n) => n + 1, branch: (n: number) => (n < 2 ? 'Up' : null) })
      .setStartStep('Up')

    const { tree } = await expectRun(sf).withInput(0).toSucceedWith(2)

    expect(tree).toBe('✓ Up (visit 1)  1\n✓ Up (visit 2)  2')
  })

  test('retries follow at once, or when the clock is moved', async () => {
    let tries = 0
    const flaky = () => {
      if (++tries < 3) throw new Error('not yet')
      return tries
    }
    const patient = defineFlow('patient', {}, ({ step }) =>
      step('wait', flaky, undefined, { retry: { maxAttempts: 9, delay: '1h', maxDelay: '1h', backoff: 'fixed' } }),
    )
    await expectRun(patient).toSucceedWith(3)

    tries = 0
    const clock = createManualClock()
    const running = expectRun(patient).withClock(clock).toSucceedWith(3)
    await clock.advance(2 * 3_600_000)

    await running
  })

  test('a step that changes what it was given fails', async () => {
    const careless = defineFlow('careless', {}, ({ step }) => {
      const made = step('make', () => ({ list: [1] }))
      return step('change', (given: { list: number[] }) => given.list.push(2), made)
    })

    await expectRun(careless).toFailWith({ step: 'change', message: /object is not extensible/ })
  })

  test('compares what objects hold', async () => {
    const dated = defineFlow('dated', {}, ({ step }) => step('a', () => ({ at: new Date(0), n: 1 })))

    await expectRun(dated).toSucceedWith({ n: 1, at: new Date(0) })
    await failure(expectRun(dated).toSucceedWith({ n: 1, at: new Date(1) }))
  })

  test('needs something to run, and components to fake', async () => {
    expect(() => expectRun({} as never)).toThrow('needs a flow or a step function')
    expect(
      (
        await failure(
          expectRun(flow)
            .withFakes({ fetch_usr: () => 1 })
            .toFail(),
        )
      ).message,
    ).toContain('did you mean "fetch_user"?')
  })
})

describe('components for tests', () => {
  test('calls are told', async () => {
    const { calls } = await expectRun(flow).withInput({ id: 'x' }).withFakes(ada).toSucceed()

    expect(calls.fetch_user).toEqual([{ input: { id: 'x' }, output: { name: 'Ada', ok: true } }])
    expect(calls.text).toEqual([{ input: 'Ada', output: 'Hello Ada' }])
  })

  test('calls of flows inside are told with those of steps of the same id', async () => {
    const inner = defineFlow('inner', {}, ({ step }) => step('a', () => 'inside'))
    const outer = defineFlow('outer', {}, ({ step }) => ({ a: step('a', () => 'outside'), b: step('b', inner) }))

    const { calls } = await expectRun(outer).toSucceed()

    expect(calls.a?.map(({ output }) => output).sort()).toEqual(['inside', 'outside'])
  })

  test('what is found by its path is faked wherever it is called', async () => {
    const inner = defineFlow('inner', {}, ({ step }) => step('in', '/net/load', 1))
    const flow = defineFlow('paths', {}, ({ step, forEach }) => ({
      inside: step('inside', inner, undefined, { when: true }),
      each: forEach([2, 3], (n) => step('one', '/net/load', n)),
    }))

    await expectRun(flow)
      .withFakes({ '/net/load': (n) => n * 10 })
      .toSucceedWith({ inside: 10, each: [20, 30] })
  })

  test('a component of any name can be faked', async () => {
    const flow = defineFlow('named', {}, ({ step }) =>
      step(
        'a',
        component('100% a/b', {}, () => 1),
      ),
    )

    const { calls } = await expectRun(flow)
      .withFakes({ '100% a/b': () => 2 })
      .toSucceedWith(2)

    expect(Object.keys(calls)).toEqual(['100% a/b'])
  })

  test('a fake answers in order, and fails when it is asked once more', async () => {
    const answers = [{ output: 1 }, { error: { code: 'UNREACHABLE', message: 'gone' } }]
    const weather = fake('weather', answers)

    expect(await weather('Rome')).toBe(1)
    await expect(weather('Oslo')).rejects.toMatchObject({ code: 'UNREACHABLE', message: 'gone' })
    await expect(weather('Bern')).rejects.toThrow('has 2 answers, and was asked once more')
    expect(weather.calls).toHaveLength(3)
  })

  test('what was recorded can be played back', async () => {
    const live = recorded(component('double', { input: shape<number>() }, async (n) => n * 2))
    const twice = (double: typeof live) =>
      defineFlow('twice', { input: shape<number>() }, ({ input, step }) => step('b', double, step('a', double, input)))
    await expectRun(twice(live)).withInput(1).toSucceedWith(4)

    const tape = JSON.parse(JSON.stringify(live.calls))

    expect(tape).toEqual([
      { input: 1, output: 2 },
      { input: 2, output: 4 },
    ])
    await expectRun(twice(live)).withInput(1).withFakes({ double: tape }).toSucceedWith(4)
  })

  test('components that the engine would have are faked by their path', async () => {
    const asking = defineFlow('asking', {}, ({ step }) => step('ask', '/builtin/openai', { messages: [] }))

    await expectRun(asking)
      .withFakes({ '/builtin/openai': () => 'hi' })
      .toSucceedWith('hi')
  })
})
