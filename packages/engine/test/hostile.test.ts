// What a program may hand to an engine by mistake or on purpose: answers, inputs and options that are not what they should be.

import {
  createEngine,
  createMemoryStore,
  FlowError,
  type ItemResult,
  type JournalEntry,
  type Json,
  literal,
} from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { describe, expect, test } from 'vitest'
import { after, bench, call, failedWith, ok, plan, ref, routerOf } from './fixtures.ts'

const one = (component: string) => plan({ a: call(component) }, () => ({ input: ref(0) }))

describe('an answer', () => {
  test.each([
    ['whose "then" throws', () => Object.defineProperty({}, 'then', { get: () => refuse() })],
    ['that is a proxy which refuses to be asked', () => new Proxy({}, { has: refuse, get: () => undefined })],
  ])('%s fails its step, not the engine', async (_, answer) => {
    const { run } = bench({ '/odd': answer })

    expect(await run(one('/odd'), [1])).toEqual([failedWith('refused', 'a')])
  })

  test('with bytes too deep to be kept fails its step, with the place', async () => {
    const store = createMemoryStore({ durable: true })
    const { run } = bench({ '/bytes': () => ({ a: { b: new Uint8Array(1) } }) }, createManualClock(), store)

    const [outcome] = await run(one('/bytes'), [1])

    expect(outcome).toMatchObject({ outcome: 'failed', error: { message: expect.stringContaining('$.a.b is bytes') } })
  })

  test('that changes what the plan says changes its own copy: the next run is given the same', async () => {
    const { run } = bench({ '/push': (x) => (x as number[]).push(1) })
    const of = plan({ a: call('/push', literal([] as Json)) }, () => ({ input: ref(0) }))

    for (let i = 0; i < 2; i++) {
      const [outcome] = await run(of, [1])
      expect(outcome).toEqual({ outcome: 'success', result: 1 })
    }
  })
})

describe('what a compiler added', () => {
  test('is told by the name of the step that it is part of, or by none', async () => {
    const { run } = bench()
    const failing = (id: string) => plan({ [id]: { ...call('/fail'), hidden: true } }, () => ({ input: ref(0) }))

    expect(await run(failing('A#branch'), ['x'])).toEqual([failedWith('x', 'A')])
    const [outcome] = await run(failing('$input'), ['x'])
    expect(outcome).toEqual({ outcome: 'failed', error: { code: 'COMPONENT_FAILED', message: 'x' } })
  })

  test('and failed skips what depends on it, with the failure as its reason', async () => {
    const { run } = bench()
    const of = plan(
      { $input: { ...call('/fail'), hidden: true }, b: call('/echo', after([0], ref(0))) },
      () => ({ input: { op: 'outcome', step: 1 } }),
      { onFailure: 'drain' },
    )

    const { engine, entries } = bench()
    await (await engine.submit(of, ['no good'], { watch: (some) => entries.push(...some) })).ended
    const skipped = entries.find((entry) => entry.type === 'settled' && entry.step === 1)

    expect(skipped).toMatchObject({ outcome: { outcome: 'skipped', reason: 'no good' } })
    expect(await run(of, ['no good'])).toHaveLength(1)
  })
})

test('why a step was skipped is written down without the secrets that it compared', async () => {
  const entries: JournalEntry[] = []
  const store = createMemoryStore()
  const engine = createEngine({ store, router: routerOf({ '/echo': (x) => x }), secrets: () => 'hunter22' })
  const of = plan(
    { a: call('/echo', { op: 'secret', path: 'PW' }), b: call('/echo', { op: 'skip', reason: ref(0) }) },
    () => ({ input: { op: 'outcome', step: 1 } }),
  )

  const handle = await engine.submit(of, [1], { watch: (some) => void entries.push(...some) })
  await handle.ended

  const skips = entries.filter((entry) => entry.type === 'settled' && entry.outcome.outcome === 'skipped')
  expect(skips).toHaveLength(1)
  expect(JSON.stringify(skips)).not.toContain('hunter22')
})

describe('inputs', () => {
  test('that end in an error have given what came before it', async () => {
    const { engine } = bench()
    async function* broken() {
      yield 1
      yield 2
      throw new Error('the line is cut')
    }
    const handle = await engine.submit(one('/echo'), broken())
    const seen: ItemResult[] = []

    const reading = (async () => {
      for await (const result of handle.results()) seen.push(result)
    })()

    await expect(reading).rejects.toThrow('the line is cut')
    expect(seen.map(({ outcome }) => outcome)).toEqual([ok(1), ok(2)])
  })

  test('of few items at once are not read far ahead', async () => {
    const { engine } = bench({ '/held': () => new Promise(() => {}) })
    let read = 0
    function* endless() {
      for (;;) yield read++
    }

    await engine.submit(one('/held'), endless(), { maxConcurrent: 2 })
    for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve))

    expect(read).toBeLessThan(300)
  })
})

describe('options', () => {
  test.each(['', ':', 'a:b', 'a=b', ':a'])('a label that no filter can name is refused: "%s"', async (name) => {
    const { engine } = bench()

    await expect(engine.submit(one('/echo'), [1], { labels: { [name]: 'x' } })).rejects.toThrow(/^"labels": .* name/)
  })

  test.each([0, -1, 1.5, Number.NaN, '3' as never])('a limit of %s items at once is refused', async (maxConcurrent) => {
    const { engine } = bench()

    await expect(engine.submit(one('/echo'), [1], { maxConcurrent })).rejects.toThrow('a whole number from 1')
  })
})

describe('what is handed to an engine', () => {
  test.each([
    ['an operation that there is none of', { op: 'nonsense' }, 'there is no operation "nonsense"; there are literal,'],
    ['a list that is missing', { op: 'array' }, '"of" of operation "array" is missing, not a list of expressions'],
    ['a text for a step', { op: 'step', step: 'a' }, '"step" of operation "step" is "a", not the number of a step'],
    ['no expression inside', { op: 'if', cond: 1, then: {} }, '"cond" of operation "if" is 1, not an expression'],
    ['pairs that are none', { op: 'object', of: [['a']] }, 'not a list of pairs'],
  ])('%s is refused, with the step', async (_, wrong, message) => {
    const { engine } = bench()
    const of = plan({ a: call('/echo', wrong as never) }, () => ({ input: ref(0) }))

    const error = await engine.submit(of, [1]).catch((thrown) => thrown)

    expect(error.message).toContain(`plan "test": step "a": `)
    expect(error.message).toContain(message)
  })

  test.each([5, '', 'a/b', 'a\0b'])('%j is no id of a run', async (id) => {
    const { engine } = bench()

    await expect(engine.submit(one('/echo'), [1], { id: id as never })).rejects.toThrow("a run's id must be a text")
  })

  test.each(['summary', 'bulk', 'import', 'prune', '.', '..'])(
    'no run is called %s: where runs are asked for by their ids, it is something else',
    async (id) => {
      const { engine } = bench()

      await expect(engine.submit(one('/echo'), [1], { id })).rejects.toThrow(`a run's id cannot be "${id}"`)
    },
  )

  test('an order that there is none of is refused', async () => {
    const { engine } = bench()
    const handle = await engine.submit(one('/echo'), [1])

    await expect(
      handle
        .results('random' as never)
        [Symbol.asyncIterator]()
        .next(),
    ).rejects.toThrow('not "random"')
  })

  test('a listener that throws is told of, and harms nothing', async () => {
    const warned: string[] = []
    const engine = createEngine({
      store: createMemoryStore(),
      router: routerOf({}),
      log: (_, message) => warned.push(message),
    })
    const watch = () => {
      throw new Error('not interested')
    }

    const handle = await engine.submit(one('/echo'), [1], { watch })

    expect((await handle.ended).status).toBe('completed')
    expect(warned[0]).toContain('not interested')
  })
})

test('a closed engine takes nothing, and says so', async () => {
  const engine = createEngine({ store: createMemoryStore(), router: routerOf({}) })
  await engine.close()

  const tries = [engine.submit(one('/echo'), [1]), engine.runDirectly(one('/echo'), 1), engine.resume('x')]

  const refused = { code: 'RESOURCE_UNAVAILABLE', message: expect.stringContaining('this engine was closed') }
  for (const attempt of tries) await expect(attempt).rejects.toMatchObject(refused)
})

// ---

function refuse(): never {
  throw new FlowError('COMPONENT_FAILED', 'refused')
}
