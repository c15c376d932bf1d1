// A webhook or an MCP tool of a name starts one flow: which one, and what the other hears.

import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FlowError } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { KnownFlows } from '../src/flows/known-flows.ts'
import { FlowVersions } from '../src/named-flows/flow-versions.ts'
import { createTextCompiler, NamedFlows } from '../src/named-flows/index.ts'
import { TakenNames } from '../src/named-flows/taken-names.ts'
import { clock, folder, newHomeForEachTest, plugins, store } from './flows-home.ts'

const STEPS = 'steps: [{ id: a, component: /builtin/noop }]\n'
const hook = (name: string, word = '') => `name: ${name}\n${STEPS}triggers:\n  - { webhook: push, secret: S${word} }\n`
const tool = (name: string) => `name: ${name}\n${STEPS}triggers: [{ mcp: fruit }]\n`
const plain = (name: string) => `name: ${name}\n${STEPS}`

newHomeForEachTest()

const put = (path: string, text: string) => writeFileSync(join(folder, path), text)
/** As one server of several sees the flows. */
const server = (at: { readonly folder?: string } = {}) => {
  const compile = createTextCompiler({ plugins: () => plugins, env: {}, flows: new KnownFlows() })
  return new NamedFlows({ store, compile, clock, log: () => {}, ...at })
}
async function loaded(): Promise<NamedFlows> {
  const flows = server({ folder })
  await flows.load()
  return flows
}
const add = async (flows: NamedFlows, ...texts: string[]) => {
  for (const flow of texts) await flows.add({ flow })
}
const problemOf = async (act: Promise<unknown>) => {
  const thrown = await act.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(thrown).toSatisfy(FlowError.is)
  return thrown as FlowError
}

test('a webhook leads to the published version of its flow, and to no draft', async () => {
  const flows = server()
  await add(flows, hook('a'))
  expect(await flows.webhook('push')).toBeUndefined()

  await flows.publish('a')

  expect(await flows.webhook('push')).toMatchObject({ flow: 'a', trigger: { name: 'push', secret: 'S' } })
  expect(await flows.webhook('pull')).toBeUndefined()
})

test('a name that another flow has is an error of the flow with its line, when it is added, saved, published or checked', async () => {
  const flows = server()
  await add(flows, hook('a'), tool('t'), hook('b'), tool('u'))
  await flows.publish('a')
  await flows.publish('t')

  const taken = { code: 'TRIGGER_NAME_TAKEN', level: 'error', line: 4, message: expect.stringContaining('"a"') }
  for (const act of [
    () => flows.add({ flow: hook('c') }),
    () => flows.add({ flow: hook('a'), name: 'c' }),
    () => flows.save({ name: 'b', text: hook('b', '2'), base: 1 }),
    () => flows.publish('b'),
  ]) {
    expect(await problemOf(act())).toMatchObject({
      code: 'INVALID_FLOW',
      data: expect.arrayContaining([expect.objectContaining(taken)]),
    })
  }
  expect((await flows.check(hook('c'))).diagnostics).toContainEqual(expect.objectContaining(taken))
  expect((await flows.check(hook('x').replace('name: x\n', ''), 'c.yaml')).diagnostics).toContainEqual(
    expect.objectContaining({ ...taken, file: 'c.yaml', line: 3 }),
  )
  expect((await flows.get('b')).diagnostics).toContainEqual(expect.objectContaining(taken))
  expect((await problemOf(flows.publish('u'))).message).toContain('MCP tool "fruit" is that of the flow "t"')
  // Its own is not another's.
  expect((await flows.check(hook('a'))).diagnostics.filter(({ level }) => level === 'error')).toEqual([])
  await flows.save({ name: 'a', text: hook('a', '2'), base: 1 })
  await flows.publish('a')
})

test('a webhook and a tool may have the same name', async () => {
  const flows = server()
  await add(flows, hook('a'), tool('t').replace('fruit', 'push'))

  await flows.publish('a')
  await flows.publish('t')

  expect(await flows.ownerOf('webhook', 'push')).toBe('a')
  expect(await flows.ownerOf('mcp', 'push')).toBe('t')
})

test('of several that publish one webhook at the same time, at several servers, one wins and the others hear of it', async () => {
  const servers = [server(), server(), server()]
  const names = Array.from({ length: 12 }, (_, i) => `flow-${i}`)
  await add(servers[0] as NamedFlows, ...names.map((name) => hook(name)))

  const ends = await Promise.allSettled(names.map((name, i) => (servers[i % 3] as NamedFlows).publish(name)))

  const won = names.filter((_, i) => ends[i]?.status === 'fulfilled')
  expect(won).toHaveLength(1)
  for (const flows of servers) expect((await flows.webhook('push'))?.flow).toBe(won[0])
  const lost = (await servers[1]?.list())?.filter(({ name }) => name !== won[0])
  expect(lost?.every(({ publishedVersion }) => publishedVersion === undefined)).toBe(true)
})

test('a name is free at once when its flow is removed, or publishes a version without it', async () => {
  const flows = server()
  await add(flows, hook('a'), hook('b'), hook('c'))
  await flows.publish('a')

  await add(flows, plain('a'))
  await flows.publish('a')
  await flows.publish('b')
  expect((await flows.webhook('push'))?.flow).toBe('b')

  await flows.remove('b')
  await flows.publish('c')
  expect((await flows.webhook('push'))?.flow).toBe('c')
  // Going back to what it had is publishing it.
  expect((await problemOf(flows.publish('a', 1))).code).toBe('INVALID_FLOW')
})

test('a claim whose server ended before it published is free after a minute', async () => {
  const versions = new FlowVersions(store, clock)
  const names = new TakenNames({ records: store.records, clock, triggersOf: async () => [] })
  const { info } = await server().check(hook('dead'))
  await names.claim('dead', info?.triggers ?? [])
  const flows = server()
  await add(flows, plain('b'))
  await versions.save({ name: 'c', flow: {}, text: hook('c'), compare: 'by the text' })

  expect((await problemOf(flows.publish('c'))).code).toBe('INVALID_FLOW')
  await clock.advance(60_000)
  await flows.publish('c')

  expect((await flows.webhook('push'))?.flow).toBe('c')
})

test('a failed publishing leaves a name free', async () => {
  const flows = server()
  await add(flows, hook('a'), hook('b'))

  expect((await problemOf(flows.publish('a', 7))).code).toBe('NOT_FOUND')
  await flows.publish('b')

  expect((await flows.webhook('push'))?.flow).toBe('b')
})

test('of two files with one webhook the second is an error until the first has it no longer', async () => {
  put('a.yaml', hook('a'))
  put('b.yaml', hook('b'))
  const flows = await loaded()
  expect((await flows.webhook('push'))?.flow).toBe('a')
  expect((await flows.get('b')).diagnostics).toContainEqual(
    expect.objectContaining({
      code: 'TRIGGER_NAME_TAKEN',
      file: 'b.yaml',
      line: 4,
      path: expect.stringMatching(/^\$\.triggers\[\d\]$/),
    }),
  )
  expect((await flows.get('b')).publishedVersion).toBeUndefined()

  await flows.save({ name: 'a', text: plain('a'), base: 1 })

  expect((await flows.webhook('push'))?.flow).toBe('b')
  expect((await flows.get('b')).diagnostics.some(({ code }) => code === 'TRIGGER_NAME_TAKEN')).toBe(false)
})

test('who had a webhook keeps it over a restart, whichever file comes first', async () => {
  put('b.yaml', hook('b'))
  await loaded()
  put('a.yaml', hook('a'))

  const flows = await loaded()
  expect((await flows.webhook('push'))?.flow).toBe('b')

  // While no server looks, it changes hands.
  put('b.yaml', plain('b'))
  expect((await (await loaded()).webhook('push'))?.flow).toBe('a')
  renameSync(join(folder, 'a.yaml'), join(folder, 'z.txt'))
  put('b.yaml', hook('b'))
  expect((await (await loaded()).webhook('push'))?.flow).toBe('b')
})

test('a file gets a webhook that a flow of the API gives up, and none while that has it', async () => {
  const api = server()
  await add(api, hook('of-api'))
  await api.publish('of-api')
  put('a.yaml', hook('a'))
  const flows = await loaded()
  expect((await flows.webhook('push'))?.flow).toBe('of-api')
  expect((await problemOf(flows.save({ name: 'new-one', text: hook('new-one'), base: 0 }))).code).toBe('INVALID_FLOW')

  await flows.remove('of-api')

  expect((await flows.webhook('push'))?.flow).toBe('a')
  expect((await flows.get('a')).publishedVersion).toBe(1)
})

test('a file whose flow is called otherwise while no server looks is one flow, and keeps its webhook', async () => {
  put('a.yaml', hook('before'))
  await loaded()
  put('a.yaml', hook('after'))

  const flows = await loaded()

  expect((await flows.webhook('push'))?.flow).toBe('after')
  expect((await flows.list()).map(({ name }) => name)).toEqual(['after'])
})
