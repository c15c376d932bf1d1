import { join } from 'node:path'
import { createEngine, type Plan } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { newFolder } from '../../../test/new-folder.ts'
import { createSqliteStore } from '../src/index.ts'

test('a large value that a step changed and gave on is recorded as it is by then, and the one before as it was', async () => {
  const plan: Plan = {
    name: 'large',
    steps: [
      { id: 'give', component: '/give', input: { op: 'literal', value: null } },
      { id: 'change', component: '/change', input: { op: 'step', step: 0 } },
      { id: '$output', component: null, hidden: true, input: { op: 'step', step: 1 } },
    ],
    entry: 2,
    exit: 2,
    onFailure: 'stop',
  }
  const functions: Record<string, (value: any) => unknown> = {
    '/give': () => ({ text: 'x'.repeat(600_000), more: 'y'.repeat(600_000), n: 1 }),
    '/change': (value) => {
      value.n = 2
      return value
    },
  }
  const store = await createSqliteStore({ path: join(newFolder(), 'runs.db') })
  const engine = createEngine({
    store,
    router: { route: (path) => ({ component: { info: { name: path }, call: functions[path] as never } }) },
  })

  const run = await engine.submit(plan, [null])
  await run.ended
  const [row] = await store.runs.items(run.id, 0, 1)
  const entries = (await store.read(`${run.id}/0`)).flatMap((one) => one.entries)
  const settled = entries.flatMap((entry) => (entry.type === 'settled' ? [(entry.outcome as any).result.n] : []))

  expect(settled).toEqual([1, 2])
  expect(row?.outcome).toMatchObject({ outcome: 'success', result: { n: 2 } })
  await engine.close()
  await store.close()
})
