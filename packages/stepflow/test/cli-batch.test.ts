import { spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, rmSync, symlinkSync, writeSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { begin, cli, ending, folderWith, parsed, program, says } from './cli.ts'

const flow = `name: t
description: t
steps:
  - { id: a, component: /builtin/noop, input: { $input: $ } }
  - { id: b, component: /builtin/noop, input: { x: { $step: a, path: x } } }
output: { $step: b }
`
const sleeping = `name: t
description: t
steps:
  - { id: a, component: /builtin/sleep, input: { duration_ms: { $input: ms }, passthrough: { $input: n } } }
output: { $step: a, path: passthrough }
`
const ok = (x: number) => ({ outcome: 'success', result: { x } })
const line = (x: number) => `{"outcome":"success","result":{"x":${x}}}\n`

test('each line becomes exactly its result, in the order of the inputs', async () => {
  const { run, read } = folderWith({ 'f.yaml': flow, 'in.jsonl': '{"x":1}\n{"x":2}\n{"x":3}' })

  const toScreen = await run('run', 'f.yaml', '--inputs', 'in.jsonl')
  const toFile = await run('run', '--flow=f.yaml', '--inputs=in.jsonl', '--output=out.jsonl', '--max-concurrency=2')

  expect(toScreen.out).toBe(line(1) + line(2) + line(3))
  expect(toFile).toMatchObject({ code: 0, out: '' })
  expect(read('out.jsonl')).toBe(toScreen.out)
})

test('a slow item holds its place; in completion order the others go ahead with their index', async () => {
  const { run } = folderWith({ 'f.yaml': sleeping, 'in.jsonl': '{"ms":300,"n":0}\n{"ms":0,"n":1}\n{"ms":0,"n":2}\n' })

  const inOrder = await run('run', 'f.yaml', '--inputs', 'in.jsonl')
  expect(parsed(inOrder.out).map((one) => (one as { result: number }).result)).toEqual([0, 1, 2])

  const asTheyEnd = await run('run', 'f.yaml', '--inputs', 'in.jsonl', '--order', 'completion')
  const lines = parsed(asTheyEnd.out) as { index: number; result: number }[]
  expect(lines.at(-1)).toEqual({ index: 0, outcome: 'success', result: 0 })
  expect(lines.map(({ index }) => index).sort()).toEqual([0, 1, 2])
})

test('a line that is not JSON fails with its number; BOM, CRLF and blank lines are fine', async () => {
  const { run } = folderWith({ 'f.yaml': flow, 'in.jsonl': '\ufeff{"x":1}\r\n\r\nnope\r\n{"x":2}\r\n\n' })

  const { code, out } = await run('run', 'f.yaml', '--inputs', 'in.jsonl')

  const [first, bad, last, ...rest] = parsed(out)
  expect([first, last, rest]).toEqual([ok(1), ok(2), []])
  expect(bad).toMatchObject({ outcome: 'failed', error: { code: 'INVALID_INPUT' } })
  expect((bad as { error: { message: string } }).error.message).toContain('line 3 is not JSON')
  expect(code).toBe(1)
})

test('one item that fails is no affair of the others, and --allow-failures makes it 0', async () => {
  const { run } = folderWith({ 'f.yaml': flow, 'in.jsonl': '{"x":1}\n{"y":1}\n{"x":3}\n' })

  const { code, out } = await run('run', 'f.yaml', '--inputs', 'in.jsonl')
  expect(code).toBe(1)
  expect(parsed(out).map((one) => (one as { outcome: string }).outcome)).toEqual(['success', 'failed', 'success'])
  expect((await run('run', 'f.yaml', '--inputs', 'in.jsonl', '--allow-failures')).code).toBe(0)
})

test('an empty batch is done at once', async () => {
  const { run, read } = folderWith({ 'f.yaml': flow, 'in.jsonl': '\n' })

  expect((await run('run', 'f.yaml', '--inputs', 'in.jsonl', '--output', 'out.jsonl')).code).toBe(0)
  expect(read('out.jsonl')).toBe('')
})

test('inputs that cannot be read leave the output of before alone', async () => {
  const { run, read } = folderWith({ 'f.yaml': flow, 'd/x': '', 'out.jsonl': 'precious' })

  expect(await run('run', 'f.yaml', '--inputs', 'none.jsonl', '--output', 'out.jsonl')).toMatchObject({
    code: 2,
    err: 'stepflow: the file of inputs "none.jsonl" is not there\n',
  })
  expect((await run('run', 'f.yaml', '--inputs', 'd', '--output', 'out.jsonl')).err).toContain('is a folder')
  expect((await run('run', 'none.yaml', '--inputs', 'd', '--output', 'out.jsonl')).code).toBe(2)
  expect((await run('run', 'f.yaml', '--inputs', 'out.jsonl', '--output', 'out.jsonl')).err).toContain('same file')
  expect(read('out.jsonl')).toBe('precious')
})

test('a result never overwrites what the run is made from, under whatever name', async () => {
  const { run, read, at } = folderWith({ 'f.yaml': flow, 'v.json': '{}', 'in.json': '1', 'in.jsonl': '1' })
  symlinkSync(at('f.yaml'), at('link.yaml'))

  const single = await run('run', 'f.yaml', '--input-json', '1', '--output', 'link.yaml')
  expect(single).toMatchObject({ code: 2, out: '' })
  expect(single.err).toContain('--output would overwrite the flow: link.yaml')
  expect((await run('run', 'f.yaml', '--inputs', 'in.jsonl', '--output', './f.yaml')).code).toBe(2)
  const variables = await run('run', 'f.yaml', '--inputs', 'in.jsonl', '--variables', 'v.json', '--output', 'v.json')
  expect(variables.err).toContain('--variables and --output are the same file')
  expect((await run('run', 'f.yaml', '--input', 'in.json', '--output', 'in.json')).code).toBe(2)
  expect([read('f.yaml'), read('v.json'), read('in.json')]).toEqual([flow, '{}', '1'])
})

test('an input and a batch together are refused', async () => {
  const { run } = folderWith({ 'f.yaml': flow, 'in.jsonl': '1' })

  expect((await run('run', 'f.yaml', '--inputs', 'in.jsonl', '--input-json', '1')).err).toContain('use one of them')
})

test('the lines may come through a pipe', async () => {
  const { at } = folderWith({ 'f.yaml': flow })

  const { out } = await cli(['run', at('f.yaml'), '--inputs', '-'], { stdin: '{"x":1}\n{"x":2}\n' })

  expect(out).toBe(line(1) + line(2))
})

test('results come out while the input is still open', async () => {
  const { at } = folderWith({ 'f.yaml': flow })
  const { child, ended } = begin(['run', at('f.yaml'), '--inputs', '-'], { stdin: 'open' })
  const first = new Promise<string>((resolve) => child.stdout?.once('data', (chunk) => resolve(String(chunk))))

  child.stdin?.write(Array.from({ length: 20 }, (_, x) => `{"x":${x}}\n`).join(''))
  expect(await first).toMatch(/^\{"outcome":"success","result":\{"x":0\}\}\n/)
  child.stdin?.end('{"x":20}')

  expect(parsed((await ended).out)).toEqual(Array.from({ length: 21 }, (_, x) => ok(x)))
})

test('a line of 50 MB is an item like any other', async () => {
  const { folder, at, run, read } = folderWith({ 'f.yaml': flow })
  const fd = openSync(at('in.jsonl'), 'w')
  writeSync(fd, `{"x":1}\n{"x":2,"long":"${'y'.repeat(50_000_000)}"}\n{"x":3}\n`)
  closeSync(fd)

  const { code } = await run('run', 'f.yaml', '--inputs', 'in.jsonl', '--output', `${folder}/out.jsonl`)

  expect(code).toBe(0)
  expect(read('out.jsonl')).toBe(line(1) + line(2) + line(3))
})

test('--resume keeps what is there, drops a torn line and runs the rest only', async () => {
  const { run, read } = folderWith({
    'f.yaml': flow,
    'in.jsonl': '{"x":1}\n{"x":2}\n{"x":3}\n{"x":4}\n',
    'out.jsonl': `{"outcome":"success","result":"kept"}\n${line(2)}{"outcome":"succ`,
  })

  const { code, err } = await run('run', 'f.yaml', '--inputs', 'in.jsonl', '--output', 'out.jsonl', '--resume')

  expect(code).toBe(0)
  expect(err).toContain('2 results are already in the output')
  expect(parsed(read('out.jsonl'))).toEqual([{ outcome: 'success', result: 'kept' }, ok(2), ok(3), ok(4)])
})

test('--resume in completion order runs the items whose index is missing', async () => {
  const { run, read } = folderWith({
    'f.yaml': flow,
    'in.jsonl': '{"x":0}\nbad\n{"x":2}\n{"x":3}\n',
    'out.jsonl': `{"index":2,"outcome":"success","result":"kept"}\n`,
  })

  await run('run', 'f.yaml', '--inputs', 'in.jsonl', '--output', 'out.jsonl', '--resume', '--order', 'completion')

  const lines = parsed(read('out.jsonl')) as { index: number; result: unknown }[]
  expect(lines.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3])
  expect(lines[0]?.result).toBe('kept')
  expect(lines.find(({ index }) => index === 3)?.result).toEqual({ x: 3 })
})

test('a failure among the kept lines still counts', async () => {
  const { run } = folderWith({
    'f.yaml': flow,
    'in.jsonl': '{"x":1}\n{"x":2}\n',
    'out.jsonl': '{"outcome":"failed","error":{"code":"X","message":""}}\n',
  })

  expect((await run('run', 'f.yaml', '--inputs=in.jsonl', '--output=out.jsonl', '--resume')).code).toBe(1)
})

test('after an interrupt what runs is finished and written, and --resume does the rest exactly once', async () => {
  const items = Array.from({ length: 40 }, (_, n) => `{"ms":${n === 0 ? 500 : 20},"n":${n}}\n`).join('')
  const { folder, at, run, read } = folderWith({
    'f.yaml': sleeping.replace('/builtin/sleep', '/slow/work').replace(', path: passthrough', ''),
    'in.jsonl': items,
    hold: '',
    'slow.mjs': `import { setTimeout } from 'node:timers/promises'
      import { appendFileSync, existsSync } from 'node:fs'
      export async function work({ duration_ms, passthrough }) {
        await setTimeout(duration_ms)
        while (passthrough >= 8 && existsSync('hold')) await setTimeout(5)
        appendFileSync('ran.txt', passthrough + ' ')
        return passthrough
      }`,
    'stepflow-config.yml':
      'plugins: { slow: { type: module, path: ./slow.mjs } }\nroutes: { "/slow/{*component}": [{ plugin: slow }] }\n',
  })
  const words = ['run', 'f.yaml', '--inputs', 'in.jsonl', '--output', 'out file.jsonl', '--max-concurrent', '4']
  const { child, ended } = begin(words, { cwd: folder })

  const finishing = says(child, /for the items in flight/)

  await vi.waitFor(() => expect(read('ran.txt')).toContain('7 '), { timeout: 50_000 })
  child.kill('SIGINT')
  await finishing
  rmSync(at('hold'))
  const { code, err } = await ended

  expect(code).toBe(130)
  expect(err).toContain("--output 'out file.jsonl' --max-concurrent 4 --resume")
  const before = parsed(read('out file.jsonl'))
  expect(before.length).toBeGreaterThan(0)
  expect(before.length).toBeLessThan(40)
  expect((await run(...words, '--resume')).code).toBe(0)
  const results = parsed(read('out file.jsonl')).map((one) => (one as { result: number }).result)
  const all = Array.from({ length: 40 }, (_, n) => n)
  expect(results).toEqual(all)
  const ran = read('ran.txt').trim().split(' ').map(Number)
  expect(ran.sort((a, b) => a - b)).toEqual(all)
})

test('an interrupt ends a batch whose input is an open, silent pipe', async () => {
  const { at } = folderWith({ 'f.yaml': flow })
  const { child, ended } = begin(['run', at('f.yaml'), '--inputs', '-'], { stdin: 'open' })

  await says(child, /0 done/)
  child.kill('SIGINT')

  expect((await ended).code).toBe(130)
})

test('the second interrupt does not wait', async () => {
  const { folder } = folderWith({ 'f.yaml': sleeping, 'in.jsonl': '{"ms":60000,"n":1}\n' })
  const { child, ended } = begin(['run', 'f.yaml', '--inputs', 'in.jsonl', '--output', 'o.jsonl'], { cwd: folder })
  const progress = says(child, /0 of 1 done/)
  const finishing = says(child, /for the items in flight/)

  await progress
  child.kill('SIGINT')
  await finishing
  child.kill('SIGINT')

  const { code, err } = await ended
  expect(code).toBe(130)
  expect(err).toContain('--resume')
})

test('a reader that has enough ends the batch quietly', async () => {
  const { at } = folderWith({
    'f.yaml': flow,
    'in.jsonl': Array.from({ length: 50_000 }, (_, x) => `{"x":${x}}\n`).join(''),
  })

  const { stdout, stderr } = spawnSync(
    'bash',
    [
      '-c',
      `${process.execPath} ${program} run ${at('f.yaml')} --inputs ${at('in.jsonl')} --quiet | head -1; echo \${PIPESTATUS[0]}`,
    ],
    { encoding: 'utf8' },
  )

  expect(stdout).toBe(`${line(0)}0\n`)
  expect(stderr).toBe('')
})

test('when the disk is full the file holds whole lines only, and the message says how to go on', async () => {
  const { folder, read, run } = folderWith({
    'f.yaml': flow,
    'in.jsonl': Array.from({ length: 5000 }, (_, x) => `{"x":${x}}\n`).join(''),
  })
  // A limit on the size of files is met in the middle of a line, as the end of a disk is.
  const limited = `ulimit -f 16; exec ${process.execPath} ${program} run f.yaml --inputs in.jsonl --output out.jsonl`
  const full = await ending(spawn('bash', ['-c', limited], { cwd: folder }))

  expect(full.code).toBe(1)
  expect(full.err).toContain('the disk has no space left for out.jsonl')
  expect(full.err).toContain('--output out.jsonl --resume')
  const text = read('out.jsonl')
  expect(text.endsWith('}\n')).toBe(true)
  const written = parsed(text).length
  expect(written).toBeGreaterThan(100)
  expect(full.err).toContain(`${written} results are in out.jsonl`)

  expect((await run('run', 'f.yaml', '--inputs', 'in.jsonl', '--output', 'out.jsonl', '--resume')).code).toBe(0)
  expect(parsed(read('out.jsonl'))).toEqual(Array.from({ length: 5000 }, (_, x) => ok(x)))
})

test('a device without room is told, not a fault of ours', async () => {
  const { run } = folderWith({ 'f.yaml': flow, 'in.jsonl': '{"x":1}\n' })

  const batch = await run('run', 'f.yaml', '--inputs', 'in.jsonl', '--output', '/dev/full')
  expect(batch.code).toBe(1)
  expect(batch.err).toContain('the disk has no space left')
  const single = await run('run', 'f.yaml', '--input-json', '{"x":1}', '--output', '/dev/full')
  expect(single.code).toBe(1)
  expect(single.err).toContain('the disk has no space left for the output "/dev/full"; the result is on stdout instead')
  expect(parsed(single.out), 'a result is not lost with the file for it').toEqual([ok(1)])
})
