// Claims about step functions in programs that do unusual things: answer with odd promises, change between runs, give
// wrong options, print what they get.

import { inspect } from 'node:util'
import { createEngine, defineFlow, FlowError, Park, run, runOutcome, Skip, StepFunction } from 'stepflow'
import { describe, expect, test } from 'vitest'

const sf = (options = {}) => new StepFunction('w', { log: () => {}, ...options })
const one = (func: (...args: any[]) => unknown, options = {}) => sf(options).addStep('A', { func }).setStartStep('A')
const boom = () => {
  throw new Error('boom')
}

async function rejection(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    () => {
      throw new Error('it did not reject')
    },
    (error) => error,
  )
}

describe('a thenable that is no promise', () => {
  const late = (value: unknown) => ({ then: (resolve: (value: unknown) => void) => setImmediate(resolve, value) })
  const silent = (value: unknown) => ({ then: (resolve: (value: unknown) => void) => void late(value).then(resolve) })

  test('is waited for, though its `then` returns nothing', async () => {
    expect((await one(() => silent('late')).execute()).result).toBe('late')
    expect(
      await run(
        one(() => silent('late')),
        null,
      ),
    ).toBe('late')
  })

  test('fails the step with what it throws or rejects with', async () => {
    const throwing = { then: boom }
    const rejecting = { then: (_: unknown, reject: (why: Error) => void) => void reject(new Error('boom')) }

    for (const answer of [throwing, rejecting]) {
      expect(await rejection(one(() => answer).execute())).toMatchObject({ step: 'A', cause: { message: 'boom' } })
      const flow = defineFlow('f', {}, ({ step }) => step('A', () => answer))
      expect(await runOutcome(flow, null)).toMatchObject({ error: { step: 'A', message: 'boom' } })
    }
  })

  test('may be what a task, a branch or a step of a branch by result answers', async () => {
    const all = sf()
      .addStep('P', { func: { x: () => silent(1) }, parallel: true, nextStep: 'B' })
      .addStep('B', { func: () => silent('there'), branch: { there: 'C' } })
      .addStep('C', { func: () => 1, branch: (() => silent('D')) as never })
      .addStep('D', { func: () => 'end' })
      .setStartStep('P')

    expect(await all.execute()).toMatchObject({ result: 'end', context: { P: { x: 1 }, B: 'there' } })
    expect(await run(all, null)).toBe('end')
  })
})

describe('a step function that changed', () => {
  const grown = () => {
    const inner = sf()
      .addStep('X', { func: () => 1 })
      .setStartStep('X')
    const outer = new StepFunction('outer', { log: () => {} }).addSubStepFunction('S', inner).setStartStep('S')
    const grow = () => inner.addStep('Y', { func: () => 2 }).setStartStep('Y')
    return { outer, grow }
  }

  test('runs as it is now, by `run` and by an engine that knew it before', async () => {
    const engine = createEngine()
    for (const go of [run, engine.run.bind(engine)] as (typeof run)[]) {
      const { outer, grow } = grown()
      expect(await go(outer, null)).toBe(1)
      grow()
      expect(await go(outer, null)).toBe(2)
    }
    await engine.close()
  })

  test('collides with another of its name all the same', async () => {
    const engine = createEngine()
    await engine.run(
      one(() => 1),
      null,
    )

    await expect(
      engine.run(
        one(() => 2),
        null,
      ),
    ).rejects.toThrow('brings another function for /local/w/A')
    await engine.close()
  })

  test('leaves nothing behind where it is refused', async () => {
    const engine = createEngine()
    const named = (step: string) => sf().addStep(step, { func: () => step, nextStep: 'Z' })
    const ended = (step: string) =>
      named(step)
        .addStep('Z', { func: (x) => x })
        .setStartStep(step)
    await engine.run(ended('A'), null)

    await expect(engine.run(ended('B'), null)).rejects.toThrow('/local/w/Z')
    expect(
      await engine.run(
        sf()
          .addStep('B', { func: () => 'another' })
          .setStartStep('B'),
        null,
      ),
    ).toBe('another')
    await engine.close()
  })
})

describe('a failure', () => {
  test('whose handler leads back to its step ends as a failure of that step', async () => {
    for (const loop of [
      sf({ maxVisits: 3 }).addStep('A', { func: boom, onFailure: 'A' }),
      sf({ maxVisits: 3 })
        .addStep('A', { func: boom, onFailure: 'B' })
        .addStep('B', { func: () => 1, nextStep: 'A', maxVisits: 100 }),
    ]) {
      const error = await rejection(loop.setStartStep('A').execute())

      expect(error).toMatchObject({ name: 'StepFailedError', step: 'A' })
      expect(error.message).toContain('step "A" was reached more than')
      expect(error.message).not.toContain('#')
    }
  })

  test('that was handled inside leaves the whole recovered', async () => {
    const inner = sf()
      .addStep('X', { func: boom, onFailure: 'Y' })
      .addStep('Y', { func: () => 'rescued' })
      .setStartStep('X')

    const done = await sf().addSubStepFunction('S', inner).setStartStep('S').execute()

    expect(done).toMatchObject({ result: 'rescued', recovered: true, error: new Error('boom') })
    expect(done.context).toEqual({ S: { X: new Error('boom'), Y: 'rescued' } })
  })

  test('by its own timeout leaves a parallel step with stopOnFailure the results that were ready', async () => {
    const func = { fast: () => 1, slow: () => new Promise(() => {}) }
    const timed = sf().addStep('P', { func, parallel: true, stopOnFailure: true, timeout: '5ms' }).setStartStep('P')

    const error = await rejection(timed.execute())

    expect(error).toMatchObject({ step: 'P', cause: { code: 'TIMEOUT' }, results: { fast: 1 }, errors: {} })
  })

  test('of a function whose step is tried again counts no more', async () => {
    let calls = 0
    const again = () => (++calls === 1 ? boom() : new Promise(() => {}))
    const inner = sf().addStep('X', { func: again, retry: { maxAttempts: 2, delay: '1ms' }, timeout: '5ms' })

    const error = await rejection(sf().addSubStepFunction('S', inner.setStartStep('X')).setStartStep('S').execute())

    expect(error.cause.cause).toMatchObject({ code: 'TIMEOUT' })
  })
})

test('no line of a log names what the compiler added', async () => {
  const lines: string[] = []
  const log = (_: string, message: string) => void lines.push(message)
  await sf({ log })
    .addStep('A', { func: boom, onFailure: 'B' })
    .addStep('B', { func: () => 1, branch: () => undefined })
    .setStartStep('A')
    .execute()

  expect(lines).toEqual(['step "B": its branch chose nothing: the workflow ends here'])
})

describe('wrong options', () => {
  const refused = async (go: () => unknown, ...words: string[]) => {
    const error = await rejection((async () => go())())
    expect(error).toBeInstanceOf(FlowError)
    for (const word of words) expect(error.message).toContain(word)
  }
  const fine = one(() => 1)

  test('of an execution are refused before it begins', async () => {
    await refused(() => fine.execute(null, { sginal: 1 } as never), 'execute of "w"', 'did you mean "signal"?')
    await refused(() => fine.execute(null, { signal: 'x' } as never), '"signal"', 'must be an AbortSignal')
    await refused(() => fine.execute(null, null as never), 'must be an object, not null')
    await refused(() => fine.execute(null, new AbortController().signal as never), 'not the signal itself')
    expect(fine.status).toBe('INITIALIZED')
  })

  test('of a drawing are refused', async () => {
    await refused(() => fine.visualize('svg' as never), "{ format: 'svg' }", 'must be an object, not "svg"')
    await refused(() => fine.visualize({ fromat: 'svg' } as never), 'did you mean "format"?')
    await refused(() => fine.visualize({ format: 'png' } as never), 'there are mermaid, dot and svg')
  })

  test('of a step function are refused', async () => {
    await refused(
      () => sf({ hooks: { onStepStart: 'x' } }),
      '"onStepStart" of "hooks" of step function "w"',
      'a function',
    )
    await refused(() => sf({ hooks: { onStepBegin: () => {} } }), 'has no option "onStepBegin"')
    await refused(() => sf({ hooks: [] }), '"hooks"')
    await refused(() => sf({ log: 'x' }), '"log" of step function "w" must be a function')
    await refused(() => sf({ clock: {} }), 'must be a clock')
    await refused(() => new StepFunction('w', null as never), 'must be an object, not null')
  })
})

describe('what is printed', () => {
  test('of a result is its context, too', async () => {
    const done = await one(() => 1).execute()

    expect(inspect(done)).toBe("{ status: 'COMPLETED', result: 1, context: { A: 1 } }")
    expect({ ...done }).toEqual({ status: 'COMPLETED', result: 1, context: { A: 1 } })
    expect(JSON.stringify(done)).toBe('{"status":"COMPLETED","result":1,"context":{"A":1}}')
  })

  test('of what a function is told is what it may ask for, and nothing of the engine', async () => {
    const seen: unknown[] = []
    await one((_, context) => void seen.push(inspect(context), { ...context }, JSON.stringify(context))).execute()

    expect(seen).toEqual([expect.stringMatching(/^\{\s+signal: .*attempt: 1,.*results: \{\},.*\}$/s), {}, '{}'])
    expect(seen[0]).not.toContain('stepId')
  })
})

test.each([
  ['a Skip', () => new Skip('not today'), 'step "A" returned a Skip'],
  ['a Park', async () => new Park({ until: 0 }), 'step "A" returned a Park'],
])('a step that returns %s fails and says what to do', async (_, func, message) => {
  const error = await rejection(one(func).execute())

  expect(error.cause.message).toContain(message)
  await expect(createEngine().run(one(func), null)).rejects.toThrow(message)
})
