// What a store says of items, kept outputs and blobs.

import type { JournalEntry } from '../../journal/events.ts'
import { contentId } from '../../plan/id.ts'
import type { ItemStatus } from '../../store/store.ts'
import { type Claim, codeOf, type Equal } from './claim.ts'
import { cancelledItems, created, failedItem, finished, sealed, settled, shard, skippedItem } from './entries.ts'

export function itemsSuite(claim: Claim, equal: Equal): void {
  claim('items are read by number, unfinished ones left out', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', 5), sealed(5)] })
    await store.append({ journal: 'r/0', after: 1, entries: [finished(3), finished(0), finished(2)] })

    equal(
      (await store.runs.items('r')).map((row) => row.item),
      [0, 2, 3],
    )
    equal(
      (await store.runs.items('r', 1, 1)).map((row) => row.item),
      [2],
    )
  })

  claim('an output that was kept is found under its key, until its time', async (store) => {
    const keep = (key: string, result: unknown, until?: number): JournalEntry => {
      return { ...settled(0, result), cache: until === undefined ? { key } : { key, until } } as JournalEntry
    }
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    await store.append({ journal: 'r/0', after: 1, entries: [keep('a', { first: 1 }), keep('b', null, 50)] })
    await store.append({ journal: 'r/0', after: 2, entries: [keep('a', { second: 2 })] })

    equal(await store.runs.cached('a', 100), { output: { second: 2 } })
    equal(await store.runs.cached('b', 49), { output: null })
    equal(await store.runs.cached('b', 50), undefined)
    equal(await store.runs.cached('c', 0), undefined)
  })

  claim('the same content is one blob, found by its hash, prefixed or not', async (store) => {
    const value = { message: 'Hello, blobs!', list: [1, 2, 3] }

    const id = await store.blobs.put(value)

    equal(id, contentId(value))
    equal(await store.blobs.put({ ...value }), id)
    equal(await store.blobs.get(id), value)
    equal(await store.blobs.get(`sha256:${id}`), value)
    equal(await codeOf(() => store.blobs.get('0'.repeat(64))), 'NOT_FOUND')
  })

  claim('items are found by how they ended, page by page, and told in a byte each', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    await store.append({ journal: 'r/1', after: 0, entries: [shard('r', 0, 4)] })
    await store.append({ journal: 'r/2', after: 0, entries: [shard('r', 4, 6)] })
    await store.append({ journal: 'r/1', after: 1, entries: [failedItem(0), finished(1), failedItem(3)] })
    await store.append({ journal: 'r/2', after: 1, entries: [skippedItem(4), failedItem(9), cancelledItems(6, 8)] })
    const numbers = async (from: number, limit: number, ...statuses: ItemStatus[]) =>
      (await store.runs.items('r', from, limit, statuses)).map(({ item }) => item)

    equal(await numbers(0, 100, 'failed'), [0, 3, 9])
    equal(await numbers(1, 1, 'failed'), [3])
    equal(await numbers(0, 100, 'success'), [1])
    equal(await numbers(1, 4, 'cancelled', 'skipped', 'failed'), [3, 4, 6, 7])
    equal(await numbers(0, 3, 'success', 'failed'), [0, 1, 3])
    equal((await store.runs.items('r', 7, 1))[0]?.outcome, (cancelledItems(6, 8) as { outcome?: unknown }).outcome)
    equal([...(await store.runs.statuses('r'))], [5, 3, 0, 5, 4, 0, 6, 6, 6, 5])
    equal([...(await store.runs.statuses('r', 3, 3))], [5, 4, 0])
    equal([...(await store.runs.statuses('nowhere'))], [])
  })
}
