// A store that fails under a run: away for a while or for long, an answer that is lost, a call that is refused.

import {
  createEngine,
  createMemoryStore,
  FlowError,
  type JournalRow,
  type Outcome,
  Park,
  type PlanEngine,
  type Store,
} from '@stepflow/engine'
import { createManualClock, type ManualClock } from '@stepflow/engine/testing'
import { expect, test } from 'vitest'
import { call, type Fn, input, plan, ref, routerOf } from './fixtures.ts'

type Call = 'append' | 'read' | 'get' | 'items' | 'shards' | 'cached' | 'putDown' | 'blob'
type Fault = 'refused' | 'lost' | undefined

const away = () => new FlowError('RESOURCE_UNAVAILABLE', 'the disk is full')

/** A store in memory whose calls fail as `fault` says. */
function failing(clock: ManualClock, fault: (call: Call) => Fault, kept = createMemoryStore({ clock, durable: true })) {
  const ask = async <T>(name: Call, make: () => T): Promise<Awaited<T>> => {
    const what = fault(name)
    if (what === 'refused') throw away()
    const answer = await make()
    if (what === 'lost') throw away()
    return answer
  }
  const { runs, blobs } = kept
  const store: Store = {
    durable: true,
    keepsSteps: true,
    driver: 'one',
    append: (batch) => ask('append', () => kept.append(batch)),
    appendAll: (batches) => ask('append', () => kept.appendAll(batches)),
    read: (journal, from) => ask('read', () => kept.read(journal, from)),
    work: (drive) => kept.work(drive),
    putDown: (wake) => ask('putDown', () => kept.putDown?.(wake)),
    runs: {
      list: (query) => runs.list(query),
      summary: (query) => runs.summary(query),
      statuses: (run, from, limit) => runs.statuses(run, from, limit),
      open: (run) => runs.open(run),
      remove: (run) => runs.remove(run),
      get: (run) => ask('get', () => runs.get(run)),
      items: (run, from, limit) => ask('items', () => runs.items(run, from, limit)),
      shards: (run) => ask('shards', () => runs.shards(run)),
      shard: (journal) => ask('shards', () => runs.shard(journal)),
      cached: (key, now) => ask('cached', () => runs.cached(key, now)),
    },
    blobs: {
      put: (value) => ask('blob', () => blobs.put(value)),
      get: (id) => ask('blob', () => blobs.get(id)),
    },
    records: kept.records,
    logs: kept.logs,
    cursor: () => kept.cursor(),
    rowsAfter: (of) => kept.rowsAfter(of),
    watch: (of, listener) => kept.watch(of, listener),
    close: () => {},
  }
  return { store, kept }
}

const two = plan({ a: call('/a'), b: call('/b', ref(0)) }, () => ({ input: ref(1) }))

function engineOn(store: Store, clock: ManualClock, functions: Record<string, Fn>, storePatienceMs?: number) {
  const calls: string[] = []
  const said: string[] = []
  const noted = Object.entries(functions).map(([path, fn]): [string, Fn] => [
    path,
    (given, context) => {
      calls.push(path)
      return fn(given, context)
    },
  ])
  const engine = createEngine({
    store,
    clock,
    random: () => 0.5,
    router: routerOf(Object.fromEntries(noted)),
    log: (level, message) => said.push(`${level}: ${message}`),
    ...(storePatienceMs === undefined ? {} : { storePatienceMs }),
  })
  return { engine, calls, said }
}

async function outcomesOf(engine: PlanEngine, id: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for await (const { outcome } of (await engine.resume(id)).results()) outcomes.push(outcome)
  return outcomes
}

/** Answers when it is told to. */
function gate() {
  let open: () => void = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

test('what ends while the store is away is kept in hand, nothing is called meanwhile, and nothing twice afterwards', async () => {
  const clock = createManualClock()
  let isAway = false
  const { store } = failing(clock, (name) => (isAway && name === 'append' ? 'refused' : undefined))
  const { opened, open } = gate()
  const { engine, calls, said } = engineOn(store, clock, { '/a': () => opened.then(() => 'x'), '/b': (x) => x })
  const { ended } = await engine.submit(two, [1], { id: 'r' })
  isAway = true
  open()
  await clock.advance(30_000)
  expect(calls).toEqual(['/a'])

  isAway = false
  await clock.advance(5_000)

  expect((await ended).status).toBe('completed')
  expect(calls).toEqual(['/a', '/b'])
  expect(said).toEqual([
    'warning: the store is away, what is under way waits for it: the disk is full',
    'info: the store is back',
  ])
})

test('a run whose journals the store kept waiting has a line of its log that says so once, with the reason', async () => {
  const clock = createManualClock(0)
  let isAway = false
  const { store, kept } = failing(clock, (name) => (isAway && name === 'append' ? 'refused' : undefined))
  const { opened, open } = gate()
  const { engine } = engineOn(store, clock, { '/a': () => opened.then(() => 'x'), '/b': (x) => x })
  const inputs = (function* () {
    for (let n = 0; n < 40; n++) yield n
  })()
  const { ended, takenIn } = await engine.submit(two, inputs, { id: 'r' })
  await takenIn
  isAway = true
  open()
  await clock.advance(12_000)
  isAway = false
  await clock.advance(5_000)

  expect((await ended).status).toBe('completed')
  await clock.advance(1_000)
  expect((await kept.runs.shards('r')).length).toBeGreaterThan(2)
  const { lines = [] } = (await kept.logs.read({ run: 'r', limit: 10 })) ?? {}
  const message = expect.stringMatching(/^the store kept what this run does waiting for 1\d s: the disk is full$/)
  expect(lines.map(({ line }) => line)).toMatchObject([{ level: 'warning', message }])
})

test('a row whose answer was lost is known again, of a new run and of one under way', async () => {
  const clock = createManualClock()
  const { store, kept } = failing(clock, (name) => {
    if (name !== 'append') return undefined
    return answers++ % 2 === 0 ? 'lost' : undefined
  })
  let answers = 0
  const { engine, calls } = engineOn(store, clock, { '/a': async () => 'x', '/b': async (x) => x })

  const submitted = engine.submit(two, [1], { id: 'r' })
  await clock.advance(60_000)
  const { ended } = await submitted
  await clock.advance(60_000)

  expect((await ended).status).toBe('completed')
  expect(calls).toEqual(['/a', '/b'])
  const rows = (await kept.read('r/0')) as readonly JournalRow[]
  const settled = rows.flatMap(({ entries }) => entries.filter(({ type }) => type === 'settled'))
  expect(settled.length).toBe(2)
})

test('a signal that came while a row of ours was lost does not hide it', async () => {
  const clock = createManualClock()
  let fault: Fault
  const { store, kept } = failing(clock, (name) => (name === 'append' ? fault : undefined))
  const { opened, open } = gate()
  const { engine, calls } = engineOn(store, clock, { '/a': () => opened, '/b': () => 'done' })
  const { ended } = await engine.submit(two, [1], { id: 'r' })
  fault = 'lost'
  open()
  await clock.settle()
  await kept.append({ journal: 'r/0', entries: [{ type: 'signalled', at: 0, name: 'signal', signal: 'x' }] })
  fault = undefined
  await clock.advance(10_000)

  expect((await ended).status).toBe('completed')
  expect(calls).toEqual(['/a', '/b'])
})

test('another driver that took the journal over meanwhile is not taken for us', async () => {
  const clock = createManualClock()
  let fault: Fault
  const { store, kept } = failing(clock, (name) => (name === 'append' ? fault : undefined))
  const { opened, open } = gate()
  const { engine, calls, said } = engineOn(store, clock, { '/a': () => opened, '/b': () => 'done' })
  await engine.submit(two, [1], { id: 'r' })
  fault = 'refused'
  open()
  await clock.settle()
  const after = ((await kept.read('r/0')) as readonly JournalRow[]).length
  await kept.append({ journal: 'r/0', after, entries: [{ type: 'claimed', at: 0, driver: 'one', mark: 'other' }] })
  fault = undefined
  await clock.advance(10_000)

  expect(calls).toEqual(['/a'])
  expect(said).toContain('warning: journal r/0 was taken over')
})

test('a new journal whose first row was lost, and which somebody has taken over since, is there', async () => {
  const clock = createManualClock()
  let fault: Fault = 'lost'
  const { store, kept } = failing(clock, (name) => (name === 'append' ? fault : undefined))
  const { engine } = engineOn(store, clock, { '/a': () => 1, '/b': () => 2 })
  const submitted = engine.submit(two, [1], { id: 'r' })
  await clock.settle()
  await kept.append({ journal: 'r/0', after: 1, entries: [{ type: 'claimed', at: 0, driver: 'two', mark: 'm' }] })
  fault = undefined
  await clock.advance(1_000)

  expect((await submitted).id).toBe('r')
})

test('a store that stays away is left, the journal goes back to it, and whoever comes goes on', async () => {
  const clock = createManualClock()
  let isAway = false
  const { store, kept } = failing(clock, () => (isAway ? 'refused' : undefined))
  const { opened, open } = gate()
  const one = engineOn(store, clock, { '/a': () => opened, '/b': () => 'done' }, 1_000)
  const { ended } = await one.engine.submit(two, [1], { id: 'r' })
  isAway = true
  open()
  const failed = expect(ended).rejects.toMatchObject({ code: 'RESOURCE_UNAVAILABLE' })
  await clock.advance(60_000)
  await failed
  isAway = false
  await clock.advance(10_000)

  const two_ = engineOn(kept, clock, { '/a': () => 'again', '/b': (x) => x })
  expect(await outcomesOf(two_.engine, 'r')).toEqual([{ outcome: 'success', result: 'again' }])
  expect(one.calls).toEqual(['/a'])
})

test('where somebody works, a run that was left is taken up again by the same process, and its handle hears of the end', async () => {
  const clock = createManualClock()
  let isAway = false
  const { store } = failing(clock, () => (isAway ? 'refused' : undefined))
  const { engine, calls } = engineOn(store, clock, { '/a': async () => 1, '/b': async () => 2 }, 1_000)
  engine.recover()
  const { opened, open } = gate()
  const first = plan({ a: call('/slow'), b: call('/b', ref(0)) }, () => ({ input: ref(1) }))
  const slow = engineOn(store, clock, { '/slow': () => opened, '/b': async () => 2 }, 1_000)
  slow.engine.recover()
  const { ended } = await slow.engine.submit(first, [1], { id: 'r' })
  isAway = true
  open()
  await clock.advance(60_000)
  isAway = false
  await clock.advance(30_000)

  expect((await ended).status).toBe('completed')
  expect(slow.calls).toEqual(['/slow', '/slow', '/b'])
  expect(calls).toEqual([])
})

test('a new run that cannot be written is refused within seconds, and leaves nothing behind', async () => {
  const clock = createManualClock()
  let isAway = true
  const { store, kept } = failing(clock, () => (isAway ? 'refused' : undefined))
  const { engine, said } = engineOn(store, clock, { '/a': () => 1, '/b': () => 2 })
  engine.recover()

  for (const inputs of [
    [1],
    (function* () {
      yield 1
    })(),
  ]) {
    const refused = expect(engine.submit(two, inputs, { id: 'r' })).rejects.toMatchObject({
      code: 'RESOURCE_UNAVAILABLE',
    })
    await clock.advance(6_000)
    await refused
  }
  isAway = false
  await clock.advance(60_000)

  expect((await kept.runs.list()).rows).toEqual([])
  expect(said.filter((line) => line.includes('set aside'))).toEqual([])
  const { ended } = await engine.submit(two, [1], { id: 'r' })
  expect((await ended).status).toBe('completed')
})

test('reads, puttings down and blobs that are refused for a while fail no step and no run', async () => {
  const clock = createManualClock()
  let asked = 0
  const { store } = failing(clock, (name) => (name !== 'append' && ++asked % 3 !== 0 ? 'refused' : undefined))
  const { engine, said } = engineOn(store, clock, {
    '/a': async (x, context) => context.getBlob(await context.putBlob(x)),
    '/b': (x, { woken }) => (woken ? x : new Park({ until: clock.now() + 60_000 })),
  })
  engine.recover()
  const { ended } = await engine.submit(
    plan({ a: call('/a', input, { cache: {} }), b: call('/b', ref(0)) }, () => ({ input: ref(1) })),
    [1],
    { id: 'r' },
  )
  await clock.advance(200_000)

  expect(await ended).toMatchObject({ status: 'completed', items: { success: 1 } })
  expect(said.filter((line) => line.includes('set aside'))).toEqual([])
})

test('whoever was woken without having the journal any more calls nothing', async () => {
  const clock = createManualClock()
  const { store, kept } = failing(clock, () => undefined)
  const wait: Fn = (x, { woken }) => (woken ? x : new Park({ until: clock.now() + 500 }))
  const { engine, calls } = engineOn(store, clock, { '/a': wait, '/b': () => 'done' })
  await engine.submit(two, [1], { id: 'r' })
  await clock.settle()
  const after = ((await kept.read('r/0')) as readonly JournalRow[]).length
  await kept.append({ journal: 'r/0', after, entries: [{ type: 'claimed', at: 0, driver: 'two', mark: 'm' }] })

  await clock.advance(2_000)

  expect(calls).toEqual(['/a'])
})

test('a bug of ours is none of the store: the run is set aside, and nobody waits', async () => {
  const clock = createManualClock()
  let isBroken = false
  const { store } = failing(clock, (name) => {
    if (isBroken && name === 'append') throw new TypeError('undefined is not a function')
    return undefined
  })
  const { opened, open } = gate()
  const { engine } = engineOn(store, clock, { '/a': () => opened, '/b': () => 2 })
  const { ended } = await engine.submit(two, [1], { id: 'r' })
  isBroken = true
  open()

  await expect(ended).rejects.toThrow('undefined is not a function')
})

test('a closing engine lets running calls end within its time, calls nothing more, and gives the rest back', async () => {
  const clock = createManualClock()
  const { store, kept } = failing(clock, () => undefined)
  const { opened, open } = gate()
  const one = engineOn(store, clock, { '/a': () => opened.then(() => 'a'), '/b': () => 'b' })
  await one.engine.submit(two, [1], { id: 'r' })

  const closed = one.engine.close({ drainMs: 10_000 })
  await clock.advance(1_000)
  open()
  await closed

  expect(one.calls).toEqual(['/a'])
  const next = engineOn(kept, clock, { '/a': () => 'again', '/b': (x) => x })
  expect(await outcomesOf(next.engine, 'r')).toEqual([{ outcome: 'success', result: 'a' }])
})

test('a call that does not end within the time of a close is aborted, and done again by the next', async () => {
  const clock = createManualClock()
  const { store, kept } = failing(clock, () => undefined)
  let wasAborted = false
  const hang: Fn = (_, { signal }) => {
    signal.addEventListener('abort', () => {
      wasAborted = true
    })
    return new Promise(() => {})
  }
  const one = engineOn(store, clock, { '/a': hang, '/b': () => 'b' })
  await one.engine.submit(two, [1], { id: 'r' })

  const closed = one.engine.close({ drainMs: 10_000 })
  await clock.advance(9_000)
  expect(wasAborted).toBe(false)
  await clock.advance(1_001)
  await closed

  expect(wasAborted).toBe(true)
  const next = engineOn(kept, clock, { '/a': () => 'again', '/b': (x) => x })
  expect(await outcomesOf(next.engine, 'r')).toEqual([{ outcome: 'success', result: 'again' }])
})
