import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { folderWith } from './cli.ts'

const tested = `# a flow with tests
name: t
description: t
steps:
  - { id: a, component: /mock/double, input: { $input: $ } }
output: { $step: a }
test:
  config:
    plugins:
      mock:
        type: mock
        components:
          /double:
            input_schema: {}
            output_schema: {}
            behaviors:
              1: { outcome: success, result: { twice: 2, more: true } }
              2: { outcome: failed, error: { code: 8, message: too big } }
    routes:
      "/mock/{*component}": [{ plugin: mock }]
  cases:
    - name: one   # of two
      input: 1
      output: { outcome: success, result: { twice: 2.0 } }
    - name: two
      input: 2
      output: { outcome: failed, error: { code: 8, message: too big } }
`

test('cases pass with partial objects, equal numbers and older codes; the configuration is in the file', async () => {
  const { run } = folderWith({ 'f.yaml': tested })

  const { code, out } = await run('test', 'f.yaml')

  expect(out).toContain('f.yaml: 2/2 passed')
  expect(out).toContain('=== Test Summary ===')
  expect(code).toBe(0)
})

test('a case that no longer holds is shown with what is different, and fails the command', async () => {
  const { run } = folderWith({ 'f.yaml': tested.replace('twice: 2.0', 'twice: 3') })

  const { code, out } = await run('test', 'f.yaml', '--diff')

  expect(code).toBe(1)
  expect(out).toContain('f.yaml: 1/2 passed')
  expect(out).toContain('$.result.twice: expected 3, got 2')
  expect(out).toMatch(/-.*twice: 3/)
  expect(out).toMatch(/\+.*twice: 2/)
})

test('--update writes the results into the file and leaves the rest of it alone', async () => {
  const { run, read } = folderWith({ 'f.yaml': tested.replace('twice: 2.0', 'twice: 3') })

  expect((await run('test', 'f.yaml', '--update')).code).toBe(0)

  const text = read('f.yaml')
  expect(text.split('\n').slice(0, 22)).toEqual(tested.split('\n').slice(0, 22))
  expect((await run('test', 'f.yaml')).out).toContain('2/2 passed')
})

test('folders are searched, sorted and filtered; files that are no flows are passed over', async () => {
  const { run } = folderWith({
    'flows/b.yaml': tested,
    'flows/a/c.yml': tested,
    'flows/other.yaml': 'some: yaml\n',
    'flows/untested.yaml': 'name: x\nsteps: []\n',
    'flows/node_modules/x.yaml': tested,
    'flows/notes.txt': 'x',
  })

  const { code, out } = await run('test', 'flows')

  expect(code).toBe(0)
  const files = out.split('\n').slice(0, 4)
  expect(files).toEqual([
    'flows/a/c.yml: 2/2 passed',
    'flows/b.yaml: 2/2 passed',
    'flows/other.yaml: skipped, not a flow',
    'flows/untested.yaml: skipped, it has no test cases',
  ])
  expect(out).toContain('Files tested: 2')
})

test('--case runs that case alone, and a misspelt one is refused', async () => {
  const { run } = folderWith({ 'f.yaml': tested })

  expect((await run('test', 'f.yaml', '--case', 'two')).out).toContain('1/1 passed')
  const { code, err } = await run('test', 'f.yaml', '--case', 'tow')
  expect(code).toBe(2)
  expect(err).toContain('Did you mean "two"?')
})

test('a flow that is not valid is an error of its file and the others are tested', async () => {
  const { run } = folderWith({
    'a.yaml': tested.replace('component: /mock/double', 'component: /mock/nope, inptu: 1'),
    'b.yaml': tested,
  })

  const { code, out } = await run('test', 'a.yaml', 'b.yaml')

  expect(code).toBe(1)
  expect(out).toContain('a.yaml: error')
  expect(out).toContain('b.yaml: 2/2 passed')
  expect(out).toContain('Files errored: 1')
})

test('a configuration for tests beside the flow comes before the ordinary one', async () => {
  const config = (twice: number) =>
    `plugins:\n  mock:\n    type: mock\n    components:\n      /double:\n        behaviors:\n          1: { outcome: success, result: { twice: ${twice} } }\nroutes:\n  "/mock/{*component}": [{ plugin: mock }]\n`
  const flow = `name: t\ndescription: t\nsteps:\n  - { id: a, component: /mock/double, input: 1 }\noutput: { $step: a }\ntest:\n  cases:\n    - { name: x, input: 1, output: { outcome: success, result: { twice: 2 } } }\n`
  const { run } = folderWith({
    'f.yaml': flow,
    'stepflow-config.yml': config(7),
    'stepflow-config.test.yml': config(2),
    'g/f.yaml': flow.replace('test:', 'test:\n  config_file: my.yml'),
    'g/my.yml': config(2),
  })

  expect((await run('test', 'f.yaml')).code).toBe(0)
  expect((await run('run', 'f.yaml')).out).toContain('7')
  expect((await run('test', 'g/f.yaml')).code).toBe(0)
})

test('a folder without a flow file is told, for it tests nothing', async () => {
  const { run } = folderWith({ 'd/readme.txt': 'x' })

  const { code, err } = await run('test', 'd')

  expect({ code, err }).toEqual({ code: 0, err: 'warning: d contains no .yaml or .yml file\n' })
})

test('a path that is not there is wrong usage', async () => {
  const { run } = folderWith({})

  expect(await run('test', 'none')).toMatchObject({ code: 2, err: 'stepflow: the path "none" is not there\n' })
  expect((await run('test')).code).toBe(2)
})

test('test --json is for programs', async () => {
  const { run } = folderWith({ 'f.yaml': tested.replace('twice: 2.0', 'twice: 3') })

  const { code, out } = await run('test', 'f.yaml', '--json')

  expect(code).toBe(1)
  expect(JSON.parse(out)).toMatchObject({
    passed: 1,
    failed: 1,
    files: [
      {
        file: 'f.yaml',
        status: 'tested',
        cases: [
          { name: 'one', passed: false },
          { name: 'two', passed: true },
        ],
      },
    ],
  })
})

const wrong = `name: t
description: t
steps:
  - id: a
    component: /builtin/noop
    inptu: 1
  - id: b
    component: /builtin/noop
    input: { $step: c }
`

test('validate prints every problem with its lines on stdout and exits 2', async () => {
  const { run } = folderWith({ 'f.yaml': wrong })

  const { code, out } = await run('validate', 'f.yaml')

  expect(code).toBe(2)
  expect(out).toContain('> 9 |     input: { $step: c }\n    |                     ^\n')
  expect(out).toContain('Did you mean "input"?')
  expect(out).toContain('f.yaml: not valid, 1 error, 1 warning')
})

test('an unknown key is a warning, under --strict an error', async () => {
  const { run } = folderWith({ 'f.yaml': wrong.replace('$step: c', '$step: a') })

  expect((await run('validate', 'f.yaml')).code).toBe(0)
  expect((await run('validate', 'f.yaml', '--strict')).code).toBe(2)
  expect((await run('run', 'f.yaml', '--strict')).code).toBe(2)
})

test('validate --json prints diagnostics and why each step will run', async () => {
  const { run } = folderWith({ 'f.yaml': wrong })

  const { code, out } = await run('validate', 'f.yaml', '--json')

  const { valid, diagnostics, steps } = JSON.parse(out)
  expect({ code, valid }).toEqual({ code: 2, valid: false })
  expect(diagnostics.find((one: { level: string }) => one.level !== 'warning')).toMatchObject({
    line: 9,
    file: 'f.yaml',
  })
  expect(steps.map((one: { id: string }) => one.id)).toEqual(['a', 'b'])
  expect(typeof steps[0].why).toBe('string')
})

test('validate --json prints the id of the blob that holds the flow', async () => {
  const { run } = folderWith({
    'f.yaml': 'steps:\n  - { id: a, component: /builtin/noop } # a comment\n',
    'g.yaml': 'steps: [',
  })
  const text = '{"steps":[{"id":"a","component":"/builtin/noop"}]}'

  const { out } = await run('validate', 'f.yaml', '--json')

  expect(JSON.parse(out).flowId).toBe(createHash('sha256').update(text).digest('hex'))
  expect(JSON.parse((await run('validate', 'g.yaml', '--json')).out)).not.toHaveProperty('flowId')
})

test('a file that cannot be converted is wrong usage: no workflow has failed', async () => {
  const { run } = folderWith({ 'f.yaml': 'steps: [{ id: a, component: /builtin/noop }]\n' })

  expect(await run('convert', 'f.yaml', '--to', 'flow')).toMatchObject({ code: 2, out: '' })
})

test('convert -o overwrites a file only with --force; what it writes it reads again', async () => {
  const { run, read } = folderWith({
    'm.yaml': 'steps:\n  - { id: a, tool: OUTPUT_TEXT, input: { value: hi } } # says hi\n',
  })

  expect((await run('convert', 'm.yaml', '--to', 'flow', '-o', 'f.yaml')).code).toBe(0)
  const again = await run('convert', 'm.yaml', '--to', 'flow', '-o', 'f.yaml')
  expect(again).toMatchObject({ code: 2, err: expect.stringContaining('"f.yaml" exists already; --force') })
  expect((await run('convert', 'm.yaml', '--to', 'flow', '-o', 'f.yaml', '--force')).code).toBe(0)
  expect((await run('convert', 'f.yaml', '--to', 'manifest', '-o', '-')).out).toContain('tool: OUTPUT_TEXT')
  expect(read('f.yaml')).toContain('# says hi')
})

test('validate finds a literal that a component would refuse, and --type-check also what another step gives', async () => {
  const literal = `name: t\ndescription: t\nsteps:\n  - { id: a, component: /builtin/sleep, input: { duration_ms: soon } }\noutput: { $step: a }\n`
  const step = `name: t
description: t
steps:
  - { id: v, component: /builtin/validate, input: { data: 1, schema: true } }
  - { id: a, component: /builtin/sleep, input: { duration_ms: { $step: v, path: valid } } }
output: { $step: a }
`
  const { run } = folderWith({ 'literal.yaml': literal, 'step.yaml': step })

  expect(await run('validate', 'literal.yaml')).toMatchObject({
    code: 2,
    out: expect.stringContaining('"duration_ms"'),
  })
  expect((await run('validate', 'step.yaml')).code).toBe(0)
  const { code, out } = await run('validate', 'step.yaml', '--type-check')
  expect([code, out]).toEqual([2, expect.stringContaining('duration_ms')])
})

test('validate --type-check finds a field that a known result does not have, and shows where', async () => {
  const { run } = folderWith({
    'f.yaml': `name: t
description: t
steps:
  - { id: a, component: /builtin/map, input: { workflow: { $literal: { steps: [] } }, items: [1] } }
  - { id: b, component: /builtin/noop, input: { $step: a, path: succesful } }
output: [{ $step: a, path: resluts }, { $step: b }]
`,
    'm.yaml': `steps:
  - { id: g, tool: GEMINI_CHAT, input: { prompt: x } }
  - { id: s, tool: OUTPUT_TEXT, needs: [g], input: { value: "{{ steps.g.result.contnt }}" } }
`,
  })

  const [flow, manifest] = await Promise.all(
    ['f.yaml', 'm.yaml'].map(async (file) => JSON.parse((await run('validate', file, '--type-check', '--json')).out)),
  )

  const wrong = (line: number, hint: string) =>
    expect.objectContaining({ code: 'UNKNOWN_PROPERTY_IN_PATH', line, hint: `did you mean "${hint}"?` })
  expect(flow.diagnostics).toEqual(expect.arrayContaining([wrong(5, 'successful'), wrong(6, 'results')]))
  expect(manifest.diagnostics).toEqual(expect.arrayContaining([wrong(3, 'content')]))
})

test('components lists what can be called, for people and for programs', async () => {
  const { run } = folderWith({})

  expect((await run('components')).out).toContain('/builtin/noop')
  const { out } = await run('list-components', '--json')
  const noop = JSON.parse(out).find((one: { component: string }) => one.component === '/noop')
  expect(noop).toMatchObject({ plugin: 'builtin', path: '/builtin/noop' })
  expect(noop).toHaveProperty('input_schema')
  expect((await run('components', '--format', 'yaml')).out).toContain('component: /noop')
  expect((await run('components', '--config', 'none.yml')).code).toBe(2)
})
