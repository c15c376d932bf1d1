// What those who follow are told is made from rows that are heard of, or read: each once and in order, however they come.

import { join } from 'node:path'
import { BEGINNING, type Cursor, type JournalEntry } from '@stepflow/engine'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { chance } from '../../../test/chance.ts'
import type { Chunk, Topic } from '../src/events/chunk.ts'
import { Feed } from '../src/events/feed.ts'
import { serverOfFile } from './start-server.ts'

const plan = { name: 'p', entry: 0, exit: 0, onFailure: 'stop', steps: [] } as const
const server = serverOfFile()

test.each<[string, string | undefined, Topic[]]>([
  ['of one run, how it stands', 'r', ['run', 'items']],
  ['of one run, and what happens', 'r-entries', ['run', 'entries']],
  ['of all runs', undefined, ['run', 'items', 'wait']],
])('rows %s come once and in order, also too many at once, and those of another process', async (_, run, topics) => {
  const { store, runs } = server.services
  const other = await createSqliteStore({ path: join(server.folder, '.stepflow/stepflow.db') })
  onTestFinished(() => other.close())
  const ours = run ?? 'of-all'
  const start = run === undefined ? await store.cursor() : BEGINNING
  const created: JournalEntry = { type: 'created', at: 1, run: ours, plan, from: 0, inputs: [1] }
  await store.append({ journal: `${ours}/0`, after: 0, entries: [created] })
  let after = 1
  const write = async (by: typeof store, count: number) => {
    const writing = Array.from({ length: count }, async () => {
      const outcome = { outcome: 'success', result: after } as const
      const entry: JournalEntry = { type: 'settled', at: 2, item: 0, step: after, visit: 0, attempt: 1, outcome }
      return by.append({ journal: `${ours}/0`, after: after++, entries: [entry] })
    })
    await Promise.all(writing)
  }
  const feed = new Feed({ store, runs, run, topics: new Set(topics), start })
  onTestFinished(() => feed.stop())
  const chunks: Chunk[] = []
  const random = chance(7)
  for (let round = 0; round < 150; round++) {
    const what = random()
    if (what < 0.02) await write(store, 1_500)
    else if (what < 0.3) await write(store, 1 + Math.floor(random() * 30))
    else if (what < 0.5) await write(other, 1 + Math.floor(random() * 30))
    else if (what < 0.7 && !feed.isEmpty) chunks.push(await feed.chunk())
    else await Promise.all([feed.look(), what < 0.8 ? write(store, 3) : undefined])
  }
  while ((await feed.look()) !== 'none') chunks.push(await feed.chunk())

  const rows: Cursor[] = []
  for (let from: Cursor | undefined = start; from !== undefined; ) {
    const page = await store.rowsAfter({ ...(run === undefined ? {} : { run }), after: from, limit: 1_000 })
    rows.push(...(page?.rows ?? []).map(({ cursor }) => cursor))
    from = page?.next
  }
  expect(rows).toHaveLength(after)
  let next = 0
  for (const chunk of chunks) {
    const first = next
    while (rows[next] !== undefined && chunk.rowsUpTo(rows[next] as Cursor) === next - first + 1) next++
    expect(chunk.rowsUpTo(chunk.end)).toBe(next - first)
  }
  expect(next).toBe(rows.length)
})
