// Typed flows as programs use them.

import {
  component,
  createEngine,
  createMemoryStore,
  defineFlow,
  run,
  runBatch,
  runOutcome,
  StepFunction,
  shape,
} from 'stepflow'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { PROGRAM } from '../src/library/program.ts'

const User = z.object({ name: z.string(), tier: z.string(), active: z.boolean(), nick: z.string().optional() })
const fetchUser = component('fetch_user', { input: z.object({ id: z.string() }), output: User }, async ({ id }) => ({
  name: `user ${id}`,
  tier: 'gold',
  active: id !== 'u0',
}))
const scoreUser = component(
  'score_user',
  { input: z.object({ user: User, premium: z.string() }), output: z.number() },
  ({ premium }) => (premium === 'gold' ? 10 : 1),
)
const enrich = defineFlow('enrich', { input: z.object({ userId: z.string() }) }, ({ input, step }) => {
  const user = step('user', fetchUser, { id: input.userId })
  const score = step('score', scoreUser, { user, premium: user.tier }, { retry: { maxAttempts: 3 }, when: user.active })
  return { name: user.name, score }
})

describe('a flow', () => {
  test('gives what its function returns, with values in place of references', async () => {
    expect(await run(enrich, { userId: 'u1' })).toEqual({ name: 'user u1', score: 10 })
  })

  test('that is skipped gives undefined', async () => {
    expect(await run(enrich, { userId: 'u0' })).toBe(undefined)
    expect(await runOutcome(enrich, { userId: 'u0' })).toMatchObject({ outcome: 'skipped' })
  })

  test('refuses an input that does not fit its schema, with the path of each violation', async () => {
    const outcome = await runOutcome(enrich, { userId: 7 } as never)

    expect(outcome).toMatchObject({
      outcome: 'failed',
      error: { code: 'INVALID_INPUT', data: { violations: [{ path: '$.userId' }] } },
    })
  })

  test('fails with the error of its step', async () => {
    const fail = () => {
      throw new TypeError('no')
    }
    const flow = defineFlow('failing', {}, ({ step }) => step('bad', fail))

    await expect(run(flow, null)).rejects.toMatchObject({ code: 'COMPONENT_FAILED', message: 'step "bad": no' })
  })

  test('passes any value by reference', async () => {
    const made = new Map()
    const flow = defineFlow('reference', {}, ({ step }) => step('make', () => made))

    expect(await run(flow, null)).toBe(made)
  })

  test('runs steps that do not depend on one another at the same time', async () => {
    let running = 0
    let most = 0
    const slow = async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
    }
    const flow = defineFlow('fan', {}, ({ step }) => ({ a: step('a', slow), b: step('b', slow), c: step('c', slow) }))

    await run(flow, null)

    expect(most).toBe(3)
  })

  test('gives its steps what the schema makes of the input', async () => {
    const flow = defineFlow('defaults', { input: z.object({ n: z.coerce.number().default(3) }) }, ({ input, step }) =>
      step('double', (n: number) => n * 2, input.n),
    )

    expect(await run(flow, {})).toBe(6)
    expect(await run(flow, { n: '4' })).toBe(8)
  })

  test('checks its input before the first step, whether or not a step reads it', async () => {
    const ran: string[] = []
    const define = (onFailure: 'stop' | 'continue') =>
      defineFlow(`checked_${onFailure}`, { input: z.object({ id: z.string() }), onFailure }, ({ input, step }) => {
        const note = (name: string) => () => void ran.push(name)
        const a = step('a', note('a'))
        step('b', note('b'), undefined, { needs: [a], triggerRule: 'all_done' })
        step('c', note('c'), input.id as never, { onError: { default: null as never } })
      })

    for (const flow of [define('stop'), define('continue')]) {
      expect(await runOutcome(flow, { id: 7 } as never)).toMatchObject({ error: { code: 'INVALID_INPUT' } })
    }
    expect(ran).toEqual([])
    await run(define('stop'), { id: 'x' })
    expect(ran.sort()).toEqual(['a', 'b', 'c'])
  })

  test('that reads nothing of its input checks it all the same', async () => {
    const flow = defineFlow('unread', { input: z.object({ id: z.string() }) }, () => 1)

    expect(await runOutcome(flow, { id: 7 } as never)).toMatchObject({ error: { code: 'INVALID_INPUT' } })
  })

  test('waits for a schema that answers with a promise of any kind', async () => {
    const later = (value: unknown) => ({ then: (take: (result: object) => void) => take({ value }) })
    const schema = { '~standard': { version: 1, vendor: 'own', validate: later } }

    expect(
      await run(
        defineFlow('later', { input: schema as never }, ({ input }) => input),
        5 as never,
      ),
    ).toBe(5)
  })

  test('takes JSON Schema and other libraries as well', async () => {
    const json = defineFlow(
      'json',
      { input: { type: 'object', properties: { n: { type: 'number', default: 2 } } } },
      ({ step }) =>
        step(
          'one',
          component('one', { output: { type: 'number' } }, () => 'no number'),
        ),
    )
    const valibot = defineFlow('valibot', { input: v.object({ n: v.number() }) }, ({ input }) => input.n)

    expect(await runOutcome(json, { n: 'x' })).toMatchObject({ error: { code: 'INVALID_INPUT' } })
    expect(await runOutcome(json, {})).toMatchObject({
      error: { code: 'COMPONENT_FAILED', message: expect.stringContaining('the result of component "one"') },
    })
    expect(await run(valibot, { n: 5 })).toBe(5)
  })
})

describe('choices', () => {
  test('cond runs only what is chosen', async () => {
    const ran: string[] = []
    const note = (name: string) => () => {
      ran.push(name)
      return { name }
    }
    const flow = defineFlow('cond', { input: shape<{ first: boolean }>() }, ({ input, step, cond }) => {
      const chosen = cond(input.first, step('a', note('a')), step('b', note('b')))
      return { whole: chosen, field: chosen.name }
    })

    expect(await run(flow, { first: false })).toEqual({ whole: { name: 'b' }, field: 'b' })
    expect(ran).toEqual(['b'])
  })

  test('coalesce passes over null and skipped steps', async () => {
    const flow = defineFlow(
      'coalesce',
      { input: shape<{ nick?: string; ask: boolean }>() },
      ({ input, step, coalesce }) => {
        const asked = step('asked', () => 'asked', undefined, { when: input.ask })
        return coalesce(input.nick, asked, 'nobody')
      },
    )

    expect(await run(flow, { nick: 'Bob', ask: true })).toBe('Bob')
    expect(await run(flow, { ask: true })).toBe('asked')
    expect(await run(flow, { ask: false })).toBe('nobody')
  })

  test('a step whose input has another value in place of a skipped step runs', async () => {
    const flow = defineFlow('instead', {}, ({ step, coalesce, forEach }) => {
      const none = step('none', () => ['some'], undefined, { when: false })
      const list = coalesce(none, ['other'])
      return {
        given: step('given', (x: { list: string[] }) => x.list, { list }),
        asked: step('asked', () => 'asked', undefined, { when: coalesce(none, true) }),
        each: forEach(list, (item) => item),
        inside: forEach(['x'], (item) => ({ item, first: coalesce(none, ['inner']) })),
        without: coalesce(
          forEach(['x'], (item) => ({ item, first: none })),
          'skipped',
        ),
      }
    })

    expect(await run(flow, null)).toEqual({
      given: ['other'],
      asked: 'asked',
      each: ['other'],
      inside: [{ item: 'x', first: ['inner'] }],
      without: 'skipped',
    })
  })

  test('made around a forEach run only what is chosen, once', async () => {
    const ran: string[] = []
    const note = (name: string) => () => {
      ran.push(name)
      return { name }
    }
    const flow = defineFlow('around', { input: shape<boolean>() }, ({ input, step, cond, coalesce, forEach }) => {
      const chosen = cond(input, step('a', note('a')), step('b', note('b')))
      const first = coalesce(step('c', note('c')), step('d', note('d')))
      return forEach([1, 2], (item) => forEach([3], () => ({ item, chosen, name: chosen.name, first })))
    })

    const of = (item: number) => [{ item, chosen: { name: 'b' }, name: 'b', first: { name: 'c' } }]
    expect(await run(flow, false)).toEqual([of(1), of(2)])
    expect(ran.sort()).toEqual(['b', 'c'])
  })

  test('that read the choice before them twice, however many levels of them, stay as small as they are written', async () => {
    const flow = (levels: number) =>
      defineFlow('levels', { input: shape<number>() }, ({ input, step, cond, coalesce }: any) => {
        let at = step('first', (x: unknown) => x, input)
        for (let level = 0; level < levels; level++) at = level % 2 === 0 ? cond(at, at, 'none') : coalesce(at, at)
        return { whole: at, again: at }
      })
    const few = flow(100)
    const many = flow(200)

    expect(await run(many, 7)).toEqual({ whole: 7, again: 7 })
    expect(await run(many, 0)).toEqual({ whole: 'none', again: 'none' })
    expect(JSON.stringify(planOf(many)).length).toBeLessThan(3 * JSON.stringify(planOf(few)).length)
    expect(many.toYAML().length).toBeLessThan(3 * few.toYAML().length)
    expect(() => flow(201)).toThrow('nests more than 200 choices; make some of them in a step')
  })

  test('of fields of choices have steps of their own', async () => {
    const flow = defineFlow('fields', {}, ({ step, cond, coalesce }) => {
      const a = step('a', () => ({ b: { c: 1 } }))
      return cond(true, coalesce(a, null).b, null).c
    })

    expect(await run(flow, null)).toBe(1)
  })

  test('that a step makes after failures has null in their place, also when it is read twice', async () => {
    const flow = defineFlow('after', { onFailure: 'continue' }, ({ step, coalesce }) => {
      const failed = step('failed', (): string => {
        throw new Error('no')
      })
      const inner = coalesce(failed, 'instead')
      const list = [coalesce(inner, 'a'), coalesce(inner, 'b')]
      return coalesce(step('reads', (x: string[]) => x, list, { triggerRule: 'all_done' }))
    })

    expect(await run(flow, null)).toEqual(['instead', 'instead'])
  })

  test('onError: what a coalesce in a default reads may be skipped', async () => {
    const fail = (): string => {
      throw new Error('no')
    }
    const flow = defineFlow('default', { input: shape<boolean>() }, ({ input, step, coalesce }) => {
      const other = step('other', () => 'other', undefined, { when: input })
      const chosen = step('chosen', fail, undefined, { onError: { default: coalesce(other, 'instead') } })
      const needed = step('needed', fail, undefined, { onError: { default: other } })
      const after = step('after', fail, undefined, {
        triggerRule: 'all_done',
        onError: { default: { other } as never },
      })
      return { chosen, needed: coalesce(needed, 'skipped'), after }
    })

    expect(await run(flow, true)).toEqual({ chosen: 'other', needed: 'other', after: { other: 'other' } })
    expect(await run(flow, false)).toEqual({ chosen: 'instead', needed: 'skipped', after: { other: null } })
  })

  test('onError gives a value or a skip, needs orders, and a rule follows failures', async () => {
    const fail = () => {
      throw new Error('no')
    }
    const order: string[] = []
    const flow = defineFlow('errors', {}, ({ step, coalesce }) => {
      const late = step('late', async () => {
        await null
        order.push('late')
      })
      step('after', () => void order.push('after'), undefined, { needs: [late] })
      const bad = step('bad', fail)
      step('cleanup', () => void order.push('cleanup'), undefined, { needs: [bad], triggerRule: 'one_failed' })
      return {
        value: step('value', fail, undefined, { onError: { default: 'instead' as never } }),
        skipped: coalesce(step('skipped', fail, undefined, { onError: 'skip' }), 'skipped'),
      }
    })

    expect(await run(flow, null)).toEqual({ value: 'instead', skipped: 'skipped' })
    expect(order.sort()).toEqual(['after', 'cleanup', 'late'])
  })
})

describe('forEach', () => {
  test('gives the list of what each element gives, and sees what is around it', async () => {
    const flow = defineFlow(
      'each',
      { input: shape<{ add: number; list: { n: number }[] }>() },
      ({ input, step, forEach }) => {
        const base = step('base', () => ({ ten: 10 }))
        return forEach(input.list, (item, index) => {
          const sum = step('sum', (x: { a: number; b: number; c: number }) => x.a + x.b + x.c, {
            a: item.n,
            b: base.ten,
            c: input.add,
          })
          return { sum, index }
        })
      },
    )

    expect(await run(flow, { add: 100, list: [{ n: 1 }, { n: 2 }] })).toEqual([
      { sum: 111, index: 0 },
      { sum: 112, index: 1 },
    ])
  })

  test('may stand in another, and may keep failures in their place', async () => {
    const flow = defineFlow('nested', { input: shape<number[][]>() }, ({ input, step, forEach }) =>
      forEach(
        input,
        (row, y) =>
          forEach(row, (cell, x) =>
            step(
              'cell',
              (at: { cell: number; x: number; y: number }) => {
                if (at.cell < 0) throw new Error('negative')
                return `${at.y},${at.x}:${at.cell}`
              },
              { cell, x, y },
            ),
          ),
        { onItemError: 'continue' },
      ),
    )

    expect(await run(flow, [[1, 2], [-3]])).toEqual([
      ['0,0:1', '0,1:2'],
      { error: { code: 'COMPONENT_FAILED', message: 'negative' } },
    ])
  })
})

describe('flows in flows', () => {
  test('a flow, or a step function, can be a step', async () => {
    const sf = new StepFunction<string, string>('shout')
      .addStep('Up', { func: (x: string) => x.toUpperCase() })
      .setStartStep('Up')
    const outer = defineFlow('outer', { input: shape<string>() }, ({ input, step }) => {
      const sub = step('sub', enrich, { userId: input })
      return { sub, loud: step('loud', sf, sub.name) }
    })

    expect(await run(outer, 'u7')).toEqual({ sub: { name: 'user u7', score: 10 }, loud: 'USER U7' })
  })

  test('a flow and one inside it may each have a component of one name, and each calls its own', async () => {
    const times = (factor: number) => component('multiply', { input: shape<number>() }, (n) => n * factor)
    const inner = defineFlow('inner', { input: shape<number>() }, ({ input, step }) => step('m', times(10), input))
    const outer = defineFlow('outer', { input: shape<number>() }, ({ input, step }) =>
      step('sub', inner, step('m', times(2), input)),
    )
    const engine = createEngine({ flows: [outer] })

    expect(await run(outer, 3)).toBe(60)
    expect(await engine.run(outer, 3)).toBe(60)
    await engine.close()
  })

  test('they may stand in any order, also in a loop', async () => {
    const times = (factor: number) => component('multiply', { input: shape<number>() }, (n) => n * factor)
    const inner = (factor: number) =>
      defineFlow(`inner${factor}`, { input: shape<number>() }, ({ input, step }) => step('m', times(factor), input))
    const own = times(2)
    const outer = defineFlow('outer', { input: shape<number>() }, ({ input, step, forEach }) => {
      const first = step('first', inner(10), input)
      const each = forEach([1], () => step('each', own, first))
      return { first, each, other: step('other', inner(100), input), last: step('last', own, input) }
    })

    expect(await run(outer, 3)).toEqual({ first: 30, each: [60], other: 300, last: 6 })
  })
})

describe('batches', () => {
  const slowOnOdd = defineFlow('batch', { input: shape<number>() }, ({ input, step }) =>
    step(
      'work',
      async (n: number) => {
        if (n === 3) throw new Error('three')
        if (n % 2) await new Promise((resolve) => setTimeout(resolve, 20))
        return n * 10
      },
      input,
    ),
  )

  async function* numbers() {
    yield* [1, 2, 3, 4]
  }

  test('give results in the order of the inputs', async () => {
    const results = await all(runBatch(slowOnOdd, numbers()))

    expect(results.map(({ index, outcome }) => [index, outcome.outcome])).toEqual([
      [0, 'success'],
      [1, 'success'],
      [2, 'failed'],
      [3, 'success'],
    ])
  })

  test('or as they end', async () => {
    const order: number[] = []

    for await (const { index } of runBatch(slowOnOdd, [1, 2, 4], { order: 'completion' })) order.push(index)

    expect(order.at(-1)).toBe(0)
  })

  test('a reader that leaves stops the rest', async () => {
    let started = 0
    const flow = defineFlow('endless', { input: shape<number>() }, ({ input, step }) =>
      step('count', (_: number) => ++started, input),
    )
    function* endless() {
      for (let i = 0; ; i++) yield i
    }

    for await (const { index } of runBatch(flow, endless())) if (index === 5) break

    expect(started).toBeLessThan(100_000)
  })
})

describe('an engine', () => {
  test('keeps its runs in the store that it is given', async () => {
    const store = createMemoryStore()
    const engine = createEngine({ store })

    const output = await engine.run(enrich, { userId: 'u1' })
    const [row] = (await store.runs.list()).rows

    expect([output, row?.status]).toEqual([{ name: 'user u1', score: 10 }, 'completed'])
    await engine.close()
  })

  test('that does not have the functions of a plan answers COMPONENT_NOT_FOUND', async () => {
    const plan = planOf(enrich)
    const engine = createEngine()

    const handle = await engine.submit(plan, [{ userId: 'u1' }])

    const [{ outcome }] = (await all(handle.results())) as any
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'COMPONENT_NOT_FOUND' } })
    expect(outcome.error.message).toContain('give its flow to createEngine({ flows: [...] })')
  })

  test('refuses two functions of one path', async () => {
    const make = (answer: number) => defineFlow('same', {}, ({ step }) => step('a', () => answer))
    const engine = createEngine({ flows: [make(1)] })

    await expect(engine.run(make(2), null)).rejects.toThrow('brings another function')
  })

  test('calls plugins by their name', async () => {
    const flow = defineFlow('plugged', {}, ({ step }) => step('a', '/math/double', 21))
    const plugin = {
      name: 'math',
      components: () => [],
      resolve: (name: string) =>
        name === '/double' ? { info: { name }, call: (x: unknown) => (x as number) * 2 } : undefined,
    }

    expect(await createEngine({ plugins: [plugin] }).run(flow, null)).toBe(42)
    expect(await runOutcome(flow, null)).toMatchObject({ error: { code: 'COMPONENT_NOT_FOUND' } })
  })

  test('a signal stops a run', async () => {
    const flow = defineFlow('waiting', {}, ({ step }) => step('wait', () => new Promise(() => {})))
    const controller = new AbortController()

    const running = runOutcome(flow, null, { signal: controller.signal })
    setImmediate(() => controller.abort())

    expect(await running).toMatchObject({ outcome: 'failed', error: { code: 'CANCELLED' } })
    expect(await runOutcome(flow, null, { signal: AbortSignal.abort() })).toMatchObject({
      error: { code: 'CANCELLED' },
    })
  })
})

describe('what is put together wrongly', () => {
  const define = (build: (b: any) => unknown) => () => defineFlow('wrong', {}, build as never)

  test('is refused where it is written', () => {
    expect(define(({ step }) => [step('a', () => 1), step('a', () => 2)])).toThrow('two steps "a"')
    expect(define(({ step }) => step('a b', () => 1))).toThrow('cannot be called "a b"')
    expect(define(({ step }) => step('a', 7))).toThrow('needs something to run')
    expect(define(({ step }) => step('a', 'builtin/x'))).toThrow('begins with "/"')
    expect(define(({ step }) => step('a', () => 1, new Date()))).toThrow('has at $ a Date, which a flow cannot carry')
    expect(define(({ step }) => step('a', () => 1, { x: [() => 1] }))).toThrow('has at $.x[0] a function')
    expect(define(({ step }) => step('a', () => 1, null, { whenn: true }))).toThrow('did you mean "when"?')
    expect(define(({ step }) => step('a', () => 1, null, { when: 'x > 1' }))).toThrow('must be a reference')
    expect(define(({ step }) => step('a', () => 1, null, { triggerRule: 'never' }))).toThrow(
      'must be one of all_success',
    )
    expect(define(({ step }) => step('a', () => 1, null, { onError: 'explode' }))).toThrow('must be fail, skip or')
    const onError = (given: object, more: object = {}) =>
      define(({ step }) => step('a', () => 1, null, { onError: given, ...more }))
    expect(onError({ action: 'explode' })).toThrow('must be fail, skip or')
    expect(onError({ action: 'skip', default_output: 1 })).toThrow('its action is not "continue"')
    expect(onError({ action: 'continue', max_retries: 1 })).toThrow('its action is not "retry"')
    expect(onError({ action: 'continue', default: 1, defaultOutput: 2 })).toThrow(
      'has both "defaultOutput" and "default"',
    )
    expect(onError({ action: 'retry', maxRetries: -1 })).toThrow('must be a whole number from 0 on, not -1')
    expect(onError({ action: 'retry' }, { retry: { maxAttempts: 2 } })).toThrow('keep "retry"')
    expect(onError({ actoin: 'skip' })).toThrow('did you mean "action"?')
    expect(define(({ forEach }) => forEach([1], (x: number) => x, { onError: 'retry' }))).toThrow(
      'give "retry" to the step in it',
    )
    expect(define(async ({ step }) => step('a', () => 1))).toThrow('async function')
    expect(define(() => ({ input: 5n }))).toThrow('has at $.input a bigint')
    expect(() => defineFlow('', {}, () => 1)).toThrow('must be a text that is not empty')
    expect(() => defineFlow('x', { retry: 1 } as never, () => 1)).toThrow('has no option "retry"')
  })

  test('a reference is no value', () => {
    expect(define(({ input }) => `${input.name}`)).toThrow('a reference was used as a value')
    expect(define(({ input }) => 'name' in input)).toThrow('a reference was used as a value')
    expect(define(({ input }) => ({ ...input }))).toThrow('a reference was used as a value')
    expect(define(({ input }) => input.n + 1)).toThrow('a reference was used as a value')
    expect(define(({ input }) => [...input.list])).toThrow('a reference was used as a value')
    expect(define(({ input }) => JSON.stringify(input))).toThrow('a reference was used as a value')
  })

  test('what is called on a reference is refused with what to do instead', () => {
    expect(define(({ input }) => input.list.map((x: number) => x + 1))).toThrow(
      'its "map" was called, but while a flow is put together there are no values yet; forEach(list, (item) => ...)',
    )
    expect(define(({ input }) => input.name.toUpperCase())).toThrow('its "toUpperCase" was called')
    expect(define(({ step }) => step('a', () => 1)())).toThrow('it was called')
    expect(define(({ input, step }) => step('a', input.work))).toThrow('step "a" runs a reference')
    expect(define(({ input, forEach }) => forEach(input, input.each))).toThrow('needs a function of its items')
  })

  test('a field may be called like a method', async () => {
    const flow = defineFlow('fields', {}, ({ input }: any) => [input.map, input.then, input.name.length, input.apply])
    expect(await run(flow, { map: 1, then: 2, name: { length: 3 }, apply: 4 })).toEqual([1, 2, 3, 4])
  })

  test('a reference of another flow, or from inside a forEach, is refused', () => {
    let leaked: unknown
    defineFlow('first', {}, ({ step }) => {
      leaked = step('a', () => 1)
    })

    expect(define(() => leaked)).toThrow('a reference from another flow')
    expect(
      define(({ input, forEach }) => {
        let inner: unknown
        forEach(input, (item: unknown) => {
          inner = item
          return 1
        })
        return inner
      }),
    ).toThrow('from inside a forEach')
  })

  test('a step that is added later is refused', () => {
    let late: (id: string, work: () => number) => unknown = () => {}
    define(({ step }) => {
      late = step
    })()

    expect(() => late('a', () => 1)).toThrow('after it was put together')
  })
})

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const value of values) list.push(value)
  return list
}

function planOf(flow: object) {
  return (flow as any)[PROGRAM].plan
}
