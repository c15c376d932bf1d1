// Runs of flows in code whose process is killed in the middle: another process that brings the flow goes on; one that does
// not says what is missing. The child says when it is in the middle: nobody waits for a time.

import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { root } from '../../../test/stepflow.ts'
import { buildCli } from './build-cli.ts'
import { ending, folderWith, parsed, says } from './cli.ts'

await buildCli()

/** `node program.mjs begin FLOW`, `node program.mjs resume RUN [FLOW ...]` */
const program = `
import { appendFileSync, existsSync } from 'node:fs'
import { createSqliteStore } from '${root}/packages/store-sqlite/dist/index.js'
import { component, createEngine, defineFlow, StepFunction } from '${root}/packages/stepflow/dist/esm/stepflow.js'

const note = (name, { idempotencyKey }) => appendFileSync('calls.jsonl', JSON.stringify([name, idempotencyKey]) + '\\n')
const work = (name, answer) => (input, context) => {
  note(name, context)
  return answer(input)
}
/** Says that it is in the middle, and stays there; once it was, it answers. */
const stay = (input, context) => {
  note('middle', context)
  if (existsSync('was-there')) return input
  appendFileSync('was-there', '')
  console.error('middle')
  return new Promise(() => setInterval(() => {}, 60_000))
}
const even = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (n) => (n % 2 === 0 ? { value: n } : { issues: [{ message: 'must be even', path: [] }] }),
  },
}
const inner = defineFlow('inner', {}, ({ input, step }) => step('middle', stay, step('before', work('before', (n) => n + 1), input)))
const flows = {
  typed: defineFlow('typed', { input: even }, ({ input, step, forEach, cond }) => {
    const first = step('first', component('first', {}, work('first', (n) => [n, n + 1])), input)
    const each = forEach(first, (n) => step('one', work('one', (x) => x * 10), n))
    const sub = step('sub', inner, each[1])
    return step('last', work('last', (x) => x), { first, each, sub: cond(sub, sub, 0) })
  }),
  steps: new StepFunction('steps')
    .addStep('First', { func: work('first', (n) => n + 1), branch: (n) => work('branch', () => 'Both')(n, {}) })
    .addStep('Both', { func: { a: work('a', (n) => n * 2), middle: stay }, parallel: true, branch: () => 'Last' })
    .addStep('Last', { func: work('last', (x) => x) })
    .setStartStep('First'),
}

const [what, name, ...brought] = process.argv.slice(2)
const store = await createSqliteStore({ path: 'runs.db' })
const engine = createEngine({ store, flows: brought.map((one) => flows[one]), log: () => {} })
if (what === 'begin') {
  const { id } = await engine.submit(flows[name], [2])
  console.error('run ' + id)
} else {
  for await (const { outcome } of (await engine.resume(name)).results()) process.stdout.write(JSON.stringify(outcome) + '\\n')
  await engine.close()
}
`

async function killedInTheMiddle(flow: string) {
  const { folder, read } = folderWith({ 'program.mjs': program })
  const start = (...words: string[]) =>
    spawn(process.execPath, ['program.mjs', ...words], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const child = start('begin', flow)
  const ended = ending(child)
  await Promise.all([says(child, /^run \S+$/m), says(child, /^middle$/m)])
  child.kill('SIGKILL')
  const { signal, err } = await ended
  expect({ signal, err }).toMatchObject({ signal: 'SIGKILL' })
  const run = /^run (\S+)$/m.exec(err)?.[1] as string
  return {
    calls: () => parsed(read('calls.jsonl')) as [name: string, key: string][],
    resume: (...brought: string[]) => ending(start('resume', run, ...brought)),
  }
}

const answers = {
  typed: { first: [2, 3], each: [20, 30], sub: 31 },
  steps: { a: 6, middle: 3 },
}

test.each(Object.entries(answers))('a process that brings %s goes on with it', async (flow, result) => {
  const { calls, resume } = await killedInTheMiddle(flow)
  const before = calls()

  const { code, out, err } = await resume(flow)

  expect({ code, out, err }).toEqual({ code: 0, out: `${JSON.stringify({ outcome: 'success', result })}\n`, err: '' })
  const after = calls().slice(before.length)
  const names = after.map(([name]) => name)
  expect(names).not.toContain('first')
  expect(names).not.toContain('branch')
  expect(names).not.toContain('before')
  expect(names).not.toContain('one')
  expect(names.filter((name) => name === 'middle' || name === 'last')).toEqual(['middle', 'last'])
  // What was begun is begun again under the key that it had.
  const keyOf = (of: typeof after) => of.find(([name]) => name === 'middle')?.[1]
  expect(keyOf(after)).toBe(keyOf(before))
})

test.each(Object.keys(answers))('a process that does not bring %s says which function is missing', async (flow) => {
  const { calls, resume } = await killedInTheMiddle(flow)
  const before = calls()

  const { code, out } = await resume()

  expect({ code, outcome: JSON.parse(out) }).toMatchObject({
    code: 0,
    outcome: {
      outcome: 'failed',
      error: { code: 'COMPONENT_NOT_FOUND', message: expect.stringContaining('createEngine({ flows: [...] })') },
    },
  })
  expect(calls()).toEqual(before)
})

test('a process that brings another flow does not go on with its functions', async () => {
  const { resume } = await killedInTheMiddle('typed')

  const { out } = await resume('steps')

  expect(JSON.parse(out)).toMatchObject({ outcome: 'failed', error: { code: 'COMPONENT_NOT_FOUND' } })
})
