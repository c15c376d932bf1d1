// Runs two steps, one after the other: `two-steps PATH PATIENCE_MS WORKS`. The first answers when a line comes in; each call,
// and how the run ends here, is a line out. Stays when all is over, as a server would.

import { createInterface } from 'node:readline'
import { createEngine } from '@stepflow/engine'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { input, output, pull, ref, step } from '../../../../test/plans.ts'

const plan = pull('two', step('first', '/first', input()), step('second', '/second', ref(0)), output(ref(1)))

async function main(path: string, patienceMs: number, works: boolean): Promise<void> {
  const say = (line: string) => console.log(line)
  const lines = createInterface({ input: process.stdin })
  const line = new Promise<void>((resolve) => lines.once('line', () => resolve()))
  const components: Record<string, (input: unknown) => unknown> = {
    '/first': async () => {
      say('called first')
      await line
      return 'x'.repeat(500_000)
    },
    '/second': async (input) => {
      say('called second')
      return (input as string).length
    },
  }
  const route = (name: string) => ({
    component: { info: { name }, call: (input: unknown) => components[name]?.(input) },
  })
  const log = (_level: string, message: string) => say(message)
  const store = await createSqliteStore({ path, pollMs: 20, log })
  const engine = createEngine({ store, router: { route }, storePatienceMs: patienceMs, log })
  if (works) engine.recover()
  const { ended } = await engine.submit(plan, [1], { id: 'run' })
  await ended.then(
    (row) => say(`ended ${row.status}`),
    (error) => say(`failed ${error.code}`),
  )
}

const [path, patienceMs, works] = process.argv.slice(2) as [string, string, string]
main(path, Number(patienceMs), works === 'works')
