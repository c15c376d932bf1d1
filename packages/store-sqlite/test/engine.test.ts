import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Component, createEngine, FlowError, type Plan, type PlanEngine, type Store } from '@stepflow/engine'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
const newPath = () => join(folder, `${files++}.db`)
const open = (path: string) => createSqliteStore({ path, pollMs: 5 })

/** Steps that follow one another, each with the output of the one before. */
function chain(...components: string[]): Plan {
  const steps = components.map((component, step) => ({
    id: `s${step}`,
    component,
    input: step === 0 ? ({ op: 'input' } as const) : ({ op: 'step', step: step - 1 } as const),
  }))
  const exit = { id: 'exit', component: null, input: { op: 'step', step: steps.length - 1 } as const, hidden: true }
  return { name: 'chain', entry: steps.length, exit: steps.length, onFailure: 'stop', steps: [...steps, exit] }
}

function engineOver(store: Store, components: Record<string, Component['call']>): PlanEngine {
  const route = (path: string) => ({ component: { info: { name: path }, call: components[path] as Component['call'] } })
  return createEngine({ store, router: { route } })
}

test('a batch runs on a file, and its results are there afterwards', async () => {
  const path = newPath()
  const engine = engineOver(await open(path), { '/add': async (x) => (x as number) + 1 })

  const run = await engine.submit(
    chain('/add', '/add'),
    Array.from({ length: 300 }, (_, item) => item),
  )
  const row = await run.ended
  await engine.close()

  expect(row).toMatchObject({ status: 'completed', items: { total: 300, success: 300 } })
  const store = await open(path)
  const items = await store.runs.items(run.id)
  expect(items.map(({ outcome }) => outcome)).toEqual(
    Array.from({ length: 300 }, (_, item) => ({ outcome: 'success', result: item + 2 })),
  )
  expect(await store.runs.open()).toEqual([])
  await store.close()
})

test('a run whose process has gone goes on where it was', async () => {
  const path = newPath()
  const calls: string[] = []
  const [gone, next] = [await open(path), await open(path)]
  let isThere: () => void = () => {}
  const hanging = new Promise<void>((resolve) => {
    isThere = resolve
  })
  const first = async (x: unknown) => {
    calls.push('first')
    return { text: 'x'.repeat(2_000_000), x }
  }
  const engine = engineOver(gone, {
    '/first': first,
    '/second': () => {
      isThere()
      return new Promise(() => {})
    },
  })
  const run = await engine.submit(chain('/first', '/second'), [7])
  await hanging
  // The file is all that the next one gets.
  await gone.close()

  const recovered = engineOver(next, { '/first': first, '/second': async (input) => (input as { x: number }).x * 2 })
  const ended = new Promise<void>((resolve) => {
    next.watch({ run: run.id }, ({ entries }) => {
      if (entries.some((entry) => entry.type === 'finished')) resolve()
    })
  })
  recovered.recover()
  await ended

  expect(calls).toEqual(['first'])
  expect((await next.runs.items(run.id))[0]?.outcome).toEqual({ outcome: 'success', result: 14 })
  await recovered.close()
  await next.close()
})

test('an engine closes while a run that it took over is in flight', async () => {
  const path = newPath()
  const [gone, next] = [await open(path), await open(path)]
  const started: (() => void)[] = []
  const hang = () => {
    started.shift()?.()
    return new Promise(() => {})
  }
  const hanging = () => new Promise<void>((resolve) => started.push(resolve))
  const first = hanging()
  await engineOver(gone, { '/hang': hang }).submit(chain('/hang'), [1])
  await first
  await gone.close()

  const second = hanging()
  const engine = engineOver(next, { '/hang': hang })
  engine.recover()
  await second
  await engine.close()

  const store = await open(path)
  expect((await store.runs.open()).length).toBe(1)
  await store.close()
})

test('a process that lacks a component of the plan leaves the run to one that has it', async () => {
  const path = newPath()
  const [gone, lacking, able] = [await open(path), await open(path), await open(path)]
  const started = new Promise<void>((resolve) => {
    const hang = () => {
      resolve()
      return new Promise(() => {})
    }
    void engineOver(gone, { '/special': hang }).submit(chain('/special'), [1], { id: 'run' })
  })
  await started
  await gone.close()

  const said: string[] = []
  const left = new Promise<void>((resolve) => {
    const route = (path: string): never => {
      throw new FlowError('COMPONENT_NOT_FOUND', `there is no component ${path} here`)
    }
    const log = (_level: string, message: string) => {
      said.push(message)
      resolve()
    }
    createEngine({ store: lacking, router: { route }, log }).recover()
  })
  await left
  expect(said[0]).toBe('run run is left to others: there is no component /special here')
  while ((await able.runs.open('run'))[0]?.heldBy !== undefined) await new Promise((resolve) => setTimeout(resolve, 5))

  const engine = engineOver(able, { '/special': async (x) => x })
  expect((await (await engine.resume('run')).ended).status).toBe('completed')
  await engine.close()
  for (const store of [lacking, able]) await store.close()
})
