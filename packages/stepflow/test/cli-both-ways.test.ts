// Every action of `runs`, `secrets` and `tokens` on a store of this machine, and at a server that serves a copy of it: the same
// words, the same JSON, the same exit codes.

import { cpSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Folder, folder, type Ran } from './command-line.ts'
import { serving } from './serving.ts'

const DOUBLE = `
name: double
input_schema: { type: object, properties: { n: {} } }
variables: { type: object, properties: { by: { type: integer, default: 1 } } }
steps:
  - { id: a, component: /builtin/noop, input: { n: { $input: n }, by: { $variable: by } } }
  - { id: b, component: /builtin/noop, input: { $step: a }, skip_if: { $input: skip } }
output: { a: { $step: a }, b: { $step: b, on_skip: use_default, default: none } }
`
const WAITS =
  'name: waits\nsteps: [{ id: ask, component: /builtin/wait_for_signal, input: { name: go } }]\noutput: { $step: ask }\n'

const ends: (() => unknown)[] = []
let here: Folder
let there: Folder
let url: string
const ids = { single: '', batch: '', waits: '' }

beforeAll(async () => {
  here = folder({
    'double.yaml': DOUBLE,
    'waits.yaml': WAITS,
    'in.jsonl': '{"n":1,"skip":false}\n{"n":2,"skip":true}\nno json\n{"n":[1e21],"skip":false}\n',
  })
  const first = await serving(here.path, '0', (end) => ends.push(end))
  const started = async (...words: string[]) =>
    (await here.run('submit', ...words, '--detach', '--url', first.url)).out.trim()
  ids.single = await started('double.yaml', '--input-json', '{"n":5,"skip":false}', '--label', 'team=a')
  ids.batch = await started('double.yaml', '--inputs', 'in.jsonl')
  ids.waits = await started('waits.yaml', '--input-json', '{}')
  for (const id of [ids.single, ids.batch]) await here.run('runs', 'watch', id, '--url', first.url)
  const waiting = () => here.run('runs', 'list', '--status', 'waiting', '--json', '--url', first.url)
  await vi.waitUntil(async () => (await waiting()).out.includes(ids.waits), { timeout: 60_000 })
  await here.run('runs', 'export', ids.single, '--output', 'export.json', '--url', first.url)
  first.child.kill('SIGTERM')
  await first.ended
  there = folder({})
  cpSync(here.path, there.path, { recursive: true })
  ;({ url } = await serving(there.path, '0', (end) => ends.push(end)))
})
afterAll(async () => {
  for (const end of ends) await end()
  for (const one of [here, there]) one?.remove()
})

/** The same words in both folders; where the one in the other one's copy asks the server. */
async function both(...words: string[]): Promise<{ readonly local: Ran; readonly remote: Ran }> {
  return { local: await here.run(...words), remote: await there.run(...words, '--url', url) }
}

test('of a batch that has ended, watch prints what `run` would have printed', async () => {
  const ran = await here.run('run', 'double.yaml', '--inputs', 'in.jsonl', '--output', 'ran.jsonl')
  const printed = readFileSync(join(here.path, 'ran.jsonl'), 'utf8')

  const { local, remote } = await both('runs', 'watch', ids.batch)

  expect([local.out, remote.out]).toEqual([printed, printed])
  expect([local.code, remote.code, ran.code]).toEqual([1, 1, 1])
})

/** Without what leads to the place, says who drives it, or goes on: how long something has waited. */
function words(text: string): string {
  return text
    .replaceAll(url, 'URL')
    .split('\n')
    .filter((line) => !/^its page: |drives it|resume \S+$/.test(line))
    .map((line) => line.replace(/ --(url|store) \S+/, '').replace(/(◌ \S+) +\S+/, '$1'))
    .join('\n')
}

describe('what only reads', () => {
  test.each(
    [
      ['runs', 'list', '--json'],
      ['runs', 'list', '--label', 'team=a', '--json'],
      ['runs', 'show', 'SINGLE'],
      ['runs', 'show', 'SINGLE', '--json'],
      ['runs', 'show', 'BATCH'],
      ['runs', 'show', 'BATCH', '--json'],
      ['runs', 'show', 'BATCH', '--item', '1'],
      ['runs', 'show', 'BATCH', '--item', '1', '--json'],
      ['runs', 'show', 'BATCH', '--item', '9'],
      ['runs', 'show', 'WAITS'],
      ['runs', 'show', 'none'],
      ['runs', 'rerun', 'SINGLE', '--from', 'b', '--dry-run'],
      ['runs', 'rerun', 'BATCH', '--failed', '--dry-run', '--json'],
      ['runs', 'rerun', 'BATCH', '--items', '0-9', '--dry-run'],
      ['runs', 'rerun', 'SINGLE', '--from', 'c', '--dry-run'],
      ['secrets', 'list', '--json'],
      ['tokens', 'list', '--json'],
    ].map((line) => [line.join(' ')]),
  )('%s', async (line) => {
    const named = line.split(' ').map((word) => ids[word.toLowerCase() as keyof typeof ids] ?? word)

    const { local, remote } = await both(...named)

    expect(remote.code).toBe(local.code)
    expect(words(remote.out)).toBe(words(local.out))
    expect(words(remote.err)).toBe(words(local.err))
  })
})

test('an export is the same, and each way takes the other one back', async () => {
  const { local, remote } = await both('runs', 'export', ids.batch)
  const [one, other] = [JSON.parse(local.out), JSON.parse(remote.out)]

  expect({ ...other, exportedAt: '', program: '' }).toEqual({ ...one, exportedAt: '', program: '' })
  for (const at of [here, there])
    await at.run('runs', 'export', ids.batch, '--output', 'run.json', ...(at === there ? ['--url', url] : []))
  const again = await both('runs', 'import', 'run.json')
  expect(again.remote).toEqual(again.local)
  expect(again.local.err).toContain('was there already, with the same content')
})

test('a rerun prints the same result, also with another input, variables, overrides and a changed flow', async () => {
  const given = [
    '--input-json',
    '{"n":7,"skip":false}',
    '--variables-json',
    '{"by":3}',
    '--overrides-json',
    '{"b":{"value":{"input":{"c":1}}}}',
  ]
  for (const line of [given, ['--from', 'b'], ['--flow', 'double.yaml', '--from', 'b']]) {
    const { local, remote } = await both('runs', 'rerun', ids.single, ...line)

    expect(remote.out).toBe(local.out)
    expect([remote.code, local.code]).toEqual([0, 0])
  }
})

test('a rerun of a batch writes the same lines, and what has not failed is not repeated', async () => {
  const { local, remote } = await both('runs', 'rerun', ids.batch, '--failed', '--output', 'out.jsonl')
  const nothing = await both('runs', 'rerun', ids.single, '--failed')

  expect(readFileSync(join(there.path, 'out.jsonl'), 'utf8')).toBe(readFileSync(join(here.path, 'out.jsonl'), 'utf8'))
  expect([remote.code, local.code]).toEqual([1, 1])
  expect(nothing.remote).toEqual(nothing.local)
})

test('a flow that is not valid is refused with its lines, before anything is sent', async () => {
  const wrong = folder({ 'wrong.yaml': 'steps: [{ id: a, componet: /builtin/noop }]\n' })
  onTestFinished(wrong.remove)

  const { code, err } = await wrong.run('runs', 'rerun', ids.single, '--flow', 'wrong.yaml', '--url', url)

  expect(code).toBe(2)
  expect(err).toContain('componet')
})

test('a signal that nobody waits for is kept, and says for which names steps wait', async () => {
  const { local, remote } = await both('runs', 'signal', ids.waits, 'goo')

  expect(words(remote.err)).toContain('Did you mean "go"?')
  expect(remote.err.split('\n').at(-2)).toBe(local.err.split('\n').at(-2))
  expect((await both('runs', 'signal', ids.waits, 'go', '--item', '4')).remote.code).toBe(2)
  const sent = await both('runs', 'signal', ids.waits, 'go', '--input-json', '{"by":"Ada"}', '--id', 'once')
  expect(sent.remote.err.split('\n')[0]).toBe(sent.local.err.split('\n')[0])
  const watched = await there.run('runs', 'watch', ids.waits, '--url', url)
  expect(watched.err, 'what it waited for is past').not.toContain('To send it')
  expect(JSON.parse(watched.out).result.by).toBe('Ada')
})

test('runs are deleted and pruned, and then they are not there', async () => {
  const deleted = await both('runs', 'delete', ids.single, '--json')
  const again = await both('runs', 'delete', ids.single)
  const pruned = await both('runs', 'prune', '--older-than', '3650d', '--json')
  const which = await both('runs', 'prune')

  expect(deleted.remote).toEqual(deleted.local)
  expect([again.remote.code, again.local.code]).toEqual([3, 3])
  expect(JSON.parse(pruned.remote.out).runs).toBe(0)
  expect(Object.keys(JSON.parse(pruned.remote.out))).toEqual(Object.keys(JSON.parse(pruned.local.out)))
  expect(which.remote).toEqual(which.local)
})

test('secrets are set, listed and removed', async () => {
  const set = await both('secrets', 'set', 'api_key', '--value', 'abc')
  const listed = await both('secrets', 'list', '--json')
  const removed = await both('secrets', 'remove', 'api_key')

  expect(set.remote.err.split('\n')[1]).toBe(set.local.err.split('\n')[1])
  const [there] = JSON.parse(listed.remote.out)
  expect(there).toMatchObject({ name: 'api_key', from: 'store', usedBy: [] })
  expect(JSON.parse(listed.local.out)[0]).toMatchObject({ name: 'api_key', from: 'store' })
  expect(removed.remote).toEqual(removed.local)
  expect((await both('secrets', 'remove', 'api_key')).remote.code).toBe(3)
  expect((await here.run('secrets', 'rotate', '--url', url)).code).toBe(2)
  expect((await here.run('secrets', 'remove', 'a', '--forget', '--url', url)).code).toBe(2)
})

test('a token is created, used, too weak for some actions, listed and revoked', async () => {
  const at = (...line: string[]) => here.run(...line, '--url', url)
  const made = await at('tokens', 'create', '--role', 'viewer', '--name', 'ci', '--expires', '1h')
  const token = made.out.trim()
  const [listed] = JSON.parse((await at('tokens', 'list', '--json')).out)

  expect(listed).toMatchObject({ role: 'viewer', name: 'ci' })
  expect((await at('runs', 'list', '--token', token)).code).toBe(0)
  const weak = await at('runs', 'delete', ids.batch, '--token', token)
  expect([weak.code, weak.err]).toEqual([2, expect.stringMatching(/admin, and the token's is viewer.*tokens create/s)])
  expect((await at('tokens', 'revoke', listed.id)).code).toBe(0)
  const wrong = await at('runs', 'list', '--token', token)
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringMatching(/no such token.*STEPFLOW_TOKEN/s)])
})

test('what is done to a run that goes on is refused: exit code 1', async () => {
  const { out } = await there.run('submit', 'waits.yaml', '--input-json', '{}', '--detach', '--url', url)

  const { code, err } = await there.run('runs', 'delete', out.trim(), '--url', url)

  expect(code).toBe(1)
  expect(err).toContain('has not ended')
})

test('a server of an older version, and one that is none of ours, are called what they are', async () => {
  const [old, other] = [await answering(OUTDATED), await answering('<h1>Not found</h1>')]

  const [outdated, foreign] = [
    await here.run('runs', 'prune', '--keep', '1', '--url', old),
    await here.run('runs', '--url', other),
  ]

  expect([outdated.code, outdated.err]).toEqual([3, expect.stringContaining('of another version')])
  expect([foreign.code, foreign.err]).toEqual([3, expect.stringMatching(/answered 404.*no Stepflow server/)])
})

test.each([
  ['runs', 'list'],
  ['runs', 'show', 'r'],
  ['runs', 'watch', 'r'],
  ['runs', 'cancel', 'r'],
  ['runs', 'rerun', 'r'],
  ['runs', 'signal', 'r', 'go'],
  ['runs', 'export', 'r'],
  ['runs', 'import', 'export.json'],
  ['runs', 'delete', 'r'],
  ['runs', 'prune', '--keep', '1'],
  ['submit', 'waits.yaml'],
  ['submit', 'waits.yaml', '--inputs', 'in.jsonl', '--detach'],
  ['secrets', 'list'],
  ['secrets', 'set', 'key', '--value', 'v'],
  ['secrets', 'remove', 'key'],
  ['tokens', 'create', '--role', 'viewer'],
  ['tokens', 'revoke', 't'],
])('%s %s reports that a server which answers everything with JSON of its own is none of ours', async (...words) => {
  const url = await answering('{"ok":true}', 200)

  const { code, out, err } = await here.run(...words, '--url', url)

  expect([code, out, err]).toEqual([3, '', expect.stringMatching(/answered 200 .*: that is no Stepflow server/)])
})

test('a server whose API stands at another base path is not called of another version', async () => {
  const detail = 'there is no /api/v1/runs here; did you mean /x/api/v1/runs?'
  const url = await answering(JSON.stringify({ code: 'NOT_FOUND', detail, data: { reason: 'no such route' } }))

  const { code, err } = await here.run('runs', '--url', url)

  expect([code, err]).toEqual([3, `stepflow: the server is at ${url}/x, not at ${url}: give that address\n`])
})

// ---

const OUTDATED = JSON.stringify({
  code: 'NOT_FOUND',
  detail: 'there is no /x here',
  data: { reason: 'no such route' },
})

/** A server that says the same to everything. */
async function answering(body: string, status = 404): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status)
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
