// Code on a machine that can make no jail: here, one without the programs that could.

import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cli, folderWith, parsed } from './cli.ts'

const step = (code: string) => `{ id: c, component: /builtin/code, input: { code: ${JSON.stringify(code)} } }`
const noJail = { PATH: '/nowhere' }

const files = {
  'f.yaml': `steps:\n  - { id: log, component: /builtin/noop, input: 1 }\n  - ${step('1 + 1')}\n`,
  'inner.yaml': `steps: [{ id: e, component: /builtin/eval, input: { input: {}, flow: { $literal: { steps: [${step('1')}] } } } }]\n`,
  'computed.yaml': `steps: [{ id: e, component: /builtin/eval, input: { input: {}, flow: f.yaml } }]\n`,
  'm.yaml': 'steps: [{ id: s, tool: JAVASCRIPT_SANDBOX, input: { code: "3" } }]\n',
  'unsafe.yml': 'code: { unsafe: true }\n',
  'paced.yml': `plugins: { b: { type: builtin, max_in_flight: 1, rate_limit: 100/s } }
routes: { "/{*component}": [{ plugin: b, rate_limit: 100/s }] }
`,
}

test.each([['f.yaml'], ['m.yaml'], ['f.yaml', '--config', 'paced.yml'], ['f.yaml', '--inputs', '/dev/null']])(
  'code that this machine can make no jail for is refused before the run starts: %s %s %s',
  async (...words) => {
    const { folder } = folderWith(files)

    const { code, out, err } = await cli(['run', ...words, '--store', 'sqlite:runs.db'], { cwd: folder, env: noJail })

    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('is refused: this machine has no jail for code: the programs "unshare", "mount"')
    expect(err).toContain('code: { unsafe: true }')
    expect(parsed((await cli(['runs', 'list', '--json', '--store', 'sqlite:runs.db'], { cwd: folder })).out)).toEqual([
      [],
    ])
  },
)

test.each(['inner.yaml', 'computed.yaml'])('in a flow inside, it is refused as well: %s', async (file) => {
  const { folder } = folderWith(files)

  const { out, err } = await cli(['run', file], { cwd: folder, env: noJail })

  expect(out + err).toContain('has no jail for code')
  expect(out).not.toContain('"result":2')
})

test('a configuration may say that code runs all the same, and that is reported once', async () => {
  const { folder } = folderWith({ ...files, 'in.jsonl': '1\n2\n3\n' })

  const words = ['run', 'f.yaml', '--config', 'unsafe.yml', '--inputs', 'in.jsonl']
  const { code, out, err } = await cli(words, { cwd: folder, env: { ...noJail, TMPDIR: folder } })

  expect(readdirSync(folder).filter((name) => name.startsWith('stepflow-code-'))).toEqual([])
  expect([code, parsed(out)]).toEqual([0, Array(3).fill({ outcome: 'success', result: { log: 1, c: 2 } })])
  expect(err.match(/code runs with its inner walls alone/g)).toHaveLength(1)
})

test.skipIf(process.platform !== 'linux')(
  'code that runs all the same may not use more memory than it has',
  async () => {
    const code = 'const a = []; for (let i = 0; i < 1000; i++) a.push(new Uint8Array(2 ** 22).fill(1)); a.length'
    const { folder } = folderWith({
      'f.yaml': `steps: [${step(code)}]\n`,
      'unsafe.yml': 'code: { unsafe: true, memory: 64MB }\n',
    })

    const { out } = await cli(['run', 'f.yaml', '--config', 'unsafe.yml'], { cwd: folder, env: noJail })

    expect(out).toContain('it needs more than its 64 MB of memory')
  },
)

test.each(['net', 'dgram', 'http', 'fs', 'child_process', 'worker_threads', 'require', 'fetch'])(
  'where nothing but the inner walls keeps it in, code that left its realm has no %s',
  async (name) => {
    const code = `await import('x').catch((e) => e.constructor.constructor('return ${name}')())`
    const { folder } = folderWith({ 'f.yaml': `steps: [${step(code)}]\n`, 'unsafe.yml': 'code: { unsafe: true }\n' })

    const { out } = await cli(['run', 'f.yaml', '--config', 'unsafe.yml'], { cwd: folder, env: noJail })

    expect(out).toContain(`${name} is not defined`)
  },
)

test('what is neither true nor false does not make code unsafe', async () => {
  const { folder } = folderWith({ ...files, 'maybe.yml': 'code: { unsafe: perhaps }\n' })

  const { code, err } = await cli(['run', 'f.yaml', '--config', 'maybe.yml'], { cwd: folder, env: noJail })

  expect(code).toBe(2)
  expect(err).toContain('"code.unsafe" is "perhaps"')
})
