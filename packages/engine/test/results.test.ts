// Results and news on their way to whoever reads them.

import { createEngine, createMemoryStore } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { call, type Fn, plan, ref, routerOf } from './fixtures.ts'

const echo = plan({ a: call('/echo') }, () => ({ input: ref(0) }))

function engineOf(functions: Record<string, Fn>) {
  const said: string[] = []
  const store = createMemoryStore({ forget: true })
  const engine = createEngine({ store, router: routerOf(functions), log: (_level, message) => said.push(message) })
  return { engine, said }
}

test('a listener that throws harms neither the run nor those who listen beside it', async () => {
  let release: () => void = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const { engine, said } = engineOf({ '/echo': () => gate })
  const heard: string[] = []
  const fail = () => {
    throw new Error('I am broken')
  }
  const handle = await engine.submit(echo, [1, 2], { id: 'r', watch: fail })
  handle.watch(fail)
  handle.watch((entries) => heard.push(...entries.map((entry) => entry.type)))
  release()

  expect((await handle.ended).status).toBe('completed')
  expect(heard).toContain('finished')
  expect(said).toContain('a listener of run r threw: I am broken')
})

test('a second reader of the results is refused, and takes nothing from the first', async () => {
  const { engine } = engineOf({})
  const handle = await engine.submit(echo, [1, 2, 3])
  const first = handle.results()[Symbol.asyncIterator]()
  await first.next()

  for (const second of [handle.results(), handle.batches()]) {
    const refused = second[Symbol.asyncIterator]().next()
    await expect(refused).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('already being read'),
    })
  }

  expect([await first.next(), await first.next(), await first.next()].map(({ value }) => value?.index)).toEqual([
    1,
    2,
    undefined,
  ])
})

test('whoever asks a second time for the results of a run is given all of them', async () => {
  let release: () => void = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const store = createMemoryStore()
  const router = routerOf({ '/echo': (x) => (x === 2 ? gate.then(() => x) : x) })
  const engine = createEngine({ store, router })
  const first = (await engine.submit(echo, [0, 1, 2], { id: 'r' })).results()[Symbol.asyncIterator]()
  await first.next()
  await first.next()

  const second = await engine.resume('r')
  release()
  const seen: number[] = []
  for await (const { index } of second.results()) seen.push(index)

  expect(seen).toEqual([0, 1, 2])
  expect((await first.next()).value?.index).toBe(2)
})

test('any number of results may wait behind a slow first item for a reader who comes late', async () => {
  const count = 300_000
  let release: (x: unknown) => void = () => {}
  let left = count - 1
  let othersEnded: () => void = () => {}
  const ended = new Promise<void>((resolve) => {
    othersEnded = resolve
  })
  const { engine } = engineOf({
    '/slow': (x) => {
      if (x === 0) return new Promise((resolve) => (release = resolve))
      if (--left === 0) othersEnded()
      return x
    },
  })
  const slow = plan({ a: call('/slow') }, () => ({ input: ref(0) }))
  const inputs = function* () {
    for (let n = 0; n < count; n++) yield n
  }
  const handle = await engine.submit(slow, inputs())
  await ended

  const results = handle.results('completion')[Symbol.asyncIterator]()
  expect((await results.next()).value?.index).toBe(1)
  release(0)
  let seen = 1
  for (let next = await results.next(); !next.done; next = await results.next()) seen++
  expect(seen).toBe(count)
})
