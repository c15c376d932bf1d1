import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { openDatabase } from '../../store-sqlite/src/drivers.ts'
import { begin, folderWith, parsed, says } from './cli.ts'

const steps = `import { appendFileSync, existsSync } from 'node:fs'
const note = (context) => appendFileSync('calls.log', context.stepId + '\\n')
export function echo(input, context) { note(context); return input }
export function maybe(input, context) {
  note(context)
  if (input.bad && !existsSync('mended')) throw new Error('not today: ' + input.n)
  return { n: input.n }
}
export async function slow(input, context) {
  note(context)
  await new Promise((go, stop) => {
    const timer = setTimeout(go, input.ms ?? 60_000)
    context.signal.addEventListener('abort', () => { clearTimeout(timer); stop(new Error('aborted')) })
  })
  return input
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
  - { id: a, component: /steps/echo, input: { $input: $ } }
  - { id: b, component: /steps/maybe, input: { $step: a } }
  - { id: c, component: /steps/echo, input: { n: { $step: b, path: n } } }
output: { $step: c, path: n }
`
const waiting = `name: w
description: w
steps:
  - { id: a, component: /steps/echo, input: { $input: $ } }
  - { id: ok, component: /builtin/wait_for_signal, needs: [a], input: { name: approve, schema: { type: object } } }
output: { $step: ok }
`
const slow = `name: s
description: s
steps:
  - { id: a, component: /steps/slow, input: { $input: $ } }
  - { id: b, component: /steps/echo, input: { $step: a } }
output: { $step: b }
`
const store = ['--store', 'sqlite:r.db']

function bench(files: Record<string, string> = {}) {
  const project = folderWith({
    'f.yaml': flow,
    'w.yaml': waiting,
    's.yaml': slow,
    'steps.mjs': steps,
    'stepflow-config.yml': config,
    'calls.log': '',
    ...files,
  })
  const runs = async (...words: string[]) => {
    const { out } = await project.run('runs', ...words, ...store, '--json')
    return JSON.parse(out)
  }
  return {
    ...project,
    runs,
    newest: async (): Promise<string> => (await runs('list'))[0].runId,
    calls: () => project.read('calls.log').split('\n').filter(Boolean),
    forget: () => writeFileSync(project.at('calls.log'), ''),
    /** Begins a run that stays until it is told otherwise. */
    async open(file: string, input: string) {
      const { child, ended } = begin(['run', file, '--input-json', input, ...store], { cwd: project.folder })
      await says(child, /^run /m)
      return { child, ended }
    },
  }
}

test('list: the newest first, by state, flow and number; for people a line each', async () => {
  const project = bench()
  await project.run('run', 'f.yaml', '--input-json', '{"n":1}', ...store)
  await project.run('run', 'f.yaml', '--input-json', '{"n":2,"bad":true}', ...store)
  await project.run('run', './f.yaml', '--input-json', '{"n":3}', ...store)

  const all = await project.runs('list')
  expect(all.map(({ status }: { status: string }) => status)).toEqual(['completed', 'failed', 'completed'])
  expect(all[0]).toMatchObject({ flowName: 't', items: { total: 1, completed: 1, failed: 0 } })
  expect(await project.runs('list', '--status', 'failed')).toEqual([all[1]])
  for (const flow of ['f.yaml', 't', all[0].flowId]) {
    expect(await project.runs('list', '--flow', flow)).toEqual(all)
  }
  expect(await project.runs('list', '--flow', 'w.yaml')).toEqual([])
  expect(await project.runs('list', '--limit', '1')).toEqual([all[0]])
  const { out } = await project.run('runs', 'list', ...store)
  expect(out.split('\n')).toHaveLength(5)
  expect(out).toMatch(/^ID +STATUS +CREATED \(UTC\)/)
  expect(out).toContain(`${all[1].runId}  failed`)
})

test('show: each step with its state, attempts and error, and the result', async () => {
  const project = bench()
  await project.run('run', 'f.yaml', '--input-json', '{"n":2,"bad":true}', ...store)
  const id = await project.newest()

  const { out } = await project.run('runs', 'show', id, ...store)
  const told = await project.runs('show', id)

  expect(out).toMatch(/✓ a/)
  expect(out).toMatch(/✗ b .*not today: 2/)
  expect(told.steps.map(({ stepId, status }: { stepId: string; status: string }) => [stepId, status])).toEqual([
    ['a', 'success'],
    ['b', 'failed'],
    ['c', 'skipped'],
  ])
  expect(told.steps[1]).toMatchObject({
    visit: 1,
    attempts: [{ error: { code: 'COMPONENT_FAILED', message: 'not today: 2' } }],
  })
  expect(told.results).toMatchObject([
    { itemIndex: 0, status: 'failed', result: { outcome: 'failed', error: { step: 'b' } } },
  ])
})

test('show of a batch tells its failures first; --item tells one item', async () => {
  const input = [1, 2, 3].map((n) => JSON.stringify({ n, bad: n === 2 })).join('\n')
  const project = bench({ 'in.jsonl': input })
  await project.run('run', 'f.yaml', '--inputs', 'in.jsonl', ...store)
  const id = await project.newest()

  expect((await project.runs('show', id)).results).toMatchObject([{ itemIndex: 1, status: 'failed' }])
  const item = await project.runs('show', id, '--item', '2')
  expect(item.results).toEqual([{ itemIndex: 2, status: 'success', result: { outcome: 'success', result: 3 } }])
  expect(item.steps[2]).toMatchObject({ stepId: 'c', status: 'success' })
  expect((await project.run('runs', 'show', id, '--item', '3', ...store)).err).toContain('has 3 items, counted from 0')
})

test('cancel reaches a run that another process drives, long before the run would end', async () => {
  const project = bench()
  const { ended } = await project.open('s.yaml', '{}')
  const id = await project.newest()

  const cancelled = await project.run('runs', 'cancel', id, ...store)
  const told = Date.now()
  const { code, out } = await ended

  expect(cancelled.code).toBe(0)
  // The run itself takes a minute. On a quiet machine this is below a second.
  expect(Date.now() - told).toBeLessThan(30_000)
  expect(code).toBe(130)
  expect(JSON.parse(out)).toMatchObject({ outcome: 'failed', error: { code: 'CANCELLED' } })
  expect((await project.runs('show', id)).status).toBe('cancelled')
})

test('a run that is cancelled while nobody drives it has ended, and so have its steps', async () => {
  const project = bench()
  const { child, ended } = await project.open('s.yaml', '{}')
  await says(child, /running: a/)
  child.kill('SIGKILL')
  await ended

  await project.run('runs', 'cancel', await project.newest(), ...store)

  const { status, steps } = await project.runs('show', await project.newest())
  expect({ status, steps }).toMatchObject({
    status: 'cancelled',
    steps: [
      { stepId: 'a', status: 'cancelled' },
      { stepId: 'b', status: 'skipped' },
    ],
  })
})

test('pause lets what runs end and starts nothing more; resume goes on where it is driven', async () => {
  const project = bench()
  const { ended } = await project.open('s.yaml', '{"ms":3000}')
  const id = await project.newest()

  await project.run('runs', 'pause', id, ...store)
  await project.run('runs', 'signal', id, 'nothing', ...store)
  while ((await project.runs('show', id)).steps[0].status !== 'success');
  expect(await project.runs('show', id)).toMatchObject({ status: 'paused', steps: [{}, { status: 'pending' }] })
  const resumed = await project.run('runs', 'resume', id, ...store)

  expect(resumed).toMatchObject({ code: 0, err: expect.stringContaining('drives it') })
  expect(await ended).toMatchObject({ code: 0, out: '{"outcome":"success","result":{"ms":3000}}\n' })
})

test('a paused run whose process is gone is resumed here', async () => {
  const project = bench()
  const { child, ended } = await project.open('w.yaml', '{}')
  const id = await project.newest()
  await project.run('runs', 'pause', id, ...store)
  await project.run('runs', 'signal', id, 'approve', '--input-json', '{"x":1}', ...store)
  child.kill('SIGKILL')
  await ended

  const { code, out } = await project.run('runs', 'resume', id, ...store)

  expect({ code, out }).toEqual({ code: 0, out: '{"outcome":"success","result":{"x":1}}\n' })
})

test('rerun: whole, from the failed steps, from a step, with another input; the new run names its origin', async () => {
  const project = bench()
  await project.run('run', 'f.yaml', '--input-json', '{"n":2,"bad":true}', ...store)
  const id = await project.newest()
  const again = async (...words: string[]) => {
    project.forget()
    const { code, out } = await project.run('runs', 'rerun', id, ...words, ...store)
    return { code, out: out.trim(), calls: project.calls().join('') }
  }
  const fine = '{"outcome":"success","result":2}'

  expect(await again()).toMatchObject({ code: 1, calls: 'ab' })
  writeFileSync(project.at('mended'), '')
  expect(await again()).toEqual({ code: 0, out: fine, calls: 'abc' })
  expect(await again('--failed')).toEqual({ code: 0, out: fine, calls: 'bc' })
  expect((await project.runs('list'))[0].origin).toEqual({ runId: id, failed: true })
  expect(await again('--from', 'b')).toEqual({ code: 0, out: fine, calls: 'bc' })
  expect(await again('--input-json', '{"n":5}')).toEqual({
    code: 0,
    out: '{"outcome":"success","result":5}',
    calls: 'abc',
  })
  const patch = '{"c":{"value":{"input":{"n":9}}}}'
  expect(await again('--from', 'b', '--overrides-json', patch)).toMatchObject({
    code: 0,
    out: '{"outcome":"success","result":9}',
  })
})

test('a run knows the text of its flow and its overrides: a rerun patches these, whatever became of the file', async () => {
  const project = bench()
  const flow = project.read('f.yaml')
  const first = { c: { value: { input: { n: 7 } } } }
  await project.run('run', 'f.yaml', '--input-json', '{"n":1}', '--overrides-json', JSON.stringify(first), ...store)
  const id = await project.newest()
  writeFileSync(project.at('f.yaml'), 'steps: nonsense')

  const exported = JSON.parse((await project.run('runs', 'export', id, ...store)).out)
  const { textId, overridesId } = exported.journals[`${id}/0`][0][0].options
  expect(exported.blobs[textId].content).toBe(flow)
  expect(exported.blobs[overridesId].content).toEqual(first)

  const patch = JSON.stringify({ b: { value: { metadata: { tried: 'again' } } } })
  const again = await project.run('runs', 'rerun', id, '--overrides-json', patch, ...store)
  expect(again).toMatchObject({ code: 0, out: '{"outcome":"success","result":7}\n' })
  expect(again.err).not.toContain('has changed')
})

test('[redacted] in the input of a rerun stands for the recorded value, and is no value of a new run', async () => {
  const flow = `name: s
description: s
schemas: { properties: { input: { type: object, properties: { key: { type: string, is_secret: true } } } } }
steps: [{ id: a, component: /builtin/noop, input: { $template: "{{ inputs.key | length }} {{ inputs.n }}" } }]
output: { $step: a }
`
  const project = bench({ 's.yaml': flow })
  await project.run('run', 's.yaml', '--input-json', '{"key":"hunter22","n":1}', ...store)
  const id = await project.newest()
  const edited = ['--input-json', '{"key":"[redacted]","n":2}']

  const again = await project.run('runs', 'rerun', id, ...edited, ...store)
  expect(again).toMatchObject({ code: 0, out: '{"outcome":"success","result":"8 2"}\n' })

  const fresh = await project.run('run', 's.yaml', ...edited)
  expect(fresh.code).toBe(2)
  expect(JSON.parse(fresh.out).error.data.violations).toEqual([
    { path: '$.key', message: 'is "[redacted]", which stands in the place of a secret, and is none' },
  ])
})

test('rerun from the failed steps runs only the items of a batch that failed', async () => {
  const input = [1, 2, 3].map((n) => JSON.stringify({ n, bad: n === 2 })).join('\n')
  const project = bench({ 'in.jsonl': input })
  await project.run('run', 'f.yaml', '--inputs', 'in.jsonl', ...store)
  const id = await project.newest()
  writeFileSync(project.at('mended'), '')
  project.forget()

  const { code, out } = await project.run('runs', 'rerun', id, '--failed', ...store)

  expect(code).toBe(0)
  expect(parsed(out)).toEqual([1, 2, 3].map((result) => ({ outcome: 'success', result })))
  expect(project.calls()).toEqual(['b', 'c'])
})

test('what cannot be done is said with its exit code: unknown runs 3, wrong usage 2, a run that has ended 1', async () => {
  const project = bench()
  await project.run('run', 'f.yaml', '--input-json', '{"n":1}', ...store)
  const id = await project.newest()
  const says = async (...words: string[]) => {
    const { code, out, err } = await project.run('runs', ...words, ...store)
    expect(out).toBe('')
    return `${code} ${err}`
  }

  expect(await says('show', `${id}x`)).toMatch(/^3 .*Did you mean/)
  expect(await says('cancel', 'nope')).toMatch(/^3 .*The newest are/)
  expect(await says('signal', id, 'approve')).toMatch(/^1 .*has ended \(completed\)/)
  expect(await says('resume', id)).toMatch(/^1 .*has ended.*runs rerun/)
  expect(await says('rerun', id, '--from', 'bb')).toMatch(/^3 .*no step "bb".*Did you mean "b"/)
  expect(await says('rerun', id, '--from', 'b', '--failed')).toMatch(/^2 /)
  expect(await says('show', id, '--from', 'b')).toMatch(/^2 .*no option --from: it is an option of runs rerun/)
  expect(await says('shwo')).toMatch(/^2 .*Did you mean "show"/)
  expect(await says('show')).toMatch(/^2 .*needs ID: stepflow runs show ID/)
  expect(await says('signal', id)).toMatch(/^2 .*needs NAME: stepflow runs signal ID NAME/)
  expect(await says('rerun', id, '--overrides-json', '{"nope":{"value":{}}}')).toMatch(/^2 .*nope/s)
})

test('a payload that breaks the schema of the wait is refused, and the wait goes on', async () => {
  const project = bench()
  const { ended } = await project.open('w.yaml', '{}')
  const id = await project.newest()

  const refused = await project.run('runs', 'signal', id, 'approve', '--input-json', '"no object"', ...store)
  await project.run('runs', 'signal', id, 'approve', '--input-json', '{"by":"Ada"}', '--id', 'once', ...store)

  const { code, out } = await ended
  expect({ code, out }).toEqual({ code: 0, out: '{"outcome":"success","result":{"by":"Ada"}}\n' })
  expect(refused.code).not.toBe(0)
  expect(refused.err).toContain('$ must be an object')
})

test('a run moves as one file to another store: same id, same steps, and it can be run again there', async () => {
  const project = bench({ 'in.jsonl': Array.from({ length: 40 }, (_, n) => JSON.stringify({ n })).join('\n') })
  await project.run('run', 'f.yaml', '--inputs', 'in.jsonl', ...store)
  const id = await project.newest()
  const before = await project.runs('show', id, '--item', '30')

  const exported = await project.run('runs', 'export', id, '--output', 'run.json', ...store)
  const imported = await project.run('runs', 'import', 'run.json', '--store', 'sqlite:other.db')
  const after = await project.run('runs', 'show', id, '--item', '30', '--store', 'sqlite:other.db', '--json')
  const rerun = await project.run('runs', 'rerun', id, '--from', 'c', '--store', 'sqlite:other.db')

  expect([exported.code, imported.code]).toEqual([0, 0])
  expect(JSON.parse(after.out)).toEqual(before)
  expect(parsed(rerun.out)).toHaveLength(40)
  const twice = await project.run('runs', 'import', 'run.json', '--store', 'sqlite:other.db')
  expect(twice).toMatchObject({ code: 0, err: expect.stringContaining('was there already, with the same content') })
})

test('an export overwrites a file that exists only with --force', async () => {
  const project = bench({ 'run.json': 'mine' })
  await project.run('run', 'f.yaml', '--input-json', '{"n":1}', ...store)
  const id = await project.newest()

  const refused = await project.run('runs', 'export', id, '-o', 'run.json', ...store)
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('"run.json" exists already; --force') })
  expect(project.read('run.json')).toBe('mine')

  const forced = await project.run('runs', 'export', id, '-o', 'run.json', '--force', ...store)
  expect([forced.code, forced.out, JSON.parse(project.read('run.json')).run]).toEqual([0, '', id])
})

test('the output of a rerun overwrites none of what the run was made from, nor the store', async () => {
  const project = bench({ 'in.jsonl': '{"n":1}\n{"n":2,"bad":true}\n' })
  await project.run('run', 'f.yaml', '--inputs', 'in.jsonl', ...store)
  const id = await project.newest()

  for (const [file, what] of [
    ['in.jsonl', 'the inputs of the run'],
    ['f.yaml', 'the flow'],
    ['r.db', 'the store'],
  ] as const) {
    const before = project.read(file)
    const { code, err } = await project.run('runs', 'rerun', id, '-o', file, ...store)
    expect([code, err]).toEqual([2, expect.stringContaining(`--output would overwrite ${what}: ${file}`)])
    if (file !== 'r.db') expect(project.read(file)).toBe(before)
  }
  expect(await project.runs('list')).toHaveLength(1)

  const again = await project.run('runs', 'rerun', id, '--failed', ...store)
  expect(again.err).toMatch(/to run the failed items again:\n {2}stepflow runs rerun \S+ --failed --store sqlite:r.db/)
})

test('blobs come along, large values included', async () => {
  const blobs = `name: b
description: b
steps:
  - { id: put, component: /builtin/put_blob, input: { data: { $input: $ } } }
  - { id: big, component: /steps/echo, input: { text: { $input: text } } }
output: { id: { $step: put, path: blob_id }, text: { $step: big, path: text } }
`
  const project = bench({ 'b.yaml': blobs, 'in.json': JSON.stringify({ text: 'x'.repeat(2_000_000) }) })
  const { out } = await project.run('run', 'b.yaml', '--input', 'in.json', ...store)
  const id = await project.newest()

  await project.run('runs', 'export', id, '-o', 'run.json', ...store)
  await project.run('runs', 'import', 'run.json', '--store', 'sqlite:other.db')
  const again = await project.run('runs', 'rerun', id, '--from', 'big', '--store', 'sqlite:other.db')

  expect(again.out).toBe(out)
  const document = JSON.parse(project.read('run.json'))
  expect(Object.keys(document.blobs)).toContain(JSON.parse(out).result.id)
})

test('a file that is no export, a part of one, or one of another version, is refused and leaves nothing', async () => {
  const project = bench()
  await project.run('run', 'f.yaml', '--input-json', '{"n":1}', ...store)
  await project.run('runs', 'export', await project.newest(), '-o', 'run.json', ...store)
  const text = project.read('run.json')
  const refused = async (content: string) => {
    writeFileSync(project.at('bad.json'), content)
    const { code, err } = await project.run('runs', 'import', 'bad.json', '--store', 'sqlite:other.db')
    expect({ content: content.slice(0, 60), code }).toEqual({ content: content.slice(0, 60), code: 2 })
    return err
  }

  expect(await refused(text.replace('"version":1', '"version":2'))).toContain('exported in format 2')
  expect(await refused(text.slice(0, -100))).toContain('only a part of it')
  expect(await refused('{}')).toContain('not an export of a run')
  expect(await refused('[]')).toContain('not an export of a run')
  expect(existsSync(project.at('other.db'))).toBe(false)
  expect(await refused(text.replace('"type":"settled"', '"type":"__proto__"'))).toContain('no known type')
  expect(await refused(text.replace('"type":"created"', '"type":"started"'))).toContain('does not begin with a plan')
  expect(await refused(text.replace('/0":[', '/x":['))).toContain('is not a journal of run')
  const id = JSON.parse(text).run
  expect(await refused(text.replaceAll(id, '\\u001b[2J'))).toContain('is damaged')
  expect(await refused(text.replace(/"type":"created","at":\d+/, '"type":"created","at":9e15'))).toContain('whose "at"')
  expect(await refused(text.replace(/"flow":"t"/, '"flow":{}'))).toContain('whose "options"')
  expect(await refused(text.replace(/("type":"created",.*?"run":)"[^"]+"/, '$1"other"'))).toContain('has another run')
  for (const item of ['true', '1.5', '-1', '"x"', 'null']) {
    const damaged = text.replace(/("type":"finished","at":\d+,"item":)0/, `$1${item}`)
    expect(await refused(damaged)).toContain('an entry "finished" whose "item"')
  }
  const { out } = await project.run('runs', 'list', '--json', '--store', 'sqlite:other.db')
  expect(out).toBe('[]\n')
})

test('what a file says that was kept for later calls is not believed', async () => {
  const cached = flow.replace('input: { $input: $ } }', 'input: { $input: $ }, cache: { ttl: 1h } }')
  const project = bench({ 'f.yaml': cached })
  await project.run('run', 'f.yaml', '--input-json', '{"n":1}', ...store)
  const db = await openDatabase(project.at('r.db'))
  const kept = db.prepare('SELECT key FROM cached').get<{ key: string }>()
  db.close()
  await project.run('runs', 'export', await project.newest(), '-o', 'run.json', ...store)
  const text = project.read('run.json').replace('"type":"settled",', `"type":"settled","cache":{"key":"${kept?.key}"},`)
  writeFileSync(project.at('run.json'), text.replaceAll('"n":1', '"n":666'))

  const imported = await project.run('runs', 'import', 'run.json', '--store', 'sqlite:other.db')
  const { out } = await project.run('run', 'f.yaml', '--input-json', '{"n":1}', '--store', 'sqlite:other.db')

  expect({ code: imported.code, out }).toEqual({ code: 0, out: '{"outcome":"success","result":1}\n' })
})

test('secrets are in no history and in no export: those of the schema, of the environment and of --secrets', async () => {
  const secretive = `name: s
description: s
schemas:
  properties:
    input: { type: object, properties: { password: { type: string, is_secret: true } } }
    variables: { type: object, properties: { token: { type: string, is_secret: true } } }
steps:
  - id: a
    component: /steps/echo
    input: { password: { $input: password }, token: { $variable: token }, key: { $secret: api_key } }
  - { id: b, component: /steps/maybe, input: { bad: true, n: { $step: a } } }
output: { $step: b }
`
  const project = bench({ 'x.yaml': secretive, 'secrets.env': 'api_key=hunter-three-3\n' })
  const words = ['--input-json', '{"password":"hunter-one-1"}', '--variables-json', '{"token":"hunter-two-2"}']
  const ran = await project.run('run', 'x.yaml', ...words, '--secrets', 'secrets.env', ...store)
  const id = await project.newest()
  expect(ran.code).toBe(1)

  const shown = await project.run('runs', 'show', id, '--secrets', 'secrets.env', ...store)
  const json = await project.run('runs', 'show', id, '--json', '--secrets', 'secrets.env', ...store)
  const exported = await project.run('runs', 'export', id, '--secrets', 'secrets.env', ...store)
  const listed = await project.run('runs', 'list', '--json', ...store)

  for (const text of [ran.out, ran.err, shown.out, json.out, exported.out, listed.out]) {
    expect(text).not.toBe('')
    expect(text).not.toMatch(/hunter-(one|two|three)/)
  }
  expect(exported.out).toContain('[redacted]')
})

test('a secret that an author wrote into a flow is in no export of its runs, also where it stands in a loop', async () => {
  const flow = `name: written
schemas: { properties: { input: { type: object, properties: { n: { default: hunter-two-2 } } } } }
steps:
  - { id: a, component: /steps/echo, input: { key: hunter-one-1, of: 'Bearer hunter-two-2' } }
  - { id: each, for_each: [1], component: /steps/echo, input: { k: hunter-three-3, at: { $item: "" } } }
output: { $step: each }
`
  const env = 'one=hunter-one-1\ntwo=hunter-two-2\nthree=hunter-three-3\n'
  const project = bench({ 'x.yaml': flow, 'secrets.env': env })
  await project.run('run', 'x.yaml', '--input-json', '{}', ...store)
  const id = await project.newest()

  const exported = await project.run('runs', 'export', id, '--secrets', 'secrets.env', '--output', 'x.json', ...store)
  const text = readFileSync(project.at('x.json'), 'utf8')
  const imported = await project.run('runs', 'import', 'x.json', '--store', 'sqlite:other.db')
  const again = await project.run('runs', 'rerun', id, '--store', 'sqlite:other.db')

  expect([exported.code, imported.code, again.code]).toEqual([0, 0, 0])
  expect(text).not.toMatch(/hunter/)
  expect(JSON.parse(again.out)).toMatchObject({ outcome: 'success', result: [{ k: '[redacted]', at: 1 }] })
})

test('of a run whose journal is damaged, show tells what can be read and what is wrong; list goes on', async () => {
  const project = bench()
  await project.run('run', 'f.yaml', '--input-json', '{"n":1}', ...store)
  const id = await project.newest()
  const db = await openDatabase(project.at('r.db'))
  db.exec(`UPDATE journal SET entries = 'rubbish' WHERE seq = 1`)
  db.close()

  const { code, out, err } = await project.run('runs', 'show', id, ...store)
  const rerun = await project.run('runs', 'rerun', id, '--from', 'c', ...store)

  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('{"outcome":"success","result":1}') })
  expect(err).toContain('row 1')
  expect(rerun).toMatchObject({ code: 1, err: expect.stringContaining('is damaged') })
  expect(await project.runs('list')).toHaveLength(1)
})

test('a run that waits, one that runs and one whose process is gone are told apart, and so is why nothing moves', async () => {
  const project = bench()
  const begun = [
    await project.open('w.yaml', '{}'),
    await project.open('s.yaml', '{}'),
    await project.open('s.yaml', '{}'),
  ]
  const [gone, , wait] = (await project.runs('list')).map(({ runId }: { runId: string }) => runId)
  begun[2]?.child.kill('SIGKILL')
  await begun[2]?.ended
  while ((await project.runs('list', '--status', 'waiting')).length === 0);

  const { out } = await project.run('runs', 'list', ...store)
  const waiting = await project.runs('show', wait)

  expect(out.split('\n').map((line) => line.split(/ {2,}/)[1])).toEqual([
    'STATUS',
    'interrupted',
    'running',
    'waiting',
    undefined,
  ])
  expect(out).toContain('waits for the signal "approve"')
  expect(waiting).toMatchObject({ status: 'running', waiting: { kind: 'signal', step: 'ok', signal: 'approve' } })
  expect(await project.run('runs', 'delete', gone, ...store)).toMatchObject({
    code: 1,
    err: expect.stringContaining('has not ended'),
  })
  for (const { child, ended } of begun.slice(0, 2)) {
    child.kill('SIGKILL')
    await ended
  }
})

test('a list says of a batch, too, what it waits for', async () => {
  const project = bench({ 'in.jsonl': '{}\n{}\n' })
  const { child, ended } = begin(['run', 'w.yaml', '--inputs', 'in.jsonl', ...store], { cwd: project.folder })
  let listed = []
  while (listed.length === 0) listed = await project.runs('list', '--status', 'waiting')

  expect(listed).toMatchObject([{ items: { waiting: 2 }, waiting: { kind: 'signal', step: 'ok', signal: 'approve' } }])
  child.kill('SIGKILL')
  await ended
})

test('a signal that nobody waits for is kept, and says what is waited for', async () => {
  const project = bench()
  const { child, ended } = await project.open('w.yaml', '{}')
  const id = await project.newest()
  while ((await project.runs('list', '--status', 'waiting')).length === 0);

  const misspelt = await project.run('runs', 'signal', id, 'aprove', ...store)
  const heard = await project.run('runs', 'signal', id, 'approve', '--input-json', '{}', ...store)

  expect(misspelt).toMatchObject({ code: 0, err: expect.stringContaining('no step waits for "aprove" now') })
  expect(misspelt.err).toContain('Steps wait for: approve. Did you mean "approve"?')
  expect(heard.err).not.toContain('no step waits')
  expect((await ended).code).toBe(0)
  child.kill()
})

test('watch follows a run of another process to its end, and exits as it does', async () => {
  const project = bench()
  const { ended } = await project.open('w.yaml', '{}')
  const id = await project.newest()
  const watched = begin(['runs', 'watch', id, ...store], { cwd: project.folder })
  await says(watched.child, /waits for the signal "approve"/)

  await project.run('runs', 'signal', id, 'approve', '--input-json', '{"by":"Ada"}', ...store)

  expect(await watched.ended).toMatchObject({ code: 0, out: '{"outcome":"success","result":{"by":"Ada"}}\n' })
  await ended
  const again = await project.run('runs', 'watch', id, ...store)
  expect(again).toMatchObject({ code: 0, out: '{"outcome":"success","result":{"by":"Ada"}}\n' })
  expect(again.err).not.toContain('To send it')
})

test('a step that only took its time has taken it in `runs show`, too', async () => {
  const sleeping = `name: s
description: s
steps: [{ id: a, component: /builtin/sleep, input: { duration_ms: 60 } }]
output: { $step: a }
`
  const project = bench({ 'sleep.yaml': sleeping })
  await project.run('run', 'sleep.yaml', ...store)

  const [{ startedAt, endedAt }] = (await project.runs('show', await project.newest())).steps
  expect(Date.parse(endedAt) - Date.parse(startedAt)).toBeGreaterThanOrEqual(55)
})

test('show: why steps were skipped or have not run', async () => {
  const reasons = `name: r
description: r
steps:
  - { id: off, component: /builtin/noop, input: 1, when: { $template: "{{ inputs.n > 1 }}" } }
  - { id: behind, component: /builtin/noop, input: { $step: off } }
  - { id: rule, component: /builtin/noop, input: 1, needs: [other], trigger_rule: one_failed }
  - { id: other, component: /builtin/noop, input: 1 }
  - { id: spare, component: /builtin/noop, input: 1 }
output: { $coalesce: [{ $step: other }, { $step: spare }] }
`
  const project = bench({ 'reasons.yaml': reasons })
  await project.run('run', 'reasons.yaml', '--input-json', '{"n":1}', ...store)
  const id = await project.newest()
  const { steps } = await project.runs('show', id)
  const { out } = await project.run('runs', 'show', id, ...store)

  expect(steps.map(({ why }: any) => why?.kind)).toEqual(['condition', 'need', 'rule', undefined, 'not_needed'])
  expect(steps[0].why).toMatchObject({ at: { file: 'reasons.yaml', line: 4 }, values: { input: { n: 1 } } })
  expect(steps[1].why).toMatchObject({ step: 'off', at: { line: 4 } })
  expect(out).toMatch(/spare .*skipped: nothing needed it/)
  expect(out).toMatch(/rule .*skipped: trigger rule one_failed/)
})

test('show: a paused run says that it is paused, and a run that nobody drives that', async () => {
  const project = bench()
  const { child, ended } = await project.open('w.yaml', '{}')
  await says(child, /approve/)
  child.kill('SIGKILL')
  await ended
  const id = await project.newest()

  expect(await project.runs('show', id)).toMatchObject({ waiting: { kind: 'signal', step: 'ok' } })
  await project.run('runs', 'pause', id, ...store)
  expect(await project.runs('show', id)).toMatchObject({ status: 'paused', waiting: { kind: 'paused' } })

  const { child: slow, ended: killed } = await project.open('s.yaml', '{}')
  await vi.waitFor(() => expect(project.calls()).toContain('a'), { timeout: 50_000 })
  slow.kill('SIGKILL')
  await killed
  const shown = await project.runs('show', await project.newest())
  expect(shown).toMatchObject({ waiting: { kind: 'node', text: 'no process drives the run now' } })
  expect(shown.steps[1].why).toMatchObject({ kind: 'step', step: 'a' })
})

test('signal: a payload that the wait would refuse is not sent, and says what does not fit', async () => {
  const project = bench()
  const { child, ended } = await project.open('w.yaml', '{}')
  await says(child, /approve/)
  const id = await project.newest()

  const refused = await project.run('runs', 'signal', id, 'approve', '--input-json', '"yes"', ...store)
  expect(refused.code).not.toBe(0)
  expect(refused.err).toContain('the payload does not fit what may be sent')
  await project.run('runs', 'signal', id, 'approve', '--input-json', '{"by":"Ada"}', ...store)
  expect(await ended).toMatchObject({ code: 0, out: '{"outcome":"success","result":{"by":"Ada"}}\n' })
})
