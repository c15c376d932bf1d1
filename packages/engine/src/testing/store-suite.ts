// The contract of every store, as tests. The test runner comes in by argument, so that this file needs none.

import type { JournalEntry } from '../journal/events.ts'
import { contentId } from '../plan/id.ts'
import type { Plan } from '../plan/plan.ts'
import type { JournalRow, Store } from '../store/store.ts'

/** Opens an empty store; the suite closes it. */
export type OpenStore = () => Store | Promise<Store>

export interface SuiteTools {
  readonly test: (name: string, body: () => Promise<void>) => void
  /** Deep equality; throws if it does not hold. */
  readonly equal: (actual: unknown, expected: unknown) => void
  /** What `body` throws. */
  readonly thrown: (body: () => unknown) => Promise<unknown>
}

export function storeSuite(name: string, open: OpenStore, { test, equal, thrown }: SuiteTools): void {
  const claim = (claimed: string, body: (store: Store) => Promise<void>) =>
    test(`${name}: ${claimed}`, async () => {
      const store = await open()
      try {
        await body(store)
      } finally {
        await store.close()
      }
    })

  claim('rows come back in the order in which they were appended', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    await store.append({ journal: 'r/0', after: 1, entries: [finished(0)] })

    const rows = await store.read('r/0')

    equal(
      rows.map((row) => [row.seq, row.entries.map((entry) => entry.type)]),
      [
        [0, ['created']],
        [1, ['finished']],
      ],
    )
    equal((await store.read('r/0', 1)).length, 1)
    equal((await store.read('other/0')).length, 0)
  })

  claim('a writer who does not know the end of the journal is refused', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })

    const error = await thrown(() => store.append({ journal: 'r/0', after: 0, entries: [finished(0)] }))

    equal((error as { code?: string }).code, 'CONFLICT')
    equal((await store.read('r/0')).length, 1)
  })

  claim("a run's row follows from its journal", async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r'), sealed(2)] })
    equal((await store.runs.get('r'))?.status, 'queued')

    await store.append({ journal: 'r/0', after: 1, entries: [finished(1)] })
    equal((await store.runs.get('r'))?.status, 'running')

    await store.append({ journal: 'r/0', after: 2, entries: [failedItem(0)] })
    const row = await store.runs.get('r')
    equal([row?.status, row?.items], ['failed', { total: 2, success: 1, skipped: 0, failed: 1, cancelled: 0 }])
  })

  claim('items are read by number, unfinished ones left out', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r'), sealed(5)] })
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

  claim('shards of a run add up in its row', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    await store.append({ journal: 'r/1', after: 0, entries: [shard('r', 0)] })
    await store.append({ journal: 'r/2', after: 0, entries: [shard('r', 1)] })
    await store.append({ journal: 'r/2', after: 1, entries: [finished(1)] })
    await store.append({ journal: 'r/1', after: 1, entries: [finished(0)] })
    await store.append({ journal: 'r/0', after: 1, entries: [sealed(2)] })

    equal((await store.runs.get('r'))?.status, 'completed')
  })

  claim('a watcher hears of each row once, and of its own run only', async (store) => {
    const heard: JournalRow[] = []
    const stop = store.watch({ run: 'r' }, (row) => heard.push(row))

    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    await store.append({ journal: 'other/0', after: 0, entries: [created('other')] })
    stop()
    await store.append({ journal: 'r/0', after: 1, entries: [finished(0)] })

    equal(
      heard.map((row) => [row.journal, row.seq]),
      [['r/0', 0]],
    )
  })

  claim('a wake drives its journal, once', async (store) => {
    const driven: string[] = []
    let arrived: () => void = () => {}
    const first = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const work = store.work(async (journal) => {
      driven.push(journal)
      arrived()
      return null
    })

    await store.append({ journal: 'r/0', after: 0, entries: [created('r')], wakes: [{ journal: 'r/0', at: 0 }] })
    await first
    await work.stop()

    equal(driven, ['r/0'])
  })

  claim('the same content is one blob, found by its hash, prefixed or not', async (store) => {
    const value = { message: 'Hello, blobs!', list: [1, 2, 3] }

    const id = await store.blobs.put(value)

    equal(id, contentId(value))
    equal(await store.blobs.put({ ...value }), id)
    equal(await store.blobs.get(id), value)
    equal(await store.blobs.get(`sha256:${id}`), value)
    equal(((await thrown(() => store.blobs.get('0'.repeat(64)))) as { code?: string }).code, 'NOT_FOUND')
  })

  claim('a removed run is gone with its journals', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r'), sealed(1)] })
    await store.append({ journal: 'r/0', after: 1, entries: [finished(0)] })

    await store.runs.remove('r')

    equal(await store.runs.get('r'), undefined)
    equal((await store.read('r/0')).length, 0)
    equal((await store.runs.items('r')).length, 0)
  })
}

// ---

const plan: Plan = {
  name: 'nothing',
  entry: 0,
  exit: 0,
  onFailure: 'stop',
  steps: [{ id: 'only', component: null, input: { op: 'literal', value: null } }],
}

function created(run: string): JournalEntry {
  return { type: 'created', at: 1, run, plan, options: { flow: 'nothing' }, from: 0, inputs: [] }
}

function shard(run: string, from: number): JournalEntry {
  return { type: 'created', at: 1, run, from, inputs: [null] }
}

function sealed(items: number): JournalEntry {
  return { type: 'sealed', at: 2, items }
}

function finished(item: number): JournalEntry {
  return { type: 'finished', at: 3, item, outcome: { outcome: 'success', result: item } }
}

function failedItem(item: number): JournalEntry {
  return { type: 'finished', at: 3, item, outcome: { outcome: 'failed', error: { code: 'TIMEOUT', message: 'late' } } }
}
