import { type CallContext, createMemoryStore, FlowError, type LogLine, Park, type Store } from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { expect, test } from 'vitest'
import { bench, call, type Fn, input, plan, ref } from './fixtures.ts'

const single = (component: string, more: object = {}) =>
  plan({ a: call(component, input, more) }, () => ({ input: ref(0) }))

/** What is in the log of a run, of those that end while time stands still or goes on for a minute. */
async function logOf(functions: Record<string, Fn>, flow: ReturnType<typeof plan>, inputs: unknown[], store?: Store) {
  const clock = createManualClock()
  const kept = store ?? createMemoryStore({ clock })
  const b = bench(functions, clock, kept)
  const running = b.run(flow, inputs)
  await clock.advance(60_000)
  await running
  await b.engine.close()
  return linesOf(kept)
}

async function linesOf(store: Store, run = 'run'): Promise<LogLine[]> {
  return ((await store.logs.read({ run, limit: 10_000 }))?.lines ?? []).map(({ line }) => line)
}

test('what a component logs is kept with its place', async () => {
  const say: Fn = async (x, { log }) => {
    log('warning', `got ${x}`, { x })
    return x
  }
  const lines = await logOf({ '/say': say }, single('/say'), ['one', 'two'])

  expect(lines).toEqual([
    { at: 0, level: 'warning', message: 'got one', data: { x: 'one' }, item: 0, step: 'a', visit: 1, attempt: 1 },
    { at: 0, level: 'warning', message: 'got two', data: { x: 'two' }, item: 1, step: 'a', visit: 1, attempt: 1 },
  ])
})

test('retries are in the log of the run, each with the attempt that failed', async () => {
  let calls = 0
  const flaky: Fn = () => {
    if (++calls < 3) throw new FlowError('COMPONENT_FAILED', `no ${calls}`)
    return calls
  }
  const retry = { attempts: 3, delayMs: 1000, backoff: 'fixed', factor: 1, maxMs: 1000, jitter: false }
  const lines = await logOf({ '/flaky': flaky }, single('/flaky', { retry }), [1])

  expect(lines.map(({ level, message, attempt }) => [level, message, attempt])).toEqual([
    ['warning', 'attempt 1 failed, next in 1000 ms: no 1', 1],
    ['warning', 'attempt 2 failed, next in 1000 ms: no 2', 2],
  ])
})

test('a step of a loop logs with its element, as the rows of its visits have it', async () => {
  const inner = plan({ i: call('/say') }, () => ({ input: ref(0) }))
  const lines = await logOf(
    {
      '/say': (x, { log }) => log('info', `element ${x}`),
      '/each': (x: number[], context: CallContext) =>
        context.woken ? context.woken.outcomes : new Park({ run: { plan: inner, inputs: x } }),
    },
    single('/each'),
    [[7, 8]],
  )

  const place = { step: 'i', visit: 1, attempt: 1 }
  expect(lines.map(({ at: _, level: __, ...line }) => line)).toEqual([
    { message: 'element 7', ...place, item: 0, inside: '0/0/1', element: 0 },
    { message: 'element 8', ...place, item: 0, inside: '0/0/1', element: 1 },
  ])
})

test('an attempt may log 64 KiB; one line says how many others there were', async () => {
  const flood: Fn = (x, { log }) => {
    for (let i = 0; i < 1_000; i++) log('info', `${i} ${'x'.repeat(1_000)}`)
    return x
  }
  const lines = await logOf({ '/flood': flood }, single('/flood'), [1, 2])

  for (const item of [0, 1]) {
    const own = lines.filter((line) => line.item === item)
    expect(own.length).toBeGreaterThan(50)
    expect(own.length).toBeLessThan(70)
    expect(own.at(-1)).toMatchObject({ level: 'warning', attempt: 1 })
    expect(own.at(-1)?.message).toBe(`${1_001 - own.length} lines were left out: an attempt may log 64 KiB`)
  }
})

test('a line has a bound, and says that it was cut off', async () => {
  const long: Fn = (x, { log }) => {
    log('info', 'm'.repeat(20_000))
    log('info', 'with data', { long: 'd'.repeat(20_000) })
    return x
  }
  const [message, data] = await logOf({ '/long': long }, single('/long'), [1])

  expect(message?.message).toBe(`${'m'.repeat(16_384)}... (3,616 characters are left out)`)
  expect(data).toMatchObject({ message: 'with data (its data of 20,011 characters is left out)' })
  expect(data).not.toHaveProperty('data')
})

test('what is no JSON is logged all the same, and changed by nobody afterwards', async () => {
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  const data = { count: 1 }
  const odd: Fn = (x, context) => {
    const log = context.log as (level: unknown, message: unknown, data?: unknown) => void
    log('info', 'a cycle', cycle)
    log('info', 'a bigint', 1n)
    log('shout', 42, { at: Number.NaN })
    log('info', 'mine', data)
    data.count = 2
    return x
  }
  const lines = await logOf({ '/odd': odd }, single('/odd'), [1])

  expect(lines.map(({ level, message, data }) => [level, message, data])).toEqual([
    ['info', 'a cycle', '[object that is no JSON]'],
    ['info', 'a bigint', '[bigint that is no JSON]'],
    ['info', '42', { at: null }],
    ['info', 'mine', { count: 1 }],
  ])
})

test('lines are written with the rows of the run, and by themselves only if none comes', async () => {
  const clock = createManualClock()
  const kept = createMemoryStore({ clock })
  let alone = 0
  const logs: Store['logs'] = {
    add: (run, lines) => {
      alone++
      return kept.logs.add(run, lines)
    },
    read: (of) => kept.logs.read(of),
  }
  const store = Object.create(kept, { logs: { value: logs } }) as Store
  for (const name of [
    'append',
    'appendAll',
    'read',
    'work',
    'putDown',
    'cursor',
    'rowsAfter',
    'watch',
    'close',
  ] as const) {
    Object.defineProperty(store, name, { value: (kept[name] as (...given: unknown[]) => unknown).bind(kept) })
  }
  let goOn = () => {}
  const until = () =>
    new Promise<void>((resolve) => {
      goOn = resolve
    })
  const slow: Fn = async (x, { log }) => {
    await until()
    log('info', 'begun')
    await until()
    log('info', 'ended')
    return x
  }
  const b = bench({ '/slow': slow }, clock, store)
  const running = b.run(single('/slow'), [1])
  await clock.settle()
  goOn()
  await clock.settle()
  expect(await linesOf(kept)).toEqual([])
  await clock.advance(1_000)
  expect((await linesOf(kept)).map(({ message }) => message)).toEqual(['begun'])
  expect(alone).toBe(1)

  goOn()
  await running

  expect((await linesOf(kept)).map(({ message }) => message)).toEqual(['begun', 'ended'])
  expect(alone).toBe(1)
})

test('lines wait for a store that is away, and are written once it is back', async () => {
  const clock = createManualClock()
  const kept = createMemoryStore({ clock })
  let isAway = false
  const store: Store = {
    durable: true,
    keepsSteps: true,
    append: (batch) => (isAway ? Promise.reject(new FlowError('RESOURCE_UNAVAILABLE', 'away')) : kept.append(batch)),
    appendAll: (batches) => kept.appendAll(batches),
    read: (journal, from) => kept.read(journal, from),
    work: (drive) => kept.work(drive),
    runs: kept.runs,
    blobs: kept.blobs,
    records: kept.records,
    logs: {
      add: (run, lines) =>
        isAway ? Promise.reject(new FlowError('RESOURCE_UNAVAILABLE', 'away')) : kept.logs.add(run, lines),
      read: (of) => kept.logs.read(of),
    },
    cursor: () => kept.cursor(),
    rowsAfter: (of) => kept.rowsAfter(of),
    watch: (of, listener) => kept.watch(of, listener),
    close: () => {},
  }
  let end = () => {}
  const slow: Fn = async (x, { log }) => {
    log('info', 'one')
    await new Promise<void>((resolve) => {
      end = resolve
    })
    log('info', 'two')
    return x
  }
  const b = bench({ '/slow': slow }, clock, store)
  const running = b.run(single('/slow'), [1])
  await clock.settle()
  isAway = true
  await clock.advance(5_000)
  end()
  await clock.advance(2_000)
  isAway = false
  await clock.advance(20_000)
  await running

  expect((await linesOf(kept)).map(({ message }) => message)).toEqual(['one', 'two'])
})

test('what an engine that is closed has in hand is written, and nothing is kept where no steps are', async () => {
  const clock = createManualClock()
  const kept = createMemoryStore({ clock })
  const b = bench(
    {
      '/hang': (_, { log, signal }) =>
        new Promise((resolve) => {
          log('info', 'I hang')
          signal.addEventListener('abort', resolve)
        }),
    },
    clock,
    kept,
  )
  await b.engine.submit(single('/hang'), [1])
  await clock.settle()
  await b.engine.close()
  expect((await linesOf(kept)).map(({ message }) => message)).toEqual(['I hang'])

  const forgetful = createMemoryStore({ clock, forget: true })
  expect(await logOf({ '/say': (x, { log }) => log('info', `${x}`) }, single('/say'), [1], forgetful)).toEqual([])
})

test('what was printed is kept after the call, too, with its place or as one of the run', async () => {
  const lines = await logOf(
    {
      '/print': (x, { printed }) => {
        setTimeout(() => {
          printed?.('info', 'late', { from: 'stderr' }, 'call')
          printed?.('info', 'of the run', undefined, 'run')
        }, 0)
        return x
      },
      '/wait': () => new Promise((resolve) => setTimeout(resolve, 20)),
    },
    plan({ a: call('/print'), b: call('/wait', ref(0)) }, () => ({ input: ref(1) })),
    [1],
  )

  expect(lines.map(({ at: _, ...line }) => line)).toEqual([
    { level: 'info', message: 'late', data: { from: 'stderr' }, item: 0, step: 'a', visit: 1, attempt: 1 },
    { level: 'info', message: 'of the run' },
  ])
})
