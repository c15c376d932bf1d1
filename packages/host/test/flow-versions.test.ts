import { createMemoryStore, FlowError, type Json, type Store } from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { beforeEach, expect, test } from 'vitest'
import { fileFor, nameByFile, whyNoName } from '../src/named-flows/flow-names.ts'
import { FlowVersions } from '../src/named-flows/flow-versions.ts'

let store: Store
let versions: FlowVersions
beforeEach(() => {
  store = createMemoryStore()
  versions = new FlowVersions(store, createManualClock(1000))
})

const saved = (text: string, more: { readonly base?: number; readonly file?: string; readonly by?: string } = {}) =>
  versions.save({ name: 'orders', flow: { text } as Json, text, compare: 'by the text', ...more })
const codeOf = async (act: () => Promise<unknown>) =>
  act().then(
    () => 'fine',
    (thrown: unknown) => (FlowError.is(thrown) ? thrown.code : String(thrown)),
  )

test('each text is a version, unpublished; the newest again is none', async () => {
  expect((await saved('one', { by: 'ada' })).flow).toMatchObject({ newest: { version: 1, by: 'ada' } })
  expect(await saved('two')).toMatchObject({ isNew: true, flow: { newest: { version: 2 } } })
  expect(await saved('two')).toMatchObject({ isNew: false, flow: { newest: { version: 2 } } })
  expect(await saved('one')).toMatchObject({ isNew: true, flow: { newest: { version: 3 } } })

  expect((await versions.get('orders'))?.published).toBeUndefined()
  expect((await versions.versions('orders')).map(({ version }) => version)).toEqual([3, 2, 1])
  expect(await versions.textOf(await versions.version('orders', 2))).toBe('two')
  expect(await codeOf(() => versions.version('orders', 4))).toBe('NOT_FOUND')
})

test('a save on anything but the newest version is refused, and says which that is', async () => {
  await saved('one', { base: 0 })
  expect(await codeOf(() => saved('two', { base: 0 }))).toBe('CONFLICT')
  await saved('two', { base: 1 })
  await expect(saved('three', { base: 1 })).rejects.toMatchObject({ code: 'CONFLICT', data: { newest: 2 } })
  expect(await codeOf(() => saved('three', { base: 7 }))).toBe('CONFLICT')
})

test('of many who save on the same version at once one succeeds, and no version is lost', async () => {
  await saved('first', { base: 0 })
  const all = await Promise.all(Array.from({ length: 20 }, (_, i) => codeOf(() => saved(`text ${i}`, { base: 1 }))))
  expect(all.filter((code) => code === 'fine')).toHaveLength(1)
  await Promise.all(Array.from({ length: 20 }, (_, i) => saved(`more ${i}`)))

  const found = await versions.versions('orders')
  expect(found.map(({ version }) => version)).toEqual(Array.from({ length: 22 }, (_, i) => 22 - i))
  expect(new Set(found.map(({ textId }) => textId)).size).toBe(22)
})

test('a version is published, and an earlier one again', async () => {
  for (const text of ['one', 'two', 'three']) await saved(text)
  expect(await versions.publish('orders')).toMatchObject({ published: { version: 3 } })
  expect(await versions.publish('orders', 1)).toMatchObject({ published: { version: 1 }, newest: { version: 3 } })
  expect(await codeOf(() => versions.publish('orders', 9))).toBe('NOT_FOUND')
  expect(await codeOf(() => versions.publish('nobody'))).toBe('NOT_FOUND')
  expect(await versions.get('orders')).toMatchObject({ published: { version: 1 } })
})

test('a crash between putting a version aside and the new head loses nothing and shows no version twice', async () => {
  await saved('one')
  await saved('two')
  const { records } = store
  let left = 1
  const breaking = new FlowVersions(
    {
      blobs: store.blobs,
      records: {
        get: (...of) => records.get(...of),
        list: (...of) => records.list(...of),
        delete: (...of) => records.delete(...of),
        put(record) {
          if (left-- === 0) throw new Error('killed')
          return records.put(record)
        },
      },
    },
    createManualClock(),
  )
  await expect(breaking.save({ name: 'orders', flow: {}, text: 'three', compare: 'by the text' })).rejects.toThrow(
    'killed',
  )

  expect((await versions.versions('orders')).map(({ version }) => version)).toEqual([2, 1])
  await saved('four')
  expect((await versions.versions('orders')).map(({ version }) => version)).toEqual([3, 2, 1])
  expect(await versions.textOf(await versions.version('orders', 3))).toBe('four')
})

test('a flow that was removed is gone with its versions; another of its name begins anew', async () => {
  for (const text of ['one', 'two', 'three']) await saved(text)
  await versions.remove('orders')
  expect(await versions.get('orders')).toBeUndefined()
  expect(await versions.list()).toEqual([])
  expect(await codeOf(() => versions.remove('orders'))).toBe('NOT_FOUND')

  await saved('new', { base: 0 })
  expect(await versions.versions('orders')).toMatchObject([{ version: 1 }])
})

test('what a file holds is published; without its file the flow is gone, and with it again its versions go on', async () => {
  await saved('one', { file: 'orders.yaml' })
  await saved('two', { file: 'orders.yaml' })
  await versions.fileGone('orders', 'another.yaml')
  expect(await versions.get('orders')).toMatchObject({ file: 'orders.yaml', published: { version: 2 } })

  await versions.fileGone('orders', 'orders.yaml')
  expect(await versions.get('orders')).toBeUndefined()
  expect(await codeOf(() => versions.publish('orders'))).toBe('NOT_FOUND')
  const { flow } = await saved('two', { file: 'moved.yaml' })
  expect(flow).toMatchObject({ file: 'moved.yaml', newest: { version: 2 }, published: { version: 2 } })
  expect((await versions.list()).map(({ name }) => name)).toEqual(['orders'])
})

test('a file that holds a published earlier version makes no new one', async () => {
  for (const text of ['one', 'two', 'three']) await saved(text, { file: 'orders.yaml' })
  await versions.publish('orders', 1)

  expect(await saved('one', { file: 'orders.yaml' })).toMatchObject({
    isNew: false,
    flow: { published: { version: 1 } },
  })
  expect((await versions.versions('orders')).length).toBe(3)
})

test.each([
  '',
  ' ',
  ' a',
  'new',
  '.',
  '..',
  '../x',
  'a/../b',
  'a//b',
  '/etc/passwd',
  'a\\..\\b',
  'a\0b',
  'a\u202eb',
  'x'.repeat(201),
  'a'.repeat(64),
  `sha256:${'0'.repeat(64)}`,
])('%j is no name of a flow', async (name) => {
  expect(whyNoName(name)).toBeTypeOf('string')
  expect(await codeOf(() => versions.save({ name, flow: {}, text: '', compare: 'by the text' }))).toBe('INVALID_INPUT')
})

test.each(['orders', 'Daily report: v2', 'sub/orders', '__proto__', 'constructor', 'naïve 🙂', '50%'])(
  '%j is a name of a flow',
  async (name) => {
    await versions.save({ name, flow: {}, text: name, compare: 'by the text' })
    expect((await versions.versions(name)).length).toBe(1)
    expect((await versions.get(name))?.name).toBe(name)
  },
)

test('a flow gets a file that is found again by its name, never outside the folder', () => {
  expect(fileFor('orders', 'yaml', false)).toBe('orders.yaml')
  expect(fileFor('Daily report: v2', 'json', true)).toBe('Daily-report-v2.json')
  expect(nameByFile('sub/orders.yaml')).toBe('sub/orders')
  for (const name of ['../x', 'a/b', '.hidden', 'con', 'nul', 'a:b', '-', 'x'.repeat(101)]) {
    expect(() => fileFor(name, 'yaml', false)).toThrow('no file can be made')
  }
  expect(fileFor('../x', 'yaml', true)).toBe('x.yaml')
})
