// What a batch is made of: its lines, wherever they come from, and the output that is there already.

import { spawnSync } from 'node:child_process'
import { existsSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { begin, cli, folderWith, parsed, program, says } from './cli.ts'

const flow = `name: t
description: t
steps:
  - { id: a, component: /builtin/noop, input: { $input: x } }
output: { $step: a }
`
const ok = (x: number) => ({ outcome: 'success', result: x })
const lines = (count: number) => Array.from({ length: count }, (_, x) => `{"x":${x}}\n`).join('')
const results = (count: number) => Array.from({ length: count }, (_, x) => `${JSON.stringify(ok(x))}\n`).join('')

function bash(folder: string, script: string) {
  const env = { ...process.env, NO_COLOR: '1', RUN: `${process.execPath} ${program} run` }
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8', env })
  return { code: status, out: stdout, err: stderr }
}

const bad = '{"x":0}\nnope\n{"x":2}\n{"x":"\n{"x":4}\n'
const store = ['--store', 'sqlite:runs.db']

const withVariable = `schemas: { properties: { variables: { type: object, properties: { v: { type: integer } } } } }
steps: [{ id: a, component: /builtin/noop, input: { $variable: v } }]
output: { $step: a }
`

test('a line that is not JSON has its number in output, store, `runs show` and `runs rerun`', async () => {
  const { run } = folderWith({ 'f.yaml': flow, 'in.jsonl': bad })

  const { code, out } = await run('run', 'f.yaml', '--inputs', 'in.jsonl', ...store)
  const told = parsed(out) as { result?: number; error?: { code: string; message: string } }[]
  expect(code).toBe(1)
  expect(told.map(({ result, error }) => result ?? error?.code)).toEqual([0, 'INVALID_INPUT', 2, 'INVALID_INPUT', 4])
  expect(told[3]?.error?.message).toContain('line 4 is not JSON')

  const [row] = JSON.parse((await run('runs', 'list', '--json', ...store)).out)
  expect(row).toMatchObject({ status: 'failed', items: { total: 5, completed: 3, failed: 2 } })
  const item = await run('runs', 'show', row.runId, '--item', '4', '--json', ...store)
  expect(JSON.parse(item.out).results).toEqual([{ itemIndex: 4, status: 'success', result: ok(4) }])
  const again = await run('runs', 'rerun', row.runId, '--failed', ...store)
  expect(parsed(again.out)).toEqual(told)
})

test('a line of 20,000 levels is an item that failed, for that reason, with a store and without', async () => {
  const deep = `{"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`
  const { run } = folderWith({ 'f.yaml': flow, 'in.jsonl': `{"x":0}\n${deep}\n{"x":2}\n` })

  for (const where of [[], store]) {
    const { code, out } = await run('run', 'f.yaml', '--inputs', 'in.jsonl', ...where)
    const [first, second, third] = parsed(out)
    expect([code, first, third]).toEqual([1, ok(0), ok(2)])
    expect(second).toEqual({
      outcome: 'failed',
      error: { code: 'INVALID_INPUT', message: 'line 2 has more than 1000 levels of lists and objects' },
    })
  }
})

test('inputs may be /dev/null, a named pipe, a process substitution, /dev/stdin, or - from a file, a pipe and nothing', () => {
  const { folder } = folderWith({ 'f.yaml': flow, 'in.jsonl': lines(3) })

  const empty = { code: 0, out: '', err: expect.stringContaining('0 done') }
  expect(bash(folder, '$RUN f.yaml --inputs /dev/null')).toMatchObject(empty)
  expect(bash(folder, '$RUN f.yaml --inputs - < /dev/null')).toMatchObject(empty)
  for (const script of [
    'mkfifo pipe; cat in.jsonl > pipe & $RUN f.yaml --inputs pipe',
    'mkfifo late; (sleep 0.5; cat in.jsonl > late) & $RUN f.yaml --inputs late',
    '$RUN f.yaml --inputs <(cat in.jsonl)',
    'cat in.jsonl | $RUN f.yaml --inputs /dev/stdin',
    'cat in.jsonl | $RUN f.yaml --inputs -',
    '$RUN f.yaml --inputs - < in.jsonl',
    '$RUN f.yaml --inputs <(cat in.jsonl) --store sqlite:runs.db',
  ]) {
    expect({ script, ...bash(folder, script) }).toMatchObject({ script, code: 0, out: results(3) })
  }
})

test('an output with fewer results than the input has lines is replaced only with --force', async () => {
  const { run, read } = folderWith({ 'f.yaml': flow, 'in.jsonl': lines(4), 'out.jsonl': results(2) })
  const words = ['run', 'f.yaml', '--inputs', 'in.jsonl', '--output', 'out.jsonl']

  const refused = await run(...words)
  expect(refused.code).toBe(2)
  expect(refused.err).toContain('out.jsonl holds 2 results of an unfinished batch')
  expect(refused.err).toContain('--output out.jsonl --resume')
  expect(read('out.jsonl')).toBe(results(2))

  expect((await run(...words, '--force')).code).toBe(0)
  expect(read('out.jsonl')).toBe(results(4))
  // A whole one may be made again.
  expect((await run(...words)).code).toBe(0)
})

test('an output of which only a torn line is there, or one in the order of completion, is no less unfinished', async () => {
  for (const content of ['{"outcome":"succ', '{"index":3,"outcome":"success","result":3}\n']) {
    const { run, read } = folderWith({ 'f.yaml': flow, 'in.jsonl': lines(4), 'out.jsonl': content })

    expect((await run('run', 'f.yaml', '--inputs', 'in.jsonl', '--output', 'out.jsonl')).code).toBe(2)
    expect(read('out.jsonl')).toBe(content)
  }
})

test('--limit takes the first lines only, and the rest can be gone on with', async () => {
  const { run, read } = folderWith({ 'f.yaml': flow, 'in.jsonl': lines(5) })
  const words = ['run', 'f.yaml', '--inputs', 'in.jsonl', '--output', 'out.jsonl']

  expect((await run(...words, '--limit', '2')).err).toContain('2 done')
  expect(read('out.jsonl')).toBe(results(2))
  expect((await run(...words, '--resume', '--limit', '4', ...store)).code).toBe(0)
  expect(read('out.jsonl')).toBe(results(4))
  expect((await run(...words, '--resume', ...store)).code).toBe(0)
  expect(read('out.jsonl')).toBe(results(5))
})

test('--resume after the flow was edited is refused where the batch is recorded, unless --force', async () => {
  const { run, at, read } = folderWith({ 'f.yaml': flow, 'edited.yaml': `${flow}#\n`, 'in.jsonl': lines(4) })
  const words = ['run', 'f.yaml', '--inputs', 'in.jsonl', '--output', 'out.jsonl', ...store]
  await run(...words)
  writeFileSync(at('f.yaml'), flow.replace('{ $input: x }', '{ y: { $input: x } }'))
  writeFileSync(at('out.jsonl'), results(2))

  const refused = await run(...words, '--resume')
  expect(refused.code).toBe(1)
  expect(refused.err).toMatch(/the flow was edited since run \S+ began: `stepflow runs resume \S+`/)
  expect(read('out.jsonl')).toBe(results(2))

  expect((await run(...words, '--resume', '--force')).code).toBe(0)
  expect(read('out.jsonl')).toBe(
    `${results(2)}{"outcome":"success","result":{"y":2}}\n{"outcome":"success","result":{"y":3}}\n`,
  )
})

test('--resume with other variables is refused where results of the recorded batch are in the output, unless --force', async () => {
  const { run, at, read } = folderWith({ 'v.yaml': withVariable, 'in.jsonl': lines(4) })
  const words = (v: number) => {
    const variables = ['--variables-json', `{"v":${v}}`]
    return ['run', 'v.yaml', '--inputs', 'in.jsonl', '--output', 'out.jsonl', ...store, ...variables]
  }
  await run(...words(1))
  writeFileSync(at('out.jsonl'), results(2))

  const refused = await run(...words(2), '--resume')
  expect(refused.code).toBe(1)
  expect(refused.err).toMatch(/run \S+ was begun with other variables: `stepflow runs resume \S+`/)
  expect(read('out.jsonl')).toBe(results(2))

  expect((await run(...words(1), '--resume')).code).toBe(0)
  writeFileSync(at('out.jsonl'), '')
  expect((await run(...words(3), '--resume')).code).toBe(0)
  writeFileSync(at('out.jsonl'), results(2))
  expect((await run(...words(2), '--resume', '--force')).code).toBe(0)
  expect(read('out.jsonl')).toBe(`${results(2)}${'{"outcome":"success","result":2}\n'.repeat(2)}`)
})

test('--resume without a store warns of a flow that was changed after the output', async () => {
  const { run, at } = folderWith({ 'f.yaml': flow, 'in.jsonl': lines(4), 'out.jsonl': results(2) })
  const words = ['run', 'f.yaml', '--inputs', 'in.jsonl', '--output', 'out.jsonl', '--resume']
  utimesSync(at('out.jsonl'), new Date(), new Date(Date.now() - 60_000))

  expect((await run(...words)).err).toContain('f.yaml was changed after out.jsonl was last written')
  expect((await run(...words)).err).not.toContain('was changed')
})

test('the last line has the run, what failed, how long it took and how to run that again', async () => {
  const { run } = folderWith({ 'f.yaml': flow, 'in.jsonl': bad })

  const kept = await run('run', 'f.yaml', '--inputs', 'in.jsonl', ...store)
  expect(kept.err).toMatch(
    /^run (\S+)\n5 done: 3 ok, 2 failed, 0 skipped; in \S+ \([\d,.]+\/s\)\nto run the failed items again:\n {2}stepflow runs rerun \1 --failed --store sqlite:runs.db\n$/,
  )
  expect((await run('run', 'f.yaml', '--inputs', 'in.jsonl')).err).toContain('with --store sqlite:PATH')
})

test('retries are counted, not told one by one; with --verbose each names its item', async () => {
  const { folder, run } = folderWith({
    'f.yaml': flow.replace(
      '/builtin/noop, input: { $input: x }',
      '/m/flaky, input: { $input: x }, retry: { delay: 1ms }',
    ),
    'in.jsonl': lines(3),
    'm.mjs': `const seen = new Set()
      export function flaky(x) { if (seen.has(x)) return x; seen.add(x); throw new Error('not yet') }`,
    'stepflow-config.yml':
      'plugins: { m: { type: module, path: ./m.mjs } }\nroutes: { "/m/{*component}": [{ plugin: m }] }\n',
  })

  const { err } = await run('run', 'f.yaml', '--inputs', 'in.jsonl')
  expect(err).toMatch(/^3 done: 3 ok, 0 failed, 0 skipped; 3 retries; in \S+ \(\S+\)\n$/)
  const verbose = await cli(['run', 'f.yaml', '--inputs', 'in.jsonl', '--verbose'], { cwd: folder })
  expect(verbose.err).toContain('item 2: step "a": attempt 1 failed')
})

test('a warning that each item brings is printed once and counted; with --verbose each is a line', async () => {
  const { run } = folderWith({
    'f.yaml': flow.replace('/builtin/noop, input: { $input: x }', '/builtin/sleep, input: { duration_ms: 1, ms: 2 }'),
    'in.jsonl': lines(30),
  })
  const warned = (err: string) => err.match(/does not know "ms"/g)?.length

  const { err } = await run('run', 'f.yaml', '--inputs', 'in.jsonl')
  expect(err).toContain('warning: step "a": /builtin/sleep does not know "ms"')
  expect(err).toMatch(/does not know "ms".* \(30 times in all\)\n30 done: /)
  expect(warned(err)).toBe(2)
  expect(warned((await run('run', 'f.yaml', '--inputs', 'in.jsonl', '--verbose')).err)).toBe(30)
})

test('failures that were recovered are counted at the end of a batch, recorded or not, and in the list of runs', async () => {
  const recovering = `steps:
  - { id: a, component: /builtin/noop, input: { $input: y }, on_error: continue }
  - { id: e, component: /builtin/sleep, for_each: { items: [1, 2], on_item_error: skip }, input: { duration_ms: { $template: "no {{ inputs.x | default('') }}" } } }
output: [{ $step: a }, { $step: e }]
`
  const { run } = folderWith({ 'r.yaml': recovering, 'in.jsonl': lines(3) })

  const kept = await run('run', 'r.yaml', '--inputs', 'in.jsonl', '--store', 'sqlite:runs.db')
  const unkept = await run('run', 'r.yaml', '--inputs', 'in.jsonl')
  const single = await run('run', 'r.yaml', '--store', 'sqlite:runs.db')
  const listed = await run('runs', 'list', '--store', 'sqlite:runs.db')

  expect([kept.code, single.code]).toEqual([0, 0])
  expect(kept.err).toContain('3 done: 3 ok, 0 failed, 0 skipped; 9 failures recovered; in ')
  expect(unkept.err).toContain('; 9 failures recovered; in ')
  expect(listed.out).toMatch(/ 3, 9 recovered$/m)
  expect(listed.out).toMatch(/ 3 recovered$/m)
})

test('labels given to a run are found by `runs list`', async () => {
  const { run } = folderWith({ 'f.yaml': flow, 'in.jsonl': lines(1) })

  await run('run', 'f.yaml', '--input-json', '{"x":1}', '--label', 'team=red', '--label', 'note=a=b', ...store)
  await run('run', 'f.yaml', '--inputs', 'in.jsonl', '--label', 'team=blue', ...store)

  const rows = JSON.parse((await run('runs', 'list', '--json', ...store)).out)
  expect(rows.map((row: { labels: unknown }) => row.labels)).toEqual([{ team: 'blue' }, { team: 'red', note: 'a=b' }])
  expect((await run('run', 'f.yaml', '--label', 'team')).err).toContain('--label is "team", but must be NAME=VALUE')
  const unnamed = await run('run', 'f.yaml', '--label', 'team:red=x')
  expect([unnamed.code, unnamed.err]).toEqual([2, expect.stringContaining('"team:red", has no ":" and no "="')])
})

test('an output in a folder that is not there is told before anything runs', async () => {
  const { run, at } = folderWith({ 'f.yaml': flow, 'in.jsonl': lines(1) })

  const { code, err } = await run('run', 'f.yaml', '--inputs', 'in.jsonl', '--output', 'no/out.jsonl')

  expect({ code, err }).toEqual({
    code: 2,
    err: 'stepflow: the output "no/out.jsonl" cannot be written: there is no folder "no"\n',
  })
  expect(existsSync(at('no'))).toBe(false)
})

test('after a batch in a store no write-ahead log is left beside the file', async () => {
  const { run, at } = folderWith({ 'f.yaml': flow, 'in.jsonl': lines(5000) })

  expect((await run('run', 'f.yaml', '--inputs', 'in.jsonl', '--output', 'out.jsonl', ...store)).code).toBe(0)

  expect(statSync(at('runs.db')).size).toBeGreaterThan(100_000)
  expect(statSync(at('runs.db-wal'), { throwIfNoEntry: false })?.size ?? 0).toBe(0)
})

test('after an interrupt all that has ended is in the output, whatever was put aside meanwhile', async () => {
  const { folder, read } = folderWith({
    'f.yaml': flow.replace(
      '/builtin/noop, input: { $input: x }',
      '/m/flaky, input: { $input: x }, retry: { delay: 1ms }',
    ),
    'in.jsonl': lines(3000),
    'm.mjs': `import { setTimeout } from 'node:timers/promises'
      const seen = new Set()
      export async function flaky(x) {
        await setTimeout(5 + (x * 7) % 30)
        if (x % 5 !== 0 || seen.has(x)) return x
        seen.add(x)
        throw new Error('not yet')
      }`,
    'stepflow-config.yml':
      'plugins: { m: { type: module, path: ./m.mjs } }\nroutes: { "/m/{*component}": [{ plugin: m }] }\n',
  })
  const words = ['run', 'f.yaml', '--inputs', 'in.jsonl', '--output', 'out.jsonl', '--max-concurrent', '20']
  const { child, ended } = begin(words, { cwd: folder })

  await says(child, /[1-9]\d* of 3,000 done/)
  child.kill('SIGINT')
  const { code, err } = await ended

  expect(code).toBe(130)
  const written = read('out.jsonl').split('\n').length - 1
  expect(err).toContain(`${written.toLocaleString('en')} done: `)
})
