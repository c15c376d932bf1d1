// Fills a store with the runs of which each version has a copy, and leaves it as a killed process would.

import type { PlanEngine, Store } from '@stepflow/engine'
import type { ManualClock } from '@stepflow/engine/testing'
import { engineFor, plans } from './runs.ts'

/** The engine is not closed: that would put everything in order. */
export async function fill(store: Store, clock: ManualClock): Promise<PlanEngine> {
  let hung = () => {}
  const isHanging = new Promise<void>((resolve) => {
    hung = resolve
  })
  const engine = engineFor(store, clock, false, () => hung())
  const start = (name: keyof typeof plans, ...inputs: unknown[]) =>
    engine.submit(plans[name], inputs, { id: name, flow: name, labels: { of: 'copies' } })
  const end = async (name: keyof typeof plans, ...inputs: unknown[]) => {
    const { ended } = await start(name, ...inputs)
    await ended
  }
  await end('chain', 1, 2)
  await end('fails', 1, 4)
  await end('loops', [1, 2, 3])
  await end('counts', null)
  await end('large', 1)
  await end('keeps', 1)
  const stream = await engine.submit(
    plans.chain,
    (function* () {
      for (let item = 0; item < 60; item++) yield item
    })(),
    { id: 'stream', flow: 'chain' },
  )
  await stream.ended
  const retried = await start('retries', 7)
  let isOver = false
  const ending = retried.ended.then(() => {
    isOver = true
  })
  // Which of its moments is written when depends on how long the store takes.
  while (!isOver) {
    await clock.advance(100)
    await new Promise((again) => setTimeout(again, 10))
  }
  await ending
  await start('sleeps', 1)
  await start('waits', 1, 2)
  await engine.signal('waits', { name: 'signal', signal: 'answer', payload: 'early', id: 'first', item: 0 })
  await start('hangs', 1)
  await isHanging
  return engine
}
