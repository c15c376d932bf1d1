// Step functions as programs use them.

import { createManualClock } from '@stepflow/engine/testing'
import { type FlowError, StepFailedError, StepFunction } from 'stepflow'
import { describe, expect, test } from 'vitest'

const silent = () => {}
const boom = () => {
  throw new Error('boom')
}

function chain(...steps: [name: string, func: (input: any, context: any) => unknown][]): StepFunction {
  const sf = new StepFunction('chain', { log: silent })
  steps.forEach(([name, func], i) => {
    const nextStep = steps[i + 1]?.[0]
    sf.addStep(name, nextStep === undefined ? { func } : { func, nextStep })
  })
  return sf.setStartStep(steps[0]?.[0] as string)
}

async function rejection(promise: Promise<unknown>): Promise<any> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not reject')
}

describe('steps', () => {
  test('each is given the result of the one that led to it, the first the input', async () => {
    const sf = chain(['Double', (x) => x * 2], ['AddOne', async (x) => x + 1])

    expect(await sf.execute(20)).toEqual({ status: 'COMPLETED', result: 41, context: { Double: 40, AddOne: 41 } })
  })

  test('any value passes by reference', async () => {
    const map = new Map()

    const { result } = await chain(['Make', () => map], ['Pass', (x) => x]).execute()

    expect(result).toBe(map)
  })

  test('what returns nothing gives null', async () => {
    const seen: unknown[] = []

    const { result, context } = await chain(['Nothing', () => undefined], ['See', (x) => void seen.push(x)]).execute()

    expect({ seen, result, context }).toEqual({ seen: [null], result: null, context: { Nothing: null, See: null } })
  })

  test('the context has the attempt, a key, the results so far and a signal', async () => {
    const seen: any[] = []
    const sf = chain(
      ['A', () => 'a'],
      [
        'B',
        (_, { attempt, results, signal, idempotencyKey }) => {
          seen.push(attempt, { ...results }, signal.aborted, typeof idempotencyKey)
          expect(() => {
            results.A = 1
          }).toThrow(TypeError)
        },
      ],
    )

    await sf.execute()

    expect(seen).toEqual([1, { A: 'a' }, false, 'string'])
  })

  test('a result that is changed afterwards is seen changed, for it is the same object', async () => {
    const made = { n: 1 }

    const { context } = await chain(['Make', () => made], ['Change', (x) => (x.n = 2)]).execute()

    expect(context.Make).toEqual({ n: 2 })
  })

  test('properties show the latest execution', async () => {
    const sf = chain(['A', (x) => x])
    expect([sf.name, sf.status, sf.lastResult, sf.context, sf.startStep]).toEqual([
      'chain',
      'INITIALIZED',
      undefined,
      {},
      'A',
    ])

    const running = sf.execute(1)
    expect(sf.status).toBe('RUNNING')
    await running

    expect([sf.status, sf.lastResult, sf.context]).toEqual(['COMPLETED', 1, { A: 1 }])
    expect(Object.keys(sf.steps)).toEqual(['A'])
  })

  test('executions at the same time do not mix', async () => {
    const sf = chain(['A', async (x) => x], ['B', async (x) => x * 10])

    const all = await Promise.all([1, 2, 3].map((x) => sf.execute(x)))

    expect(all.map(({ context }) => context)).toEqual([1, 2, 3].map((x) => ({ A: x, B: x * 10 })))
  })
})

describe('branches', () => {
  const byResult = (branch: any) =>
    new StepFunction('branches', { log: silent })
      .addStep('Check', { func: (x) => x, branch })
      .addStep('Yes', { func: () => 'yes' })
      .addStep('No', { func: () => 'no' })
      .setStartStep('Check')

  test('the keys of a record stand for texts, numbers and booleans', async () => {
    const sf = byResult({ true: 'Yes', 0: 'No', ok: 'Yes' })

    expect((await sf.execute(true)).result).toBe('yes')
    expect((await sf.execute('true')).result).toBe('yes')
    expect((await sf.execute(0)).result).toBe('no')
    expect((await sf.execute('ok')).result).toBe('yes')
  })

  test('a result that nobody listed fails the step, and says what would have matched', async () => {
    const error = await rejection(byResult({ a: 'Yes', b: 'No' }).execute('c'))

    expect(error.step).toBe('Check')
    expect(error.message).toContain('step "Check" returned "c", which no branch matches: there are "a", "b"')
  })

  test('a result that nobody listed goes to the default', async () => {
    expect((await byResult({ a: 'Yes', default: 'No' }).execute('c')).result).toBe('no')
  })

  test('nothing goes to the default, or ends the workflow with a warning', async () => {
    const said: string[] = []
    const sf = new StepFunction('nothing', { log: (level, message) => said.push(`${level}: ${message}`) })
      .addStep('Check', { func: () => undefined, branch: { a: 'Yes' } })
      .addStep('Yes', { func: () => 'yes' })
      .setStartStep('Check')

    expect((await byResult({ a: 'Yes', default: 'No' }).execute(null)).result).toBe('no')
    expect((await sf.execute()).result).toBe(null)
    expect(said).toEqual([expect.stringMatching(/^warning: .*returned nothing/)])
  })

  test('a function of the result names the step, which gets the result', async () => {
    const sf = new StepFunction('callable', { log: silent })
      .addStep('Score', { func: (x) => x, branch: (score: number) => (score > 5 ? 'High' : null) })
      .addStep('High', { func: (score) => `high ${score}` })
      .setStartStep('Score')

    expect((await sf.execute(7)).result).toBe('high 7')
    expect((await sf.execute(3)).result).toBe(3)
  })

  test('a function that fails or names no step fails its step', async () => {
    const failing = byResult(boom)
    const lost = byResult(() => 'Nowhere')

    expect((await rejection(failing.execute(1))).step).toBe('Check')
    expect(failing.context.Check).toMatchObject({ message: 'boom' })
    expect(failing.lastResult).toBe(undefined)
    expect((await rejection(lost.execute(1))).message).toContain('chose "Nowhere", which is not a step')
  })
})

describe('parallel steps', () => {
  const parallel = (func: any, more: object = {}) =>
    new StepFunction('parallel', { log: silent }).addStep('All', { func, parallel: true, ...more }).setStartStep('All')

  test('of an empty record, the result is an empty record, and the next step goes on with it', async () => {
    const heard: string[] = []
    const onStepSuccess = ({ step }: { step: string }) => void heard.push(step)
    const sf = new StepFunction('empty', { log: silent, hooks: { onStepSuccess } })
      .addStep('All', { func: {}, parallel: true, nextStep: 'Next' })
      .addStep('Next', { func: (all: unknown) => ({ all }) })
      .setStartStep('All')

    expect(await sf.execute(1)).toMatchObject({ status: 'COMPLETED', result: { all: {} }, context: { All: {} } })
    expect(heard).toEqual(['All', 'Next'])
    expect(sf.visualize()).toContain('All')
    expect(await StepFunction.fromJSON(sf.toJSON(), { Next: (x: unknown) => x }).execute(1)).toMatchObject({
      result: {},
    })
  })

  test('all tasks get the input, the results stand in the order of declaration', async () => {
    const { result } = await parallel({ b: async (x: number) => x + 1, a: (x: number) => x }).execute(1)

    expect(Object.entries(result)).toEqual([
      ['b', 2],
      ['a', 1],
    ])
  })

  test('failures stand in the record as errors, and the step succeeds', async () => {
    const error = new TypeError('no')
    const throwing = async () => {
      throw error
    }

    const { result, status } = await parallel({ good: () => 1, bad: throwing }).execute()

    expect(status).toBe('COMPLETED')
    expect(result.good).toBe(1)
    expect(result.bad).toBe(error)
  })

  test('with stopOnFailure the first failure stops the others; what was ready is on the error', async () => {
    let wasStopped = false
    const sf = parallel(
      {
        ready: () => 1,
        slow: (_: unknown, { signal }: { signal: AbortSignal }) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () => {
              wasStopped = true
              resolve('late')
            })
          }),
        bad: async () => boom(),
      },
      { stopOnFailure: true },
    )

    const error = await rejection(sf.execute())

    expect(error).toBeInstanceOf(StepFailedError)
    expect({ ...error.results }).toEqual({ ready: 1 })
    expect(Object.keys(error.errors)).toEqual(['bad'])
    expect([error.step, error.cause.message, wasStopped]).toEqual(['All', 'boom', true])
  })

  test('a task may be a step function; its failure says where it failed', async () => {
    const inner = chain(['Ok', (x) => x], ['Bad', boom])

    const { result } = await parallel({ inner, other: () => 1 }).execute('x')

    expect(result.other).toBe(1)
    expect(result.inner).toBeInstanceOf(StepFailedError)
    expect(result.inner.step).toBe('Bad')
  })
})

describe('failures', () => {
  const handled = (func: any) =>
    new StepFunction('handled', { log: silent })
      .addStep('Work', { func, nextStep: 'End', onFailure: 'Rescue' })
      .addStep('Rescue', { func: (error) => ({ rescued: error }), nextStep: 'End' })
      .addStep('End', { func: (x) => x })
      .setStartStep('Work')

  test('the handler receives what was thrown; the run is completed and recovered', async () => {
    const error = new RangeError('off by one')
    const throwing = () => {
      throw error
    }

    const done = await handled(throwing).execute()

    expect(done).toMatchObject({ status: 'COMPLETED', recovered: true, result: { rescued: error } })
    expect(done.error).toBe(error)
    expect(done.context.Work).toBe(error)
  })

  test('a failure that nobody handles rejects, with step, cause and context', async () => {
    const sf = chain(['A', () => 1], ['B', boom], ['C', () => 3])

    const error = await rejection(sf.execute())

    expect(error).toBeInstanceOf(StepFailedError)
    expect([error.step, error.cause.message, Object.keys(error.context)]).toEqual(['B', 'boom', ['A', 'B']])
    expect([sf.status, sf.lastResult]).toEqual(['FAILED', 1])
  })

  test('a function that throws no error fails with one whose cause is what it threw', async () => {
    const sf = chain(['A', () => Promise.reject('just text')])

    const error = await rejection(sf.execute())

    expect(error.cause).toMatchObject({ message: 'just text', cause: 'just text' })
  })

  test('a promise that never settles ends with the timeout', async () => {
    const clock = createManualClock()
    const sf = new StepFunction('late', { clock, log: silent })
      .addStep('Wait', { func: () => new Promise(() => {}), timeout: '5s' })
      .setStartStep('Wait')

    const running = rejection(sf.execute())
    await clock.advance(5_000)

    expect((await running).cause).toMatchObject({ code: 'TIMEOUT' })
  })

  test('what comes after the timeout is not heard', async () => {
    const clock = createManualClock()
    let resolve: (value: string) => void = silent
    const late = () =>
      new Promise((r) => {
        resolve = r
      })
    const sf = new StepFunction('late', { clock, log: silent })
      .addStep('Wait', { func: late, timeout: 5, onFailure: 'Rescue' })
      .addStep('Rescue', { func: () => new Promise((r) => clock.timer(1_000, () => r('rescued'))) })
      .setStartStep('Wait')

    const running = sf.execute()
    await clock.advance(5_000)
    resolve('too late')
    await clock.advance(1_000)

    expect((await running).context).toMatchObject({ Wait: { code: 'TIMEOUT' }, Rescue: 'rescued' })
  })

  test('a step is tried again as its retry says', async () => {
    const attempts: number[] = []
    const clock = createManualClock()
    const sf = new StepFunction('retry', { clock, log: silent })
      .addStep('Flaky', {
        func: (_, { attempt }) => {
          attempts.push(attempt)
          if (attempt < 3) boom()
          return 'at last'
        },
        retry: { maxAttempts: 3, delay: '1m', backoff: 'fixed' },
      })
      .setStartStep('Flaky')

    const running = sf.execute()
    await clock.advance(119_999)
    expect(attempts).toEqual([1, 2])
    await clock.advance(1)

    expect((await running).result).toBe('at last')
    expect(attempts).toEqual([1, 2, 3])
  })

  test('a loop ends after maxVisits', async () => {
    const sf = new StepFunction('loop', { maxVisits: 5, log: silent })
      .addStep('Again', { func: (x) => x + 1, nextStep: 'Again' })
      .setStartStep('Again')

    const error = await rejection(sf.execute(0))

    expect(error.message).toContain('step "Again" was reached more than 5 times')
    expect(sf.lastResult).toBe(5)
  })

  test('maxVisits counts visits of a step whose branch is a function, too', async () => {
    const sf = new StepFunction('long', { log: silent })
      .addStep('Again', { func: (x) => x + 1, branch: (x) => (x < 10_500 ? 'Again' : null), maxVisits: 11_000 })
      .setStartStep('Again')

    expect((await sf.execute(0)).result).toBe(10_500)
  })

  test('a signal stops it', async () => {
    const controller = new AbortController()
    let wasTold = false
    const sf = chain([
      'Wait',
      (_, { signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            wasTold = true
          })
          setImmediate(() => controller.abort(new Error('enough')))
        }),
    ])

    const error = await rejection(sf.execute(null, { signal: controller.signal }))
    const atOnce = await rejection(sf.execute(null, { signal: AbortSignal.abort() }))

    expect([error.code, error.cause.message, wasTold, sf.status]).toEqual(['CANCELLED', 'enough', true, 'FAILED'])
    expect(atOnce.code).toBe('CANCELLED')
  })
})

describe('step functions inside', () => {
  const inner = () =>
    new StepFunction('inner')
      .addStep('Check', { func: (x) => x + 1, nextStep: 'Work' })
      .addStep('Work', {
        func: (x) => {
          if (x > 10) throw new Error('too much')
          return x * 2
        },
      })
      .setStartStep('Check')
  const outer = (settings = {}) =>
    new StepFunction('outer', { log: silent })
      .addStep('Check', { func: (x) => x, nextStep: 'Refund' })
      .addSubStepFunction('Refund', inner(), { nextStep: 'End', ...settings })
      .addStep('End', { func: (x) => x })
      .addStep('Rescue', { func: (error) => error.message })
      .setStartStep('Check')

  test('its result goes on; its context stands under its step and overwrites nothing', async () => {
    const { result, context } = await outer().execute(1)

    expect(result).toBe(4)
    expect(context).toEqual({ Check: 1, Refund: { Check: 2, Work: 4 }, End: 4 })
  })

  test("its failure is its step's, and says which step inside", async () => {
    const error = await rejection(outer().execute(50))

    expect([error.step, error.cause.step, error.cause.cause.message]).toEqual(['Refund', 'Work', 'too much'])
    expect(error.cause.context).toMatchObject({ Check: 51, Work: { message: 'too much' } })
  })

  test('its failure can be handled', async () => {
    const { result, recovered } = await outer({ onFailure: 'Rescue' }).execute(50)

    expect([result, recovered]).toEqual(['step "Work" of "outer > Refund" failed: too much', true])
  })

  test('a change inside counts at the next execution', async () => {
    const sub = chain(['A', () => 1])
    const sf = new StepFunction('outer', { log: silent }).addSubStepFunction('Sub', sub).setStartStep('Sub')
    await sf.execute()

    sub.addStep('B', { func: () => 2 }).setStartStep('B')

    expect((await sf.execute()).result).toBe(2)
  })
})

describe('what is put together wrongly', () => {
  const sf = () => new StepFunction('wrong', { log: silent })
  const func = () => 1
  const codes = (of: StepFunction) => of.validate().map(({ level, code }) => `${level} ${code}`)

  test('is refused where it is written', () => {
    expect(() => sf().addStep('A', { func }).addStep('A', { func })).toThrow('there is a step "A" already')
    expect(() => sf().addStep('A', { func, branch: { a: 'B' }, nextStep: 'B' })).toThrow('both "branch" and "nextStep"')
    expect(() => sf().addStep('A', { func, next_step: 'B' } as never)).toThrow('did you mean "nextStep"?')
    expect(() => sf().addStep('A', { func: { a: func } })).toThrow('add "parallel: true"')
    expect(() => sf().addStep('A', { func, parallel: true })).toThrow('record of functions')
    expect(() => sf().addStep('A', { func: 7 } as never)).toThrow('must be a function, not 7')
    expect(() => sf().addStep('A', { func, timeout: 'soon' } as never)).toThrow('must be a duration')
    expect(() => sf().addStep('A', { func, stopOnFailure: true })).toThrow('not parallel')
    expect(() => sf().addStep('', { func })).toThrow('must be a text that is not empty')
    expect(() => sf().addStep('A#branch', { func })).toThrow('kept for the engine')
    expect(() => sf().addSubStepFunction('A', {} as never)).toThrow('needs a StepFunction')
    expect(() => sf().addStep('A', func as never)).toThrow('needs its options as an object, such as { func }')
    expect(() => sf().addStep('A', {} as never)).toThrow('"func" of step "A" must be a function, not nothing')
    expect(() => sf().addStep('A', { func, branch: {} })).toThrow('"branch" of step "A" is empty')
    expect(() => sf().addStep('A', { func, branch: new Map([[true, 'A']]) } as never)).toThrow('is empty')
  })

  test('takes no word for true or false', () => {
    const all = { func: { a: func }, parallel: true }

    expect(() => sf().addStep('A', { ...all, parallel: 'false' } as never)).toThrow(
      '"parallel" of step "A" must be true',
    )
    expect(() => sf().addStep('A', { ...all, stopOnFailure: 'no' } as never)).toThrow(
      '"stopOnFailure" of step "A" must',
    )
    expect(() => sf().addStep('A', { func, retry: { jitter: 'yes' } } as never)).toThrow('"jitter" of step "A" must')
  })

  test('has no name that could not be a part of a path', () => {
    expect(() => sf().addStep('\ud800', { func })).toThrow('must be well-formed text')
    expect(() => sf().addStep('a\0b', { func })).toThrow('must be well-formed text')
    expect(() => new StepFunction('half \udc00')).toThrow('must be well-formed text')
  })

  test('cannot come in later, by what `steps` shows', () => {
    const { A } = sf().addStep('A', { func }).steps

    expect(() => Object.assign(A as object, { next: 'B' })).toThrow(TypeError)
    expect(() => new StepFunction('x', { hook: {} } as never)).toThrow('did you mean "hooks"?')
  })

  test('unknown targets and a missing start are errors, unreachable steps warnings', () => {
    expect(codes(sf())).toEqual(['error NO_STEPS'])
    expect(codes(sf().addStep('A', { func }))).toEqual(['error MISSING_START'])
    expect(codes(sf().addStep('A', { func, nextStep: 'B', onFailure: 'C' }).setStartStep('D'))).toEqual([
      'error UNKNOWN_STEP',
      'error UNKNOWN_STEP',
      'error UNKNOWN_STEP',
    ])
    expect(
      codes(
        sf()
          .addStep('A', { func, branch: { x: 'B', default: 'C' } })
          .setStartStep('A'),
      ),
    ).toHaveLength(2)
    expect(codes(sf().addStep('A', { func }).addStep('B', { func }).setStartStep('A'))).toEqual([
      'warning UNREACHABLE_STEP',
    ])
  })

  test('errors keep it from being executed; unreachable steps do not', async () => {
    let calls = 0
    const broken = sf()
      .addStep('A', { func: () => calls++, nextStep: 'Bee' })
      .addStep('B', { func })
      .setStartStep('A')

    const error: FlowError = await rejection(broken.execute())

    expect([error.code, calls]).toEqual(['INVALID_FLOW', 0])
    expect(error.message).toContain('"nextStep" of step "A" is "Bee", which is not a step')
    expect((await sf().addStep('A', { func }).addStep('B', { func }).setStartStep('A').execute()).result).toBe(1)
  })

  test('a step function that contains itself is an error', () => {
    const loop = sf()
    loop.addSubStepFunction('Self', loop).setStartStep('Self')

    expect(codes(loop)).toEqual(['error RECURSION'])
  })
})

describe('hooks', () => {
  test('are told of everything in order, and harm nothing', async () => {
    const told: string[] = []
    const note = (name: string) => (event: any) => {
      told.push([name, event.step, event.task, event.nextStep].filter(Boolean).join(' '))
      throw new Error('a bad hook')
    }
    const sf = new StepFunction('told', {
      log: silent,
      hooks: {
        onWorkflowStart: note('workflow start'),
        onStepStart: note('start'),
        onStepSuccess: note('success'),
        onStepFailure: note('failure'),
        onWorkflowEnd: async () => {
          throw new Error('another')
        },
      },
    })
      .addStep('A', { func: () => 1, nextStep: 'P' })
      .addStep('P', { func: { x: () => 1, y: boom }, parallel: true, nextStep: 'B' })
      .addStep('B', { func: boom, onFailure: 'C' })
      .addStep('C', { func: () => 2 })
      .setStartStep('A')

    expect((await sf.execute()).result).toBe(2)
    expect(told).toEqual([
      'workflow start',
      'start A',
      'success A P',
      'start P',
      'start P x',
      'success P x',
      'start P y',
      'failure P y',
      'success P B',
      'start B',
      'failure B C',
      'start C',
      'success C',
    ])
  })

  test('events carry input, output or error, and times', async () => {
    const events: any[] = []
    const clock = createManualClock(1_000)
    const wait = () => new Promise((r) => clock.timer(250, () => r('out')))
    const sf = new StepFunction('timed', {
      clock,
      hooks: { onStepSuccess: (e) => events.push(e), onWorkflowEnd: (e) => events.push(e) },
    })
      .addStep('A', { func: wait })
      .setStartStep('A')

    const running = sf.execute('in')
    await clock.advance(250)
    await running

    const times = { startedAt: 1_000, finishedAt: 1_250, durationMs: 250 }
    expect(events).toEqual([
      { workflow: 'timed', step: 'A', input: 'in', output: 'out', ...times },
      { workflow: 'timed', status: 'COMPLETED', input: 'in', output: 'out', ...times },
    ])
  })
})

describe('as JSON and as a drawing', () => {
  const functions = {
    parse: (x: number) => x,
    check: (x: number) => (x > 1 ? 'big' : 'small'),
    pick: (x: unknown) => (x === 'odd' ? 'End' : null),
    one: () => 1,
    two: () => 2,
    end: (x: unknown) => x,
  }
  const full = () =>
    new StepFunction('full', { maxVisits: 7 })
      .addStep('Parse', {
        func: functions.parse,
        nextStep: 'Check',
        onFailure: 'End',
        retry: { maxAttempts: 2 },
        timeout: '3s',
      })
      .addStep('Check', { func: functions.check, branch: { big: 'Both', small: 'Pick', default: 'End' } })
      .addStep('Both', {
        func: { one: functions.one, two: functions.two },
        parallel: true,
        stopOnFailure: true,
        nextStep: 'End',
      })
      .addStep('Pick', { func: functions.end, branch: functions.pick })
      .addSubStepFunction('Sub', chain(['Inner', functions.one]))
      .addStep('End', { func: functions.end, maxVisits: 3 })
      .setStartStep('Parse')

  test('what was written is read back the same, and runs the same', async () => {
    const spec = JSON.parse(JSON.stringify(full()))

    const read = StepFunction.fromJSON(spec, functions)

    expect(read.toJSON()).toEqual(spec)
    expect((await read.execute(5)).result).toEqual({ one: 1, two: 2 })
  })

  test('a function written in place is called as its step', () => {
    expect(JSON.parse(JSON.stringify(chain(['A', () => 1]))).steps).toEqual({ A: { func: 'A' } })
  })

  test('a function that was not given is named', () => {
    const spec = full().toJSON()

    expect(() => StepFunction.fromJSON(spec, {})).toThrow('names the function "parse", which was not given')
    expect(() => StepFunction.fromJSON({ ...spec, step: 1 } as never, functions)).toThrow('has no option "step"')
    expect(() => StepFunction.fromJSON(spec, undefined as never)).toThrow('needs the functions by their names')
  })

  test('what is wrong in JSON is refused with its place', () => {
    const read = (A: object) => StepFunction.fromJSON({ name: 'x', steps: { A } } as never, functions)

    expect(() => read({})).toThrow('"func" of step "A" of "x" must be the name of a function, not nothing')
    expect(() => read({ func: { t: 5 }, parallel: true })).toThrow('task "t" of step "A" of "x" must be the name')
    expect(() => read({ func: { t: 'one' }, parallel: 'true' })).toThrow('"parallel" of step "A" must be true or false')
  })

  test('the longest time is read back', () => {
    const spec = new StepFunction('long').addStep('A', { func: functions.one, timeout: 1e20 }).toJSON()

    expect(StepFunction.fromJSON(JSON.parse(JSON.stringify(spec)), functions).toJSON()).toEqual(spec)
  })

  test('what has no end is refused', () => {
    const loop = new StepFunction('loop')
    loop.addSubStepFunction('Self', loop).setStartStep('Self')
    let deep: any = chain(['A', functions.one]).toJSON()
    for (let i = 0; i < 20_000; i++) deep = { name: 'deep', startStep: 'S', steps: { S: { subStepFunction: deep } } }

    expect(() => loop.toJSON()).toThrow('"loop" contains itself')
    expect(() => StepFunction.fromJSON(deep, functions)).toThrow('more than 200 levels deep')
  })

  test('drawings show what leads where', () => {
    const mermaid = full().visualize()

    expect(mermaid).toMatch(/Check -->\|"big"\| Both/)
    expect(mermaid).toMatch(/Parse -\.->\|"failure"\| step_End/)
    expect(mermaid).toMatch(/Pick -->\|"End"\| step_End/)
    expect(full().visualize({ format: 'dot' })).toMatch(/^digraph/)
    expect(full().visualize({ format: 'svg' })).toMatch(/^<svg/)
    expect(() => full().visualize({ format: 'png' as never })).toThrow('there are mermaid, dot and svg')
  })
})
