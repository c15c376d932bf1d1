// Step functions and typed flows whose runs are kept: what JSON cannot carry, and what is there after a restart.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { createEngine, defineFlow, type Engine, StepFunction, shape } from 'stepflow'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

let folder: string
let engines: Engine[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepflow-code-'))
})
afterEach(async () => {
  for (const engine of engines) await engine.close()
  engines = []
  rmSync(folder, { recursive: true, force: true })
})

async function durable(flows: Parameters<typeof createEngine>[0] = {}): Promise<Engine> {
  const store = await createSqliteStore({ path: join(folder, 'runs.db') })
  const engine = createEngine({ store, log: () => {}, ...flows })
  engines.push(engine)
  return engine
}

const one = (name: string, func: (input: any) => unknown) =>
  new StepFunction(name, { log: () => {} })
    .addStep('Make', { func, nextStep: 'Use' })
    .addStep('Use', { func: (x) => x })
    .setStartStep('Make')

test('a run that has ended is given by its id, with its outcomes, in another process too', async () => {
  const flow = defineFlow('half', { input: shape<number>() }, ({ input, step }) =>
    step(
      'halve',
      (n: number) => {
        if (n === 3) throw new Error('odd')
        return n / 2
      },
      input,
    ),
  )
  const first = await durable({ flows: [flow] })
  const { id, ended } = await first.submit(flow, [2, 3])
  await ended
  await first.close()

  const known = await (await durable()).get(id)

  expect(known).toMatchObject({ id, status: 'failed', items: { total: 2, success: 1, failed: 1 } })
  expect(known?.outcomes).toMatchObject([
    { index: 0, outcome: { outcome: 'success', result: 1 } },
    { index: 1, outcome: { outcome: 'failed', error: { message: 'odd' } } },
  ])
  expect(await (await durable()).get('nobody')).toBeUndefined()
  await expect((await durable()).get(7 as unknown as string)).rejects.toThrow('engine.get')
})

describe('a run that is kept', () => {
  test('of a step function runs its branches, handlers, parallel steps and step functions', async () => {
    const inner = new StepFunction('inner').addStep('Twice', { func: (x: number) => x * 2 }).setStartStep('Twice')
    const sf = new StepFunction('kept', { log: () => {} })
      .addStep('Check', { func: () => 'go', branch: { go: 'All' } })
      .addStep('All', {
        func: { ok: () => 1, bad: () => Promise.reject(new Error('no')) },
        parallel: true,
        nextStep: 'Fail',
      })
      .addStep('Fail', {
        func: (all) => {
          expect(all).toMatchObject({ ok: 1, bad: { code: 'COMPONENT_FAILED', message: 'no' } })
          throw new Error('handled')
        },
        onFailure: 'Rescue',
      })
      .addStep('Rescue', { func: (error) => error.message.length, nextStep: 'Sub' })
      .addSubStepFunction('Sub', inner)
      .setStartStep('Check')

    expect(await (await durable()).run(sf, null)).toBe(14)
  })

  test('refuses what JSON cannot carry, and says where it is', async () => {
    const engine = await durable()
    const made = one('functions', () => ({ list: [1, { f: () => 1 }] }))
    const dated = one('dates', () => ({ at: new Date() }))

    expect(await engine.runOutcome(made, null)).toMatchObject({
      outcome: 'failed',
      error: { step: 'Make', message: expect.stringContaining('$.list[1].f is a function') },
    })
    expect(await engine.runOutcome(dated, null)).toMatchObject({
      error: { message: expect.stringContaining('$.at is a Date') },
    })
  })

  test('goes on with what was returned, whatever becomes of it afterwards', async () => {
    const kept = { n: 1 }
    const sf = one('mutated', () => {
      setImmediate(() => {
        kept.n = 99
      })
      queueMicrotask(() => {
        kept.n = 50
      })
      return kept
    })

    expect(await (await durable()).run(sf, null)).toEqual({ n: 1 })
  })

  test('refuses what contains itself, however often, and what is too deep, with a message that can be read', async () => {
    const around: Record<string, unknown> = {}
    Object.assign(around, { list: [around, around], again: around })
    let deep: unknown = 1
    for (let level = 0; level < 10_000; level++) deep = [deep]
    const engine = await durable()

    const circle = await engine.runOutcome(
      one('circle', () => around),
      null,
    )
    const tower = await engine.runOutcome(
      one('tower', () => deep),
      null,
    )

    expect(circle).toMatchObject({ error: { step: 'Make', message: expect.stringContaining('$.list[0] is what it') } })
    expect(tower).toMatchObject({ error: { step: 'Make', message: expect.stringContaining('levels deep') } })
  })

  test('a step that changes what it was given changes it for nobody else', async () => {
    const flow = defineFlow('changing', { input: shape<{ n: number }>() }, ({ input, step }) => {
      const made = step('made', () => ({ n: 2 }))
      const change = (given: { n: number; list: number[] }[]) => {
        for (const one of given) one.list?.push(one.n++)
        for (const one of given) one.n = 99
        return given[2]?.list as number[]
      }
      const changed = step('changed', change as never, [input, made, { n: 3, list: [] }] as never)
      return step('seen', (x: unknown) => x, { input, made, changed }, { needs: [changed as never] })
    })
    const engine = await durable()

    const outputs = [await engine.run(flow, { n: 1 }), await engine.run(flow, { n: 1 })]

    const seen = { input: { n: 1 }, made: { n: 2 }, changed: [3] }
    expect(outputs).toEqual([seen, seen])
  })

  test('gives null for undefined', async () => {
    expect(
      await (await durable()).run(
        one('nothing', () => undefined),
        null,
      ),
    ).toBe(null)
  })

  test('of a flow is in the store', async () => {
    const flow = defineFlow('flow', { input: shape<number>() }, ({ input, step }) =>
      step('double', (x: number) => x * 2, input),
    )
    const engine = await durable()
    const handle = await engine.submit(flow, [21])
    await handle.ended

    const again = await (await durable()).resume(handle.id)

    for await (const { outcome } of again.results()) expect(outcome).toEqual({ outcome: 'success', result: 42 })
  })
})
