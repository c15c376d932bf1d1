// A typed flow as a file: it is read back to a flow that does the same.

import { compile, functions } from '@stepflow/dialects'
import { createEngine, createMemoryStore, hasErrors } from '@stepflow/engine'
import { component, defineFlow, type Flow, run, StepFunction, shape } from 'stepflow'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'

const add = component('add', { input: shape<{ a: number; b: number }>() }, ({ a, b }) => ({ sum: a + b }))
const fail = component('fail', {}, (): { sum: number } => {
  throw new Error('no')
})
const components: Record<string, (input: any) => unknown> = {
  '/my/add': ({ a, b }) => ({ sum: a + b }),
  '/my/fail': () => {
    throw new Error('no')
  },
  '/builtin/noop': (x) => x,
}

/** The flow by itself, and as the file that it writes. */
async function bothWays<I>(flow: Flow<I, unknown>, input: I) {
  const { plan, diagnostics } = compile(flow.toYAML({ prefix: '/my' }), { file: 'flow.yaml' })
  expect(diagnostics.filter((one) => one.level !== 'hint' && !one.code.startsWith('MISSING_FLOW'))).toEqual([])
  if (!plan || hasErrors(diagnostics)) throw new Error('not compiled')
  const router = { route: (path: string) => ({ component: { info: { name: path }, call: components[path] as never } }) }
  const engine = createEngine({ store: createMemoryStore(), router, functions })
  const handle = await engine.submit(plan, [input])
  for await (const { outcome } of handle.results()) {
    return { file: outcome.outcome === 'success' ? outcome.result : outcome, own: await run(flow, input) }
  }
}

describe('toYAML', () => {
  test('a choice that other choices read twice is a step', async () => {
    const flow = defineFlow('shared', { input: shape<{ n: number | null }>() }, ({ input, step, cond, coalesce }) => {
      const first = coalesce(input.n, 5)
      const second = cond(first, [first, 'yes'], 'no')
      return { list: [coalesce(second, 1), coalesce(second, 2)], sum: step('sum', add, { a: first, b: 1 }).sum }
    })

    for (const n of [null, 0, 3]) {
      const { own, file } = (await bothWays(flow, { n })) ?? {}
      const some = n ?? 5
      const one = some === 0 ? 'no' : [some, 'yes']
      expect([own, file]).toEqual([{ list: [one, one], sum: some + 1 }, own])
    }
  })

  test('writes steps, options and expressions', () => {
    const flow = defineFlow(
      'sums',
      { description: 'Adds: twice', input: { type: 'object', required: ['n'] }, timeout: '1m' },
      ({ input, step }) => {
        const n = (input as any).n
        const first = step('first', add, { a: n, b: 1 }, { retry: { maxAttempts: 2, delay: '5s' }, timeout: 3 })
        const second = step(
          'second',
          add,
          { a: first.sum, b: 2 },
          { when: first.sum, onError: { default: { sum: 0 } } },
        )
        return { total: second.sum, note: 'yes', cost: { $: 1 } }
      },
    )

    expect(flow.toYAML({ prefix: '/my' })).toBe(`name: sums
description: "Adds: twice"
timeout: 1m
schemas: { type: object, properties: { input: { type: object, required: ["n"] } } }
steps:
  - id: first
    component: /my/add
    input: { a: { $input: $.n }, b: 1 }
    retry:
      max_attempts: 2
      delay: 5s
      backoff: exponential
      factor: 2
      max_delay: 30s
      jitter: true
    timeout: 3s
  - id: second
    component: /my/add
    input: { a: { $step: first, path: $.sum }, b: 2 }
    when: { $step: first, path: $.sum }
    on_error: { action: continue, default_output: { sum: 0 } }
output:
  total: { $step: second, path: $.sum }
  note: "yes"
  cost: { $literal: { $: 1 } }
`)
  })

  test('what is read back does the same', async () => {
    const inner = defineFlow('inner', { input: shape<{ x: number }>() }, ({ input, step }) => ({
      twice: step('twice', add, { a: input.x, b: input.x }),
      given: input,
    }))
    const flow = defineFlow('all', { input: shape<{ n: number; list: number[]; nick?: string }>() }, (builder) => {
      const { input, step, cond, coalesce, forEach } = builder
      const base = step('base', add, { a: input.n, b: 1 })
      const sub = step('sub', inner, { x: base.sum })
      const each = forEach(input.list, (item, index) => step('one', add, { a: item, b: index }), {
        id: 'each',
        maxConcurrent: 2,
      })
      const chosen = cond(input.n, base, sub.twice)
      return {
        sub: sub.twice.sum,
        given: sub.given.x,
        each,
        chosen: chosen.sum,
        name: coalesce(step('bad', fail, undefined, { onError: 'skip' }), 'nobody'),
      }
    })

    const both = await bothWays(flow, { n: 1, list: [10, 20] })

    expect(both?.own).toEqual({ sub: 4, given: 2, each: [{ sum: 10 }, { sum: 21 }], chosen: 2, name: 'nobody' })
    expect(both?.file).toEqual(both?.own)
  })

  test('what a file cannot say is refused', () => {
    const sf = new StepFunction('sf').addStep('A', { func: () => 1 }).setStartStep('A')
    const inner = defineFlow('inner', {}, ({ step }) => step('a', add, { a: 1, b: 2 }))
    const refused = (build: (b: any) => unknown) => () => defineFlow('refused', {}, build as never).toYAML()

    expect(refused(({ step }) => step('sf', sf))).toThrow('a step function has no YAML form')
    expect(refused(({ step }) => step('sub', inner, null, { when: true }))).toThrow('options of a flow inside')
    expect(
      refused(({ forEach, step }) => forEach([1], (x: unknown) => ({ made: step('b', add, { a: x, b: 1 }) }))),
    ).toThrow('in YAML a forEach has one step')
  })

  test('what it would say otherwise than the flow does is refused, too', () => {
    const twice = (answer: number) =>
      function work() {
        return answer
      }
    const inside = (options: object) => (b: any) =>
      b.step(
        'sub',
        defineFlow('inner', options, ({ step }) => step('a', add, { a: 1, b: 2 })),
      )
    const refused = (build: (b: any) => unknown) => () => defineFlow('refused', {}, build as never).toYAML()

    expect(refused(({ step }) => [step('a', twice(1)), step('b', twice(2))])).toThrow(
      'another function is called "work"',
    )
    expect(refused(inside({ timeout: '1s' }))).toThrow('a flow inside has no timeout')
    expect(refused(inside({ onFailure: 'continue' }))).toThrow('a flow inside has no timeout')
    expect(refused(inside({ input: { type: 'object' } }))).toThrow('cannot check its input')
    expect(refused((b) => [inside({})(b), b.step('sub_a', add, { a: 1, b: 2 })])).toThrow('two steps "sub_a"')
    expect(refused((b) => b.step('c', add, null, { needs: [inside({})(b)] }))).toThrow('it needs "sub", a flow inside')
    expect(
      refused(({ forEach, step }) => {
        const is = step('is', add, { a: 1, b: 2 })
        return forEach([1], (x: unknown) => step('one', add, { a: x, b: 1 }, { when: is }))
      }),
    ).toThrow('give the "when" of "one" to the forEach')
    expect(
      refused(({ forEach, step, cond }) =>
        forEach([{ n: 1 }], (x: any) => step('one', add, { a: cond(x.n, x, { n: 2 }).n, b: 1 })),
      ),
    ).toThrow('inside a forEach it reads a field of a cond')
    expect(() => defineFlow('f', { input: v.object({ n: v.number() }) }, ({ input }) => input.n).toYAML()).toThrow(
      "because of its input's schema",
    )
    const made = z.object({ n: z.string().transform(Number) })
    expect(() => defineFlow('f', { input: made }, ({ input }) => input.n).toYAML()).toThrow('makes another value')
    expect(() => defineFlow('f', {}, () => 1).toYAML({ prefix: 'local' })).toThrow('must be a path like /local')
  })

  test('one function may do several steps, and a schema of a library is written', () => {
    const flow = defineFlow('same', { input: z.object({ n: z.number().default(3) }) }, ({ input, step }) =>
      step('b', add, { a: step('a', add, { a: input.n, b: 1 }).sum, b: 2 }),
    )

    expect(flow.toYAML({ prefix: '/my' })).toContain('default: 3')
  })

  test('choices of a flow that stands in another twice are written for each', async () => {
    const pick = defineFlow('pick', { input: shape<boolean>() }, ({ input, step, cond }) => {
      const chosen = cond(input, step('one', add, { a: 0, b: 1 }), { sum: 2 })
      return chosen.sum
    })
    const flow = defineFlow('twice', {}, ({ step, cond }) => {
      const own = step('cond_1', add, { a: 1, b: 2 })
      return { x: step('x', pick, true), y: step('y', pick, false), own: cond(true, own, { sum: 0 }).sum }
    })

    const both = await bothWays(flow, null as never)

    expect(both?.own).toEqual({ x: 1, y: 2, own: 3 })
    expect(both?.file).toEqual(both?.own)
  })

  test('any JSON stands in it as it is', () => {
    const texts = [
      '',
      ' ',
      'a: b',
      '- x',
      '#',
      '~',
      'no',
      '0x1F',
      '1e3',
      '.inf',
      '<<',
      '=',
      '!t',
      '&a',
      '*a',
      '2020-01-01',
    ]
    const odd = [
      ...texts,
      'a\nb',
      'tab\t',
      '\u2028',
      '\u0085',
      'é😀',
      '|',
      '>',
      '%',
      '@',
      '`',
      '{',
      '}',
      "'",
      '"',
      '5s',
    ]
    const value = {
      odd,
      keys: Object.fromEntries(odd.map((key, i) => [key, i])),
      deep: [[[{}, []], { a: [{ b: [] }] }]],
    }
    const flow = defineFlow('json', {}, ({ input }) => ({ value, input }))

    expect(parse(flow.toYAML()).output.value).toEqual(value)
  })
})
