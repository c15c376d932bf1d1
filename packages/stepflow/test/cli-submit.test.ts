// stepflow submit: what it prints is what `run` prints, whatever becomes of connections and servers meanwhile.

import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { begin, cli, folderWith, says } from './cli.ts'
import { serving } from './serving.ts'

const ECHO = `
input_schema: { type: object, required: [n] }
variables: { type: object, properties: { by: { type: integer, default: 1 } } }
steps: [{ id: a, component: /builtin/noop, input: { n: { $input: n }, by: { $variable: by } } }]
output: { $step: a }
`
const SLOW = `
steps: [{ id: a, component: /builtin/sleep, input: { duration: 20ms } }]
output: { n: { $input: n }, slept: { $step: a } }
`
const LINES = `{"n":1}\n\n{"n":"é\\u2028"}\nno json\n{}\n{"n":{"__proto__":[1e21,-0.5]}}\n`

test('one input: the result of a server is that of this machine, byte for byte', async () => {
  const { folder, run } = folderWith({ 'echo.yaml': ECHO })
  const { url } = await serving(folder)
  const given = [
    '--input-json',
    '{"n": "é"}',
    '--variables-json',
    '{"by": 3}',
    '--overrides-json',
    '{"a":{"value":{"input":{"m":1}}}}',
  ]

  const here = await run('run', 'echo.yaml', ...given)
  const there = await run('submit', 'echo.yaml', '--url', `${url}/api/v1`, ...given)

  expect(there.out).toBe(here.out)
  expect(there.code).toBe(0)
  expect(there.err).toContain(`${url}/runs/`)
})

test.each(['input', 'completion'])(
  'a batch in the order of %s: the same lines, and the same exit code',
  async (order) => {
    const { folder, run, read } = folderWith({ 'echo.yaml': ECHO, 'in.jsonl': LINES })
    const { url } = await serving(folder)
    const words = ['echo.yaml', '--inputs', 'in.jsonl', '--order', order, '--max-concurrent', '1']

    const here = await run('run', ...words, '--output', 'here.jsonl')
    const there = await run('submit', ...words, '--url', url, '--output', 'there.jsonl')

    expect(read('there.jsonl')).toBe(read('here.jsonl'))
    expect([there.code, here.code]).toEqual([1, 1])
  },
)

test('a batch from a pipe, to a pipe', async () => {
  const { folder } = folderWith({ 'echo.yaml': ECHO })
  const { url } = await serving(folder)

  const { out, code } = await cli(['submit', 'echo.yaml', '--url', url, '--inputs', '-'], {
    cwd: folder,
    stdin: '{"n":1}\n{"n":2}\n',
  })

  expect(out.split('\n').map((line) => line && JSON.parse(line).result.n)).toEqual([1, 2, ''])
  expect(code).toBe(0)
})

test('over TLS, behind a proxy, as over plain HTTP', async () => {
  const { folder, read } = folderWith({ 'echo.yaml': ECHO, 'in.jsonl': '{"n":1}\n{"n":2}\n' })
  const { url } = await serving(folder)
  const secure = await encrypted(url)
  const words = ['submit', 'echo.yaml', '--url', `${secure}/api/v1`, '--inputs', 'in.jsonl', '--output', 'out.jsonl']

  const trusting = await cli(words, { cwd: folder, env: { NODE_EXTRA_CA_CERTS: CERTIFICATE } })
  const doubting = await cli([...words, '--force'], { cwd: folder, env: { NODE_EXTRA_CA_CERTS: '' } })

  expect(trusting.code).toBe(0)
  expect(read('out.jsonl').trim().split('\n')).toHaveLength(2)
  expect(doubting.code).toBe(3)
  expect(doubting.err).toContain('certificate')
})

test('over a server that is killed and started again, each line is taken once and each result written once', async () => {
  const lines = Array.from({ length: 3000 }, (_, n) => `{"n":${n}}\n`).join('')
  const { folder, read } = folderWith({ 'slow.yaml': SLOW, 'in.jsonl': lines })
  const first = await serving(folder)
  const port = new URL(first.url).port

  const words = ['submit', 'slow.yaml', '--url', first.url, '--inputs', 'in.jsonl', '--output', 'out.jsonl']
  const { child, ended } = begin(words, { cwd: folder })
  await says(child, /[1-9]\d* ok/)
  first.child.kill('SIGKILL')
  await first.ended
  await serving(folder, port)
  const { code, err } = await ended

  expect(err).toContain('trying again')
  expect(code).toBe(0)
  const results = read('out.jsonl').trim().split('\n')
  expect(results.map((line) => JSON.parse(line).result.n)).toEqual(Array.from({ length: 3000 }, (_, n) => n))
}, 60_000)

test('--detach prints the id of the run, and the run goes on', async () => {
  const { folder, run } = folderWith({ 'echo.yaml': ECHO, 'in.jsonl': LINES })
  const { url } = await serving(folder)

  for (const given of [
    ['--input-json', '{"n":1}'],
    ['--inputs', 'in.jsonl'],
  ]) {
    const { out, code } = await run('submit', 'echo.yaml', '--url', url, '--detach', ...given)
    const found: any = await (await fetch(`${url}/api/v1/runs/${out.trim()}`)).json()

    expect(code).toBe(0)
    expect(found.runId).toBe(out.trim())
  }
})

test('an interrupt leaves the run at the server, and says how to look at it', async () => {
  const { folder } = folderWith({
    'waits.yaml':
      'steps: [{ id: ask, component: /builtin/wait_for_signal, input: { name: go } }]\noutput: { $step: ask }\n',
  })
  const { url } = await serving(folder)
  const { child, ended } = begin(['submit', 'waits.yaml', '--url', url, '--input-json', '{}'], { cwd: folder })
  await says(child, /run \S+: http/)

  child.kill('SIGINT')
  const { code, err } = await ended

  expect(code).toBe(130)
  expect(err).toContain(`--url ${url}`)
})

test('a server that is not there is exit code 3, at once', async () => {
  const { run } = folderWith({ 'echo.yaml': ECHO })

  const given = ['submit', 'echo.yaml', '--input-json', '{"n":1}']
  const { code, err } = await run(...given, '--url', 'http://127.0.0.1:9')

  expect(code).toBe(3)
  expect(err).toContain('http://127.0.0.1:9')
  expect((await run(...given, '--url', 'nowhere')).code).toBe(2)
})

test.each([
  ['a flow that is not valid', ['bad.yaml', '--input-json', '1'], 2, 'bad.yaml:1'],
  ['a component that the server has not', ['lacks.yaml', '--input-json', '1'], 2, 'at lacks.yaml:1'],
  ['variables that do not fit', ['echo.yaml', '--input-json', '{"n":1}', '--variables-json', '{"by":"x"}'], 2, 'by'],
  ['two inputs', ['echo.yaml', '--input-json', '1', '--inputs', 'x'], 2, '--inputs'],
])('%s is refused', async (_what, words, expected, said) => {
  const { folder, run } = folderWith({
    'echo.yaml': ECHO,
    'bad.yaml': 'steps: [{ id: a, component: /builtin/noop, input: { $step: b } }]\n',
    'lacks.yaml': 'steps: [{ id: a, component: /nope/x }]\noutput: { $step: a }\n',
  })
  const { url } = await serving(folder)

  const { code, err } = await run('submit', '--url', url, ...words)

  expect(err).toContain(said)
  expect(code).toBe(expected)
})

test('an input that breaks the schema has the outcome that `run` prints of it', async () => {
  const { folder, run } = folderWith({ 'echo.yaml': ECHO })
  const { url } = await serving(folder)

  const [there, here] = await Promise.all([
    run('submit', 'echo.yaml', '--input-json', '{}', '--url', url),
    run('run', 'echo.yaml', '--input-json', '{}'),
  ])

  expect(there).toEqual(here)
  expect([there.code, there.out]).toEqual([2, expect.stringContaining('"code":"INVALID_INPUT"')])
})

test('results of before are replaced only with --force', async () => {
  const { folder, run, at } = folderWith({ 'echo.yaml': ECHO, 'in.jsonl': '{"n":1}\n', 'out.jsonl': '{}\n' })
  const { url } = await serving(folder)
  const words = ['submit', 'echo.yaml', '--url', url, '--inputs', 'in.jsonl', '--output', at('out.jsonl')]

  expect((await run(...words)).code).toBe(2)
  expect((await run(...words, '--force')).code).toBe(0)
})

// ---

const file = (name: string) => fileURLToPath(new URL(`fixtures/tls/${name}`, import.meta.url))
const CERTIFICATE = file('cert.pem')

/** A proxy that speaks TLS, with a certificate of its own; answers its address. */
async function encrypted(target: string): Promise<string> {
  const { hostname, port } = new URL(target)
  const options = { key: readFileSync(file('key.pem')), cert: readFileSync(CERTIFICATE) }
  const proxy = createServer(options, (incoming, answer) => {
    const { method, url: path, headers } = incoming
    const outgoing = request({ hostname, port, method, path, headers }, (received) => {
      answer.writeHead(received.statusCode ?? 502, received.headers)
      // The head of a slow answer is not kept back until its body comes.
      answer.flushHeaders()
      received.pipe(answer)
    })
    outgoing.on('error', () => answer.destroy())
    incoming.pipe(outgoing)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  return `https://localhost:${(proxy.address() as AddressInfo).port}`
}
