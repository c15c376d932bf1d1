// --engine among other options: what does not go with it is refused before anything is loaded for it.

import { afterEach, expect, test } from 'vitest'
import { type Folder, folder } from './command-line.ts'

const URL = 'temporal://127.0.0.1:1/default?task_queue=q'
const flow = 'name: f\nsteps: []\noutput: 1\n'

let here: Folder
afterEach(() => here.remove())

test.each([
  ['worker', '--no-migrate', /--no-migrate does not go with --engine: a cluster has no schema of ours/],
  ['worker', '--capacity 0', /--capacity 0 does not go with --engine/],
  ['worker', '--port 0', /--port does not go with --engine/],
  ['worker', '--host ::1', /--host does not go with --engine/],
  ['worker', '--store memory', /--engine and --store name two places/],
  ['submit f.yaml', '--open', /--open does not go with --engine/],
  ['submit f.yaml', '--token t', /--token does not go with --engine/],
  ['submit f.yaml', '--url http://127.0.0.1:1', /--engine and --url name two places/],
  ['runs show x', '--open', /--open does not go with --engine/],
  ['runs list', '--token t', /--token does not go with --engine/],
  ['runs list', '--store memory', /--engine and --store name two places/],
  ['runs pause x', '--config c.yml', /--engine and --config name two places/],
  ['runs rerun x', '', /to repeat one, submit its flow again/],
])('stepflow %s %s with --engine is refused: exit code 2', async (command, option, said) => {
  here = folder({ 'f.yaml': flow })
  const words = [...command.split(' '), ...option.split(' ').filter(Boolean), '--engine', URL]

  const { code, out, err } = await here.run(...words)

  expect(err).toMatch(said)
  expect({ code, out }).toEqual({ code: 2, out: '' })
})

test('an engine and a store that the environment names alike are refused, unless an option says which', async () => {
  here = folder({}, { STEPFLOW_ENGINE: URL, STEPFLOW_STORE: 'memory' })

  const both = await here.run('runs', 'list')
  const store = await here.run('runs', 'list', '--store', 'sqlite:none.db')

  expect(both.code).toBe(2)
  expect(both.err).toContain('STEPFLOW_ENGINE and STEPFLOW_STORE name two places: say which by --engine or --store')
  expect(store.code).toBe(0)
})
