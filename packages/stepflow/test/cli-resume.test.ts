import { appendFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openDatabase } from '../../store-sqlite/src/drivers.ts'
import { begin, cli, folderWith, parsed, says } from './cli.ts'

/** Notes each call in a file, takes its time, and waits while a file "hold" is there. */
const steps = `import { appendFileSync, existsSync } from 'node:fs'
export async function work(input, context) {
  appendFileSync('calls.log', context.itemIndex + '\\n')
  do await new Promise((go) => setTimeout(go, input.ms ?? 0)); while (existsSync('hold') && input.holds)
  return { n: input.n }
}
`
const config = `plugins: { builtin: { type: builtin }, steps: { type: module, path: ./steps.mjs } }
routes:
  "/steps/{*component}": [{ plugin: steps }]
  "/{*component}": [{ plugin: builtin }]
`
const flow = `name: t
description: t
steps:
  - { id: a, component: /steps/work, input: { $input: $ } }
output: { $step: a, path: n }
`
const waiting = `name: t
description: t
steps:
  - { id: a, component: /steps/work, input: { $input: $ } }
  - { id: ok, component: /builtin/wait_for_signal, needs: [a], input: { name: approve } }
output: { a: { $step: a, path: n }, by: { $step: ok } }
`

function bench(files: Record<string, string> = {}) {
  const project = folderWith({
    'f.yaml': flow,
    'w.yaml': waiting,
    'steps.mjs': steps,
    'stepflow-config.yml': config,
    ...files,
  })
  const path = project.at('calls.log')
  return {
    ...project,
    calls: () => (existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').map(Number) : []),
    runs: async () => JSON.parse((await project.run('runs', 'list', '--json', '--store', 'sqlite:r.db')).out),
  }
}

const lines = (count: number, item: (n: number) => unknown = (n) => ({ n, ms: 2 })) =>
  Array.from({ length: count }, (_, n) => `${JSON.stringify(item(n))}\n`).join('')
const results = (count: number) =>
  Array.from({ length: count }, (_, n) => `{"outcome":"success","result":${n}}\n`).join('')
const batch = [
  'run',
  'f.yaml',
  '--inputs',
  'in.jsonl',
  '--output',
  'out.jsonl',
  '--max-concurrent',
  '4',
  '--store',
  'sqlite:r.db',
]

/** Runs a batch and interrupts it when some lines are there. */
async function interrupted(project: ReturnType<typeof bench>, words: readonly string[], signal: NodeJS.Signals) {
  const { child, ended } = begin(words, { cwd: project.folder })
  const timer = setInterval(() => {
    if (project.calls().length < 60) return
    clearInterval(timer)
    child.kill(signal)
  }, 5)
  return ended
}

test('after an interrupt, nothing that has finished runs again', async () => {
  const project = bench({ 'in.jsonl': lines(300) })

  const first = await interrupted(project, batch, 'SIGINT')
  const second = await project.run(...batch, '--resume')

  expect(first).toMatchObject({ code: 130, err: expect.stringContaining('--store sqlite:r.db --resume') })
  expect(second.code).toBe(0)
  expect(project.read('out.jsonl')).toBe(results(300))
  expect(project.calls().sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, n) => n))
  expect(await project.runs()).toHaveLength(1)
})

test('after a kill, the output is completed although it lost lines that were recorded', async () => {
  const project = bench({ 'in.jsonl': lines(300) })

  expect((await interrupted(project, batch, 'SIGKILL')).signal).toBe('SIGKILL')
  truncateSync(project.at('out.jsonl'), 45)
  const { code } = await project.run(...batch, '--resume')

  expect(code).toBe(0)
  expect(project.read('out.jsonl')).toBe(results(300))
  // What was in flight may have run twice; nothing else.
  expect(project.calls().length).toBeLessThanOrEqual(300 + 4)
})

test('lines that are not JSON keep their places when a batch goes on', async () => {
  const item = (n: number) => (n % 7 === 3 ? 'no: json' : JSON.stringify({ n, ms: 2 }))
  const input = Array.from({ length: 200 }, (_, n) => `${item(n)}\n`).join('')
  const project = bench({ 'in.jsonl': input })

  await interrupted(project, batch, 'SIGKILL')
  const { code } = await project.run(...batch, '--resume', '--allow-failures')

  expect(code).toBe(0)
  const told = parsed(project.read('out.jsonl')) as { result?: number; error?: { message: string } }[]
  expect(told).toHaveLength(200)
  told.forEach((one, n) => {
    if (n % 7 === 3) expect(one.error?.message).toContain(`line ${n + 1} is not JSON`)
    else expect(one.result).toBe(n)
  })
})

test('in the order of completion each item has its line once, whatever was killed', async () => {
  const project = bench({ 'in.jsonl': lines(300) })
  const words = [...batch, '--order', 'completion']

  await interrupted(project, words, 'SIGKILL')
  const { code } = await project.run(...words, '--resume')

  expect(code).toBe(0)
  const told = parsed(project.read('out.jsonl')) as { index: number; result: number }[]
  expect(told.map(({ index }) => index).sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, n) => n))
  expect(told.every(({ index, result }) => index === result)).toBe(true)
})

test('a batch that has ended writes what its output lacks, and calls nothing', async () => {
  const project = bench({ 'in.jsonl': lines(50) })
  await project.run(...batch)
  const calls = project.calls().length
  truncateSync(project.at('out.jsonl'), 10)

  const { code, err } = await project.run(...batch, '--resume')

  expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining('already ended') })
  expect(project.read('out.jsonl')).toBe(results(50))
  expect(project.calls()).toHaveLength(calls)
})

test('without an output, all results come from the journal', async () => {
  const project = bench({ 'in.jsonl': lines(50) })
  const words = batch.filter((word) => !['--output', 'out.jsonl'].includes(word))
  await project.run(...words)

  const { code, out } = await project.run(...words, '--resume')

  expect({ code, out }).toEqual({ code: 0, out: results(50) })
  expect(project.calls()).toHaveLength(50)
})

test('a batch that was begun without a store goes on in one, behind its output', async () => {
  const project = bench({ 'in.jsonl': lines(300), 'out.jsonl': results(100) })

  const first = await interrupted(project, [...batch, '--resume'], 'SIGKILL')
  const { code, err } = await project.run(...batch, '--resume')

  expect(first.err).toContain('beginning a new one')
  expect({ code, err }).toMatchObject({ code: 0 })
  expect(project.read('out.jsonl')).toBe(results(300))
  expect(project.calls().length).toBeLessThanOrEqual(200 + 4)
})

test('a run that is named must be of this flow and these inputs', async () => {
  const project = bench({ 'in.jsonl': lines(20), 'other.jsonl': lines(21) })
  await project.run(...batch)
  const [{ runId: id }] = await project.runs()
  const named = (...words: string[]) => project.run(...words, '--store', 'sqlite:r.db', `--resume=${id}`)

  const other = await named('run', 'f.yaml', '--inputs', 'other.jsonl', '--output', 'o.jsonl')
  expect({ code: other.code, err: other.err }).toMatchObject({ code: 1, err: expect.stringContaining('other inputs') })
  writeFileSync(project.at('f.yaml'), flow.replace('id: a,', 'id: a, timeout: 9s,'))
  const edited = await named('run', 'f.yaml', '--inputs', 'in.jsonl', '--output', 'o.jsonl')
  expect(edited.err).toContain('edited since')
  const unknown = await project.run(...batch, `--resume=${id}x`)
  expect(unknown).toMatchObject({ code: 3, err: expect.stringContaining(`Did you mean ${id}?`) })
})

test('of an edited input file, the batch of before is not taken up', async () => {
  const project = bench({ 'in.jsonl': lines(20) })
  await project.run(...batch)
  appendFileSync(project.at('in.jsonl'), '{"n":20}\n')

  const { code } = await project.run(...batch, '--resume')

  expect(code).toBe(0)
  expect(project.read('out.jsonl')).toBe(results(21))
  expect(await project.runs()).toHaveLength(2)
})

test('of an input file that was changed anywhere, the batch of before is not taken up', async () => {
  const large = lines(20_000, (n) => ({ n: n % 10, pad: 'x'.repeat(20) }))
  const project = bench({ 'in.jsonl': large })
  const { child, ended } = begin(batch, { cwd: project.folder })
  await says(child, /^run /m)
  child.kill('SIGKILL')
  await ended
  const text = project.read('in.jsonl')
  const middle = text.indexOf('"n":7', text.length / 2)
  writeFileSync(project.at('in.jsonl'), `${text.slice(0, middle)}"n":8${text.slice(middle + 5)}`)

  const again = begin([...batch, '--resume'], { cwd: project.folder })
  await says(again.child, /beginning a new one/)
  again.child.kill('SIGKILL')
  await again.ended
})

test('an output with more results than there are inputs is that of another batch', async () => {
  const project = bench({ 'in.jsonl': lines(5), 'out.jsonl': results(20) })

  for (const store of [[], ['--store', 'sqlite:r.db']]) {
    const words = ['run', 'f.yaml', '--inputs', 'in.jsonl', '--output', 'out.jsonl', '--resume', ...store]
    const { code, err } = await project.run(...words)
    expect({ code, err }).toMatchObject({
      code: 2,
      err: expect.stringContaining('holds 20 results, but the inputs have only 5'),
    })
  }
  expect(project.read('out.jsonl')).toBe(results(20))
  expect(project.calls()).toEqual([])
})

test('a batch is not taken up as a run of one input, nor the other way round', async () => {
  const project = bench({ 'in.jsonl': lines(3) })
  await project.run(...batch)
  const [{ runId: many }] = await project.runs()
  await project.run('run', 'f.yaml', '--input-json', '{"n":1}', '--store', 'sqlite:r.db')
  const [{ runId: one }] = await project.runs()

  const single = await project.run('run', 'f.yaml', '--store', 'sqlite:r.db', `--resume=${many}`)
  const piped = await cli(['run', 'f.yaml', '--inputs', '-', '--store', 'sqlite:r.db', `--resume=${one}`], {
    cwd: project.folder,
    stdin: '{"n":1}\n',
  })

  expect(single).toMatchObject({ code: 1, out: '', err: expect.stringContaining('is a batch: give it --inputs') })
  expect(piped).toMatchObject({ code: 1, out: '', err: expect.stringContaining('begun with one input') })
})

test('a run that another process drives is left to it', async () => {
  const project = bench({ hold: '', 'in.jsonl': lines(20, (n) => ({ n, holds: true, ms: 5 })) })
  const { child, ended } = begin(batch, { cwd: project.folder })
  await says(child, /^run /m)

  const second = await project.run(...batch, '--resume')
  child.kill('SIGKILL')
  await ended

  expect(second).toMatchObject({ code: 1, err: expect.stringContaining('is being driven by') })
})

test('whoever reads the name of a repeated batch may interrupt it at once, and continue it', async () => {
  const project = bench({ 'in.jsonl': lines(3, (n) => ({ n, holds: true })) })
  await project.run('run', 'f.yaml', '--inputs', 'in.jsonl', '--max-concurrent', '1', '--store', 'sqlite:r.db')
  const [{ runId: id }] = await project.runs()
  writeFileSync(project.at('hold'), '')

  const { child, ended } = begin(['runs', 'rerun', id, '--store', 'sqlite:r.db'], { cwd: project.folder })
  const finishing = says(child, /for the items in flight/)
  await says(child, /^run /m)
  child.kill('SIGINT')
  await finishing
  rmSync(project.at('hold'))
  const { code, err } = await ended
  const [, again] = /stepflow runs resume (\S+) --store sqlite:r\.db/.exec(err) ?? []
  const resumed = await project.run('runs', 'resume', again as string, '--store', 'sqlite:r.db')

  expect(code).toBe(130)
  expect(again).not.toBe(id)
  expect(resumed).toMatchObject({ code: 0, out: results(3) })
})

test('an interrupt leaves a waiting run parked; a signal and `runs resume` end it', async () => {
  const project = bench()
  const { child, ended } = begin(['run', 'w.yaml', '--input-json', '{"n":1}', '--store', 'sqlite:r.db'], {
    cwd: project.folder,
  })
  await says(child, /waits for the signal "approve"/)
  child.kill('SIGINT')
  const first = await ended
  expect(first).toMatchObject({ code: 130, out: '' })
  const [, id] = /stepflow runs resume (\S+) --store sqlite:r\.db/.exec(first.err) ?? []

  const sent = await project.run(
    'runs',
    'signal',
    id as string,
    'approve',
    '--input-json',
    '"Ada"',
    '--store',
    'sqlite:r.db',
  )
  const resumed = await project.run('runs', 'resume', id as string, '--store', 'sqlite:r.db')

  expect(sent).toMatchObject({ code: 0, err: expect.stringContaining('no process drives the run now') })
  expect(resumed).toMatchObject({ code: 0, out: '{"outcome":"success","result":{"a":1,"by":"Ada"}}\n' })
  expect(project.calls()).toEqual([0])
})

test('a single run is taken up by the same command line; without one to take up, a new one begins', async () => {
  const project = bench()
  const words = ['run', 'w.yaml', '--input-json', '{"n":1}', '--store', 'sqlite:r.db', '--resume']
  const first = begin(words, { cwd: project.folder })
  await says(first.child, /waits for the signal/)
  first.child.kill('SIGKILL')
  await first.ended
  const [{ runId: id }] = await project.runs()

  const again = begin(words, { cwd: project.folder })
  await says(again.child, /waits for the signal/)
  await project.run('runs', 'signal', id, 'approve', '--store', 'sqlite:r.db')

  expect(await again.ended).toMatchObject({ code: 0, out: '{"outcome":"success","result":{"a":1,"by":null}}\n' })
  expect(project.calls()).toEqual([0])
  expect(await project.runs()).toHaveLength(1)
})

test('--resume without a store uses the default one for a single run', async () => {
  const project = bench()

  await project.run('run', 'f.yaml', '--input-json', '{"n":1}', '--resume')

  expect(existsSync(project.at('.stepflow/stepflow.db'))).toBe(true)
  expect(JSON.parse((await project.run('runs', 'list', '--json')).out)).toHaveLength(1)
})

test('what was only in memory cannot be resumed, and that is said', async () => {
  const project = bench({ 'in.jsonl': lines(1) })
  const refused = ['--store', 'memory', '--resume=some-run']

  for (const words of [
    ['--input-json', '1', '--store', 'memory', '--resume'],
    ['--inputs', 'in.jsonl', ...refused],
  ]) {
    const { code, err } = await project.run('run', 'f.yaml', ...words)
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('--store memory keeps none') })
  }
})

test('a run whose journal is damaged is set aside with a message; the others go on', async () => {
  const project = bench({ 'in.jsonl': lines(300) })
  await interrupted(project, batch, 'SIGKILL')
  const [{ runId: id }] = await project.runs()
  const db = await openDatabase(project.at('r.db'))
  db.exec(`UPDATE journal SET entries = 'rubbish' WHERE seq = 0 AND shard IN
    (SELECT number FROM journals WHERE run = '${id}' AND is_open = 1 AND items > 0)`)
  db.close()

  const damaged = await project.run(...batch, `--resume=${id}`)
  const other = await project.run('run', 'f.yaml', '--input-json', '{"n":7}', '--store', 'sqlite:r.db')

  expect(damaged).toMatchObject({ code: 1, err: expect.stringMatching(/journal \S+ is damaged: row 0/) })
  expect(other).toMatchObject({ code: 0, out: '{"outcome":"success","result":7}\n' })
  expect((await project.run('runs', 'list', '--store', 'sqlite:r.db')).code).toBe(0)
})

test('a batch from a pipe goes on if its run is named', async () => {
  const project = bench()
  const words = ['run', 'f.yaml', '--inputs', '-', '--output', 'out.jsonl', '--store', 'sqlite:r.db']
  const first = begin(words, { cwd: project.folder, stdin: lines(300) })
  await says(first.child, /^run /m)
  first.child.kill('SIGKILL')
  await first.ended
  const [{ runId: id }] = await project.runs()

  const unnamed = await cli([...words, '--resume'], { cwd: project.folder, stdin: lines(300) })
  const { code } = await cli([...words, `--resume=${id}`], { cwd: project.folder, stdin: lines(300) })

  expect(unnamed).toMatchObject({ code: 2, err: expect.stringContaining('--resume=RUN_ID') })
  expect(code).toBe(0)
  expect(project.read('out.jsonl')).toBe(results(300))
})
