// News of the server, and answers that are under way meanwhile: what is shown in the end is what is there.

import type { Run } from '@stepflow/api'
import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { expect, onTestFinished, test, vi } from 'vitest'
import { followNews } from '../src/model/news.ts'

const run = (status: Run['status'], runId = 'r') => ({ runId, status, items: { total: 3 } }) as Run

/** What is to be done in the next frame. */
let frames: (() => void)[] = []

test('an answer that was read before the news of a run does not undo it', async () => {
  const { tell, shown, answers } = looking(['run', 'r'])
  await asked(answers, 1)

  tell('run', run('completed'))
  await frame()
  answers[0]?.(run('running'))

  await vi.waitFor(() => expect(shown()).toMatchObject({ status: 'completed' }))
  expect(answers).toHaveLength(1)
})

test('an answer that was read before the news of a list, or of items, does not undo it', async () => {
  const list = looking(['runs', {}])
  await asked(list.answers, 1)
  list.tell('run', run('completed'))
  await frame()
  list.answers[0]?.({ pages: [{ runs: [run('running'), run('running', 'other')] }], pageParams: [''] })
  await vi.waitFor(() =>
    expect(list.shown()).toMatchObject({ pages: [{ runs: [{ status: 'completed' }, { status: 'running' }] }] }),
  )

  const items = looking(['of-run', 'r', 'statuses'])
  await asked(items.answers, 1)
  for (const status of [1, 3]) {
    items.tell('items', { runId: 'r', items: [[1, status]] })
    await frame()
  }
  items.answers[0]?.(Uint8Array.of(0, 0, 0))
  await vi.waitFor(() => expect(items.shown()).toEqual(Uint8Array.of(0, 3, 0)))
})

test('what is being read when it changes is read once more when it has come, and is not given up', async () => {
  const { tell, shown, answers } = looking(['of-run', 'r', 'steps'])
  await asked(answers, 1)
  answers[0]?.('first')
  await vi.waitFor(() => expect(shown()).toBe('first'))

  for (let i = 0; i < 5; i++) {
    tell('run', run('running'))
    await frame()
  }
  await asked(answers, 2)
  answers[1]?.('second')
  await vi.waitFor(() => expect(shown()).toBe('second'))
  await asked(answers, 3)
  answers[2]?.('third')
  await vi.waitFor(() => expect(shown()).toBe('third'))
  await frame()

  expect(answers).toHaveLength(3)
})

test('after a reset the answer counts: news that was told before is of what has gone on since', async () => {
  const { tell, shown, answers, reset } = looking(['run', 'r'])
  await asked(answers, 1)
  tell('run', run('running'))
  await frame()
  tell('run', run('running'))

  reset()
  answers[0]?.(run('running'))
  await asked(answers, 2)
  answers[1]?.(run('completed'))

  await vi.waitFor(() => expect(shown()).toMatchObject({ status: 'completed' }))
  await frame()
  expect(shown()).toMatchObject({ status: 'completed' })
})

test('of a run that nobody has looked at nothing is kept', async () => {
  const { tell, cache } = looking(['run', 'r'])
  tell('run', run('running', 'other'))
  await frame()

  expect(cache.getQueryData(['run', 'other'])).toBeUndefined()
})

// ---

/** Somebody looks at what is kept there; each time that it is asked for waits for its answer. */
function looking(queryKey: readonly unknown[]) {
  const cache = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const answers: ((answer: unknown) => void)[] = []
  let tell: (name: string, data: unknown) => void = () => {}
  let reset = () => {}
  followNews(
    {
      listen(listener) {
        tell = listener
      },
      onReset(listener) {
        reset = listener
      },
    },
    cache,
    (apply) => frames.push(apply),
  )
  const queryFn = () => new Promise((resolve) => void answers.push(resolve))
  const observer = new QueryObserver(cache, { queryKey, queryFn })
  onTestFinished(observer.subscribe(() => {}))
  onTestFinished(() => cache.clear())
  return {
    cache,
    answers,
    tell: (name: string, data: unknown) => tell(name, data),
    reset: () => reset(),
    shown: () => cache.getQueryData(queryKey),
  }
}

function asked(answers: readonly unknown[], times: number): Promise<void> {
  return vi.waitFor(() => expect(answers).toHaveLength(times))
}

/** What was told is applied, and what follows from it at once. */
async function frame(): Promise<void> {
  const all = frames
  frames = []
  for (const one of all) one()
  await new Promise(setImmediate)
}
