// Retention, where several nodes see to it.

import type { Store } from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { createPostgresStore } from '@stepflow/store-postgres'
import { expect, onTestFinished, test } from 'vitest'
import { created } from './entries.ts'
import { withPostgres } from './with-postgres.ts'

const DAY_MS = 86_400_000

await withPostgres((server) => {
  test('nodes that prune at the same moment keep what one alone would keep, and none of them fails', async () => {
    const clock = createManualClock(0)
    const open = async () => {
      const store = await createPostgresStore({ url: `${server.url}?schema=pruned`, clock, pollMs: 20 })
      onTestFinished(() => store.close())
      return store
    }
    const stores = await Promise.all([open(), open(), open()])
    const [a, b] = stores as [Store, Store, Store]
    const ids = Array.from({ length: 80 }, (_, n) => `r${String(n).padStart(2, '0')}`)
    const blobs: string[] = []
    for (const id of ids) {
      const blob = await a.blobs.put({ of: id })
      blobs.push(blob)
      const entries = [
        created(id, [1]),
        { type: 'finished', at: 3, item: 0, outcome: { outcome: 'success', result: blob } },
        { type: 'sealed', at: 3, items: 1 },
      ] as const
      await a.append({ journal: `${id}/0`, after: 0, entries })
    }
    await clock.advance(DAY_MS)

    await Promise.all(stores.map((store) => store.runs.prune?.({ keep: 7 })))

    const kept = ids.slice(-7)
    expect((await b.runs.list({})).rows.map(({ id }) => id).sort()).toEqual(kept)
    const contents = await Promise.all(blobs.map(async (id) => Promise.resolve(b.blobs.get(id)).catch(() => undefined)))
    expect(contents.filter((content) => content !== undefined)).toEqual(kept.map((of) => ({ of })))
  })
})
