// What a flow may reach of this machine: its own folder if it has one, and what the configuration allows; and its code, a jail.

import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { begin, folderWith } from '../../stepflow/test/cli.ts'
import { startServer } from './start-server.ts'

const loads = (path: string) =>
  `steps:\n  - { id: a, component: /builtin/load_file, input: { path: ${JSON.stringify(path)} } }\noutput: { $step: a }\n`
/** The same, asked for by a flow that a step made. */
const loadsInside = (path: string) =>
  `steps:\n  - id: a\n    component: /builtin/eval\n    input: { flow: { $literal: { steps: [{ id: b, component: /builtin/load_file, input: { path: ${JSON.stringify(path)} } }], output: { $step: b } } }, input: {} }\noutput: { $step: a }\n`

test('a flow of the folder reads the files of its own folder; one of the API reads what is allowed, and nothing else', async () => {
  const { folder, call } = await startServer({
    files: {
      'flows/sub/near.json': '"near"',
      'flows/far.json': '"far"',
      'flows/sub/a.yaml': loads('near.json'),
      'flows/sub/up.yaml': loads('../far.json'),
      'allowed/x.json': '"allowed"',
      'stepflow-config.yml':
        'plugins: { builtin: { type: builtin } }\nroutes: { "/{*component}": [{ plugin: builtin }] }\nfiles: { allow: [allowed] }\n',
    },
  })
  const run = async (what: object) => (await call('POST', '/runs', { ...what, input: {}, wait: true })).body.result

  expect(await run({ flowName: 'sub/a' })).toMatchObject({ outcome: 'success', result: { data: 'near' } })
  expect(await run({ flowName: 'sub/up' })).toMatchObject({
    error: { message: expect.stringContaining('may not read') },
  })
  expect(await run({ flow: loads('near.json'), file: 'sub/new.yaml' })).toMatchObject({ result: { data: 'near' } })
  expect(await run({ flow: loads(join(folder, 'allowed/x.json')) })).toMatchObject({ result: { data: 'allowed' } })
  const paths = [
    'near.json',
    'sub/near.json',
    'far.json',
    '../stepflow-config.yml',
    '/etc/passwd',
    join(folder, 'flows/far.json'),
  ]
  for (const path of paths) {
    for (const flow of [loads(path), loadsInside(path)]) {
      const result = await run({ flow })
      // A step that runs a flow answers with its outcome.
      expect(JSON.stringify(result), path).toContain('may not read')
    }
  }
  const { flowId } = (await call('POST', '/flows', { flow: loads('far.json'), name: 'draft' })).body
  expect((await run({ flowId })).error.message).toContain('may not read')
  expect((await run({ flowName: 'draft', flowVersion: 1 })).error.message).toContain('may not read')
})

test('where there is no jail, the code of a flow without a folder is refused, also if the configuration lets code run', async () => {
  const code = 'steps:\n  - { id: a, component: /builtin/code, input: { code: "1 + 1" } }\noutput: { $step: a }\n'
  const { folder } = folderWith({
    'flows/own.yaml': code,
    'stepflow-config.yml':
      'plugins: { builtin: { type: builtin } }\nroutes: { "/{*component}": [{ plugin: builtin }] }\ncode: { unsafe: true }\n',
  })
  const { child, ended } = begin(['serve', '--port', '0', '--json'], { cwd: folder, env: { PATH: '/nowhere' } })
  try {
    const [line] = await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
    const { url } = JSON.parse(String(line))
    const run = async (what: object) => {
      const answer = await fetch(`${url}/api/v1/runs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...what, input: {}, wait: true }),
      })
      return ((await answer.json()) as any).result
    }
    expect(await run({ flowName: 'own' })).toMatchObject({ outcome: 'success', result: 2 })
    expect(await run({ flow: code })).toMatchObject({
      outcome: 'failed',
      error: { message: expect.stringContaining('this machine has no jail for code') },
    })
  } finally {
    child.kill('SIGTERM')
    await ended
  }
})
