// What a store finds of its runs, in which order, on which page; held against a plain look at all of them.

import type { JournalEntry, RunOptions } from '../../journal/events.ts'
import {
  type AskedStatus,
  comparePlaces,
  createFit,
  isWaiting,
  placeOf,
  RUN_SORTS,
  type RunFilter,
  type RunQuery,
} from '../../store/run-query.ts'
import type { RunRow, Store } from '../../store/store.ts'
import { type Claim, codeOf, type Equal } from './claim.ts'
import { cancelledItems, created, failedItem, finished, sealed, shard } from './entries.ts'

export function runListsSuite(claim: Claim, equal: Equal): void {
  claim('each filter finds what a look at every run finds, in every order, counted and page by page', async (store) => {
    const next = randomOf(7)
    await fill(store, 120, next)
    await compare(store, next, 60)
    // What changes after a first look is seen by the next one.
    for (let run = 0; run < 120; run += 9) await store.runs.remove(nameOf(run))
    for (let run = 120; run < 150; run++) await addRun(store, run, next)
    await compare(store, next, 60)
  })

  async function compare(store: Store, next: Next, times: number): Promise<void> {
    const all: { row: RunRow; number: number }[] = []
    for (let number = 0; number < 150; number++) {
      const row = await store.runs.get(nameOf(number))
      if (row) all.push({ row, number })
    }
    for (let time = 0; time < times; time++) {
      const filter = filterOf(next)
      const sort = RUN_SORTS[time % RUN_SORTS.length] ?? 'createdAt'
      const fits = createFit(filter)
      const found = all
        .filter(({ row }) => fits(row))
        .map(({ row, number }) => ({ row, ...placeOf(row, number, sort) }))
      const expected = found.sort(comparePlaces).map(({ row }) => row)
      const query = { ...filter, sort, limit: 1 + next(40), count: 1 + next(100) }
      const { rows, total } = await pages(store, query)
      equal([query, rows.map(({ id }) => id)], [query, expected.map(({ id }) => id)])
      equal(rows, expected)
      equal(total, Math.min(expected.length, query.count))
      await compareSummary(store, { ...filter, buckets: 1 + next(8) }, expected)
    }
  }

  async function compareSummary(store: Store, query: RunFilter & { buckets: number }, rows: readonly RunRow[]) {
    const { total, buckets } = await store.runs.summary(query)
    equal(total, rows.length)
    for (const { from, to, counts } of buckets) {
      const inside = rows.filter(({ createdAt }) => createdAt >= from && createdAt < to)
      const expected: { [S in AskedStatus]?: number } = {}
      for (const row of inside) {
        expected[row.status] = (expected[row.status] ?? 0) + 1
        if (isWaiting(row)) expected.waiting = (expected.waiting ?? 0) + 1
      }
      equal([query, counts], [query, expected])
    }
    const covered = buckets.reduce((sum, { counts: { waiting: _, ...own } }) => sum + sumOf(own), 0)
    equal(covered, buckets.length === 0 ? 0 : rows.length)
  }

  claim('pages neither lose nor repeat a run while others come and go, the last one of a page too', async (store) => {
    for (const sort of RUN_SORTS) {
      const mark = sort.replace('-', 'down')
      for (let run = 0; run < 12; run++) await addEnded(store, `${mark}${run}`, 100 + run, { labels: { mark } })
      const seen: string[] = []
      let cursor: string | undefined
      for (let page = 0; ; page++) {
        const { rows, next } = await store.runs.list({ labels: [['mark', mark]], sort, limit: 3, cursor })
        seen.push(...rows.map(({ id }) => id))
        if (next === undefined) break
        cursor = next
        await store.runs.remove(rows.at(-1)?.id ?? '')
        // Before everything that is still to come.
        await addEnded(store, `${mark}new${page}`, sort.startsWith('-') ? 1000 : 1, { labels: { mark } })
      }
      const expected = Array.from({ length: 12 }, (_, run) => `${mark}${run}`)
      equal(seen, sort.startsWith('-') ? expected.reverse() : expected)
    }
  })

  claim('what runs are asked for by is compared as it is', async (store) => {
    const labels = { 'a%': "it's", _: '"', __proto__x: '\\', Grüße: 'STRASSE', ['__proto__']: 'own' }
    await addEnded(store, 'odd', 1, { flow: `x' OR 1=1 --`, labels })
    await addEnded(store, 'plain', 2, { flow: 'ΟΔΟΣ', labels: { a1: 'its' } })
    const ids = async (query: RunQuery) => (await store.runs.list(query)).rows.map(({ id }) => id)

    equal(await ids({ flow: `x' OR 1=1 --` }), ['odd'])
    equal(await ids({ flow: `' OR 1=1 --` }), [])
    equal(await ids({ labels: [['a%', "it's"]] }), ['odd'])
    equal(await ids({ labels: [['a_', 'its']] }), [])
    equal(await ids({ labels: [['__proto__', 'own']] }), ['odd'])
    equal(await ids({ labels: [['constructor', 'Object']] }), [])
    equal(
      await ids({
        labels: [
          ['a%', "it's"],
          ['a%', 'other'],
        ],
      }),
      [],
    )
    for (const [q, found] of Object.entries({
      '%': ['odd'],
      "'": ['odd'],
      '"': ['odd'],
      '\\': ['odd'],
      _: ['odd'],
      'a%:it': ['odd'],
      straße: ['odd'],
      GRÜSSE: ['odd'],
      οδοσ: ['plain'],
      Οδος: ['plain'],
      LAI: ['plain'],
      '': ['plain', 'odd'],
      'no such text': [],
    })) {
      equal([q, await ids({ q })], [q, found])
    }
    const many = Array.from({ length: 10_000 }, (_, i) => [`name ${i}`, 'value'] as const)
    equal(await ids({ labels: many }), [])
    equal(await ids({ status: [] }), [])
    equal(await ids({ flow: '' }), [])
  })

  claim('what is not shown is not found', async (store) => {
    await addEnded(store, 'r', 1, { labels: { key: 'hunter2' } })
    const shown = (text: string) => text.replaceAll('hunter2', '[redacted]')
    const found = async (q: string) => (await store.runs.list({ q, shown, count: 10 })).total

    equal([await found('hunt'), await found('key:'), await found('KEY:h')], [0, 1, 0])
    equal((await store.runs.summary({ q: 'hunt', shown, buckets: 1 })).total, 0)
  })

  claim('a list that makes no sense is refused', async (store) => {
    await addEnded(store, 'a', 1)
    await addEnded(store, 'b', 2)
    const { next = '' } = await store.runs.list({ limit: 1 })
    equal(
      (await store.runs.list({ limit: 1, cursor: next })).rows.map(({ id }) => id),
      ['a'],
    )
    const wrong: unknown[] = [
      { status: 'done' },
      { status: ['running', ''] },
      { sort: 'id' },
      { sort: 'createdAt', cursor: next },
      { cursor: '' },
      { cursor: 'nowhere' },
      { cursor: '-createdAt,,' },
      { cursor: '-createdAt,1,x' },
      { limit: 0 },
      { limit: 1.5 },
      { count: -1 },
      { kind: 'all' },
      { since: Number.NaN },
      { until: 'now' },
    ]
    for (const query of wrong)
      equal([query, await codeOf(() => store.runs.list(query as RunQuery))], [query, 'INVALID_INPUT'])
    equal(await codeOf(() => store.runs.summary({ buckets: 0 })), 'INVALID_INPUT')
  })

  claim('a summary covers the time that is asked for, or what there is', async (store) => {
    equal(await store.runs.summary({ buckets: 60 }), { total: 0, buckets: [] })
    equal(await store.runs.summary({ buckets: 2, since: 0, until: 10 }), {
      total: 0,
      buckets: [
        { from: 0, to: 5, counts: {} },
        { from: 5, to: 10, counts: {} },
      ],
    })
    await addEnded(store, 'one', 1000)
    const one = [{ from: 1000, to: 1001, counts: { completed: 1 } }]
    equal(await store.runs.summary({ buckets: 60 }), { total: 1, buckets: one })
    equal(await store.runs.summary({ buckets: 60, since: 1000, until: 1000 }), { total: 0, buckets: [] })
    equal(await store.runs.summary({ buckets: 60, since: 2000, until: 1000 }), { total: 0, buckets: [] })
    equal(await store.runs.summary({ buckets: 60, since: 2000 }), { total: 0, buckets: [] })
    await addEnded(store, 'two', 1009)
    equal(await store.runs.summary({ buckets: 1 }), {
      total: 2,
      buckets: [{ from: 1000, to: 1010, counts: { completed: 2 } }],
    })
    equal(
      (await store.runs.summary({ buckets: 3, since: 999 })).buckets.map(({ from, to }) => [from, to]),
      [
        [999, 1002],
        [1002, 1006],
        [1006, 1010],
      ],
    )
  })
}

// ---

type Next = (below: number) => number

/** Numbers that are the same each time. */
function randomOf(seed: number): Next {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function nameOf(run: number): string {
  return `run${run}`
}

async function fill(store: Store, runs: number, next: Next): Promise<void> {
  for (let run = 0; run < runs; run++) await addRun(store, run, next)
}

const FLOWS = ['orders', 'Mail', 'orders-Eu', undefined]
const TRIGGERS: RunOptions['trigger'][] = [
  undefined,
  { type: 'cli', flow: '/srv/mail.flow' },
  { type: 'schedule' },
  { type: 'api' },
]

/** A run that stands in any way, and was created at a time that others share. */
async function addRun(store: Store, run: number, next: Next): Promise<void> {
  const flow = FLOWS[next(FLOWS.length)]
  const trigger = TRIGGERS[next(TRIGGERS.length)]
  const options: RunOptions = {
    ...(flow === undefined ? {} : { flow }),
    ...(next(3) === 0 ? { flowId: `flow${next(3)}` } : {}),
    ...(next(4) === 0 ? { kind: next(2) === 0 ? 'test' : 'run' } : {}),
    ...(trigger ? { trigger } : {}),
    ...(next(2) === 0 ? { labels: { team: `T${next(3)}`, ...(next(2) === 0 ? { env: 'Prod' } : {}) } } : {}),
  }
  const at = 1000 + next(40)
  const journal = `${nameOf(run)}/0`
  const entries: JournalEntry[] = [{ ...created(nameOf(run), 2), at, options } as JournalEntry, sealed(2)]
  const way = next(8)
  const claim: JournalEntry = { type: 'claimed', at: at + next(5), driver: 'd' }
  await store.append({ journal, after: 0, entries })
  if (way === 0) return
  const atWork = way === 1 ? { running: 0, waiting: 2 } : { running: 2, waiting: 0 }
  await store.append({ journal, after: 1, entries: [claim], atWork })
  if (way <= 2) return
  if (way === 3) return store.append({ journal, entries: [{ type: 'signalled', at: at + 5, name: 'pause' }] })
  const end = at + 5 + next(6)
  if (way === 4) {
    await store.append({ journal, entries: [{ type: 'signalled', at: end, name: 'cancel' }] })
    if (next(2) === 0) await store.append({ journal, entries: [{ ...cancelledItems(0, 1), at: end } as JournalEntry] })
    return
  }
  const last = way === 5 ? failedItem(1) : finished(1)
  const ends = [finished(0), last].map((entry) => ({ ...entry, at: end }) as JournalEntry)
  await store.append({ journal, after: 2, entries: ends, atWork: { running: 0, waiting: 0 } })
}

/** One that took as long as it is late: the later, the longer. */
async function addEnded(store: Store, run: string, at: number, options: RunOptions = {}): Promise<void> {
  const journal = `${run}/0`
  const begin = { ...created(run), at, options } as JournalEntry
  const item = { ...shard(run, 0), at } as JournalEntry
  await store.append({ journal, after: 0, entries: [begin] })
  await store.append({ journal: `${run}/1`, after: 0, entries: [item, { type: 'claimed', at, driver: 'd' }] })
  await store.append({ journal: `${run}/1`, after: 1, entries: [{ ...finished(0), at: 2 * at } as JournalEntry] })
  await store.append({ journal, after: 1, entries: [{ ...sealed(1), at: 2 * at } as JournalEntry] })
}

function filterOf(next: Next): RunFilter {
  const some = <T>(values: readonly T[]): T => values[next(values.length)] as T
  const statuses: AskedStatus[] = ['queued', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled']
  const since = 1000 + next(40)
  return {
    ...(next(2) === 0 ? { status: [some(statuses), some(statuses)] } : {}),
    ...(next(3) === 0 ? { flow: some(['orders', 'flow1', '/srv/mail.flow', ['Mail', 'flow0', 'nothing']]) } : {}),
    ...(next(3) === 0 ? { kind: some(['run', 'test'] as const) } : {}),
    ...(next(3) === 0 ? { trigger: some(['api', ['cli', 'schedule'], 'mcp']) } : {}),
    ...(next(3) === 0
      ? { labels: [['team', `T${next(3)}`], ...(next(3) === 0 ? [['env', 'Prod'] as const] : [])] }
      : {}),
    ...(next(3) === 0 ? { since, ...(next(2) === 0 ? { until: since + next(20) } : {}) } : {}),
    ...(next(3) === 0 ? { q: some(['RUN1', 'late', 'timeout', 'orders', 'team:t1', 'PROD', 'eu', 'xyz']) } : {}),
  }
}

async function pages(store: Store, query: RunQuery): Promise<{ rows: RunRow[]; total: number | undefined }> {
  const rows: RunRow[] = []
  let total: number | undefined
  for (let cursor: string | undefined; ; ) {
    const page = await store.runs.list({ ...query, cursor })
    rows.push(...page.rows)
    total ??= page.total
    equalTotals(total, page.total)
    if (page.next === undefined) return { rows, total }
    cursor = page.next
  }
}

function equalTotals(first: number | undefined, other: number | undefined): void {
  if (first !== other) throw new Error(`a page counts ${other} runs, the first one ${first}`)
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((a, b) => a + b, 0)
}
