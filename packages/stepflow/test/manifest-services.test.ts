// Manifests through the command line, against stand-ins that speak the services' protocols over HTTP.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { newFolder } from '../../../test/new-folder.ts'
import { envAt, KEY, standIn } from '../../builtin/test/service-stand-in.ts'
import { cli } from './cli.ts'

const examples = new URL('../../../examples/manifests', import.meta.url).pathname
const { env, end } = await startStandIns()
afterAll(end)

const run = async (file: string, input: unknown, more: readonly string[] = [], environment = env) => {
  const words = ['run', file, '--input-json', JSON.stringify(input), ...more]
  const { out, err, code } = await cli(words, { cwd: examples, env: environment })
  return { outcome: JSON.parse(out), err, code }
}

describe('the documented manifests, as they are written', () => {
  test('sequential', async () => {
    const { outcome } = await run('sequential.yaml', null)

    expect(outcome).toEqual({ outcome: 'success', result: { tool: 'C', after: ['A', 'B'] } })
  })

  test('parallel', async () => {
    const { outcome } = await run('parallel.yaml', { input: 'x' })

    expect(outcome).toEqual({ outcome: 'success', result: { tool: 'C', after: ['A', 'B', 'input'] } })
  })

  test('conditional: the urgent one goes to the default channel; the other handler says why it did not run', async () => {
    const { outcome, err } = await run('conditional.yaml', { message: 'The server is on fire' }, ['--verbose'])

    expect(outcome).toEqual({
      outcome: 'success',
      result: { urgent_handler: { ok: true, ts: '1700000000.000100', channel: '#alerts' } },
    })
    expect(err).toContain('step "normal_handler" was skipped: its "when" is not true: "urgent" == "normal"')
    // The environment gives it.
    expect(err).not.toContain('needs "channel"')
  })

  test('conditional: the mail that has no recipient says what it needs', async () => {
    const { outcome, err } = await run('conditional.yaml', { message: 'How are you?' })

    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'INVALID_INPUT', step: 'normal_handler' } })
    expect(outcome.error.message).toContain('needs "to"')
    expect(err).toContain('GMAIL_SEND needs "to", which its input does not have')
  })

  test('conditional: the mail goes to GMAIL_TO', async () => {
    const { outcome } = await run('conditional.yaml', { message: 'How are you?' }, [], {
      ...env,
      GMAIL_TO: 'a@b.example',
    })

    expect(outcome).toMatchObject({ outcome: 'success', result: { normal_handler: { id: expect.any(String) } } })
  })

  test('loop', async () => {
    const { outcome } = await run('loop.yaml', {})

    expect(outcome.result.map(({ content }: { content: string }) => content)).toEqual([
      'Hello Alice!',
      'Hello Bob!',
      'Hello Carol!',
    ])
  })
})

test('fetch, classify, branch, merge, notify', async () => {
  const { outcome } = await run('triage.yaml', { source: `${env.GMAIL_BASE_URL}/bad` }, [
    '--config',
    openTo(env.GMAIL_BASE_URL as string),
  ])

  expect(outcome).toEqual({
    outcome: 'success',
    result: { summary: { tickets: 2, unclassified: 0, by_topic: ['database', 'login'], told_by: 'slack' } },
  })
})

test('a secret of the file reaches the service and no exit', async () => {
  const { origin, asked } = await standIn(({ body }) => ({ body: { ok: true, ts: '1', channel: body.text } }))
  const folder = newFolder({
    'secrets.env': `# tokens\nSLACK='xoxb-secret-4711'\n`,
    'post.yaml': `- id: post
  tool: SLACK_POST_MESSAGE
  input: { channel: c, message: "token {{secrets.SLACK}}" }
  config: [{ name: token, value: "{{secrets.SLACK}}" }]
- id: bad
  tool: /builtin/validate
  input: { data: "{{secrets.SLACK}}", schema: { type: number }, fail: true }
`,
  })

  const words = ['run', join(folder, 'post.yaml'), '--secrets', join(folder, 'secrets.env'), '--verbose']
  const { out, err } = await cli(words, { env: envAt(origin) })

  expect(asked[0]?.headers.authorization).toBe('Bearer xoxb-secret-4711')
  expect(asked[0]?.body.text).toBe('token xoxb-secret-4711')
  expect(out + err).not.toContain('4711')
})

test.each([
  ['secrets.json', '["x"]', 'must hold an object of texts by name'],
  ['secrets.json', '{"A": hidden-1', 'secrets.json": this is not JSON'],
  ['secrets.json', '{"A": "hidden-1",\n"B": "hidden-2" "C": "hidden-3"}', ', line 2: this is not JSON'],
  ['secrets.yaml', 'A: [hidden-1\nB: hidden-2', ', line 2: this is not YAML'],
  ['secrets.json', '{"A": {"b": "hidden-1"}}', 'the secret "A" in'],
  ['secrets.env', 'A=hidden-1\nhidden-2', 'line 2: this is not NAME=value'],
  ['missing.yaml', undefined, 'is not there'],
])('a file of secrets %s that is wrong is told without a value of it', async (name, text, message) => {
  const folder = newFolder(text === undefined ? {} : { [name]: text })

  const { code, err } = await cli(['run', 'loop.yaml', '--secrets', join(folder, name)], { cwd: examples, env })

  expect(code).toBe(2)
  expect(err).toContain(message)
  expect(err).not.toContain('hidden')
})

test('a rate limit is waited for as the service says, and the run goes on', async () => {
  const { origin, asked } = await standIn((_, count) =>
    count === 1
      ? { status: 429, headers: { 'retry-after': '1' }, body: { error: { message: `slow down ${KEY}` } } }
      : { body: { candidates: [{ content: { parts: [{ text: 'ok' }] }, finishReason: 'STOP' }] } },
  )
  const started = Date.now()

  const { outcome, err } = await run('loop.yaml', { get_items: [{ name: 'Bob' }] }, [], envAt(origin))

  expect(outcome).toMatchObject({ outcome: 'success', result: [{ content: 'ok' }] })
  expect(asked).toHaveLength(2)
  expect(Date.now() - started).toBeGreaterThanOrEqual(1000)
  expect(err).not.toContain(KEY)
})

test('a condition that cannot be evaluated skips its step with a warning', async () => {
  const folder = newFolder({
    'm.yaml': '- { id: a, tool: OUTPUT_TEXT, when: "{{inputs.nothing}} > 5", input: { value: ran } }\n',
  })

  const { code, out, err } = await cli(['run', 'm.yaml', '--input-json', '{"there": 1}'], { cwd: folder })

  expect([code, JSON.parse(out)]).toEqual([0, { outcome: 'success', result: null }])
  expect(err).toContain('warning: step "a" was skipped: its "when" cannot be evaluated')
  expect(err).toContain('there are: there')
})

test('convert writes a flow that passes the same cases', async () => {
  const names = ['recorded.mjs', 'tools.mjs', 'stepflow-config.test.yml']
  const folder = newFolder(Object.fromEntries(names.map((name) => [name, readFileSync(join(examples, name))])))
  const flow = join(folder, 'triage.yaml')

  const converted = await cli(['convert', 'triage.yaml', '--to', 'flow', '--output', flow], { cwd: examples })
  const tested = await cli(['test', flow], { cwd: folder })
  const refused = await cli(['convert', flow, '--to', 'flow'], { cwd: folder })

  expect([converted.code, converted.err]).toEqual([0, expect.stringContaining('Note: A condition that cannot')])
  expect(tested.out).toContain('4/4 passed')
  expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('already a flow')])
})

// ---

async function startStandIns() {
  const child = spawn(process.execPath, [join(examples, 'stand-ins.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of child.stdout) {
    text += chunk
    if (text.includes('GMAIL_ACCESS_TOKEN')) break
  }
  const env = Object.fromEntries([...text.matchAll(/^(\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]))
  return { env: env as Record<string, string>, end: () => void child.kill() }
}

/** A configuration with the stand-in's address open to HTTP_REQUEST. */
function openTo(origin: string): string {
  const text = `plugins: { builtin: { type: builtin } }\nroutes: { "/{*component}": [{ plugin: builtin }] }\nhttp: { allow_private: ["${new URL(origin).host}"] }\n`
  return join(newFolder({ 'stepflow-config.yml': text }), 'stepflow-config.yml')
}
