import {
  createMemoryStore,
  FlowError,
  type JournalRow,
  type Outcome,
  Park,
  type Plan,
  type Store,
} from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { describe, expect, test } from 'vitest'
import { after, bench, call, type Fn, input, plan, ref } from './fixtures.ts'

const inner = plan({ i: call('/count', { op: 'input', path: 'item' }) }, () => ({ input: ref(0) }))
const retry = { attempts: 3, delayMs: 100, backoff: 'fixed', factor: 1, maxMs: 100, jitter: false } as const

/** Every way in which a run can move, in small. */
const plans: Record<string, { plan: Plan; inputs: unknown[]; functions?: (now: () => number) => Record<string, Fn> }> =
  {
    'a chain': {
      plan: plan(
        { a: call('/count'), b: call('/count', after([0], ref(0))), c: call('/count', after([1], ref(1))) },
        () => ({
          input: ref(2),
        }),
      ),
      inputs: [1],
    },
    'several items': {
      plan: plan({ a: call('/count'), b: call('/count', after([0], ref(0))) }, () => ({ input: ref(1) })),
      inputs: [1, 2, 3],
    },
    'a branch': {
      plan: plan({ a: call('/count'), b: call('/count'), c: call('/count') }, () => ({
        input: { op: 'if', cond: ref(0), then: ref(1), else: ref(2) },
      })),
      inputs: [1, 0],
    },
    'a loop over a list': {
      plan: plan(
        {
          a: call('/count'),
          b: call('$core/map', {
            op: 'object',
            of: [
              ['plan', { op: 'literal', value: inner as never }],
              ['items', { op: 'array', of: [ref(0), ref(0), ref(0)] }],
            ],
          }),
        },
        () => ({ input: ref(1) }),
      ),
      inputs: [1, 2],
    },
    'a failure under stop with a clean-up': {
      plan: plan(
        {
          a: call('/fail', { op: 'literal', value: 'boom' }),
          b: call('/count', after([0], ref(0))),
          c: call('/count', { op: 'guard', rule: 'all_done', of: [1], then: input }, { cleanup: true }),
        },
        () => ({ input: ref(1), needs: [0, 1, 2] }),
      ),
      inputs: [1],
    },
    'a retry': {
      plan: plan({ a: call('/flaky', input, { retry }), b: call('/count', after([0], ref(0))) }, () => ({
        input: ref(1),
      })),
      inputs: [1],
      functions: () => ({
        '/flaky': (x, context) => {
          if (context.attempt < 3) throw new FlowError('COMPONENT_FAILED', `attempt ${context.attempt}`)
          return x
        },
      }),
    },
    'a wait': {
      plan: plan({ a: call('/wait'), b: call('/count', after([0], ref(0))) }, () => ({ input: ref(1) })),
      inputs: [1, 2],
      functions: (now) => ({
        '/wait': (x, context) =>
          context.woken ? [x, context.woken.state] : new Park({ until: now() + 5000, state: { since: 'then' } }),
      }),
    },
    'a loop of transitions': {
      plan: {
        name: 'loop',
        entry: 0,
        exit: 1,
        onFailure: 'stop',
        steps: [
          {
            id: 'inc',
            component: '/inc',
            input: { op: 'arrival' },
            next: [
              { on: 'done', equals: 4, to: 1 },
              { on: 'done', to: 0 },
            ],
          },
          { id: 'end', component: null, input: { op: 'arrival' } },
        ],
      },
      inputs: [null],
      functions: () => ({ '/inc': async (x) => (x ?? 0) + 1 }),
    },
    'one sub-run after the other': {
      plan: plan({ a: call('/thrice') }, () => ({ input: ref(0) })),
      inputs: [1],
      functions: () => ({
        '/thrice': (x, context) => {
          const { times = 0 } = (context.woken?.state ?? {}) as { times?: number }
          if (times === 3) return context.woken?.outcomes
          return new Park({ run: { plan: inner, inputs: [{ item: [x, times] }] }, state: { times: times + 1 } })
        },
      }),
    },
  }

describe('a run that is cut off at any row goes on to the same result', () => {
  for (const [name, { plan: p, inputs, functions = () => ({}) }] of Object.entries(plans)) {
    test(name, async () => {
      const whole = await drive(p, inputs, functions, [])
      expect(whole.outcomes.length).toBe(inputs.length)

      for (let rows = 1; rows < whole.rows.length; rows++) {
        const again = await drive(p, inputs, functions, whole.rows.slice(0, rows))

        expect(again.outcomes, `after ${rows} of ${whole.rows.length} rows`).toEqual(whole.outcomes)
        const completed = settledBy(whole.rows.slice(0, rows))
        expect(
          again.calls.filter((key) => completed.has(key)),
          `repeated after ${rows} rows`,
        ).toEqual([])
      }
    })
  }
})

test('a run that another driver has taken is not written to any more', async () => {
  const clock = createManualClock()
  const store = createMemoryStore({ clock, durable: true })
  const b = bench({ '/slow': () => new Promise(() => {}) }, clock, store)
  await b.engine.submit(
    plan({ a: call('/slow') }, () => ({ input: ref(0) })),
    [1],
  )
  await clock.settle()
  const rows = (await store.read('run/0')).length

  await store.append({ journal: 'run/0', after: rows, entries: [{ type: 'claimed', at: 0, driver: 'other' }] })
  await b.engine.signal('run', { name: 'pause' })
  await clock.settle()

  const after = (await store.read('run/0')).flatMap((row) => row.entries.map((entry) => entry.type))
  expect(after.slice(-2)).toEqual(['claimed', 'signalled'])
})

// ---

/** Drives the run from its rows (none: from the start) to its end, on a store that begins with them. */
async function drive(
  p: Plan,
  inputs: unknown[],
  functions: (now: () => number) => Record<string, Fn>,
  rows: JournalRow[],
) {
  const clock = createManualClock()
  const store = createMemoryStore({ clock, durable: true })
  const written: JournalRow[] = []
  for (const { journal, seq, entries } of rows) await store.append({ journal, after: seq, entries })
  store.watch({}, (row) => written.push(row))

  const calls: string[] = []
  const noting =
    (fn: Fn): Fn =>
    (x, context) => {
      if (!context.woken) calls.push(context.idempotencyKey)
      return fn(x, context)
    }
  const all: Record<string, Fn> = { '/count': async (x) => x, ...functions(() => clock.now()) }
  const b = bench(Object.fromEntries(Object.entries(all).map(([path, fn]) => [path, noting(fn)])), clock, store)

  const handle = rows.length === 0 ? await b.engine.submit(p, inputs) : await b.engine.resume('run')
  b.engine.recover()
  const outcomes: Outcome[] = []
  const reading = (async () => {
    for await (const { index, outcome } of handle.results()) outcomes[index] = outcome
  })()
  for (let i = 0; i < 50 && (await state(store)) !== 'ended'; i++) await clock.advance(1000)
  await reading
  return { outcomes, rows: written, calls }
}

async function state(store: Store): Promise<string> {
  const row = await store.runs.get('run')
  return row?.endedAt === undefined ? 'running' : 'ended'
}

/** Idempotency keys of what the rows say is done. */
function settledBy(rows: JournalRow[]): Set<string> {
  const keys = new Set<string>()
  for (const { entries } of rows) {
    for (const entry of entries) {
      if (entry.type !== 'settled' || entry.derived) continue
      const own = `${entry.item}/${entry.step}/${entry.visit}`
      keys.add(`run/${entry.sub === undefined ? own : `${entry.sub}/${own}`}`)
    }
  }
  return keys
}
