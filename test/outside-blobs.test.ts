// A store in PostgreSQL whose blobs are elsewhere: in a folder, in a bucket.

import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BlobStorage, FlowError, type JournalEntry, type Store } from '@stepflow/engine'
import { createManualClock, storeSuite } from '@stepflow/engine/testing'
import { createPostgresStore } from '@stepflow/store-postgres'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { openFolder } from '../packages/host/src/blobs/folder-blobs.ts'
import { blobsOf } from '../packages/host/src/blobs/open-blobs.ts'
import { startObjectStorage } from '../packages/host/test/s3-server.ts'
import { created, settled } from '../packages/store-postgres/test/entries.ts'
import { rowsOf } from '../packages/store-postgres/test/rows-of.ts'
import type { PostgresServer } from '../packages/store-postgres/test/server.ts'
import { withPostgres } from '../packages/store-postgres/test/with-postgres.ts'
import { newFolder } from './new-folder.ts'
import { stepflow } from './stepflow.ts'

await withPostgres(suite)

async function suite(server: PostgresServer): Promise<void> {
  const home = newFolder()
  let made = 0
  const newName = () => `b${made++}`
  const urlOf = (schema: string) => `${server.url}?schema=${schema}`
  const open = (schema: string, blobs: string | undefined, env = {}) => {
    const url = urlOf(schema)
    const place = blobsOf({ type: 'postgres', url }, { blobs, env, cwd: home })
    return createPostgresStore({ url, pollMs: 20, ...(place && { blobs: place }) })
  }

  // --- the contract of stores, as far as it is about blobs

  const storage = await startObjectStorage()
  if (typeof storage === 'string') test.skip(`a bucket: ${storage}`, () => {})
  else {
    afterAll(() => storage.stop())
    contract('a bucket', (name) => open(name, `s3://runs/${name}?endpoint=${storage.endpoint}`, storage.env))
  }
  contract('a folder', (name) => open(name, join(home, name)))

  function contract(kind: string, openAt: (name: string) => Promise<Store>): void {
    const names = new Map<Store, string>()
    const openOne = async (name = newName()) => {
      const store = await openAt(name)
      names.set(store, name)
      return store
    }
    storeSuite(
      `blobs in ${kind}`,
      () => openOne(),
      {
        test: (name, body) => {
          const claimed = name.slice(name.indexOf(':'))
          if (/large|blob|one plan|removed run|was kept/.test(claimed)) test(name, body)
        },
        equal: (actual, expected) => expect(actual).toEqual(expected),
      },
      { twin: (store) => openOne(names.get(store)) },
    )
  }

  // --- the place

  test('the database holds no content, and the folder no more than one of each', async () => {
    const name = newName()
    const [store, other] = [await open(name, join(home, name)), await open(name, join(home, name))]
    const large = { text: 'x'.repeat(2_000_000) }
    await Promise.all(
      [store, other].map((one, n) =>
        one.append({ journal: `r${n}/0`, after: 0, entries: [created(`r${n}`, [large])] }),
      ),
    )
    expect(await blobsIn(server, name, 'WHERE coalesce(length(json), length(bytes)) > 0')).toBe(0)
    expect(filesIn(join(home, name))).toHaveLength(2) // the plan and the value
    expect((await other.read('r0/0'))[0]?.entries).toEqual([created('r0', [large])])
    await Promise.all([store.close(), other.close()])
  })

  test('a process that is told no place uses the one that the store remembers', async () => {
    const name = newName()
    const store = await open(name, join(home, name))
    const id = await store.blobs.put({ a: 1 })
    const other = await open(name, undefined)
    expect(await other.blobs.get(id)).toEqual({ a: 1 })
    expect(await store.blobs.get(await other.blobs.put({ b: 2 }))).toEqual({ b: 2 })
    expect(filesIn(join(home, name))).toHaveLength(2)
    await Promise.all([store.close(), other.close()])
  })

  test('blobs of before stay in the database, and a process of before reads what others have put elsewhere', async () => {
    const name = newName()
    const before = await open(name, undefined)
    const old = await before.blobs.put({ old: true })
    const store = await open(name, join(home, name))
    expect(await store.blobs.get(old)).toEqual({ old: true })
    expect(await before.blobs.get(await store.blobs.put({ a: 1 }))).toEqual({ a: 1 })
    await Promise.all([store.close(), before.close()])
  })

  test('another place than that of the others is refused, and nothing is put there', async () => {
    const [name, second] = [newName(), newName()]
    const store = await open(name, join(home, name))
    await store.blobs.put('x')
    await (await open(second, join(home, second))).close()

    const refused = async (place: string | undefined, said: string) => {
      const error = await open(name, place).catch((thrown) => thrown)
      expect([error.code, error.message]).toEqual(['INVALID_INPUT', expect.stringContaining(said)])
    }
    await refused(
      join(home, 'else'),
      `keeps its blobs in ${join(home, name)}, and ${join(home, 'else')} holds none of them`,
    )
    await refused(join(home, second), 'holds those of another store')
    expect(existsSync(join(home, 'else'))).toBe(false)

    // The same folder at another path is the same place; so is a copy of all of it.
    cpSync(join(home, name), join(home, `${name}-copy`), { recursive: true })
    const moved = await open(name, join(home, `${name}-copy`))
    await moved.close()

    // Not mounted.
    rmSync(join(home, `${name}-copy`), { recursive: true })
    await refused(join(home, `${name}-copy`), 'none of them is there now: mount the folder')
    await store.close()
  })

  test('ten that begin at once agree on one place', async () => {
    const name = newName()
    const stores = await Promise.all(Array.from({ length: 10 }, () => open(name, join(home, name))))
    const ids = await Promise.all(stores.map((store, n) => store.blobs.put({ n })))
    expect(await Promise.all(ids.map((id) => stores[0]?.blobs.get(id)))).toEqual(stores.map((_, n) => ({ n })))
    await Promise.all(stores.map((store) => store.close()))
  })

  // --- when it cannot

  test('a place that cannot for now refuses what needs it, and nothing of it is half there', async () => {
    const name = newName()
    const inner = await openFolder(join(home, name), 'made')
    let isFull = false
    const blobs: BlobStorage = {
      name: inner.name,
      get: (object) => inner.get(object),
      remove: (object) => inner.remove(object),
      async put(object, content) {
        if (isFull && content.length > 1_000_000) throw new FlowError('RESOURCE_UNAVAILABLE', 'its disk is full')
        await inner.put(object, content)
      },
    }
    const store = await createPostgresStore({ url: urlOf(name), blobs: async () => blobs })
    const large = { text: 'y'.repeat(2_000_000) }
    isFull = true
    await expect(store.append({ journal: 'r/0', after: 0, entries: [created('r', [large])] })).rejects.toMatchObject({
      code: 'RESOURCE_UNAVAILABLE',
      message: 'its disk is full',
    })
    expect([await store.read('r/0'), await store.runs.get('r')]).toEqual([[], undefined])
    await store.append({ journal: 's/0', after: 0, entries: [created('s')] })

    isFull = false
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', [large])] })
    expect((await store.read('r/0'))[0]?.entries).toEqual([created('r', [large])])
    await store.close()
  })

  test('rows of one journal keep their order, however long their blobs take', async () => {
    const name = newName()
    const inner = await openFolder(join(home, name), 'made')
    let go = () => {}
    const held = new Promise<void>((resolve) => {
      go = resolve
    })
    const blobs: BlobStorage = {
      name: inner.name,
      get: (object) => inner.get(object),
      remove: (object) => inner.remove(object),
      async put(object, content) {
        if (content.length > 1_000_000) await held
        await inner.put(object, content)
      },
    }
    const store = await createPostgresStore({ url: urlOf(name), blobs: async () => blobs })
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    const first = store.append({ journal: 'r/0', after: 1, entries: [settled(1, 'z'.repeat(2_000_000))] })
    const second = store.append({ journal: 'r/0', after: 2, entries: [settled(2, null)] })
    // Another journal does not wait.
    await store.append({ journal: 's/0', after: 0, entries: [created('s')] })
    expect(await store.read('r/0')).toHaveLength(1)
    go()
    await Promise.all([first, second])
    const steps = (await store.read('r/0', 1)).map(({ entries: [entry] }) => entry?.type === 'settled' && entry.step)
    expect(steps).toEqual([1, 2])
    await store.close()
  })

  test('a file that was damaged is noticed', async () => {
    const name = newName()
    const store = await open(name, join(home, name))
    const id = await store.blobs.put({ a: 'value' })
    const [file] = filesIn(join(home, name))
    writeFileSync(join(home, name, id.slice(0, 2), file as string), '{"a":"other"}')
    const other = await open(name, undefined)
    await expect(other.blobs.get(id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await Promise.all([store.close(), other.close()])
  })

  // --- retention

  test('blobs of removed runs are removed, those that others name stay', async () => {
    const name = newName()
    const clock = createManualClock(Date.now())
    const place = await openFolder(join(home, name), 'made')
    const store = await createPostgresStore({ url: urlOf(name), clock, blobs: async () => place })
    const [shared, own] = ['s'.repeat(2_000_000), 'o'.repeat(2_000_000)]
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', [shared, own]), sealed(2)] })
    await store.append({ journal: 'r/0', after: 1, entries: [finished(0), finished(1)] })
    await store.append({ journal: 's/0', after: 0, entries: [created('s', [shared])] })
    const inner = await store.blobs.put({ deep: 1 })
    const outer = await store.blobs.put({ names: inner, of: 'o' })
    await store.records.put({ collection: 'c', key: 'k', version: 0, value: { outer } })
    expect(filesIn(join(home, name))).toHaveLength(5)

    await clock.advance(3 * 3_600_000)
    expect(await store.runs.prune?.({ olderThanMs: 3_600_000 })).toEqual({ runs: 1, blobs: 1 })

    expect(filesIn(join(home, name))).toHaveLength(4)
    expect((await store.read('s/0'))[0]?.entries).toEqual([created('s', [shared])])
    expect(await store.blobs.get(inner)).toEqual({ deep: 1 })
    await store.close()
  })

  test('a blob whose file is damaged may name any other: none is removed until it is restored', async () => {
    const name = newName()
    const clock = createManualClock(Date.now())
    const place = await openFolder(join(home, name), 'made')
    const store = await createPostgresStore({ url: urlOf(name), clock, blobs: async () => place })
    const inner = await store.blobs.put({ deep: 1 })
    // It names more than are written down beside its row.
    const many = Array.from({ length: 5_000 }, (_, n) => n.toString(16).padStart(64, '0'))
    const outer = await store.blobs.put([inner, ...many])
    await store.records.put({ collection: 'c', key: 'k', version: 0, value: { outer } })
    await store.blobs.put('named by nobody')
    const [file] = filesIn(join(home, name)).filter((one) => one.startsWith(outer))
    const path = join(home, name, outer.slice(0, 2), file as string)
    const content = readFileSync(path)
    writeFileSync(path, '[]')
    await clock.advance(3 * 3_600_000)

    expect(await store.runs.prune?.({})).toEqual({ runs: 0, blobs: 0 })
    writeFileSync(path, content)
    expect(await store.runs.prune?.({})).toEqual({ runs: 0, blobs: 1 })
    expect(await store.blobs.get(inner)).toEqual({ deep: 1 })
    await store.close()
  })

  test('a blob that is put while it is being removed is there afterwards, and no file is left over', async () => {
    const name = newName()
    const clock = createManualClock(Date.now())
    const openOne = async () =>
      createPostgresStore({ url: urlOf(name), clock, blobs: async () => openFolder(join(home, name), 'made') })
    const [store, other] = [await openOne(), await openOne()]
    for (let round = 0; round < 30; round++) {
      await clock.advance(3 * 3_600_000)
      const value = { round: round % 2 }
      const [id] = await Promise.all([other.blobs.put(value), store.runs.prune?.({})])
      expect(await store.blobs.get(id)).toEqual(value)
    }
    await clock.advance(3 * 3_600_000)
    await store.runs.prune?.({})
    expect(filesIn(join(home, name))).toEqual([])
    await Promise.all([store.close(), other.close()])
  })

  test('what a process left that ended between its row and its content is removed, or made whole by the next', async () => {
    const name = newName()
    const clock = createManualClock(Date.now())
    const place = await openFolder(join(home, name), 'made')
    const dying: BlobStorage = {
      ...{
        name: place.name,
        get: (object: string) => place.get(object),
        remove: (object: string) => place.remove(object),
      },
      put: (object, content) => (content.length > 1_000 ? new Promise(() => {}) : place.put(object, content)),
    }
    const dead = await createPostgresStore({ url: urlOf(name), clock, blobs: async () => dying })
    const values = [{ a: 'a'.repeat(2_000) }, { b: 'b'.repeat(2_000) }]
    for (const value of values) void dead.blobs.put(value)
    const rows = () => blobsIn(server, name)
    await vi.waitFor(async () => expect(await rows()).toBe(2), { timeout: 50_000 })

    const next = await createPostgresStore({ url: urlOf(name), clock, blobs: async () => place })
    const id = await next.blobs.put(values[0])
    expect(await next.blobs.get(id)).toEqual(values[0])
    const elsewhere = await open(name, undefined)
    expect(await elsewhere.blobs.get(id)).toEqual(values[0])
    await clock.advance(3 * 3_600_000)
    expect(await next.runs.prune?.({})).toEqual({ runs: 0, blobs: 2 })
    expect(filesIn(join(home, name))).toEqual([])
    await Promise.all([dead, next, elsewhere].map((store) => store.close()))
  })

  // --- as users have it

  describe('the command line', () => {
    const flow = `name: big
steps:
  - { id: kept, component: /builtin/put_blob, input: { data: { $input: "$" } } }
  - { id: got, component: /builtin/get_blob, input: { blob_id: { $step: kept, path: blob_id } } }
output: { $step: got, path: data }
`
    writeFileSync(join(home, 'flow.yaml'), flow)
    const run = (words: string[], env: Record<string, string> = {}): SpawnSyncReturns<string> =>
      spawnSync(process.execPath, [stepflow, ...words], {
        cwd: home,
        encoding: 'utf8',
        maxBuffer: 1 << 28,
        env: { ...process.env, ...env },
      })

    test('a run whose values are in a folder is shown, run again, exported, imported and served', async () => {
      const [name, elsewhere] = [newName(), newName()]
      const store = ['--store', urlOf(name)]
      const input = JSON.stringify({ text: 'v'.repeat(2_000_000) })
      writeFileSync(join(home, 'in.json'), input)
      const ran = run(['run', 'flow.yaml', '--input', 'in.json', ...store, '--blobs', name])
      expect([ran.status, ran.stdout], ran.stderr).toEqual([0, `{"outcome":"success","result":${input}}\n`])
      expect(filesIn(join(home, name)).length).toBeGreaterThan(1)

      const [{ runId }] = JSON.parse(run(['runs', 'list', '--json', ...store]).stdout)
      const again = run(['runs', 'rerun', runId, ...store])
      expect([again.status, again.stdout], again.stderr).toEqual([0, `{"outcome":"success","result":${input}}\n`])
      expect(run(['runs', 'export', runId, '--output', 'run.json', ...store]).status).toBe(0)
      const there = ['--store', urlOf(elsewhere)]
      const brought = run(['runs', 'import', 'run.json', ...there], { STEPFLOW_BLOBS: elsewhere })
      expect(brought.status, brought.stderr).toBe(0)
      expect(filesIn(join(home, elsewhere)).length).toBeGreaterThan(0)
      expect(run(['runs', 'rerun', runId, ...there]).stdout).toBe(again.stdout)

      const child = spawn(
        process.execPath,
        [stepflow, 'serve', '--port', '0', '--json', ...there, '--blobs', elsewhere],
        {
          cwd: home,
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      const gone = new Promise((resolve) => child.once('exit', resolve))
      try {
        const [line] = (await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve)))
          .toString()
          .split('\n')
        const { url } = JSON.parse(line as string)
        const post = await fetch(`${url}/api/v1/blobs`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ data: { of: 'mine' } }),
        })
        const { blobId } = (await post.json()) as { blobId: string }
        expect(await (await fetch(`${url}/api/v1/blobs/${blobId}`)).json()).toMatchObject({ data: { of: 'mine' } })
        expect(filesIn(join(home, elsewhere)).some((file) => file.startsWith(blobId))).toBe(true)
      } finally {
        child.kill('SIGTERM')
        await gone
      }
    })

    test('a configuration names the place, relative to its own folder', () => {
      const name = newName()
      writeFileSync(
        join(home, 'stepflow-config.yml'),
        `state_store: { type: postgres, url: "${urlOf(name)}", blobs: ${name} }\n`,
      )
      const ran = run(['run', 'flow.yaml', '--input-json', '1'])
      rmSync(join(home, 'stepflow-config.yml'))
      expect([ran.status, ran.stdout], ran.stderr).toEqual([0, '{"outcome":"success","result":1}\n'])
      expect(filesIn(join(home, name)).length).toBeGreaterThan(0)
    })

    test('a place that cannot be used is wrong usage: nothing runs', async () => {
      const name = newName()
      await (await open(name, join(home, name))).close()
      const at = (...words: string[]) => {
        const { status, stdout, stderr } = run(['run', 'flow.yaml', '--input-json', '1', ...words])
        return [status, stdout, stderr]
      }
      const store = ['--store', urlOf(name)]
      expect(at('--store', 'sqlite:x.db', '--blobs', 'y')).toEqual([2, '', expect.stringContaining('PostgreSQL')])
      expect(at(...store, '--blobs', 'other')).toEqual([2, '', expect.stringContaining('holds none of them')])
      expect(at(...store, '--blobs', 's3://k:geheim@runs')).toEqual([2, '', expect.not.stringContaining('geheim')])
      expect(at(...store, '--blobs', 'flow.yaml')).toEqual([2, '', expect.stringContaining('it is a file')])
    })
  })
}

// ---

const sealed = (items: number): JournalEntry => ({ type: 'sealed', at: 2, items })
const finished = (item: number): JournalEntry => {
  return { type: 'finished', at: 3, item, outcome: { outcome: 'success', result: item } }
}

/** The content of blobs, without the mark and what is unfinished. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^[0-9a-f]{64}-/.test(entry.name))
    .map(({ name }) => name)
}

async function blobsIn({ url }: PostgresServer, schema: string, which = ''): Promise<number> {
  const [found] = await rowsOf(url, `SELECT count(*)::integer AS n FROM "${schema}".blobs ${which}`)
  return found.n
}
