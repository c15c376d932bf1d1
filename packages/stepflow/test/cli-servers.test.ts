// Component servers under the whole program: what a step's settings mean for a process that already runs, and what leaves
// the program of what a server writes.

import { expect, test } from 'vitest'
import { begin, cli, folderWith, parsed, says } from './cli.ts'

const sdk = new URL('../dist/sdk.js', import.meta.url).href
const config = `plugins: { s: { type: stepflow, command: node, args: [server.mjs] } }
routes: { /s: [{ plugin: s }] }
`

/** A folder with a server of these components, and a flow. */
function project(components: string, flow: string) {
  return folderWith({
    'stepflow-config.yml': config,
    'server.mjs': `import { createServer } from '${sdk}'\nconst server = createServer({ name: 's' })\n${components}\nserver.listen()\n`,
    'f.yaml': flow,
  })
}

test('a step timeout ends a call of a server that already runs, and the server is told', async () => {
  const { run } = project(
    `server.component('echo', {}, (input) => input)
server.component('hang', {}, (_, ctx) => new Promise(() => ctx.signal.addEventListener('abort', () => console.error('told to stop'))))`,
    `steps:
  - { id: first, component: /s/echo, input: 1 }
  - { id: hang, component: /s/hang, input: { $step: first }, timeout: 300ms, on_error: { action: continue, default_output: late } }
  - { id: last, component: /s/echo, input: { $step: hang } }
output: { $step: last }
`,
  )

  const { code, out, err } = await run('run', 'f.yaml', '--input-json', '{}')

  expect([code, parsed(out)]).toEqual([0, [{ outcome: 'success', result: 'late' }]])
  expect(err).toContain('told to stop')
})

test('an interrupt of a run reaches the call that is in flight', async () => {
  const { folder } = project(
    `server.component('hang', {}, (_, ctx) => new Promise(() => {
  ctx.signal.addEventListener('abort', () => console.error('told to stop'))
  console.error('at work')
}))`,
    'steps: [{ id: a, component: /s/hang, input: {} }]\n',
  )
  const { child, ended } = begin(['run', 'f.yaml', '--input-json', '{}'], { cwd: folder })

  await says(child, /at work/)
  child.kill('SIGINT')

  expect(await ended).toMatchObject({ code: 130, err: expect.stringContaining('told to stop') })
})

test('a flow that a server stores as a blob runs: inline, by its id, and through the older method', async () => {
  const { run } = project(
    `const flow = { steps: [{ id: a, component: '/s/double', input: { $input: 'n' } }], output: { $step: 'a' } }
server.component('double', {}, (n) => n * 2)
server.component('all', {}, async (_, ctx) => {
  const submitted = await ctx.submitRun(flow, [{ n: 1 }, { n: 2 }], { wait: true })
  const again = await ctx.submitRun(submitted.flowId, [{ n: 3 }], { wait: true })
  const started = await ctx.submitRun(flow, [{ n: 4 }])
  return {
    results: [...submitted.results, ...again.results].map(({ result }) => result.result),
    evaluated: await ctx.evaluate(flow, { n: 5 }),
    isDated: [submitted, again, started].every(({ createdAt }) => !Number.isNaN(Date.parse(createdAt))),
    ids: [submitted.flowId === again.flowId, started.flowId.length],
    failure: await ctx.evaluate({ steps: [{ id: 'a', component: '/nowhere/x' }] }, {}).catch(({ code }) => code),
    missing: await ctx.evaluate('f'.repeat(64), {}).catch(({ code }) => code),
  }
})`.replace('id: a,', "id: 'a',"),
    'steps: [{ id: a, component: /s/all, input: {} }]\noutput: { $step: a }\n',
  )

  const { out, err } = await run('run', 'f.yaml', '--input-json', '{}')

  expect(parsed(out), err).toEqual([
    {
      outcome: 'success',
      result: {
        results: [2, 4, 6],
        evaluated: 10,
        isDated: true,
        ids: [true, 64],
        failure: 'INVALID_FLOW',
        missing: 'NOT_FOUND',
      },
    },
  ])
})

test.each([[[]], [['--log-format', 'json']]])('no secret leaves by what a server writes (%j)', async (options) => {
  const { folder } = project(
    `server.component('say', {}, ({ pw, pin }, ctx) => new Promise((resolve) => {
  console.log('printed ' + pw)
  ctx.log.info('logged ' + pw, { pw, pin })
  process.stderr.write('in two ' + pw.slice(0, 4), () => setImmediate(() => {
    process.stderr.write(pw.slice(4) + ' pieces\\npin ' + pin + '\\n', () => resolve('done'))
  }))
}))
server.component('raw', {}, ({ pw }) => new Promise((resolve) => {
  const { write } = Object.getPrototypeOf(process.stdout)
  write.call(process.stdout, 'noise ' + pw + '\\n', () => resolve('done'))
}))
server.component('die', {}, ({ pw }) => {
  process.stderr.write('last words ' + pw + '\\n', () => process.exit(7))
  return new Promise(() => {})
})`,
    `schemas: { properties: { input: { properties: { pin: { type: string, is_secret: true } } } } }
steps:
  - { id: a, component: /s/say, input: { pw: { $secret: PW }, pin: { $input: pin } } }
  - { id: b, component: /s/raw, input: { pw: { $secret: PW }, after: { $step: a } } }
  - { id: c, component: /s/die, input: { pw: { $secret: PW }, after: { $step: b } } }
output: { $step: c }
`,
  )

  const words = ['run', 'f.yaml', '--verbose', '--input-json', '{"pin":"4711-0815"}', ...options]
  const { out, err } = await cli(words, { cwd: folder, env: { STEPFLOW_SECRET_PW: 'hunter22' } })

  for (const said of ['printed', 'logged', 'in two', 'noise', 'pin', 'last words']) {
    expect(err).toContain(`${said} [redacted]`)
  }
  expect(out).toContain('last words [redacted]')
  expect(out + err).not.toMatch(/hunter22|4711-0815/)
})

test.each([[[]], [['--quiet']]])(
  'a server that floods stderr gives the same result, and the flood is bounded (%j)',
  async (options) => {
    const { folder } = project(
      `server.component('flood', {}, () => new Promise((resolve) => {
  let left = 400
  const flood = () => (left-- > 0 ? process.stderr.write('all is well, so far\\n'.repeat(5_000), flood) : resolve('done'))
  flood()
}))`,
      'steps: [{ id: a, component: /s/flood, input: {}, timeout: 60s }]\noutput: { $step: a }\n',
    )

    const { code, out, err } = await cli(['run', 'f.yaml', '--input-json', '{}', ...options], { cwd: folder })

    expect([code, parsed(out)]).toEqual([0, [{ outcome: 'success', result: 'done' }]])
    expect(err.length).toBeLessThan(options.length === 0 ? 4_000_000 : 1)
  },
)

test('an interrupted batch does not wait for ever for a call that never ends', async () => {
  const { folder } = folderWith({
    'stepflow-config.yml': config,
    'server.mjs': `import { createServer } from '${sdk}'
createServer({ name: 's' })
  .component('hang', {}, (n) => (n === 1 ? n : new Promise(() => console.error('at work'))))
  .listen()
`,
    'f.yaml': 'steps: [{ id: a, component: /s/hang, input: { $input: $ } }]\noutput: { $step: a }\n',
    'in.jsonl': '1\n2\n',
  })
  const words = ['run', 'f.yaml', '--inputs', 'in.jsonl', '--output', 'o.jsonl', '--drain', '200ms']
  const { child, ended } = begin(words, { cwd: folder })

  await says(child, /at work/)
  child.kill('SIGTERM')

  const { code, err } = await ended
  expect(code).toBe(130)
  expect(err).toContain('waiting up to 0.2 s for the items in flight')
  expect(err).toContain('--resume')
})

test('a server that cannot start is started three times in all, and its last lines are the reason', async () => {
  const { run, read } = folderWith({
    'stepflow-config.yml': config,
    'server.mjs': `import { appendFileSync } from 'node:fs'
appendFileSync('starts.txt', 'x')
console.error('no licence was found')
process.exit(1)
`,
    'f.yaml': 'steps: [{ id: a, component: /s/any, input: {}, timeout: 10ms }]\noutput: { $step: a }\n',
  })

  const { code, out } = await run('run', 'f.yaml', '--input-json', '{}')

  expect([code, parsed(out)]).toMatchObject([
    1,
    [{ error: { code: 'UNREACHABLE', message: expect.stringContaining('it last wrote:\n  no licence was found') } }],
  ])
  expect(read('starts.txt')).toBe('xxx')
})

test.each([
  ['over stdio', '[server.mjs]'],
  ['over HTTP', '[server.mjs, --http]'],
])('one component of a server is called without a flow (%s)', async (_, args) => {
  const { run } = folderWith({
    'stepflow-config.yml': `plugins: { s: { type: stepflow, command: node, args: ${args} } }
routes: { /elsewhere: [{ plugin: s }] }
`,
    'server.mjs': `import { createServer } from '${sdk}'
createServer({ name: 's' })
  .component('double', {}, (n, ctx) => (ctx.progress(1, 2), console.log('doubling'), n * 2))
  .component('evaluate', {}, (n, ctx) => ctx.evaluate({ steps: [{ id: 'a', component: '/elsewhere/double', input: { $input: '$' } }], output: { $step: 'a' } }, n))
  .component('patch', {}, async (n, ctx) => {
    const flow = { steps: [{ id: 'a', component: '/elsewhere/double', input: 1 }], output: { $step: 'a' } }
    const started = await ctx.submitRun(flow, [0], { overrides: { a: { value: { input: n } } } })
    const { status, items, results } = await ctx.getRun(started.runId, { wait: true, includeResults: true })
    return { status, completed: items.completed, result: results[0].result.result }
  })
  .listen()
`,
  })

  const called = await run('component', 'call', 's', '/double', '--input-json', '4')
  const evaluated = await run('component', 'call', 's', 'evaluate', '--input-json', '5')
  const patched = await run('component', 'call', 's', '/patch', '--input-json', '6')
  const unknown = await run('component', 'call', 's', '/tripple', '--input-json', '4')
  const elsewhere = await run('component', 'call', 'x', '/double', '--input-json', '4')

  expect([called.code, parsed(called.out)]).toEqual([0, [{ outcome: 'success', result: 8 }]])
  expect(called.err).toContain('doubling')
  expect(parsed(evaluated.out)).toEqual([{ outcome: 'success', result: 10 }])
  expect(parsed(patched.out)).toEqual([
    { outcome: 'success', result: { status: 'completed', completed: 1, result: 12 } },
  ])
  expect([unknown.code, parsed(unknown.out)]).toMatchObject([1, [{ error: { code: 'COMPONENT_NOT_FOUND' } }]])
  expect([elsewhere.code, elsewhere.out]).toEqual([3, ''])
  expect(elsewhere.err).toMatch(/there is no plugin "x" in .*stepflow-config.yml; there are: s, builtin/)
})

test('a server of long ago reads the metadata of the flow that calls it, also when a recorded run is done again', async () => {
  const { run } = folderWith({
    'stepflow-config.yml': config,
    'server.mjs': `import { createInterface } from 'node:readline'
const say = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }))
let call
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params, result } = JSON.parse(line)
  if (method === 'initialize') say({ id, result: { server_protocol_version: 1 } })
  if (method === 'components/execute') {
    call = id
    say({ id: 'm', method: 'flows/get_metadata', params: { flow_id: params.flow_id, step_id: params.step_id } })
  }
  if (id === 'm') say({ id: call, result: { output: result } })
})
`,
    'f.yaml': `metadata: { of: flow }
steps: [{ id: a, component: /s/any, input: {}, metadata: { of: step } }]
output: { $step: a }
`,
  })
  const store = ['--store', 'sqlite:r.db']
  const first = await run('run', 'f.yaml', '--input-json', '{}', ...store)
  const [, id] = /^run (\S+)$/m.exec(first.err) ?? []

  const again = await run('runs', 'rerun', id as string, ...store)

  const result = { flow_metadata: { of: 'flow' }, step_metadata: { of: 'step' } }
  expect(parsed(first.out)).toEqual([{ outcome: 'success', result }])
  expect(parsed(again.out)).toEqual([{ outcome: 'success', result }])
})
