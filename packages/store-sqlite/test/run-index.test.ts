import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AskedStatus,
  type Batch,
  comparePlaces,
  createFit,
  type JournalEntry,
  placeOf,
  RUN_SORTS,
  type RunFilter,
  type RunOptions,
  type RunQuery,
  type RunRow,
  type Store,
  summed,
} from '@stepflow/engine'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../src/drivers.ts'
import { RunIndex } from '../src/run-index.ts'
import { runRow } from '../src/run-row.ts'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-run-index-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const plan = {
  ...{ name: 'nothing', entry: 0, exit: 0, onFailure: 'stop' },
  steps: [{ id: 'only', component: null, input: { op: 'literal', value: null } }],
} as const

/** More than two slices. */
const MANY = 9_000
const nameOf = (run: number) => `run-${run.toString(36)}`

let path = ''
let files = 0
beforeEach(() => {
  path = join(folder, `${files++}.db`)
})

const open = () => createSqliteStore({ path, synchronous: 'off', pollMs: 5 })

/** A run that differs from its neighbours in all that is asked for; each hundredth has not ended. */
function batchesOf(run: number): Batch[] {
  const at = 10_000 + run - (run % 7) * 3
  const id = nameOf(run)
  const [flow, trigger] = [['orders', 'mail', undefined][run % 3], (['api', 'cli', undefined] as const)[run % 5]]
  const options: RunOptions = {
    ...(flow === undefined ? {} : { flow }),
    ...(trigger === undefined ? {} : { trigger: { type: trigger, flow: `/flows/${run % 4}` } }),
    ...(run % 2 === 0 ? { labels: { order: `${run}`, team: `T${run % 6}` } } : {}),
    ...(run % 11 === 0 ? { kind: 'test' } : {}),
  }
  const begin: JournalEntry = { type: 'created', at, run: id, plan, options, from: 0, inputs: [run] } as JournalEntry
  const sealed: JournalEntry = { type: 'sealed', at, items: 1 }
  const error = { code: 'TIMEOUT', message: `Order ${run} came late` }
  const outcome = run % 10 === 0 ? { outcome: 'failed', error } : { outcome: 'success', result: run }
  const end = [
    { type: 'claimed', at: at + 1, driver: 'd' },
    { type: 'finished', at: at + (run % 50), item: 0, outcome },
  ]
  const ends = run % 100 === 99 ? [] : (end as JournalEntry[])
  return [{ journal: `${id}/0`, after: 0, entries: [begin, sealed, ...ends] }]
}

async function fill(store: Store, from: number, to: number): Promise<void> {
  for (let run = from; run < to; run += 500) {
    const some = Array.from({ length: Math.min(500, to - run) }, (_, i) => batchesOf(run + i))
    await store.appendAll(some.flat())
  }
}

async function finish(store: Store, run: number, at: number): Promise<void> {
  const end: JournalEntry = { type: 'finished', at, item: 0, outcome: { outcome: 'success', result: null } }
  await store.append({ journal: `${nameOf(run)}/0`, after: 1, entries: [end] })
}

/** Every run that there is, as it is read by its id. */
async function rowsOf(store: Store, runs = MANY): Promise<{ row: RunRow; number: number }[]> {
  const rows: { row: RunRow; number: number }[] = []
  for (let run = 0; run < runs; run++) {
    const row = await store.runs.get(nameOf(run))
    if (row) rows.push({ row, number: run })
  }
  return rows
}

const queries: RunFilter[] = [
  {},
  { kind: 'run' },
  { kind: 'test', status: 'failed' },
  { status: ['queued', 'running'] },
  { status: ['failed', 'queued'] as AskedStatus[] },
  { flow: 'orders', trigger: 'cli' },
  { flow: ['/flows/3', 'mail'] },
  { trigger: 'api' },
  { labels: [['team', 'T4']] },
  {
    labels: [
      ['team', 'T4'],
      ['order', '4000'],
    ],
  },
  {
    labels: [
      ['team', 'T4'],
      ['order', '4001'],
    ],
  },
  { since: 12_000, until: 15_000 },
  { since: 12_345, flow: 'mail', status: 'completed' },
  { q: 'RUN-2S' },
  { q: 'order 77' },
  { q: 'timeout' },
  { q: 'ORDER:88' },
  { q: 'mai', kind: 'run', since: 13_000 },
]

async function expectSame(store: Store, all: readonly { row: RunRow; number: number }[]): Promise<void> {
  for (const [place, filter] of queries.entries()) {
    const fits = createFit(filter)
    for (const sort of [RUN_SORTS[place % 6], RUN_SORTS[(place + 3) % 6]] as const) {
      const by = sort ?? 'createdAt'
      const found = all.filter(({ row }) => fits(row)).map(({ row, number }) => ({ row, ...placeOf(row, number, by) }))
      const expected = found.sort(comparePlaces).map(({ row }) => row.id)
      const query: RunQuery = { ...filter, sort: by, limit: 40, count: 10_000 }
      const first = await store.runs.list(query)
      const second = first.next === undefined ? undefined : await store.runs.list({ ...query, cursor: first.next })
      const rows = [...first.rows, ...(second?.rows ?? [])].map(({ id }) => id)
      expect([query, rows, first.total]).toEqual([query, expected.slice(0, 80), expected.length])
    }
    const summary = await store.runs.summary({ ...filter, buckets: 7 })
    expect(summary.total).toBe(all.filter(({ row }) => fits(row)).length)
  }
}

describe('of thousands of runs', () => {
  test('those that are asked for are found, in order, after each change, by every process', {
    timeout: 60_000,
  }, async () => {
    const store = await open()
    await fill(store, 0, MANY)
    await expectSame(store, await rowsOf(store))

    const other = await open()
    for (let run = 0; run < MANY; run += 37) await other.runs.remove(nameOf(run))
    for (let run = 99; run < MANY; run += 300) if (run % 37 > 0) await finish(other, run, 30_000 + run)
    await fill(other, MANY, MANY + 700)

    const all = await rowsOf(store, MANY + 700)
    await expectSame(store, all)
    await expectSame(other, all)
    await other.close()
    await store.close()
    const again = await open()
    await expectSame(again, all)
    await again.close()
  })

  test('a run that is removed and comes again under another number is there once', async () => {
    const store = await open()
    await fill(store, 0, 5_000)
    await store.runs.list()
    for (let run = 4_000; run < 5_000; run++) await store.runs.remove(nameOf(run))
    await fill(store, 4_000, 5_000)

    const { rows, total } = await store.runs.list({ limit: 1_000, count: 10_000 })

    expect(total).toBe(5_000)
    expect(new Set(rows.map(({ id }) => id)).size).toBe(1_000)
    await store.close()
  })

  test('what they are found by is made again if it is damaged', async () => {
    const store = await open()
    await fill(store, 0, 5_000)
    const before = await store.runs.list({ count: 10_000, q: 'late' })
    await store.close()
    const db = await openDatabase(path)
    db.exec(`UPDATE run_slices SET texts = '{' || texts`)
    db.close()

    const again = await open()

    expect(await again.runs.list({ count: 10_000, q: 'late' })).toEqual(before)
    await again.close()
  })

  test('they are found where slices are refused, and put into slices once that is over', async () => {
    const store = await open()
    await fill(store, 0, 100)
    const db = await openDatabase(path)
    db.exec(`CREATE TRIGGER refused BEFORE INSERT ON run_slices BEGIN SELECT RAISE(ABORT, 'no room'); END`)
    await fill(store, 100, 3_000)
    const slices = db.prepare('SELECT count(*) AS slices FROM run_slices')

    const refused = await store.runs.list({ count: 10_000, flow: 'orders', sort: 'duration', limit: 1_000 })
    const before = slices.get<{ slices: number }>()?.slices
    db.exec('DROP TRIGGER refused')
    await fill(store, 3_000, 6_000)
    const later = await store.runs.list({ count: 10_000, flow: 'orders', limit: 1 })
    const after = slices.get<{ slices: number }>()?.slices
    db.close()

    expect([refused.total, refused.rows.length, before]).toEqual([1_000, 1_000, 0])
    expect([later.total, after]).toEqual([2_000, 1])
    await store.close()
  })

  test('slices go with the last of their runs', async () => {
    const store = await open()
    await fill(store, 0, 5_000)
    await store.runs.list()
    await store.runs.prune?.({ keep: 10 })
    await fill(store, 5_000, 8_000)
    await store.runs.list()
    await store.close()

    const db = await openDatabase(path)
    const { slices, gone } = db
      .prepare('SELECT (SELECT count(*) FROM run_slices) AS slices, (SELECT count(*) FROM gone_runs) AS gone')
      .get<{ slices: number; gone: number }>() ?? { slices: -1, gone: -1 }
    db.close()

    expect(slices).toBeLessThanOrEqual(2)
    expect(gone).toBeLessThan(4_096)
  })
})

describe('the statements for a list', () => {
  /** What is asked of the file, as it is asked. */
  async function asked(query: RunQuery): Promise<string[]> {
    const db = await openDatabase(path)
    const texts: string[] = []
    const counted: Database = {
      ...db,
      prepare(text) {
        const statement = db.prepare(text)
        const noted = <T extends unknown[], R>(call: (...params: T) => R) => {
          return (...params: T) => {
            texts.push(text)
            return call(...params)
          }
        }
        return {
          ...statement,
          run: noted(statement.run.bind(statement)),
          get: noted(statement.get.bind(statement)) as typeof statement.get,
          all: noted(statement.all.bind(statement)) as typeof statement.all,
        }
      },
    }
    const index = new RunIndex({
      db: counted,
      write: async (change) => change(),
      read: (read) => read(),
      rowOf: (record, open = []) => ({ row: summed(runRow(record), open), isSettled: record.ended_at !== null }),
    })
    await index.list({ limit: 1 })
    texts.length = 0
    await index.list(query)
    for (const text of new Set(texts)) {
      if (!/SELECT/.test(text) || /coalesce|marks/.test(text)) continue
      const plan = db.prepare(`EXPLAIN QUERY PLAN ${text}`).all<{ detail: string }>(
        ...text
          .split('?')
          .slice(1)
          .map(() => '1'),
      )
      // Each looks at what it is about, whatever else there is.
      expect(
        plan.map(({ detail }) => detail).filter((one) => /SCAN (runs|shards|journal)\b(?!.*INDEX)/.test(one)),
        text,
      ).toEqual([])
    }
    db.close()
    return texts
  }

  test('are as many for 50 runs as for 5, and as many where 60 are open as where 6 are', async () => {
    const store = await open()
    await fill(store, 0, 600)
    const few = [await asked({ limit: 5 }), await asked({ limit: 50 }), await asked({ limit: 50, status: 'running' })]
    await fill(store, 600, 6000)
    const many = [await asked({ limit: 5 }), await asked({ limit: 50 }), await asked({ limit: 50, status: 'running' })]
    await store.close()

    expect(few.map(({ length }) => length)).toEqual(many.map(({ length }) => length))
    expect(few[1]).toEqual(few[0])
    expect(Math.max(...many.map(({ length }) => length))).toBeLessThanOrEqual(8)
  })
})
