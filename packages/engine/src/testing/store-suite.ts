// The contract of every store, as tests. The test runner comes in by argument, so that this file needs none.

import type { JournalEntry } from '../journal/events.ts'
import { contentId } from '../plan/id.ts'
import type { Plan } from '../plan/plan.ts'
import type { Batch, JournalRow, RunQuery, Store } from '../store/store.ts'

/** Opens an empty store; the suite closes it. */
export type OpenStore = () => Store | Promise<Store>

export interface SuiteTools {
  readonly test: (name: string, body: () => Promise<void>) => void
  /** Deep equality; throws if it does not hold. */
  readonly equal: (actual: unknown, expected: unknown) => void
}

/** What only some stores can do; their part of the contract is tested where they are given. */
export interface SuiteOptions {
  /** Another handle on what `store` keeps, as another process would have it; the suite closes it. */
  readonly twin?: (store: Store) => Store | Promise<Store>
  /** Replaces the text of a journal's row by another, or removes the row. */
  readonly damage?: (store: Store, journal: string, seq: number, text: string | null) => void | Promise<void>
}

export function storeSuite(
  name: string,
  open: OpenStore,
  { test, equal }: SuiteTools,
  { twin, damage }: SuiteOptions = {},
): void {
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

  claim('a run that somebody has taken in hand is running', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r'), sealed(2)] })
    await store.append({ journal: 'r/0', after: 1, entries: [{ type: 'claimed', at: 1, driver: 'd' }] })

    equal((await store.runs.get('r'))?.status, 'running')
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

  claim('of two writers at once one is refused, and their neighbours are not harmed', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r'), sealed(3)] })
    const append = async (batch: Batch) => store.append(batch)

    const ends = await Promise.allSettled([
      append({ journal: 'r/0', after: 1, entries: [finished(0)] }),
      append({ journal: 'r/0', after: 1, entries: [finished(1)] }),
      append({ journal: 's/0', after: 0, entries: [created('s')] }),
      append({ journal: 'r/0', after: 2, entries: [finished(2)] }),
    ])

    equal(
      ends.map((end) => (end.status === 'rejected' ? end.reason.code : 'written')),
      ['written', 'CONFLICT', 'written', 'written'],
    )
    equal((await store.read('r/0')).length, 3)
    equal((await store.read('s/0')).length, 1)
    equal((await store.runs.get('r'))?.items.success, 2)
  })

  claim('runs are listed newest first, by what is asked, page by page', async (store) => {
    for (const [at, run] of ['a', 'b', 'c', 'd'].entries()) {
      const options = { flow: run === 'd' ? 'other' : 'nothing', labels: { team: run < 'c' ? 'one' : 'two', run } }
      const entry = { ...created(run), at, options } as JournalEntry
      await store.append({ journal: `${run}/0`, after: 0, entries: [entry, sealed(run === 'b' ? 0 : 1)] })
    }
    const ids = async (query: RunQuery) => (await store.runs.list(query)).map((row) => row.id)

    equal(await ids({}), ['d', 'c', 'b', 'a'])
    equal(await ids({ limit: 2 }), ['d', 'c'])
    equal(await ids({ limit: 2, cursor: 'c' }), ['b', 'a'])
    equal(await ids({ flow: 'nothing' }), ['c', 'b', 'a'])
    equal(await ids({ labels: { team: 'one', run: 'a' } }), ['a'])
    equal(await ids({ labels: { team: 'none' } }), [])
    equal(await ids({ status: 'completed' }), ['b'])
    equal(await ids({ since: 1, until: 3 }), ['c', 'b'])
    equal(((await thrown(() => ids({ cursor: 'nowhere' }))) as { code?: string }).code, 'NOT_FOUND')
  })

  claim('a journal is open until its items have ended, and the first one until the input has', async (store) => {
    const open = async (run?: string) => (await store.runs.open(run)).map(({ journal }) => journal)
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    await store.append({ journal: 'r/1', after: 0, entries: [shard('r', 0)] })
    await store.append({ journal: 's/0', after: 0, entries: [created('s')] })
    equal(await open(), ['r/0', 'r/1', 's/0'])

    await store.append({ journal: 'r/1', after: 1, entries: [finished(0)] })
    equal(await open('r'), ['r/0'])
    equal(await store.runs.shards('r'), [
      { journal: 'r/0', items: 0, done: 0 },
      { journal: 'r/1', items: 1, done: 1 },
    ])

    await store.append({ journal: 'r/0', after: 1, entries: [sealed(1)] })
    equal(await open('r'), [])
  })

  claim('large values, bytes and odd keys come back as they were', async (store) => {
    const large = { rows: Array.from({ length: 40_000 }, (_, row) => ({ row, text: 'a line of the table' })) }
    const odd = JSON.parse(
      '{"__proto__": {"a": 1}, "blobs": [["x"]], "$blob": "0", "toString": null, "\\ud800": "\\u0000"}',
    )
    const results = [large, { large: large.rows, small: 1 }, 'x'.repeat(2_000_000), odd, [large, odd], '', null, 0]
    const bytes = new Uint8Array([0, 255, 128])

    const inputs = [large, odd]
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', inputs)] })
    await store.append({ journal: 'r/0', after: 1, entries: results.map((result, step) => settled(step, result)) })
    await store.append({ journal: 'r/0', after: 2, entries: [finished(0, large), finished(1, { bytes })] })

    const [first, second] = await store.read('r/0')
    equal(first?.entries, [created('r', inputs)])
    equal(
      second?.entries,
      results.map((result, step) => settled(step, result)),
    )
    const items = await store.runs.items('r')
    equal(
      items.map(({ outcome }) => (outcome as { result?: unknown }).result),
      [large, { bytes }],
    )
    equal(await store.blobs.get(await store.blobs.put(bytes)), bytes)
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

  claim('a removed run is gone with its journals', async (store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r'), sealed(1)] })
    await store.append({ journal: 'r/0', after: 1, entries: [finished(0)] })

    await store.runs.remove('r')

    equal(await store.runs.get('r'), undefined)
    equal((await store.read('r/0')).length, 0)
    equal((await store.runs.items('r')).length, 0)
    equal(await store.runs.open(), [])
  })

  if (twin) sharedSuite(claim, twin, equal)
  if (damage) damageSuite(claim, damage, equal)
}

// ---

type Claim = (claimed: string, body: (store: Store) => Promise<void>) => void
type Equal = SuiteTools['equal']

/** What `body` throws. */
async function thrown(body: () => unknown): Promise<unknown> {
  try {
    await body()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

function sharedSuite(claim: Claim, open: NonNullable<SuiteOptions['twin']>, equal: Equal): void {
  const both = (claimed: string, body: (store: Store, twin: Store) => Promise<void>) =>
    claim(claimed, async (store) => {
      const twin = await open(store)
      try {
        await body(store, twin)
      } finally {
        await twin.close()
      }
    })

  both('what one handle has written another one reads, and cannot write again', async (store, twin) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r'), sealed(1)] })

    equal(await twin.read('r/0'), await store.read('r/0'))
    equal(await twin.runs.get('r'), await store.runs.get('r'))
    await twin.append({ journal: 'r/0', after: 1, entries: [finished(0)] })
    const error = await thrown(() => store.append({ journal: 'r/0', after: 1, entries: [finished(0)] }))
    equal((error as { code?: string }).code, 'CONFLICT')
    equal((await store.runs.get('r'))?.items.success, 1)
  })

  both('a watcher hears of the rows of all handles, in order, each once', async (store, twin) => {
    const heard: number[] = []
    const all = new Promise<void>((resolve) => {
      store.watch({ run: 'r' }, ({ seq }) => {
        heard.push(seq)
        if (heard.length === 40) resolve()
      })
    })

    for (let after = 0; after < 40; after++) {
      const entries = after === 0 ? [created('r')] : [settled(0, after)]
      await (after % 3 === 0 ? store : twin).append({ journal: 'r/0', after, entries })
    }
    await all

    equal(
      heard,
      Array.from({ length: 40 }, (_, seq) => seq),
    )
  })

  both('each wake is claimed by one handle', async (store, twin) => {
    const driven: string[] = []
    let arrived: () => void = () => {}
    const all = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const drive = async (journal: string) => {
      driven.push(journal)
      if (driven.length === 30) arrived()
      return null
    }
    const workers = [store.work(drive), twin.work(drive)]

    const journals = Array.from({ length: 30 }, (_, run) => `r${run}/0`)
    for (const [run, journal] of journals.entries()) {
      const wakes = [{ journal, at: 0 }]
      await (run % 2 ? store : twin).append({ journal, after: 0, entries: [created(`r${run}`), sealed(1)], wakes })
    }
    await all
    await Promise.all(workers.map((worker) => worker.stop()))

    equal(driven.sort(), journals.sort())
  })

  both('what a handle holds when it is closed is driven by another', async (store, twin) => {
    await twin.append({ journal: 'r/0', after: 0, entries: [created('r', [null]), sealed(1)] })
    await twin.close()

    const journal = await new Promise<string>((resolve) => {
      store.work(async (found) => {
        resolve(found)
        return null
      })
    })

    equal(journal, 'r/0')
  })

  both('a signal wakes a journal that was put down until it is signalled', async (store, twin) => {
    await twin.append({ journal: 'r/0', after: 0, entries: [created('r', [null]), sealed(1)] })
    await twin.putDown?.({ journal: 'r/0', at: Number.POSITIVE_INFINITY })
    const woken = new Promise<string>((resolve) => {
      store.work(async (journal) => {
        resolve(journal)
        return { journal, at: Number.POSITIVE_INFINITY }
      })
    })

    await twin.append({
      journal: 'r/0',
      after: 1,
      entries: [{ type: 'signalled', at: 2, name: 'signal', signal: 'go' }],
    })

    equal(await woken, 'r/0')
  })
}

function damageSuite(claim: Claim, damage: NonNullable<SuiteOptions['damage']>, equal: Equal): void {
  const fill = async (store: Store) => {
    await store.append({ journal: 'r/0', after: 0, entries: [created('r'), sealed(2)] })
    await store.append({ journal: 'r/0', after: 1, entries: [settled(0, 'one')] })
    await store.append({ journal: 'r/0', after: 2, entries: [settled(1, 'two')] })
  }

  for (const [what, seq, text] of [
    ['a row that is missing', 1, null],
    ['a row that does not parse', 1, '[{"type":"settl'],
    ['a last row that is no list', 2, '{"type":"settled"}'],
    ['an entry without a type', 2, '[{"at":1}]'],
  ] as const) {
    claim(`${what} is found, and named`, async (store) => {
      await fill(store)
      await damage(store, 'r/0', seq, text)

      const error = (await thrown(() => store.read('r/0'))) as {
        code?: string
        data?: { journal?: string; row?: number }
      }

      equal([error.code, error.data?.journal, error.data?.row], ['INTERNAL', 'r/0', seq])
    })
  }

  claim('a last row that was cut short is dropped, and its place is free', async (store) => {
    await fill(store)
    await damage(store, 'r/0', 2, '[{"type":"settled","at":3,"ite')

    equal((await store.read('r/0')).length, 2)
    await store.append({ journal: 'r/0', after: 2, entries: [settled(1, 'again')] })
    equal((await store.read('r/0')).length, 3)
  })
}

const plan: Plan = {
  name: 'nothing',
  entry: 0,
  exit: 0,
  onFailure: 'stop',
  steps: [{ id: 'only', component: null, input: { op: 'literal', value: null } }],
}

function created(run: string, inputs: readonly unknown[] = []): JournalEntry {
  return { type: 'created', at: 1, run, plan, options: { flow: 'nothing' }, from: 0, inputs }
}

function shard(run: string, from: number): JournalEntry {
  return { type: 'created', at: 1, run, from, inputs: [null] }
}

function sealed(items: number): JournalEntry {
  return { type: 'sealed', at: 2, items }
}

function settled(step: number, result: unknown): JournalEntry {
  return { type: 'settled', at: 3, item: 0, step, visit: 0, attempt: 1, outcome: { outcome: 'success', result } }
}

function finished(item: number, result: unknown = item): JournalEntry {
  return { type: 'finished', at: 3, item, outcome: { outcome: 'success', result } }
}

function failedItem(item: number): JournalEntry {
  return { type: 'finished', at: 3, item, outcome: { outcome: 'failed', error: { code: 'TIMEOUT', message: 'late' } } }
}
