import { join } from 'node:path'
import type { JournalEntry, RunOptions } from '@stepflow/engine'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { newFolder } from '../../../test/new-folder.ts'
import { openDatabase } from '../../store-sqlite/src/drivers.ts'
import { serverOfFile, startServer } from './start-server.ts'

const server = serverOfFile({ env: { STEPFLOW_SECRET_KEY: 'tk9-of-the-house' } })

const plan = {
  ...{ name: 'nothing', entry: 0, exit: 0, onFailure: 'stop' },
  steps: [{ id: 'only', component: null, input: { op: 'literal', value: null } }],
} as const

/** A run that was created at that time and has ended, with an error if there is a message. */
async function add(id: string, at: string | number, options: RunOptions = {}, message?: string): Promise<void> {
  const created = typeof at === 'number' ? at : Date.parse(at)
  const entries = endedRun(id, created, options, message)
  await server.services.store.append({ journal: `${id}/0`, after: 0, entries })
}

function endedRun(id: string, created: number, options: RunOptions = {}, message?: string): JournalEntry[] {
  const outcome =
    message === undefined
      ? { outcome: 'success', result: null }
      : { outcome: 'failed', error: { code: 'COMPONENT_FAILED', message } }
  return [
    { type: 'created', at: created, run: id, plan, options, from: 0, inputs: [null] },
    { type: 'sealed', at: created, items: 1 },
    { type: 'claimed', at: created, driver: 'd' },
    { type: 'finished', at: created + 10, item: 0, outcome },
  ] as JournalEntry[]
}

async function idsOf(query: Readonly<Record<string, string | readonly string[]>>): Promise<string[]> {
  const { status, body } = await server.call('GET', `/runs?${asked(query)}`)
  expect([query, status]).toEqual([query, 200])
  return body.runs.map(({ runId }: { runId: string }) => runId)
}

function asked(query: Readonly<Record<string, string | readonly string[]>>): URLSearchParams {
  const params = new URLSearchParams()
  for (const [name, of] of Object.entries(query)) for (const value of [of].flat()) params.append(name, value)
  return params
}

test('what runs are found by is made after the start, before anybody asks', async () => {
  const folder = newFolder()
  const path = join(folder, 'runs.db')
  const store = await createSqliteStore({ path, synchronous: 'off' })
  const runs = Array.from({ length: 2_500 }, (_, i) => ({
    ...{ journal: `r${i}/0`, after: 0 },
    entries: endedRun(`r${i}`, i),
  }))
  await store.appendAll(runs)
  await store.close()

  await startServer({ folder, store: { type: 'sqlite', path } })

  const db = await openDatabase(path)
  onTestFinished(() => db.close())
  const slices = db.prepare('SELECT count(*) AS slices FROM run_slices')
  await expect.poll(() => slices.get<{ slices: number }>()?.slices, { timeout: 30_000 }).toBe(1)
})

describe('the list of runs', () => {
  test('takes times in any zone, of both hours that a clock change makes one, and no others', async () => {
    await add('before', '2026-10-25T00:30:00Z', { labels: { of: 'change' } })
    await add('after', '2026-10-25T01:30:00Z', { labels: { of: 'change' } })
    const since = (text: string) => idsOf({ label: 'of:change', sort: 'createdAt', since: text })

    expect(await since('2026-10-25T02:30:00+02:00')).toEqual(['before', 'after'])
    expect(await since('2026-10-25T02:30:00+01:00')).toEqual(['after'])
    expect(await since('2026-10-24T21:30:00.001-03:00')).toEqual(['after'])
    // Without a zone it is UTC, wherever the server is.
    expect(await since('2026-10-25T01:00:00')).toEqual(['after'])
    expect(await idsOf({ label: 'of:change', until: '2026-10-25T12:00:00+10:30' })).toEqual(['before'])
    for (const text of [
      ...['2026-10-25', '2026-02-30T00:00:00Z', '2026-10-25T25:00:00Z', '2026-12-31T23:59:60Z'],
      ...['2026-10-25T02:30:00 02:00', '1761355800000', 'yesterday', ''],
    ]) {
      const { status, body } = await server.call('GET', `/runs?${asked({ since: text })}`)
      expect([text, status, body.detail]).toEqual([text, 400, expect.stringContaining('since')])
    }
  })

  test('compares what it is asked for as it is', async () => {
    const labels = { 'a%': "it's", ['__proto__']: 'own', Straße: 'Ünter' }
    await add('odd', 1, { flow: `x' OR 1=1 --`, labels })

    expect(await idsOf({ flow: `x' OR 1=1 --` })).toEqual(['odd'])
    expect(await idsOf({ label: ["a%:it's", '__proto__:own'] })).toEqual(['odd'])
    expect(await idsOf({ label: ["a%:it's", 'a%:other'] })).toEqual([])
    expect(await idsOf({ label: 'a_:its' })).toEqual([])
    expect(await idsOf({ q: 'STRASSE:ü' })).toEqual(['odd'])
    expect(await idsOf({ q: '%' })).toEqual(['odd'])
    expect(await idsOf({ flow: '' })).toEqual([])
    const label = Array.from({ length: 10_000 }, (_, i) => `name ${i}:value`)
    const bulk = await server.call('POST', '/runs/bulk', { action: 'delete', filter: { label } })
    expect(bulk.body).toEqual({ done: 0, refused: [] })
  })

  test.each([
    ...['status=', 'status=done', 'label=', 'label=:x', 'label=x', 'q=', 'kind=some', 'sort=id', 'limit=0'],
    ...[
      'cursor=',
      'cursor=x',
      `cursor=${Buffer.from('createdAt,1,1').toString('base64url')}`,
      'limit=1001',
      'trigger=clii',
    ],
    ...[`cursor=${Buffer.from('-createdAt,x,1').toString('base64url')}`, 'sort=createdAt&sort=duration'],
  ])('refuses %s, which cannot be read', async (query) => {
    expect((await server.call('GET', `/runs?${query}`)).status).toBe(400)
    expect((await server.call('GET', `/runs/summary?${query}&buckets=x`)).status).toBe(400)
  })

  test('neither loses nor repeats a run while others are added, and the last of each page is deleted', async () => {
    for (let run = 0; run < 10; run++) await add(`page${run}`, 5_000 + run, { labels: { of: 'pages' } })
    const seen: string[] = []
    let cursor: string | undefined
    for (let page = 0; ; page++) {
      const query = { label: 'of:pages', limit: '3', ...(cursor === undefined ? {} : { cursor }) }
      const { body } = await server.call('GET', `/runs?${asked(query)}`)
      seen.push(...body.runs.map(({ runId }: { runId: string }) => runId))
      cursor = body.nextCursor
      if (cursor === undefined) break
      await server.call('DELETE', `/runs/${seen.at(-1)}`)
      await add(`new${page}`, 6_000 + page, { labels: { of: 'pages' } })
    }

    expect(seen).toEqual(Array.from({ length: 10 }, (_, run) => `page${9 - run}`))
  })

  test('does not find what it does not show', async () => {
    await add('leaks', 2, { labels: { key: 'tk9-of-the-house' } }, 'refused tk9-of-the-house at the door')
    const total = async (q: string) => (await server.call('GET', `/runs?${asked({ q })}`)).body.total

    expect(await total('of-the-house')).toBe(0)
    expect(await total('TK9')).toBe(0)
    expect(await total('at the door')).toBe(1)
    expect((await server.call('GET', '/runs/summary?q=tk9')).body.total).toBe(0)
  })
})

describe('the summary of runs', () => {
  test('counts them by their status and by when they were created', async () => {
    const labels = { of: 'summary' }
    await add('s1', '2026-11-01T00:00:00Z', { labels })
    await add('s2', '2026-11-01T00:59:59.999Z', { labels }, 'late')
    await add('s3', '2026-11-01T01:00:00Z', { labels })
    const span = 'since=2026-11-01T00:00:00Z&until=2026-11-01T02:00:00Z'

    const { body } = await server.call('GET', `/runs/summary?label=of:summary&${span}&buckets=2`)

    expect(body).toEqual({
      total: 3,
      buckets: [
        { from: '2026-11-01T00:00:00.000Z', to: '2026-11-01T01:00:00.000Z', counts: { completed: 1, failed: 1 } },
        { from: '2026-11-01T01:00:00.000Z', to: '2026-11-01T02:00:00.000Z', counts: { completed: 1 } },
      ],
    })
  })

  test('of no runs, of one, and of a span without length', async () => {
    await add('alone', '2026-11-02T00:00:00Z', { labels: { of: 'one' } })
    const of = async (query: string) => (await server.call('GET', `/runs/summary?${query}`)).body

    expect(await of('label=of:nobody')).toEqual({ total: 0, buckets: [] })
    expect(await of('label=of:one')).toEqual({
      total: 1,
      buckets: [{ from: '2026-11-02T00:00:00.000Z', to: '2026-11-02T00:00:00.001Z', counts: { completed: 1 } }],
    })
    const at = '2026-11-02T00:00:00Z'
    expect(await of(`label=of:one&since=${at}&until=${at}`)).toEqual({ total: 0, buckets: [] })
    expect((await of(`label=of:one&since=${at}&buckets=1`)).buckets).toHaveLength(1)
  })
})
