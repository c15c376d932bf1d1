// Calls of the library that are wrong: each is refused with a message for people, and none is passed over in silence.

import {
  createEngine,
  createMemoryStore,
  defineFlow,
  FlowError,
  run,
  runBatch,
  runOutcome,
  StepFunction,
  shape,
} from 'stepflow'
import { describe, expect, test } from 'vitest'

// What JavaScript lets through, types do not: all calls below are made without them.
const [anyRun, anyOutcome, anyBatch, anyEngine] = [run, runOutcome, runBatch, createEngine] as any[]
const flow = defineFlow('double', { input: shape<number>() }, ({ input, step }) =>
  step('twice', (x: number) => x * 2, input),
)
const engine = createEngine({ log: () => {} }) as any

/** The message; anything but a FlowError of that code fails the test. */
async function refusal(call: () => unknown, code = 'INVALID_INPUT'): Promise<string> {
  try {
    await call()
  } catch (error) {
    expect(error).toBeInstanceOf(FlowError)
    expect([(error as FlowError).code, (error as FlowError).message]).toEqual([code, expect.any(String)])
    return (error as FlowError).message
  }
  throw new Error('it was not refused')
}

describe('what is no flow', () => {
  for (const of of [undefined, null, 5, 'flow', {}, [], () => 1]) {
    test(`is refused by every way to run it: ${JSON.stringify(of) ?? String(of)}`, async () => {
      const ways = [
        () => anyRun(of, 1),
        () => anyOutcome(of, 1),
        () => anyBatch(of, [1]),
        () => anyRun(of, 1, { engine }),
        () => engine.run(of, 1),
        () => engine.runOutcome(of, 1),
        () => engine.runBatch(of, [1]),
        () => engine.submit(of, [1]),
      ]
      for (const way of ways) {
        expect(await refusal(way, 'INVALID_FLOW')).toMatch(/ needs a flow, a step function or a plan, not /)
      }
    })
  }

  test('is told together with what else is wrong', async () => {
    const message = await refusal(() => anyBatch(undefined, 5, { ordr: 'x', maxConcurrent: 0 }), 'INVALID_FLOW')

    expect(message.split('; ')).toEqual([
      'runBatch needs a flow, a step function or a plan, not nothing',
      'runBatch needs a list of inputs, or something else to iterate over, not 5',
      'runBatch has no option "ordr"',
      'did you mean "order"?',
      '"maxConcurrent" of runBatch must be a whole number from 1 on, not 0',
    ])
  })
})

test('a plan whose steps are none is refused, all of them by number', async () => {
  const plan = { name: 'made', steps: [5, { id: 'a' }], entry: 0, exit: 0, onFailure: 'stop' }

  for (const way of [() => engine.submit(plan, [1]), () => engine.run(plan, 1), () => anyRun(plan, 1)]) {
    expect(await refusal(way, 'INVALID_FLOW')).toMatch(/plan "made": step 0 is none: it needs .*; step 1 is none: /)
  }
})

describe('inputs', () => {
  for (const inputs of [undefined, null, 5, 'abc', {}, Promise.resolve([1])]) {
    test(`that cannot be iterated are refused before the first result is asked for: ${String(inputs)}`, async () => {
      for (const way of [anyBatch, engine.runBatch.bind(engine), engine.submit.bind(engine)]) {
        expect(await refusal(() => way(flow, inputs))).toContain('needs a list of inputs')
      }
    })
  }

  test('a text is one input, not many', async () => {
    expect(await refusal(() => engine.submit(flow, 'abc'))).toContain('not "abc"; for a single one write [input]')
  })

  test('a promise of inputs is to be awaited', async () => {
    expect(await refusal(() => anyBatch(flow, Promise.resolve([1])))).toContain('a promise: await it')
  })

  test('may be a set, a generator or an asynchronous one', async () => {
    async function* later() {
      yield 1
    }
    for (const inputs of [new Set([1]), [1].values(), later()]) {
      const results: unknown[] = []
      for await (const { outcome } of runBatch(flow, inputs)) results.push(outcome)
      expect(results).toEqual([{ outcome: 'success', result: 2 }])
    }
  })
})

describe('options', () => {
  const ways: Readonly<Record<string, (options: unknown) => unknown>> = {
    run: (options) => anyRun(flow, 1, options),
    runOutcome: (options) => anyOutcome(flow, 1, options),
    runBatch: (options) => anyBatch(flow, [1], options),
    'engine.run': (options) => engine.run(flow, 1, options),
    'engine.runOutcome': (options) => engine.runOutcome(flow, 1, options),
    'engine.runBatch': (options) => engine.runBatch(flow, [1], options),
    'engine.submit': (options) => engine.submit(flow, [1], options),
    'engine.resume': (options) => engine.resume('some', options),
  }

  for (const [name, way] of Object.entries(ways)) {
    test(`of ${name} are an object, with no others than there are`, async () => {
      for (const options of [null, 5, 'x', []]) {
        expect(await refusal(() => way(options))).toContain(`the options of ${name} must be an object, not `)
      }
      expect(await refusal(() => way({ nonsense: 1 }))).toContain(`${name} has no option "nonsense"; there are`)
    })
  }

  for (const name of ['run', 'runOutcome', 'runBatch', 'engine.run', 'engine.runBatch']) {
    test(`of ${name}: a signal is one`, async () => {
      const way = ways[name] as (options: unknown) => unknown
      expect(await refusal(() => way({ signal: 'x' }))).toBe(`"signal" of ${name} must be an AbortSignal, not "x"`)
      expect(await refusal(() => way({ sginal: 1 }))).toContain('did you mean "signal"?')
      expect(await refusal(() => way(new AbortController().signal))).toContain('{ signal }, not the signal itself')
    })
  }

  test('an engine is one, and is given by its name', async () => {
    expect(await refusal(() => anyRun(flow, 1, { engine: {} }))).toContain('an engine, as createEngine() makes it')
    expect(await refusal(() => anyRun(flow, 1, engine))).toContain('{ engine }, not the engine itself')
  })

  for (const maxConcurrent of [0, -1, Number.NaN, '3', 1.5, Number.POSITIVE_INFINITY, null]) {
    test(`a run does not wait for ever with maxConcurrent: ${maxConcurrent}`, async () => {
      for (const name of ['runBatch', 'engine.runBatch', 'engine.submit', 'engine.resume']) {
        const message = await refusal(() => ways[name]?.({ maxConcurrent }))
        expect(message).toContain(`"maxConcurrent" of ${name} must be a whole number from 1 on`)
      }
    })
  }

  test('an order is one of the two', async () => {
    expect(await refusal(() => anyBatch(flow, [1], { order: 'random' }))).toBe(
      '"order" of runBatch must be input or completion, not "random"',
    )
  })

  test('of a submitted run are checked, all at once', async () => {
    const message = await refusal(() =>
      engine.submit(flow, [1], { id: '', labels: { a: 1 }, redact: 'no', watch: 1, variables: [] }),
    )

    expect(message.match(/"(id|labels|redact|watch|variables)" of engine\.submit must be/g)).toHaveLength(5)
  })
})

describe('an engine', () => {
  test('is made of stores, flows, plugins and functions, and says all that is not', async () => {
    const options = {
      stor: 1,
      store: 5,
      history: 'some',
      flows: flow,
      plugins: { a: 1 },
      secrets: {},
      log: console,
      clock: Date,
      random: 4,
      newId: 'id',
    }

    const message = await refusal(() => anyEngine(options), 'INVALID_FLOW')

    expect(message).toContain('an engine has no option "stor"; did you mean "store"?')
    expect(message).toContain('"flows" of an engine must be a list of flows: [flow], not an object')
    for (const name of Object.keys(options).slice(1)) expect(message).toContain(`"${name}" of an engine must be`)
  })

  test('takes no promise of a store', async () => {
    const store = Promise.resolve(createMemoryStore())
    expect(await refusal(() => anyEngine({ store }), 'INVALID_FLOW')).toContain('not a promise: await it')
  })

  test('names the flow and the plugin that is none, or would never be found', async () => {
    const plugin = (name: string) => ({ name, components: () => [], resolve: () => undefined })
    const plugins = [5, {}, plugin('a/b'), plugin('local'), plugin('twice'), plugin('twice')]

    const message = await refusal(() => anyEngine({ flows: [flow, 7], plugins }), 'INVALID_FLOW')

    expect(message).toContain('"flows[1]" of an engine needs a flow')
    expect(message).toContain('"plugins[0]" of an engine must be a plugin')
    expect(message).toContain('"plugins[1]" of an engine must be a plugin')
    expect(message).toContain('"plugins[2]" of an engine is called "a/b", which is never found')
    expect(message).toContain('"plugins[3]" of an engine is called "local", which is never found')
    expect(message).toContain('two plugins called "twice"')
  })

  test('does not pass over a history that its store does not have', async () => {
    const options = { store: createMemoryStore(), history: 'none' }
    expect(await refusal(() => anyEngine(options), 'INVALID_FLOW')).toContain('"history: none" of an engine')
  })

  test('goes on with runs, by their id', async () => {
    for (const id of [undefined, 5, '', {}]) {
      expect(await refusal(() => engine.resume(id))).toContain('engine.resume needs the id of a run')
      expect(await refusal(() => engine.signal(id, { name: 'cancel' }))).toContain(
        'engine.signal needs the id of a run',
      )
    }
    expect(await refusal(() => engine.resume('some', { inputs: 5 }))).toContain('"inputs" of engine.resume must be')
  })

  test('tells runs what can be told', async () => {
    const told = (signal: unknown) => refusal(() => engine.signal('some', signal))

    expect(await told('cancel')).toContain('a signal must be an object')
    expect(await told({ name: 'approve' })).toContain(`{ name: 'signal', signal: "approve" }`)
    expect(await told({ name: 'signal' })).toContain('a signal needs its name')
    expect(await told({ name: 'signal', signal: 'a', item: -1 })).toContain('the number of an input, from 0')
    expect(await told({ name: 'cancel', resaon: 'x' })).toContain('did you mean "reason"?')
    expect(await told({ name: 'toString' })).toContain('must be cancel, pause, resume or signal')
  })

  test('runs step functions and plans as well', async () => {
    const sf = new StepFunction('sf').addStep('a', { func: () => 7 }).setStartStep('a')
    expect(await engine.run(sf, null)).toBe(7)
  })
})
