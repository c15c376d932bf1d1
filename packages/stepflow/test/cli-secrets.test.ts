// The commands `secrets` and `tokens`, and what other commands do with the secrets of a store.

import { existsSync, rmSync, statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cli, folderWith } from './cli.ts'

const KEY = Buffer.alloc(32, 7).toString('base64')

const files = {
  'f.yaml': `name: leak
description: Answers with a secret
steps:
  - { id: leak, component: /builtin/noop, input: { key: { $secret: api_key }, word: "it was a success" } }
`,
  'stepflow-config.yml': `plugins: { builtin: { type: builtin }, l: { type: module, path: c.mjs } }
routes: { /l: [{ plugin: l }], "/{*component}": [{ plugin: builtin }] }
`,
  'c.mjs': `export const leak = (input) => ({ key: 'value-number-one', copy: Buffer.from('value-number-one').toString('base64') })
`,
  'leak.yaml': `name: leaks
description: A component that has the value from elsewhere
steps:
  - { id: leak, component: /l/leak, input: {} }
`,
}

function project() {
  const { folder, at } = folderWith(files)
  const run = (words: string, options: { readonly stdin?: string; readonly env?: Record<string, string> } = {}) =>
    cli(words.split(' '), { cwd: folder, ...options })
  return { folder, at, run }
}

test('a secret that was set is read by flows that keep their runs in its store, and printed by no command', async () => {
  const { run, at } = project()
  const set = await run('secrets set api_key', { stdin: 'value-number-one\n' })
  expect([set.code, set.out]).toEqual([0, ''])
  expect(statSync(at('.stepflow/stepflow.db.key')).mode & 0o777).toBe(0o600)

  const store = '--store sqlite:.stepflow/stepflow.db'
  const ran = [await run(`run f.yaml ${store}`), await run(`run leak.yaml ${store}`)]
  expect(ran.map(({ out }) => JSON.parse(out))).toMatchObject([
    { outcome: 'success', result: { leak: { key: '[redacted]' } } },
    { outcome: 'success', result: { leak: { key: '[redacted]', copy: '[redacted]' } } },
  ])
  const [newest] = JSON.parse((await run('runs list --json')).out)
  await run('secrets set api_key', { stdin: 'value-number-two' })
  expect((await run('secrets rotate')).code).toBe(0)
  await run('secrets remove api_key')
  // Replaced, encrypted anew and removed: the run that holds it still does not show it.
  const exits = [
    set,
    ...ran,
    await run(`runs show ${newest.runId} --json`),
    await run(`runs show ${newest.runId}`),
    await run(`runs export ${newest.runId}`),
    await run(`runs rerun ${newest.runId}`),
    await run('secrets list --json'),
    await run('secrets list'),
  ]
  for (const { out, err, code } of exits) {
    expect(code).toBe(0)
    expect(out + err).not.toMatch(/value-number|dmFsdWUtbnVtYmVyLW9uZ/)
  }
  expect((await run(`run f.yaml ${store}`)).out).toContain('which is not set')
})

test('the names are listed with where they come from; a value comes from an option, or from stdin without its line end', async () => {
  const { run } = project()
  await run('secrets set one --value first-value')
  await run('secrets set two', { stdin: 'line one\nline two\r\n' })

  const env = { STEPFLOW_SECRET_ONE: 'of the environment' }
  const listed = JSON.parse((await run('secrets list --json', { env })).out)
  expect(listed).toMatchObject([
    { name: 'one', from: 'env' },
    { name: 'two', from: 'store' },
  ])
  const warned = await run('secrets set one --value other-value', { env })
  expect(warned.err).toContain('which is used instead')
  expect((await run('secrets set word --value success')).err).toContain('ordinary word')
})

test('what cannot be a secret is refused, and nothing is made', async () => {
  const { run, at } = project()
  for (const [words, stdin, message] of [
    ['secrets set', '', 'needs a name'],
    ['secrets set ../x', 'value', 'is not a name for a secret'],
    ['secrets set key', '', 'nothing came on stdin for the value of "key": pipe it in'],
    ['secrets set key', '\n', 'nothing came on stdin'],
    ['secrets set key --url http://127.0.0.1:9', '', 'nothing came on stdin for the value of "key": pipe it in'],
    ['secrets set key --url http://127.0.0.1:9 --value [redacted]', '', 'stands in the place of secrets'],
    ['secrets set key --value=', '', 'is empty'],
    ['secrets set key --store memory', 'value', 'ends with its process'],
    ['secrets sett key', 'value', 'Did you mean "set"?'],
    ['secrets set key two', 'value', 'one argument too many'],
  ] as const) {
    const { code, err, out } = await run(words, { stdin })
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(message)
    expect(err).not.toContain('    at ')
  }
  expect(existsSync(at('.stepflow/stepflow.db.key'))).toBe(false)
  const missing = await run('secrets remove key')
  expect([missing.code, missing.err]).toEqual([3, expect.stringContaining('there is no secret "key"')])
})

test('with a wrong or missing key a command that opens the store reports it, runs nothing and shows nothing', async () => {
  const { run } = project()
  await run('secrets set api_key', { stdin: 'value-number-one', env: { STEPFLOW_MASTER_KEY: KEY } })

  const wrong = { STEPFLOW_MASTER_KEY: Buffer.alloc(32, 8).toString('hex') }
  for (const env of [wrong, {}, { STEPFLOW_MASTER_KEY: 'not-a-key' }]) {
    for (const words of [
      'run f.yaml --store sqlite:.stepflow/stepflow.db',
      'runs list',
      'secrets set other --value x',
    ]) {
      const { code, out, err } = await run(words, { env: env as Record<string, string> })
      expect([code, out]).toEqual([2, ''])
      expect(err).toMatch(/STEPFLOW_MASTER_KEY/)
      expect(err).not.toMatch(/not-a-key|value-number| {4}at /)
    }
  }
  expect((await run('secrets remove api_key --forget')).code).toBe(0)
  expect((await run('runs list')).code).toBe(0)
})

test('two commands that set the first secrets at once share one key', async () => {
  const { run, at } = project()
  const names = ['a', 'b', 'c', 'd']
  const ended = await Promise.all(names.map((name) => run(`secrets set ${name} --value value-of-${name}`)))

  expect(ended.map(({ code, err }) => [code, code === 0 ? '' : err])).toEqual(names.map(() => [0, '']))
  const listed = JSON.parse((await run('secrets list --json')).out)
  expect(listed.map(({ name }: { readonly name: string }) => name)).toEqual(names)
  rmSync(at('.stepflow/stepflow.db.key'))
  expect((await run('runs list')).err).toContain('is not there: bring it back')
})

test('a token is printed alone and once, listed without itself, and revoked by its id', async () => {
  const { run } = project()
  const { code, out, err } = await run('tokens create --role operator --name ci --expires 30d')
  expect(code).toBe(0)
  expect(out).toMatch(/^stepflow_[0-9a-f]{12}_[\w-]{43}\n$/)
  expect(err).not.toContain(out.trim())

  const listed = await run('tokens list --json')
  const [token] = JSON.parse(listed.out)
  expect(token).toMatchObject({ role: 'operator', name: 'ci', prefix: out.slice(0, 21) })
  expect(Date.parse(token.expiresAt) - Date.parse(token.createdAt)).toBe(30 * 86_400_000)
  expect(listed.out + (await run('tokens')).out).not.toContain(out.trim().slice(22))
  expect((await run(`tokens revoke ${token.id}`)).code).toBe(0)
  expect(JSON.parse((await run('tokens list --json')).out)).toEqual([])
  expect((await run(`tokens revoke ${token.id}`)).code).toBe(3)
})

test.each([
  ['tokens create', 'needs --role'],
  ['tokens create --role root', '--role is "root", but must be one of'],
  ['tokens create --role admin --expires soon', 'which is not a duration'],
  ['tokens create --role admin --expires 0s', 'can expire after a second at the earliest'],
  ['tokens create --role admin --store memory', 'ends with its process'],
  ['tokens revoke', 'needs the id of a token'],
])('%s is refused', async (words, message) => {
  const { code, out, err } = await project().run(words)

  expect([code, out]).toEqual([2, ''])
  expect(err).toContain(message)
})
