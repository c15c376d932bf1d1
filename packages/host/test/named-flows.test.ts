import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { FlowError, hasErrors, systemClock } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { KnownFlows } from '../src/flows/known-flows.ts'
import { FlowVersions } from '../src/named-flows/flow-versions.ts'
import { FolderFlows } from '../src/named-flows/folder-flows.ts'
import { createTextCompiler, NamedFlows } from '../src/named-flows/index.ts'
import { TakenNames } from '../src/named-flows/taken-names.ts'
import { clock, folder, home, newHomeForEachTest, plugins, store } from './flows-home.ts'

const flow = (word: string, name?: string) =>
  `${name === undefined ? '' : `name: ${name}\n`}steps:\n  - { id: say, component: /builtin/noop, input: ${word} }\n`
const BROKEN = 'steps:\n  - { id: say, component: /builtin/noop, input: { $step: nobody } }\n'

newHomeForEachTest()

function put(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}
const compile = () => createTextCompiler({ plugins: () => plugins, env: {}, flows: new KnownFlows(), folder })
const named = (of: { readonly folder?: string } = { folder }) =>
  new NamedFlows({ store, compile: compile(), clock, log: () => {}, ...of })
async function loaded(): Promise<NamedFlows> {
  const flows = named()
  await flows.load()
  return flows
}
/** Flows whose folder is looked at when the test says so. */
function stepped() {
  const logged: string[] = []
  const versions = new FlowVersions(store, clock)
  const names = new TakenNames({ records: store.records, clock, triggersOf: async () => [] })
  const flows = new FolderFlows({
    names,
    isShared: false,
    root: folder,
    versions,
    compile: compile(),
    clock,
    log: (level, message) => logged.push(`${level} ${message}`),
    onRead: () => {},
    onChange: () => {},
  })
  const settle = async () => {
    await flows.look()
    await clock.advance(200)
    await flows.look()
  }
  return { flows, versions, settle, logged }
}
const codeOf = async (act: () => Promise<unknown>) =>
  act().then(
    () => 'fine',
    (thrown: unknown) => (FlowError.is(thrown) ? thrown.code : String(thrown)),
  )
const namesOf = async (flows: NamedFlows) => (await flows.list()).map(({ name }) => name)
const read = (path: string) => readFileSync(join(folder, path), 'utf8')

test('files are flows by their name, else by their path; data and other programs beside them are none', async () => {
  put({
    'a.yaml': flow('a', 'first'),
    'sub/b.yml': flow('b'),
    'c.json': JSON.stringify({ steps: [{ id: 'x', component: '/builtin/noop' }] }),
    'm.yaml': 'steps:\n  - { id: t, tool: INPUT_TEXT }\n',
    'data.json': '[1, 2, 3]',
    'settings.yaml': 'plugins: {}\n',
    'notes.md': 'steps',
    'server.mjs': 'throw new Error("never run")\n',
    '.hidden.yaml': flow('x'),
    'node_modules/x.yaml': flow('x'),
  })
  const flows = await loaded()

  expect(await namesOf(flows)).toEqual(['c', 'first', 'm', 'sub/b'])
  expect(await flows.get('first')).toMatchObject({ file: 'a.yaml', version: { version: 1 }, publishedVersion: 1 })
  expect((await flows.get('m')).read.dialect).toBe('manifest')
  expect((await flows.runnable('sub/b')).read.plan).toBeDefined()
})

test('the text of a file is compiled once, whoever asks for its published version', async () => {
  put({ 'a.yaml': flow('a', 'first'), 'b.yaml': flow('b') })
  const compiled: string[] = []
  const compileText = compile()
  const flows = new NamedFlows({
    ...{ store, clock, log: () => {}, folder },
    compile(text, options) {
      compiled.push(options?.file ?? '')
      return compileText(text, options)
    },
  })
  await flows.load()

  for await (const [name, { plan }] of flows.allPublished()) expect([name, plan]).toEqual([name, expect.anything()])
  expect((await flows.runnable('first')).read).toBe(await flows.published('first'))

  expect(compiled).toEqual(['a.yaml', 'b.yaml'])
})

test('a second file of a name, and the name "new", are errors; when the first is gone the second has the name', async () => {
  put({ 'a.yaml': flow('a', 'same'), 'b.yaml': flow('b', 'same'), 'new.yaml': flow('c') })
  const { flows, versions, settle } = stepped()
  await flows.load()

  expect(flows.get('b.yaml')?.diagnostics.at(-1)).toMatchObject({
    code: 'FLOW_NAME_TAKEN',
    message: expect.stringContaining('a.yaml'),
  })
  expect(flows.get('new.yaml')?.diagnostics.at(-1)).toMatchObject({ code: 'INVALID_FLOW_NAME' })
  expect((await versions.list()).map(({ name, file }) => [name, file])).toEqual([['same', 'a.yaml']])
  rmSync(join(folder, 'a.yaml'))
  await settle()
  expect(flows.get('same')?.path).toBe('b.yaml')
  expect(await versions.get('same')).toMatchObject({ file: 'b.yaml', newest: { version: 2 } })
})

test('a changed file is a new version once it stands still; while it moves, nothing of it is read', async () => {
  put({ 'a.yaml': flow('one') })
  const { flows, versions } = stepped()
  await flows.load()
  // What was written so far is a valid flow, and is not meant.
  put({ 'a.yaml': flow('half') })
  expect(await flows.look()).toBe(true)
  await clock.advance(100)
  put({ 'a.yaml': flow('the whole of it') })
  expect(await flows.look()).toBe(true)
  await clock.advance(100)
  expect(await flows.look()).toBe(true)
  expect(await versions.get('a')).toMatchObject({ newest: { version: 1 } })
  await clock.advance(100)
  expect(await flows.look()).toBe(false)

  expect(await versions.get('a')).toMatchObject({ newest: { version: 2 }, published: { version: 2 } })
  expect(await versions.textOf(await versions.version('a', 2))).toBe(flow('the whole of it'))
})

test('while a file has errors its last good version stays published, also after a restart', async () => {
  put({ 'a.yaml': flow('good', 'orders') })
  const { flows, versions, settle } = stepped()
  await flows.load()
  for (const text of [BROKEN, 'name: orders\nsteps: [{', '', '\0', 'x'.repeat(100)]) {
    put({ 'a.yaml': text })
    await settle()
    expect(await versions.get('orders'), text).toMatchObject({ published: { version: 1 } })
  }
  put({ 'a.yaml': `name: orders\n${BROKEN}` })
  await settle()

  const again = await loaded()
  const found = await again.get('orders')
  expect(found.version).toMatchObject({ version: 1 })
  expect(found.read.text).toContain('nobody')
  expect(hasErrors(found.diagnostics)).toBe(true)
  expect((await again.runnable('orders')).read.plan).toBeDefined()
  put({ 'a.yaml': flow('mended', 'orders') })
  await settle()
  expect(await versions.get('orders')).toMatchObject({ published: { version: 2 } })
})

test('a file that breaks while flows run is reported once for each change, with its line', async () => {
  put({ 'a.yaml': flow('good', 'orders') })
  const { flows, settle, logged } = stepped()
  await flows.load()

  put({ 'a.yaml': `name: orders\n${BROKEN}` })
  await settle()
  await settle()
  put({ 'a.yaml': flow('mended', 'orders') })
  await settle()

  expect(logged).toHaveLength(1)
  expect(logged[0]).toMatch(/^error a\.yaml:3:\d+: .*nobody.*what "orders" was before still runs$/)
})

test('a file that never was good is listed with its errors, and cannot be run', async () => {
  put({ 'a.yaml': BROKEN, 'b.yaml': 'steps: [{' })
  const flows = await loaded()

  expect((await flows.list()).map(({ name, version, diagnostics }) => [name, version, diagnostics.length > 0])).toEqual(
    [
      ['a', undefined, true],
      ['b', undefined, true],
    ],
  )
  expect(await codeOf(() => flows.runnable('a'))).toBe('CONFLICT')
})

test('a renamed file keeps the flow that names itself, with its versions', async () => {
  put({ 'a.yaml': flow('one', 'orders') })
  const { flows, versions, settle } = stepped()
  await flows.load()
  renameSync(join(folder, 'a.yaml'), join(folder, 'moved.yaml'))
  await settle()

  expect(flows.get('orders')?.path).toBe('moved.yaml')
  expect(await versions.get('orders')).toMatchObject({
    file: 'moved.yaml',
    newest: { version: 1 },
    published: { version: 1 },
  })
})

test('a flow whose file is removed, or names itself otherwise, is gone; also if that happened while nobody looked', async () => {
  put({ 'a.yaml': flow('one', 'orders'), 'b.yaml': flow('two') })
  const { flows, versions, settle } = stepped()
  await flows.load()
  put({ 'a.yaml': flow('one', 'renamed') })
  await settle()
  expect((await versions.list()).map(({ name }) => name)).toEqual(['b', 'renamed'])
  rmSync(join(folder, 'b.yaml'))
  await settle()
  expect((await versions.list()).map(({ name }) => name)).toEqual(['renamed'])
  rmSync(join(folder, 'a.yaml'))
  expect(await namesOf(await loaded())).toEqual([])
})

test('a folder that cannot be read for a moment forgets no flow', async () => {
  put({ 'a.yaml': flow('one') })
  const { flows, versions, settle } = stepped()
  await flows.load()
  renameSync(folder, `${folder}-away`)
  await settle()
  expect((await versions.list()).map(({ name }) => name)).toEqual(['a'])
  renameSync(`${folder}-away`, folder)
})

test('links are passed over, whether they lead to files or to folders', async () => {
  mkdirSync(join(home, 'outside'))
  writeFileSync(join(home, 'outside', 'x.yaml'), flow('x'))
  symlinkSync(join(home, 'outside', 'x.yaml'), join(folder, 'link.yaml'))
  symlinkSync(join(home, 'outside'), join(folder, 'deep'))
  const flows = await loaded()

  expect(await namesOf(flows)).toEqual([])
  expect(await codeOf(() => flows.save({ name: 'link', text: flow('mine'), base: 0 }))).toBe('CONFLICT')
  expect(readFileSync(join(home, 'outside', 'x.yaml'), 'utf8')).toBe(flow('x'))
})

test('a folder on the way to a file that became a link is not followed', async () => {
  put({ 'sub/a.yaml': flow('one') })
  const flows = await loaded()
  renameSync(join(folder, 'sub'), join(home, 'elsewhere'))
  symlinkSync(join(home, 'elsewhere'), join(folder, 'sub'))

  expect(await codeOf(() => flows.save({ name: 'sub/a', text: flow('two'), base: 1 }))).toBe('CONFLICT')
  expect(await codeOf(() => flows.remove('sub/a'))).toBe('CONFLICT')
  expect(readFileSync(join(home, 'elsewhere', 'a.yaml'), 'utf8')).toBe(flow('one'))
})

test('saving a flow of the folder writes its file and publishes it; a new one gets a file', async () => {
  put({ 'a.yaml': flow('one') })
  const flows = await loaded()
  await flows.save({ name: 'a', text: flow('two'), base: 1, by: 'ada' })
  expect(read('a.yaml')).toBe(flow('two'))
  expect(await flows.get('a')).toMatchObject({ version: { version: 2, by: 'ada' }, publishedVersion: 2 })

  await flows.save({ name: 'Daily report', text: flow('three', 'Daily report'), base: 0 })
  expect(read('Daily-report.yaml')).toBe(flow('three', 'Daily report'))
  await flows.save({ name: 'j', text: '{"steps": [{"id": "x", "component": "/builtin/noop"}]}', base: 0 })
  expect(existsSync(join(folder, 'j.json'))).toBe(true)
  expect(await namesOf(flows)).toEqual(['Daily report', 'a', 'j'])
})

test('what was saved is not read as another change of the file', async () => {
  put({ 'a.yaml': flow('one') })
  const { flows, versions, settle } = stepped()
  await flows.load()
  await flows.save({ name: 'a', text: flow('two'), base: 1 })
  await settle()

  expect((await versions.versions('a')).length).toBe(2)
})

test.each([
  ['a text with errors', { name: 'a', text: BROKEN }, 'INVALID_FLOW'],
  ['a text that names itself otherwise', { name: 'a', text: flow('x', 'b') }, 'INVALID_INPUT'],
  ['another version than the newest', { name: 'a', text: flow('x'), base: 0 }, 'CONFLICT'],
  ['a version that is not there', { name: 'a', text: flow('x'), base: 5 }, 'CONFLICT'],
  ['a path as a name', { name: '../x', text: flow('x'), base: 0 }, 'INVALID_INPUT'],
  ['a path as a name, and in the text', { name: '../x', text: flow('x', '../x'), base: 0 }, 'INVALID_INPUT'],
  ['an absolute path', { name: '/tmp/x', text: flow('x'), base: 0 }, 'INVALID_INPUT'],
  ['a path down', { name: 'sub/x', text: flow('x'), base: 0 }, 'INVALID_INPUT'],
  ['a hidden file', { name: '.x', text: flow('x'), base: 0 }, 'INVALID_INPUT'],
  ['the name new', { name: 'new', text: flow('x'), base: 0 }, 'INVALID_INPUT'],
])('saving %s is refused, and no file changes', async (_, given, code) => {
  put({ 'a.yaml': flow('one') })
  const flows = await loaded()

  expect(await codeOf(() => flows.save(given))).toBe(code)
  expect(read('a.yaml')).toBe(flow('one'))
  expect(await namesOf(flows)).toEqual(['a'])
  expect(existsSync(join(home, 'x.yaml'))).toBe(false)
})

test('a file that is no longer as it was read is neither overwritten nor removed', async () => {
  put({ 'a.yaml': flow('one') })
  const flows = await loaded()
  put({ 'a.yaml': flow('edited elsewhere') })

  expect(await codeOf(() => flows.save({ name: 'a', text: flow('two'), base: 1 }))).toBe('CONFLICT')
  expect(await codeOf(() => flows.remove('a'))).toBe('CONFLICT')
  expect(read('a.yaml')).toBe(flow('edited elsewhere'))
  put({ 'c.yaml': flow('made meanwhile') })
  expect(await codeOf(() => flows.save({ name: 'c', text: flow('mine'), base: 0 }))).toBe('CONFLICT')
  expect(read('c.yaml')).toBe(flow('made meanwhile'))
})

test('of two who save at once one is refused', async () => {
  put({ 'a.yaml': flow('one') })
  const flows = await loaded()
  const texts = ['two', 'three', 'four'].map((word) => flow(word))
  const codes = await Promise.all(texts.map((text) => codeOf(() => flows.save({ name: 'a', text, base: 1 }))))

  expect(codes.sort()).toEqual(['CONFLICT', 'CONFLICT', 'fine'])
  expect(texts).toContain(read('a.yaml'))
  expect((await flows.get('a')).read.text).toBe(read('a.yaml'))
})

test('a file keeps its line ends and its byte order mark', async () => {
  const crlf = flow('one').replaceAll('\n', '\r\n')
  put({ 'a.yaml': `\ufeff${crlf}` })
  const flows = await loaded()
  expect((await flows.get('a')).read.text).toBe(crlf)
  await flows.save({ name: 'a', text: flow('two'), base: 1 })

  expect(read('a.yaml')).toBe(`\ufeff${flow('two').replaceAll('\n', '\r\n')}`)
  // One that has both keeps both, line by line.
  const mixed = flow('one').replace('\n', '\r\n')
  put({ 'b.yaml': mixed })
  await (await loaded()).save({ name: 'b', text: flow('two'), base: 1 })
  expect(read('b.yaml')).toBe(flow('two').replace('\n', '\r\n'))
  expect(await namesOf(await loaded())).toEqual(['a', 'b'])
  expect((await flows.versions('a')).length).toBe(2)
})

test('publishing an earlier version writes it into the file; removing a flow removes the file', async () => {
  put({ 'a.yaml': flow('one') })
  const flows = await loaded()
  await flows.save({ name: 'a', text: flow('two'), base: 1 })
  await flows.publish('a', 1)
  expect(read('a.yaml')).toBe(flow('one'))
  expect(await flows.get('a', 'published')).toMatchObject({ version: { version: 1 } })
  expect((await flows.versions('a')).length).toBe(2)
  // A restart finds what it left.
  expect(await (await loaded()).get('a', 'published')).toMatchObject({ version: { version: 1 }, publishedVersion: 1 })

  await flows.remove('a')
  expect(existsSync(join(folder, 'a.yaml'))).toBe(false)
  expect(await codeOf(() => flows.get('a'))).toBe('NOT_FOUND')
})

test('a flow that came in by the API is a draft until it is published, and touches no file', async () => {
  put({ 'a.yaml': flow('one') })
  const flows = await loaded()
  const added = await flows.add({ flow: { name: 'mail', steps: [{ id: 'x', component: '/builtin/noop' }] } })
  expect(added).toMatchObject({ name: 'mail', version: 1, flowId: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect(await codeOf(() => flows.runnable('mail'))).toBe('CONFLICT')
  expect((await flows.runnable('mail', 1)).flowId).toBe(added.flowId)
  expect((await flows.get(added.flowId)).read.plan?.name).toBe('mail')
  await flows.publish('mail')
  expect((await flows.runnable('mail')).flowId).toBe(added.flowId)
  expect(await flows.add({ flow: { name: 'mail', steps: [{ id: 'x', component: '/builtin/noop' }] } })).toMatchObject({
    version: 1,
  })

  const draft = await flows.add({ flow: flow('draft'), name: 'a' })
  expect(draft).toMatchObject({ version: 2 })
  expect(read('a.yaml')).toBe(flow('one'))
  expect(await flows.get('a')).toMatchObject({ version: { version: 2 }, publishedVersion: 1 })
  await flows.publish('a')
  expect(read('a.yaml')).toBe(flow('draft'))
})

test('a flow without a name is stored by its content alone; with errors nothing is stored', async () => {
  const flows = named({})
  const { flowId, name } = await flows.add({ flow: flow('one') })
  expect(name).toBeUndefined()
  expect((await flows.get(`sha256:${flowId}`)).read.plan).toBeDefined()
  expect(await codeOf(() => flows.add({ flow: BROKEN, name: 'x' }))).toBe('INVALID_FLOW')
  expect(await codeOf(() => flows.get('0'.repeat(64)))).toBe('NOT_FOUND')
  const blob = await store.blobs.put([1, 2, 3])
  expect((await flows.get(blob)).read.plan).toBeUndefined()
  expect(await flows.list()).toEqual([])
})

test('without a folder a saved flow is a version in the store, unpublished', async () => {
  const flows = named({})
  await flows.save({ name: 'a', text: flow('one'), base: 0 })
  await flows.save({ name: 'a', text: flow('two'), base: 1 })

  expect(await flows.get('a')).toMatchObject({ version: { version: 2 } })
  expect((await flows.get('a')).publishedVersion).toBeUndefined()
  expect((await flows.get('a', 1)).read.text).toBe(flow('one'))
})

test('a schema in a file is read in the folder, and nowhere else', async () => {
  writeFileSync(join(home, 'secret.json'), '{"type": "object"}')
  put({ 'sub/in.json': '{"type": "object", "required": ["a"]}' })
  symlinkSync(join(home, 'secret.json'), join(folder, 'link.json'))
  const withSchema = (path: string) => `schemas: { properties: { input: ${path} } }\n${flow('x')}`
  const flows = await loaded()
  const errors = async (path: string, file?: string) =>
    (await flows.check(withSchema(path), file)).diagnostics
      .filter(({ level }) => level === 'error')
      .map(({ message }) => message)

  expect(await errors('in.json', 'sub/f.yaml')).toEqual([])
  expect(await errors('sub/in.json', 'f.yaml')).toEqual([])
  for (const path of ['../secret.json', join(home, 'secret.json'), 'link.json', '/etc/passwd', '/nowhere/at/all']) {
    expect(await errors(path, 'f.yaml')).toEqual([expect.stringMatching(/may not be read/)])
  }
  for (const path of ['sub/in.json', '../secret.json', join(folder, 'sub/in.json'), '/etc/passwd', '/nowhere']) {
    expect(await errors(path)).toEqual([expect.stringMatching(/may not be read/)])
  }
})

test('a flow in code is listed, runs its functions, is loaded anew when it changes, and is read only', async () => {
  const program = (word: string) => `import { defineFlow } from 'stepflow'
export default defineFlow('typed', {}, (flow) => flow.step('say', async () => '${word}'))
`
  put({ 'typed.mjs': program('one'), 'lib.mjs': 'export const x = 1\n' })
  const { flows, settle } = stepped()
  await flows.load()
  expect([...flows.all()].map(({ name, path }) => [name, path])).toEqual([['typed', 'typed.mjs']])
  expect(flows.get('typed')?.diagnostics).toEqual([])
  expect(await codeOf(() => flows.save({ name: 'typed', text: flow('x') }))).toBe('CONFLICT')
  expect(await codeOf(() => flows.remove('typed'))).toBe('CONFLICT')

  const before = flows.get('typed')?.read?.router
  put({ 'typed.mjs': program('two') })
  await settle()
  expect(flows.get('typed')?.read?.router).not.toBe(before)
  put({ 'typed.mjs': 'export default 1 +' })
  await settle()
  expect(flows.get('typed')?.diagnostics).toMatchObject([{ code: 'UNREADABLE_FILE' }])
})

test('a folder that is followed brings what happens in it', async () => {
  const flows = new NamedFlows({ store, compile: compile(), clock: systemClock, log: () => {}, folder })
  await flows.load()
  const stop = flows.watch()
  const until = (isTrue: () => Promise<boolean>) =>
    new Promise<void>((resolve) => {
      const look = async () => {
        if (!(await isTrue())) return
        unsubscribe()
        resolve()
      }
      const unsubscribe = flows.onChange(() => void look())
    })
  try {
    const added = until(async () => (await namesOf(flows)).includes('a'))
    put({ 'a.yaml': flow('one') })
    await added
    const deeper = until(async () => (await namesOf(flows)).includes('deep/er/b'))
    put({ 'deep/er/b.yaml': flow('b') })
    await deeper
    const gone = until(async () => !(await namesOf(flows)).includes('a'))
    rmSync(join(folder, 'a.yaml'))
    await gone
  } finally {
    stop()
  }
})

test('a server that is killed between the file and the store finds the file published when it starts again', async () => {
  put({ 'a.yaml': flow('one') })
  const flows = await loaded()
  await flows.save({ name: 'a', text: flow('two'), base: 1 })
  const { records } = store
  const dying = {
    ...store,
    records: {
      get: (...of: Parameters<typeof records.get>) => records.get(...of),
      list: (...of: Parameters<typeof records.list>) => records.list(...of),
      delete: (...of: Parameters<typeof records.delete>) => records.delete(...of),
      put: () => {
        throw new Error('killed')
      },
    },
  }
  const killed = new NamedFlows({ store: dying, compile: compile(), clock, log: () => {}, folder })
  await killed.load()
  await expect(killed.save({ name: 'a', text: flow('three'), base: 2 })).rejects.toThrow('killed')
  await expect((async () => killed.publish('a', 1))()).rejects.toThrow()

  const again = await loaded()
  const { version, publishedVersion, read: found } = await again.get('a')
  expect(found.text).toBe(read('a.yaml'))
  expect(version?.version).toBe(publishedVersion)
  expect((await again.versions('a')).map(({ version }) => version)).toEqual([3, 2, 1])
})
