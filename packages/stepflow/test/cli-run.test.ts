import { chmodSync, existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { begin, cli, folderWith, says } from './cli.ts'

const head = 'name: t\ndescription: t\n'
const echo = `${head}steps:
  - { id: a, component: /builtin/noop, input: { $input: $ } }
output: { $step: a }
`
const failing = `${head}steps:
  - { id: a, component: /builtin/noop, input: { $input: nothing.here } }
output: { $step: a }
`
const skipping = `${head}steps:
  - { id: a, component: /builtin/noop, skip_if: true, input: 1 }
output: { $step: a }
`
const strict = `${head}schemas:
  properties:
    input: { type: object, required: [n], properties: { n: { type: number } } }
    variables: { type: object, properties: { who: { type: string, default: nobody }, many: { type: number } } }
steps:
  - id: a
    component: /builtin/noop
    input: { n: { $input: n }, who: { $variable: who }, many: { $variable: many, default: 0 } }
output: { $step: a }
`

const project = () =>
  folderWith({ 'echo.yaml': echo, 'failing.yaml': failing, 'skipping.yaml': skipping, 'strict.yaml': strict })

test('one run prints its result as one compact line and nothing else on stdout', async () => {
  const { run } = project()

  const { code, out, err } = await run('run', 'echo.yaml', '--input-json', '{"a": [1, {"b": null}]}')

  expect(out).toBe('{"outcome":"success","result":{"a":[1,{"b":null}]}}\n')
  expect({ code, err }).toEqual({ code: 0, err: '' })
})

test('the flow may be given by --flow, the input as a file or as YAML', async () => {
  const { run } = folderWith({ 'f.yaml': echo, 'in.json': '{"x":1}', 'in.yml': '# c\nx: 2\n' })

  expect((await run('run', '--flow=f.yaml', '--input=in.json')).out).toContain('{"x":1}')
  expect((await run('run', '--flow', 'f.yaml', '--input', 'in.yml')).out).toContain('{"x":2}')
  expect((await run('run', 'f.yaml', '--input-yaml', '{x: yes}')).out).toContain('{"x":"yes"}')
})

test('a skipped run exits 0, a failed one 1, a refused input 2', async () => {
  const { run } = project()

  const skipped = await run('run', 'skipping.yaml')
  expect(JSON.parse(skipped.out).outcome).toBe('skipped')
  expect(skipped.code).toBe(0)

  const failed = await run('run', 'failing.yaml', '--input-json', '{}')
  expect(JSON.parse(failed.out).error.code).toBe('EXPRESSION_FAILURE')
  expect(failed.code).toBe(1)

  const refused = await run('run', 'strict.yaml', '--input-json', '{"n":"x"}')
  expect(JSON.parse(refused.out).error.code).toBe('INVALID_INPUT')
  expect(refused.code).toBe(2)
})

test('an invalid flow runs nothing: all that is wrong stands on stderr', async () => {
  const { run } = folderWith({
    'bad.yaml': `${head}steps:\n  - { id: a, component: /builtin/nope, input: { $step: b } }\n  - { id: a, component: noop }\n`,
  })

  const { code, out, err } = await run('run', 'bad.yaml', '--input-json', '1')

  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain('bad.yaml:4')
  expect(err).toContain('"b"')
  expect(err).toContain('two steps are called "a"')
  expect(err).toContain('nothing ran')
})

test('a file that is not there, a folder, and a file that is no text are told by name', async () => {
  const { run } = folderWith({ 'd/f.yaml': echo, 'bytes.yaml': Buffer.from([0xff, 0xfe, 0x00]) })

  expect(await run('run', 'none.yaml')).toMatchObject({
    code: 2,
    out: '',
    err: 'stepflow: the flow "none.yaml" is not there\n',
  })
  expect((await run('run', 'd')).err).toContain('the flow "d" is a folder')
  expect((await run('run', 'bytes.yaml')).err).toContain('not text in UTF-8')
  expect((await run('run', 'd/f.yaml', '--input', 'none.json')).err).toContain('the input "none.json" is not there')
  expect((await run('run', 'd/f.yaml', '--input', 'x.txt')).err).toContain('must end in .json, .yaml or .yml')
  expect((await run('run', 'd/f.yaml', '--config', 'none.yml')).code).toBe(2)
})

test('wrong options are refused with the right one', async () => {
  const { run } = project()

  expect((await run('run', 'echo.yaml', '--inptu', '1')).err).toContain('Did you mean "--input"?')
  expect((await run('run', 'echo.yaml', 'other.yaml')).err).toContain('one argument too many')
  expect((await run('run')).err).toContain('needs a flow file')
  expect((await run('rnu', 'echo.yaml')).err).toContain('Did you mean "run"?')
  expect((await run('echo.yaml')).err).toContain('stepflow run echo.yaml')
  expect((await run('run', 'echo.yaml', '--input-json', '1', '--input-yaml', '2')).err).toContain('there is one input')
  expect((await run('run', 'echo.yaml', '--input-json', '{')).err).toContain('--input-json is not JSON')
  expect((await run('run', 'echo.yaml', '--store', 'postgres://x')).code).toBe(2)
  expect((await run('run', 'echo.yaml', '--order', 'input')).err).toContain('it needs --inputs FILE')
  for (const words of [['run', '--nope'], ['nope'], ['run', 'echo.yaml', '--order', 'x'], []]) {
    expect((await run(...words)).code).toBe(2)
  }
})

test('an output that cannot be written is told before anything runs', async () => {
  const { run, folder, at } = folderWith({ 'f.yaml': echo, 'd/x': '' })

  expect(await run('run', 'f.yaml', '--input-json', '1', '--output', 'no/where.json')).toMatchObject({
    code: 2,
    out: '',
  })
  expect((await run('run', 'f.yaml', '--input-json', '1', '-o', 'd')).err).toContain('is a folder')
  if (process.getuid?.() !== 0) {
    chmodSync(at('d'), 0o500)
    expect((await run('run', 'f.yaml', '--input-json', '1', '-o', `${folder}/d/y.json`)).err).toContain(
      'permission denied',
    )
  }
})

test('the output file is JSON or YAML by its ending, and stdout stays empty', async () => {
  const { run, read } = project()

  const { out } = await run('run', 'echo.yaml', '--input-json', '{"a":"b: c"}', '--output', 'r.json')
  await run('run', 'echo.yaml', '--input-json', '{"a":"b: c"}', '--output', 'r.yaml')

  expect(out).toBe('')
  expect(read('r.json')).toBe('{"outcome":"success","result":{"a":"b: c"}}\n')
  expect(parse(read('r.yaml'))).toEqual({ outcome: 'success', result: { a: 'b: c' } })
})

test('the input comes from stdin if something is piped in', async () => {
  const { at } = project()

  expect((await cli(['run', at('echo.yaml')], { stdin: '\ufeff{"x":1}' })).out).toContain('{"x":1}')
  expect((await cli(['run', at('echo.yaml'), '--stdin-format=yaml'], { stdin: 'x: 2' })).out).toContain('{"x":2}')
  expect((await cli(['run', at('echo.yaml')], { stdin: '' })).out).toContain('"result":{}')
  expect((await cli(['run', at('echo.yaml')])).out).toContain('"result":{}')
  expect((await cli(['run', at('echo.yaml')], { stdin: '{' })).err).toContain('the input from stdin is not JSON')
})

test('a flow that reads no input does not wait for a pipe that stays silent', async () => {
  const { at } = project()

  expect((await cli(['run', at('skipping.yaml')], { stdin: 'open' })).code).toBe(0)
})

test('a silent pipe is told to whoever waits for it', async () => {
  const { at } = project()
  const { child, ended } = begin(['run', at('echo.yaml')], { stdin: 'open' })

  await says(child, /waiting for the input on stdin/)
  child.stdin?.end('7')

  expect((await ended).out).toContain('"result":7')
})

test('variables come from files, options and the environment; later wins and defaults fill in', async () => {
  const { at, folder } = folderWith({ 'f.yaml': strict, 'v.yaml': 'who: file\nmany: 1\n' })
  const run = async (...words: string[]) =>
    JSON.parse((await cli(['run', at('f.yaml'), '--input-json', '{"n":1}', ...words], { cwd: folder, env })).out).result
  const env = { STEPFLOW_VAR_WHO: '123', STEPFLOW_VAR_MANY: '5' }

  expect(await run()).toEqual({ n: 1, who: 'nobody', many: 0 })
  expect(await run('--variables', 'v.yaml', '--variables-json', '{"who":"option"}')).toMatchObject({
    who: 'option',
    many: 1,
  })
  expect(await run('--variables-json', '{"many":2}', '--env-variables')).toEqual({ n: 1, who: '123', many: 2 })
})

test('overrides change steps; several sources add up and an unknown step is an error', async () => {
  const { run } = folderWith({ 'f.yaml': echo, 'o.yaml': 'steps: { a: { value: { input: { x: 1, y: 1 } } } }\n' })

  const both = await run(
    'run',
    'f.yaml',
    '--overrides',
    'o.yaml',
    '--overrides-json',
    '{"a":{"value":{"input":{"y":2}}}}',
  )
  expect(JSON.parse(both.out).result).toEqual({ x: 1, y: 2 })

  const unknown = await run('run', 'f.yaml', '--overrides-json', '{"b":{"value":{}}}')
  expect(unknown.code).toBe(2)
  expect(unknown.err).toContain('"b"')
})

test('an interrupt cancels the run and the result says so', async () => {
  const { at } = folderWith({
    'f.yaml': `${head}steps:\n  - { id: a, component: /builtin/sleep, input: { duration_ms: 60000 } }\noutput: { $step: a }\n`,
  })
  const { child, ended } = begin(['run', at('f.yaml')])

  await says(child, /running: a/)
  child.kill('SIGINT')

  const { code, out } = await ended
  expect(code).toBe(130)
  expect(JSON.parse(out).error.code).toBe('CANCELLED')
})

test('--quiet leaves stderr empty and --log-format json makes each of its lines JSON', async () => {
  const { run } = folderWith({ 'f.yaml': `${echo}nothing: here\n` })

  expect((await run('run', 'f.yaml', '--quiet')).err).toBe('')
  const { err } = await run('run', 'f.yaml', '--log-format=json')
  for (const line of err.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('message')
})

test('help and version are on stdout, for the program and for each command', async () => {
  const { run } = project()

  expect((await run('--version')).out).toMatch(/^stepflow \d+\.\d+\.\d+\n$/)
  expect((await run('--help')).out).toContain('Commands:')
  for (const name of [
    'run',
    'test',
    'validate',
    'visualize',
    'infer',
    'components',
    'list-components',
    'init',
    'completion',
  ]) {
    const { code, out } = await run(name, '--help')
    expect(code).toBe(0)
    expect(out).toContain('Examples:')
  }
  expect((await run('help', 'run')).out).toContain('stepflow run:')
})

test('a starter project runs, validates and passes its tests, and is not overwritten', async () => {
  const { run, folder, at } = folderWith({})

  expect((await run('init', 'new')).code).toBe(0)
  expect(existsSync(at('new/flow.yaml'))).toBe(true)
  const inside = (...words: string[]) => cli(words, { cwd: `${folder}/new` })
  expect((await inside('run', 'flow.yaml', '--input-json', '{"name":"Ada"}')).out).toContain('Hi Ada!')
  expect(await inside('validate', 'flow.yaml', '--strict')).toMatchObject({ code: 0, out: 'flow.yaml: valid\n' })
  expect(await inside('test', '.')).toMatchObject({ code: 0 })
  const again = await run('init', 'new')
  expect(again.code).toBe(2)
  expect(again.err).toContain('flow.yaml')
})

test('numbers that would become null are refused, wherever the input comes from', async () => {
  const { run, folder } = folderWith({ 'f.yaml': echo, 'in.yaml': 'x: -.inf\n' })

  const told = await run('run', 'f.yaml', '--input-json', '{"x": 1e999}')
  expect(told).toMatchObject({ code: 2, out: '' })
  expect(told.err).toContain('--input-json: it contains a number that is too large')
  expect((await run('run', 'f.yaml', '--input', 'in.yaml')).code).toBe(2)
  expect((await cli(['run', 'f.yaml'], { cwd: folder, stdin: '[1e400]' })).code).toBe(2)
})

test('what is piped in and is no UTF-8, or YAML where JSON is expected, is told so', async () => {
  const { folder, run } = folderWith({ 'f.yaml': echo })
  const piped = (stdin: string | Buffer) => cli(['run', 'f.yaml'], { cwd: folder, stdin })

  expect((await piped(Buffer.from([0x22, 0xff, 0x22]))).err).toContain('stdin is not text in UTF-8')
  const yaml = await piped('a: 1\nb: 2\n')
  expect(yaml.err).toMatch(/^stepflow: the input from stdin is not JSON: .*it is YAML, though: --stdin-format yaml\n$/)
  expect((await run('run', 'f.yaml', '--input-json', '{a: 1}')).err).toContain('it is YAML, though: --input-yaml')
})

test('a file or a variable that nearly has the name is suggested', async () => {
  const { run } = folderWith({ 'flow.yaml': strict, 'vars.json': '{"whom": "Ada"}' })

  expect((await run('run', 'flow.yml')).err).toBe(
    'stepflow: the flow "flow.yml" is not there. Did you mean "flow.yaml"?\n',
  )
  expect((await run('run', 'fow.yaml')).err).toContain('Did you mean "flow.yaml"?')
  expect((await run('run', 'nope.yaml')).err).not.toContain('Did you mean')
  expect((await run('run', 'flow.yaml', '--variables', 'var.json')).err).toContain(
    'the variables file "var.json" is not there. Did you mean "vars.json"?',
  )
  const { code, err } = await run('run', 'flow.yaml', '--input-json', '{"n": 1}', '--variables', 'vars.json')
  expect({ code, err }).toEqual({ code: 0, err: 'warning: the flow has no variable "whom". Did you mean "who"?\n' })
})

test('--env-variables also reaches what is only read once per element', async () => {
  const { folder } = folderWith({
    'f.yaml': `${head}steps:
  - { id: constant, component: /builtin/noop, for_each: [1], input: { $variable: region } }
  - { id: computed, component: /builtin/noop, for_each: { $input: $ }, when: { $input: $ }, input: [{ $item: $ }, { $variable: zone }] }
`,
  })

  const { out } = await cli(['run', 'f.yaml', '--input-json', '[7]', '--env-variables'], {
    cwd: folder,
    env: { STEPFLOW_VAR_REGION: 'eu', STEPFLOW_VAR_ZONE: '2' },
  })

  expect(JSON.parse(out).result).toEqual({ constant: ['eu'], computed: [[7, 2]] })
})

test('with a configuration that is broken, components are not called unknown', async () => {
  const { run } = folderWith({
    'f.yaml': `${head}steps: [{ id: a, component: /local/x }]\n`,
    'stepflow-config.yml': 'plugins: { local: { type: modul } }\nroutes: { /local: [{ plugin: local }] }\n',
  })

  const { code, err } = await run('run', 'f.yaml')

  expect(code).toBe(2)
  expect(err).toContain('Did you mean "module"?')
  expect(err).not.toContain('/local/x')
})

test('with --log-format json, what is wrong with the command line is JSON too', async () => {
  const { run } = project()

  for (const words of [['none.yaml'], ['echo.yaml', '--inptu', '1']]) {
    const { code, err } = await run('run', '--log-format', 'json', ...words)
    expect(code).toBe(2)
    expect(JSON.parse(err)).toMatchObject({ level: 'error', message: expect.stringContaining('stepflow: ') })
  }
})

test('init says why there can be no folder, and never hangs', async () => {
  const { run } = folderWith({ file: 'x' })

  expect(await run('init', 'file')).toMatchObject({
    code: 2,
    err: 'stepflow: init: "file" is not a folder: name another one\n',
  })
  expect((await run('init', 'file/below')).code).toBe(2)
  expect((await run('init', 'a/b/c')).code).toBe(0)
  // A folder in which the system makes none: mkdir's own way of making all of them never returns.
  if (existsSync('/proc/self')) expect((await run('init', '/proc/none/below')).err).toContain('cannot be written')
})

test('completion scripts know every command and are syntactically right where the shell is there', async () => {
  const { run, at } = folderWith({})
  const { execFileSync } = await import('node:child_process')
  const { writeFileSync } = await import('node:fs')

  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, out } = await run('completion', shell)
    expect(code).toBe(0)
    for (const word of ['validate', 'visualize', 'max-concurrency']) expect(out).toContain(word)
    writeFileSync(at(shell), out)
  }
  execFileSync('bash', ['-n', at('bash')])
  const { stdout } = await import('node:child_process').then(({ spawnSync }) =>
    spawnSync(
      'bash',
      ['-c', `. ${at('bash')}; COMP_WORDS=(stepflow val); COMP_CWORD=1; _stepflow; echo "\${COMPREPLY[@]}"`],
      {
        encoding: 'utf8',
      },
    ),
  )
  expect(stdout.trim()).toBe('validate')
  expect((await run('completion', 'tcsh')).code).toBe(2)
})

test('an input of more than 1,000 levels is refused for that, wherever it comes from', async () => {
  const deep = '['.repeat(4500) + ']'.repeat(4500)
  const { run, folder } = folderWith({ 'f.yaml': echo, 'deep.json': deep, 'deep.yaml': deep })
  const refused = 'has more than 1000 levels of lists and objects'

  for (const words of [
    ['--input', 'deep.json'],
    ['--input', 'deep.yaml'],
    ['--input-json', deep],
  ]) {
    const { code, err } = await run('run', 'f.yaml', ...words)
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(refused) })
  }
  const { code, err } = await cli(['run', 'f.yaml'], { cwd: folder, stdin: deep })
  expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(refused) })
})

test('an input in YAML that is deeper than its parser reads is read as JSON, or is refused for that', async () => {
  const deep = '['.repeat(900) + ']'.repeat(900)
  const { run } = folderWith({ 'f.yaml': echo, 'deep.yaml': deep, 'block.yaml': `${'- '.repeat(2000)}1\n` })

  expect(await run('run', 'f.yaml', '--input', 'deep.yaml')).toMatchObject({ code: 0 })
  const { code, err } = await run('run', 'f.yaml', '--input', 'block.yaml')
  expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('is nested too deeply for YAML') })
})
