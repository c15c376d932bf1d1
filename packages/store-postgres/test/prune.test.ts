// Retention, where several nodes see to it.

import type { Store } from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { createPostgresStore } from '@stepflow/store-postgres'
import pg from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'
import { created } from './entries.ts'
import { withPostgres } from './with-postgres.ts'

const DAY_MS = 86_400_000
const WITHIN = { timeout: 60_000, interval: 20 }

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

    const pruned = await Promise.all(stores.map((store) => store.runs.prune?.({ keep: 7 })))

    const kept = ids.slice(-7)
    const sum = (of: 'runs' | 'blobs') => pruned.reduce((count, one) => count + (one?.[of] ?? 0), 0)
    expect([sum('runs'), sum('blobs')]).toEqual([73, 73])
    expect((await b.runs.list({})).rows.map(({ id }) => id).sort()).toEqual(kept)
    const contents = await Promise.all(blobs.map(async (id) => Promise.resolve(b.blobs.get(id)).catch(() => undefined)))
    expect(contents.filter((content) => content !== undefined)).toEqual(kept.map((of) => ({ of })))
  })
  test('blobs are removed in the order in which others put them: neither ends the other', async () => {
    const clock = createManualClock(0)
    const url = `${server.url}?schema=ordered`
    const store = await createPostgresStore({ url, clock })
    onTestFinished(() => store.close())
    const ids: string[] = []
    for (let n = 0; n < 300; n++) ids.push(await store.blobs.put({ n }))
    ids.sort()
    const other = new pg.Client({ connectionString: server.url })
    await other.connect()
    onTestFinished(() => other.end())
    const touch = (id: string | undefined) =>
      other.query('UPDATE ordered.blobs SET put_at = $2 WHERE id = $1', [id, 2 * DAY_MS])
    await clock.advance(DAY_MS)

    await other.query('BEGIN')
    await touch(ids[3])
    const pruning = store.runs.prune?.({ olderThanMs: 0 })
    const waiting = "SELECT FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"
    await vi.waitFor(async () => expect((await other.query(waiting)).rows).toHaveLength(1), WITHIN)
    // It waits at the fourth, and has none of those that come later.
    for (const id of ids.slice(4)) await touch(id)
    await other.query('COMMIT')

    expect(await pruning).toEqual({ runs: 0, blobs: 3 })
  })
})
