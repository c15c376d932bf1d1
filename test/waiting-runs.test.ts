// Many runs that wait cost nothing while they wait: a process that holds them starts and stops in seconds, and a signal finds
// its run. STEPFLOW_WAITING=N for another number of them.

import { join } from 'node:path'
import { createEngine, Park, type Plan, type PlanEngine } from '@stepflow/engine'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { expect, test } from 'vitest'
import { newFolder } from './new-folder.ts'

const RUNS = Number(process.env.STEPFLOW_WAITING ?? 2_000)
/** Seconds, for a machine that has other work: it is a promise of seconds, not a measurement. */
const LIMIT_MS = 5_000 + RUNS * 4

const plan: Plan = {
  name: 'wait',
  steps: [
    { id: 'a', component: '/hold', input: { op: 'input' } },
    { id: '$output', component: null, hidden: true, input: { op: 'step', step: 0 } },
  ],
  entry: 1,
  exit: 1,
  onFailure: 'stop',
}

async function open(path: string) {
  const component = {
    info: { name: '/hold' },
    call: (input: unknown, { woken }: { woken: { payload?: unknown } | undefined }) =>
      woken ? [input, woken.payload] : new Park({ signal: { name: 'go' } }),
  }
  const store = await createSqliteStore({ path })
  const engine = createEngine({ store, router: { route: () => ({ component }) } })
  engine.recover()
  const close = async () => {
    await engine.close()
    await store.close()
  }
  return { engine, close }
}

test(`${RUNS} waiting runs survive their process, which starts and stops in seconds`, async () => {
  const path = join(newFolder(), 'runs.db')
  const first = await open(path)
  await Promise.all(Array.from({ length: RUNS }, (_, n) => first.engine.submit(plan, [n], { id: `run-${n}` })))
  await first.close()
  const before = performance.now()

  const second = await open(path)
  await second.close()
  const third = await open(path)
  const waking = Array.from({ length: 20 }, (_, k) => Math.floor((k * RUNS) / 20))
  for (const n of waking) await third.engine.signal(`run-${n}`, { name: 'signal', signal: 'go', payload: 'now' })
  const results = await Promise.all(waking.map((n) => outcomeOf(third.engine, `run-${n}`)))
  await third.close()

  expect(results).toEqual(waking.map((n) => ({ outcome: 'success', result: [n, 'now'] })))
  expect(performance.now() - before).toBeLessThan(LIMIT_MS)
}, 120_000)

async function outcomeOf(engine: PlanEngine, id: string) {
  const run = await engine.resume(id)
  for await (const { outcome } of run.results()) return outcome
  return undefined
}
