// A store is made when something runs in it: what was refused before leaves no file behind.

import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { folderWith, parsed } from './cli.ts'

const files = {
  'f.yaml': 'steps: [{ id: a, component: /builtin/noop, input: { $input: x } }]\noutput: { $step: a }\n',
  'wrong.yaml': 'steps: [{ id: a, component: /nowhere/a }]\n',
  'never.mjs': 'await new Promise(() => {})\n',
  'in.jsonl': '{"x":1}\n',
}

test.each([
  ['a flow that is not valid', ['wrong.yaml']],
  ['a flow that cannot be loaded', ['never.mjs']],
  ['an input that is no JSON', ['f.yaml', '--input-json', '{']],
  ['an input that is not there', ['f.yaml', '--input', 'nowhere.json']],
  ['two inputs', ['f.yaml', '--input-json', '1', '--input-yaml', '1']],
  ['variables that are no object', ['f.yaml', '--variables-json', '1']],
  ['an override of no step', ['f.yaml', '--overrides-json', '{"b":{"value":{}}}']],
  ['a batch of a flow that is not valid', ['wrong.yaml', '--inputs', 'in.jsonl']],
  ['a batch whose lines are not there', ['f.yaml', '--inputs', 'nowhere.jsonl']],
])('%s leaves no store behind', async (_, words) => {
  const { run, at } = folderWith(files)

  const { code, err } = await run('run', ...words, '--store', 'sqlite:runs.db')

  expect([code, existsSync(at('runs.db'))], err).toEqual([2, false])
})

test('of a configuration that is wrong, the flow is not accused', async () => {
  const { run } = folderWith({ ...files, 'wrong.yml': 'routes: { "/a": [{ plugin: nowhere }] }\n' })

  const ofConfig = await run('run', 'f.yaml', '--input-json', '{"x":1}', '--config', 'wrong.yml')
  const ofBoth = await run('run', 'wrong.yaml', '--config', 'wrong.yml')
  const ofFlow = await run('run', 'wrong.yaml')

  expect(ofConfig).toMatchObject({
    code: 2,
    err: expect.stringContaining('\nthe configuration is not valid: nothing ran'),
  })
  expect(ofBoth).toMatchObject({ code: 2, err: expect.stringContaining('the configuration is not valid: nothing ran') })
  expect(ofFlow).toMatchObject({ code: 2, err: expect.stringContaining('\nwrong.yaml is not valid: nothing ran') })
})

test('a run and a batch make their store', async () => {
  const { run } = folderWith(files)

  const single = await run('run', 'f.yaml', '--input-json', '{"x":1}', '--store', 'sqlite:one.db')
  const batch = await run('run', 'f.yaml', '--inputs', 'in.jsonl', '--store', 'sqlite:many.db')

  for (const { code, out, err } of [single, batch]) {
    expect([code, parsed(out)], err).toEqual([0, [{ outcome: 'success', result: 1 }]])
  }
  const lists = await Promise.all(
    ['one.db', 'many.db'].map((name) => run('runs', 'list', '--json', '--store', `sqlite:${name}`)),
  )
  expect(lists.map(({ out }) => JSON.parse(out).length)).toEqual([1, 1])
})
