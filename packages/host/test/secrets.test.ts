import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryStore, FlowError, type Records, type StoredRecord, systemClock } from '@stepflow/engine'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Env } from '../src/config/substitute.ts'
import { checkSecret, listSecrets, openStoredSecrets, type StoredSecrets, weaknessOf } from '../src/secrets/index.ts'
import { openSecrets } from '../src/secrets/secrets.ts'

const OLD = Buffer.alloc(32, 1).toString('base64')
const NEW = Buffer.alloc(32, 2).toString('hex')

let home: string
let records: Records
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'secrets-'))
  records = createMemoryStore().records
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const at = () => ({ type: 'sqlite', path: join(home, 'runs.db') }) as const
const keyFile = () => join(home, 'runs.db.key')
const stored = (env: Env = {}): StoredSecrets => openStoredSecrets({ env, store: { records }, place: at() })
const read = (env: Env = {}, given?: ReadonlyMap<string, string>) =>
  openSecrets({ env, given, store: { records }, place: at() })
const messageOf = async (act: () => Promise<unknown>): Promise<string> =>
  act().then(
    () => 'nothing was thrown',
    (thrown: unknown) => (FlowError.is(thrown) ? `${thrown.code}: ${thrown.message}` : String(thrown)),
  )

test('a secret of the store is read by its name; that of the environment wins, and that of a named file wins over both', async () => {
  await stored().set('api_key', 'of the store')

  expect((await read()).get('api_key')).toBe('of the store')
  expect((await read({ STEPFLOW_SECRET_API_KEY: 'of the environment' })).get('api_key')).toBe('of the environment')
  const file = new Map([['api_key', 'of the file']])
  expect((await read({ STEPFLOW_SECRET_API_KEY: 'of the environment' }, file)).get('api_key')).toBe('of the file')
  expect((await read()).get('another')).toBeUndefined()
})

test('the store holds neither the value nor the key, and the key is its owner’s alone', async () => {
  const store = await createSqliteStore({ path: at().path })
  await openStoredSecrets({ env: {}, store, place: at() }).set('api_key', 'the-value-itself')
  await store.close()

  const bytes = readFileSync(at().path).toString('latin1')
  expect(bytes).toContain('api_key')
  expect(bytes).not.toContain('the-value-itself')
  expect(bytes).not.toContain(readFileSync(keyFile(), 'utf8').trim())
  expect(statSync(keyFile()).mode & 0o777).toBe(0o600)
})

test('what was replaced or removed is no longer read, and still hidden', async () => {
  await stored().set('api_key', 'first-value')
  await stored().set('api_key', 'second-value')
  await stored().set('api_key', 'first-value')
  await stored().set('api_key', 'third-value')
  await stored().remove('api_key')

  const secrets = await read()
  expect(secrets.get('api_key')).toBeUndefined()
  expect(await stored().list()).toEqual([])
  const text = 'first-value, second-value and third-value'
  expect(secrets.known.named.text(text)).toBe('[redacted], [redacted] and [redacted]')
  await stored().set('api_key', 'fourth-value')
  expect((await read()).known.named.text(text)).toBe('[redacted], [redacted] and [redacted]')
  expect((await read()).get('api_key')).toBe('fourth-value')
})

test('what is forgotten is not hidden any more', async () => {
  await stored().set('api_key', 'first-value')
  await stored().remove('api_key', 'forget values')

  expect((await read()).known.named.text('first-value')).toBe('first-value')
  expect(await messageOf(() => stored().remove('api_key'))).toBe(
    'NOT_FOUND: there is no secret "api_key": this store has none',
  )
})

test('values of every kind come out as they went in, and are hidden with their parts', async () => {
  const values = {
    short: 'ab',
    word: 'success',
    lines: '-----BEGIN KEY-----\nbG9uZy1saW5l\n-----END KEY-----\n',
    json: '{"user": "Ada", "password": "hunter2-and-co"}',
    unicode: 'pässwörd-🔑',
    spaces: '  leading and trailing  ',
    nul: 'a\0b\0c\0d',
  }
  for (const [name, value] of Object.entries(values)) await stored().set(name, value)

  const secrets = await read()
  for (const [name, value] of Object.entries(values)) expect(secrets.get(name)).toBe(value)
  const hide = (text: string) => secrets.known.named.text(text)
  expect(hide('bG9uZy1saW5l')).toBe('[redacted]')
  expect(hide('hunter2-and-co')).toBe('[redacted]')
  expect(hide('it was a success')).toBe('it was a [redacted]')
  expect(hide('ab and abc')).toBe('[redacted] and abc')
  // What is ours is never looked at.
  expect(secrets.known.named.value({ outcome: 'success' })).toEqual({ outcome: 'success' })
})

test('a value that would be found everywhere or nowhere is reported', () => {
  expect(weaknessOf('ab')).toContain('fewer than 4 characters')
  expect(weaknessOf('true')).toContain('redacted nowhere')
  expect(weaknessOf('success')).toContain('ordinary word')
  expect(weaknessOf('sk-live-3f9a')).toBeUndefined()
})

test.each([
  ['', 'value', 'is not a name'],
  ['1st', 'value', 'is not a name'],
  ['../x', 'value', 'is not a name'],
  ['a b', 'value', 'is not a name'],
  ['a'.repeat(129), 'value', 'is not a name'],
  ['key', '', 'is empty'],
  ['key', 'x'.repeat(65_537), 'has 65537 bytes'],
  ['key', '[redacted]', 'stands in the place of secrets'],
  ['key', '\ud800', 'not text in Unicode'],
])('the name %j with such a value is refused', (name, value, message) => {
  expect(() => checkSecret(name, value)).toThrow(message)
  expect(() => checkSecret('__proto__', 'any')).not.toThrow()
})

test('with another key nothing is read, nothing is written, and no value is in the message', async () => {
  await stored({ STEPFLOW_MASTER_KEY: OLD }).set('api_key', 'the-value')
  const before = JSON.stringify(await records.list('secrets'))

  for (const act of [
    () => read({ STEPFLOW_MASTER_KEY: NEW }),
    () => stored({ STEPFLOW_MASTER_KEY: NEW }).set('api_key', 'other'),
    () => stored({ STEPFLOW_MASTER_KEY: NEW }).set('another', 'other'),
    () => stored({ STEPFLOW_MASTER_KEY: NEW }).remove('api_key'),
    () => stored({ STEPFLOW_MASTER_KEY: NEW }).rotate(),
    () => read(),
  ]) {
    const message = await messageOf(act)
    expect(message).toMatch(/^INVALID_INPUT: the secrets of this store cannot be read/)
    expect(message).not.toContain(OLD)
    expect(message).not.toContain('the-value')
  }
  expect(JSON.stringify(await records.list('secrets'))).toBe(before)
  expect(() => statSync(keyFile())).toThrow()
  await stored({ STEPFLOW_MASTER_KEY: NEW }).remove('api_key', 'forget values')
  await stored({ STEPFLOW_MASTER_KEY: NEW }).set('api_key', 'other')
  expect((await read({ STEPFLOW_MASTER_KEY: NEW })).get('api_key')).toBe('other')
})

test.each(['', 'abc', 'x'.repeat(44), `${OLD}${OLD}`, 'zz'.repeat(32)])(
  'the key %j is refused, unless it is empty',
  async (key) => {
    const set = () => stored({ STEPFLOW_MASTER_KEY: key }).set('api_key', 'value')
    if (key === '') expect(await messageOf(set)).toBe('nothing was thrown')
    else expect(await messageOf(set)).toMatch(/^INVALID_INPUT: STEPFLOW_MASTER_KEY must be a key of 32 bytes/)
  },
)

test('a record that was damaged or put under another name is reported by its name, and can be forgotten', async () => {
  await stored().set('one', 'value-one')
  await stored().set('two', 'value-two')
  const [one, two] = (await records.list('secrets')) as [StoredRecord, StoredRecord]
  await records.put({ ...two, value: one.value })

  expect(await messageOf(() => read())).toMatch(/^RESOURCE_UNAVAILABLE: the secret "two" is damaged in the store/)
  expect(await messageOf(() => stored().set('three', 'value'))).toContain('"two" is damaged')
  await stored().remove('two', 'forget values')
  expect((await read()).get('one')).toBe('value-one')
  const { version } = (await records.get('secrets', 'one')) as StoredRecord
  for (const value of [null, {}, { updatedAt: 1, now: { key: 'x', iv: '', text: '' } }]) {
    const { version: now } = (await records.get('secrets', 'one')) ?? { version }
    await records.put({ collection: 'secrets', key: 'one', version: now, value })
    expect(await messageOf(() => read())).not.toBe('nothing was thrown')
  }
})

test('of many writers at once one wins, and the values of all are hidden', async () => {
  const store = await createSqliteStore({ path: at().path })
  const other = await createSqliteStore({ path: at().path })
  const values = Array.from({ length: 12 }, (_, i) => `value-of-writer-${i}`)
  await Promise.all(
    values.map((value, i) =>
      openStoredSecrets({ env: {}, store: i % 2 ? store : other, place: at() }).set('api_key', value),
    ),
  )

  const secrets = await openSecrets({ env: {}, store, place: at() })
  expect(values).toContain(secrets.get('api_key'))
  for (const value of values) expect(secrets.known.named.text(value)).toBe('[redacted]')
  await store.close()
  await other.close()
})

test('a rotation reads with the old key and leaves everything under the new one', async () => {
  await stored({ STEPFLOW_MASTER_KEY: OLD }).set('api_key', 'first-value')
  await stored({ STEPFLOW_MASTER_KEY: OLD }).set('api_key', 'second-value')

  expect(await stored({ STEPFLOW_MASTER_KEY: NEW, STEPFLOW_MASTER_KEY_OLD: OLD }).rotate()).toBe(1)

  const secrets = await read({ STEPFLOW_MASTER_KEY: NEW })
  expect(secrets.get('api_key')).toBe('second-value')
  expect(secrets.known.named.text('first-value')).toBe('[redacted]')
  expect(await messageOf(() => read({ STEPFLOW_MASTER_KEY: OLD }))).toContain('another key')
})

test('a rotation of the key in the file that breaks off at any record loses nothing, and once more ends it', async () => {
  const names = ['a', 'b', 'c']
  for (const name of names) await stored().set(name, `value-of-${name}`)
  const first = readFileSync(keyFile(), 'utf8')

  for (let writes = 0; writes <= names.length; writes++) {
    let left = writes
    const breaking: Records = {
      get: (...of) => records.get(...of),
      list: (...of) => records.list(...of),
      delete: (...of) => records.delete(...of),
      put(record) {
        if (left-- === 0) throw new Error('killed')
        return records.put(record)
      },
    }
    const rotating = openStoredSecrets({ env: {}, store: { records: breaking }, place: at() })
    if (writes < names.length) await expect(rotating.rotate()).rejects.toThrow('killed')
    else await rotating.rotate()
    const secrets = await read()
    for (const name of names) expect(secrets.get(name)).toBe(`value-of-${name}`)
  }
  const last = readFileSync(keyFile(), 'utf8')
  expect(last).not.toContain(first.trim())
  expect(last.trim().split('\n')).toHaveLength(1)
})

test('secrets of a key in the file go on under a key of the environment after a rotation', async () => {
  await stored().set('api_key', 'value')
  await stored({ STEPFLOW_MASTER_KEY: NEW }).rotate()
  rmSync(keyFile())

  expect((await read({ STEPFLOW_MASTER_KEY: NEW })).get('api_key')).toBe('value')
  expect(await messageOf(() => read())).toContain('is not there')
})

test('a file with the key that others may read, or that holds no key, is refused', async () => {
  await stored().set('api_key', 'value')
  chmodSync(keyFile(), 0o640)
  expect(await messageOf(() => read())).toContain(`chmod 600 ${keyFile()}`)
  chmodSync(keyFile(), 0o600)
  for (const text of ['', 'abc\n', `${OLD.slice(0, 20)}\n`]) {
    writeFileSync(keyFile(), text)
    expect(await messageOf(() => read())).toContain('does not hold keys of 32 bytes')
  }
})

test('what another process set, replaced or removed is known after a refresh', async () => {
  const secrets = await read()
  await stored().set('api_key', 'first-value')
  await secrets.refresh()
  expect(secrets.get('api_key')).toBe('first-value')
  await stored().set('api_key', 'second-value')
  await stored().set('another', 'value')
  await secrets.refresh()
  expect([secrets.get('api_key'), secrets.get('another')]).toEqual(['second-value', 'value'])
  await stored().remove('api_key')
  await stored().remove('another', 'forget values')
  await secrets.refresh()
  expect([secrets.get('api_key'), secrets.get('another')]).toEqual([undefined, undefined])
  expect(secrets.known.named.text('first-value second-value')).toBe('[redacted] [redacted]')
})

test('the list has each name once, says where flows get it from, and no value', async () => {
  const clock = { ...systemClock, now: () => 0 }
  const secrets = openStoredSecrets({ env: {}, store: { records }, place: at(), clock })
  await secrets.set('api_key', 'value-one')
  await secrets.set('other', 'value-two')
  const env = { STEPFLOW_SECRET_API_KEY: 'value-three', STEPFLOW_SECRET_MORE: 'value-four' }

  expect(await listSecrets(secrets, env)).toEqual([
    { name: 'MORE', from: 'env' },
    { name: 'api_key', updatedAt: '1970-01-01T00:00:00.000Z', from: 'env' },
    { name: 'other', updatedAt: '1970-01-01T00:00:00.000Z', from: 'store' },
  ])
})

test('the keys of the environment are hidden like secrets', async () => {
  const secrets = await read({ STEPFLOW_MASTER_KEY: NEW })

  expect(secrets.known.named.text(`key=${NEW}`)).toBe('key=[redacted]')
})
