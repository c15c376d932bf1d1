import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { JournalEntry } from '@stepflow/engine'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '../src/drivers.ts'
import { buildProgram } from './build-program.ts'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let filler: string
beforeAll(async () => {
  filler = await buildProgram('fill-disk', folder)
})

const created: JournalEntry = { type: 'created', at: 1, run: 'r', from: 0, inputs: [1] }

test('a folder is refused', async () => {
  await expect(createSqliteStore({ path: folder })).rejects.toThrow(/is a folder; name a file in it/)
})

test('options that are wrong are refused before any file is made, all at once', async () => {
  const open = (options: unknown) => createSqliteStore(options as { path: string }).catch((error) => error)
  const before = readdirSync(folder)

  for (const options of [undefined, null, 'runs.db', []]) {
    expect(await open(options)).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('{ path }') })
  }
  for (const path of [undefined, '', 5, 'a\0b', new URL('file:///runs.db')]) {
    expect(await open({ path })).toMatchObject({
      message: expect.stringContaining('"path" must be the path of a file'),
    })
  }
  expect((await open({ path: ':memory:' })).message).toContain('createMemoryStore()')
  expect((await open({ path: 'sqlite:runs.db' })).message).toContain('without "sqlite:"')
  const path = join(folder, 'never.db')
  const wrong = { path, synchronous: 'OFF; DROP TABLE runs', pollMs: 0, maxJournals: '3', driver: 'other', log: 1 }
  const { message } = await open({ ...wrong, pth: 1 })
  expect(message).toContain('there is no option "pth", did you mean "path"?')
  for (const name of Object.keys(wrong).slice(1)) expect(message).toContain(`"${name}" must be`)
  expect(readdirSync(folder)).toEqual(before)
})

test('a file that is no database is refused, and left as it is', async () => {
  const path = join(folder, 'notes.txt')
  writeFileSync(path, 'these are my notes, and they are no database at all'.repeat(20))

  await expect(createSqliteStore({ path })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining(`${path}: the file is not a SQLite database`),
  })
  expect(readdirSync(folder).filter((name) => name.startsWith('notes'))).toEqual(['notes.txt'])
})

test("another program's database is refused, and left as it is", async () => {
  const path = join(folder, 'other.db')
  const db = await openDatabase(path)
  db.exec('CREATE TABLE addresses (name TEXT)')
  db.close()
  const before = readFileSync(path)

  await expect(createSqliteStore({ path })).rejects.toThrow(/is the database of another program/)
  expect(readFileSync(path)).toEqual(before)
  expect(readdirSync(folder).filter((name) => name.startsWith('other'))).toEqual(['other.db'])
})

test('a file of a newer version is refused, and says what to do', async () => {
  const path = join(folder, 'newer.db')
  await (await createSqliteStore({ path })).close()
  const db = await openDatabase(path)
  db.exec('PRAGMA user_version = 99')
  db.close()

  await expect(createSqliteStore({ path })).rejects.toThrow(
    /written by a newer stepflow \(schema 99; .*update stepflow/,
  )
})

test('a folder that cannot be made is named', async () => {
  const path = join(folder, 'notes.txt', 'store.db')
  writeFileSync(join(folder, 'notes.txt'), 'a file')

  await expect(createSqliteStore({ path })).rejects.toThrow(/cannot make the folder of the store .*notes\.txt/)
})

test.skipIf(process.platform !== 'linux')('a folder in a place where none can be made is named, at once', async () => {
  await expect(createSqliteStore({ path: '/proc/nowhere/deep/x.db' })).rejects.toThrow('cannot make the folder')
})

test('the folder of the file is made', async () => {
  const path = join(folder, 'a', 'b', 'store.db')

  await (await createSqliteStore({ path })).close()

  expect(readdirSync(join(folder, 'a', 'b'))).toContain('store.db')
})

test('a database whose pages were overwritten says that it is damaged', async () => {
  const path = join(folder, 'damaged.db')
  await (await createSqliteStore({ path })).close()
  const db = await openDatabase(path)
  db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
  db.close()
  const pages = readFileSync(path)
  // All but the first page, which says what the others hold.
  writeFileSync(path, pages.fill(0xff, 4096))

  const opened = createSqliteStore({ path }).then((store) =>
    store.append({ journal: 'r/0', after: 0, entries: [created] }),
  )

  // Not INTERNAL: the file has suffered, and nobody is to report a fault of ours.
  await expect(opened).rejects.toMatchObject({
    code: 'RESOURCE_UNAVAILABLE',
    message: expect.stringContaining('is damaged'),
  })
})

test('what cannot be listed because pages were overwritten says which file is damaged', async () => {
  const path = join(folder, 'list.db')
  const store = await createSqliteStore({ path })
  for (let n = 0; n < 50; n++) {
    await store.append({ journal: `r${n}/0`, after: 0, entries: [{ ...created, run: `r${n}` }] })
  }
  await store.close()
  const db = await openDatabase(path)
  const { page } = db
    .prepare(`SELECT rootpage AS page FROM sqlite_schema WHERE name = 'runs'`)
    .get<{ page: number }>() ?? { page: 0 }
  db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
  db.close()
  writeFileSync(path, readFileSync(path).fill(0, (page - 1) * 4096, page * 4096))
  const damaged = await createSqliteStore({ path })

  for (const ask of [async () => damaged.runs.list(), async () => damaged.runs.get('r1')]) {
    await expect(ask()).rejects.toThrow(`cannot read the store ${path}: the file is damaged`)
  }
  await damaged.close()
})

test.skipIf(process.platform !== 'linux')('a device is no store, and what SQLite says of it is told', async () => {
  await expect(createSqliteStore({ path: '/dev/null' })).rejects.not.toThrow(/rollback/)
})

test('a journal whose name would be cut is refused', async () => {
  const store = await createSqliteStore({ path: join(folder, 'names.db') })

  const appended = store.append({ journal: 'r\0s/0', after: 0, entries: [created] })

  await expect(appended).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  await store.close()
})

test('a closed store says so', async () => {
  const store = await createSqliteStore({ path: join(folder, 'closed.db') })
  await store.close()

  await expect(store.append({ journal: 'r/0', after: 0, entries: [created] })).rejects.toThrow(/is closed/)
  await expect((async () => store.read('r/0'))()).rejects.toThrow(/is closed/)
})

test('a full disk fails the appends that do not fit, whole, and no others', async () => {
  const path = join(folder, 'full.db')

  // A limit on the size of files is the disk that is full, for one process only.
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    `ulimit -f 4096; exec "${process.execPath}" "${filler}" "${path}"`,
  ])
  const told = JSON.parse(stdout)

  expect(told.code).toBe('RESOURCE_UNAVAILABLE')
  expect(told.message).toContain(`cannot write to the store ${path}`)
  expect(told.written).toBeGreaterThan(0)
  expect(told.rows).toBe(told.written)
  expect(told.items).toBe(told.written - 1)
  expect(told.smallAfterwards).toBe('written')
})

test('a damaged page that is found while nobody asks ends no program: it is reported, once', async () => {
  const path = join(folder, 'watched.db')
  const store = await createSqliteStore({ path })
  await store.append({ journal: 'r/0', after: 0, entries: [created] })
  await store.close()
  const db = await openDatabase(path)
  const { page } = db
    .prepare(`SELECT rootpage AS page FROM sqlite_schema WHERE name = 'runs'`)
    .get<{ page: number }>() ?? { page: 0 }
  db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
  db.close()
  writeFileSync(path, readFileSync(path).fill(0, (page - 1) * 4096, page * 4096))

  const said: string[] = []
  let told: () => void = () => {}
  const reported = new Promise<void>((resolve) => {
    told = resolve
  })
  const damaged = await createSqliteStore({
    path,
    pollMs: 1,
    log: (_level, message) => {
      said.push(message)
      if (message.includes('is damaged')) told()
    },
  })
  damaged.watch({}, () => {})
  const other = await openDatabase(path)
  const write = (seq: number) =>
    other.exec(`INSERT INTO journal (position, shard, seq, previous, entries)
      SELECT max(position) + 1, max(shard), ${seq}, max(position), '[]' FROM journal`)
  write(1)
  await reported
  write(2)
  // Another look at the file, which finds the same.
  await new Promise((resolve) => setTimeout(resolve, 10))

  expect(said.filter((message) => message.includes('is damaged')).length).toBe(1)
  other.close()
  await damaged.close()
})
