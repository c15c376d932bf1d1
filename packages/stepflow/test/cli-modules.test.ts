// Functions of the user's in the process of the program: what they do wrong is a failure of their own call, and of nothing
// else.

import { describe, expect, test } from 'vitest'
import { cli, folderWith, parsed } from './cli.ts'

const functions = `
import { EventEmitter } from 'node:events'
const turn = () => new Promise((resolve) => setImmediate(resolve))
const turns = async (n) => { for (let i = 0; i < 5; i++) await turn(); return n }
const broken = async () => { await null; throw new Error('nobody waits') }

export async function forgets(n) { if (n === 2) broken(); return turns(n) }
export function callsBack(n) {
  return new Promise((resolve) => setImmediate(() => { if (n === 2) throw new Error('nobody waits'); resolve(n) }))
}
export async function emits(n) {
  setImmediate(() => { if (n === 2) new EventEmitter().emit('error', new Error('nobody waits')) })
  return turns(n)
}
export async function exitsInATimer(n) { return n === 2 ? new Promise(() => setTimeout(() => process.exit(0))) : turns(n) }
export async function exits(n) { await turn(); if (n === 2) process.exit(0); return turns(n) }
export function exitsAtOnce(n) { if (n === 2) process.exit(3); return n }
export async function reallyExits(n) { await turn(); if (n === 2) process.reallyExit(0); return turns(n) }
export function aborts(n) { if (n === 2) process.abort(); return n }
export function afterwards(n) { if (n === 2) setImmediate(() => { throw new Error('too late') }); return n }
export async function waits(n) { return turns(n) }
export function prints(n) { console.log('printed', n); process.stdout.write('written\\n'); console.error('complained'); return n }
const list = { entries: [1, { deep: null }] }
list.entries[1].deep = list
const values = { function: { a: () => 1 }, NaN: { a: [0, NaN] }, Map: { a: new Map() }, Error: new Error('x'), cycle: list }
export const gives = (name) => values[name]
export const givesLater = async (name) => values[name]
`
const files = {
  'stepflow-config.yml': 'plugins: { m: { type: module, path: m.mjs } }\nroutes: { /m: [{ plugin: m }] }\n',
  'm.mjs': functions,
}
const flow = (name: string, more = '') => `steps: [{ id: a, component: /m/${name}, input: { $input: $ } }]
output: { $step: a }
${more}`
const success = (result: unknown) => ({ outcome: 'success', result })

describe.each(['forgets', 'callsBack', 'emits', 'exits', 'exitsAtOnce', 'exitsInATimer', 'reallyExits', 'aborts'])(
  'a function that %s',
  (name) => {
    const exit = { reallyExits: 'reallyExit', aborts: 'abort' }[name] ?? 'exit'
    const why = /exits|aborts/i.test(name)
      ? `called process.${exit}(`
      : 'threw an error that nobody waits for: nobody waits (m.mjs:'
    const failed = {
      outcome: 'failed',
      error: { code: 'COMPONENT_FAILED', message: expect.stringContaining(`component /${name} ${why}`) },
    }

    test('fails its item of a batch, and no other', async () => {
      const { run } = folderWith({ ...files, 'f.yaml': flow(name), 'in.jsonl': '1\n2\n3\n4\n' })

      const { code, out, err } = await run('run', 'f.yaml', '--inputs', 'in.jsonl')

      expect(parsed(out), err).toMatchObject([success(1), failed, success(3), success(4)])
      expect(code).toBe(1)
    })

    test('fails its run, and its case of a test', async () => {
      const cases = `test:\n  cases:\n    - { name: wrong, input: 2, output: { outcome: success, result: 2 } }\n    - { name: right, input: 1, output: { outcome: success, result: 1 } }\n`
      const { run } = folderWith({ ...files, 'f.yaml': flow(name, cases) })

      const [ran, tested] = await Promise.all([run('run', 'f.yaml', '--input-json', '2'), run('test', 'f.yaml')])

      expect([ran.code, parsed(ran.out)]).toMatchObject([1, [failed]])
      expect(tested).toMatchObject({ code: 1, out: expect.stringContaining('1/2 passed') })
    })
  },
)

test.each([
  ['at once', 'process.exit(0)\nexport const f = (n) => n'],
  ['in CommonJS', 'module.exports = { f: (n) => n }\nprocess.exit(0)'],
  ['in a timer', 'export const f = () => new Promise(() => {})\nsetTimeout(() => process.exit(0))'],
])(
  'a module that calls process.exit while it is loaded, %s, does not end the program in silence',
  async (how, text) => {
    const name = how === 'in CommonJS' ? 'm.cjs' : 'm.mjs'
    const { run } = folderWith({
      'stepflow-config.yml': `plugins: { m: { type: module, path: ${name} } }\nroutes: { /m: [{ plugin: m }] }\n`,
      [name]: text,
      'f.yaml': flow('f', 'test: { cases: [{ name: a, input: 1, output: { outcome: success, result: 1 } }] }\n'),
    })

    const [ran, tested] = await Promise.all([
      run('run', 'f.yaml', '--input-json', '1'),
      run('test', 'f.yaml', '--diff'),
    ])

    for (const { code, out, err } of [ran, tested]) {
      expect(code).toBeGreaterThan(0)
      expect(out + err).toMatch(/(a module|component \/f) called process\.exit\(0\): let it return a result/)
    }
  },
)

test('an error of a call that has answered is reported, and ends nothing', async () => {
  const { run } = folderWith({
    ...files,
    'f.yaml': `steps:
  - { id: a, component: /m/afterwards, input: { $input: $ } }
  - { id: b, component: /m/waits, input: { $step: a } }
output: { $step: b }
`,
    'in.jsonl': '1\n2\n3\n',
  })

  const { code, out, err } = await run('run', 'f.yaml', '--inputs', 'in.jsonl')

  expect([code, parsed(out)]).toEqual([0, [success(1), success(2), success(3)]])
  expect(err).toContain('threw an error that nobody waits for: too late (m.mjs:')
})

const writers = `import fs, { appendFileSync, writeSync } from 'node:fs'
export function writes(n) {
  for (const text of ['one\\n', Buffer.from('two\\n')]) writeSync(1, text)
  fs.writevSync(1, [Buffer.from('three'), Buffer.from('\\n')])
  appendFileSync(1, 'four\\n')
  fs.writeFileSync('/dev/stdout', 'five\\n')
  return writeSync(1, Buffer.from('..six\\n..'), 2, 4)
}
export async function writesLater(n) {
  await null
  await new Promise((resolve) => fs.write(1, 'later\\n', resolve))
  return writes(n)
}
writeSync(1, 'loaded\\n')
`

test.each(['writes', 'writesLater'])('what a function %s to the descriptor of stdout goes to stderr', async (name) => {
  const { run } = folderWith({ ...files, 'm.mjs': writers, 'f.yaml': flow(name), 'in.jsonl': '1\n' })

  const { out, err } = await run('run', 'f.yaml', '--inputs', 'in.jsonl')

  expect(parsed(out), err).toEqual([success(4)])
  const later = name === 'writes' ? '' : 'later\n'
  expect(err).toContain(`loaded\n${later}one\ntwo\nthree\nfour\nfive\nsix\n`)
})

test('what a function writes to a descriptor has no secrets of its call', async () => {
  const { run } = folderWith({
    ...files,
    'm.mjs':
      "import { writeSync } from 'node:fs'\nexport const tells = ({ key }) => { writeSync(1, key); writeSync(2, key) }\n",
    'f.yaml': `schemas: { properties: { input: { type: object, properties: { key: { type: string, is_secret: true } } } } }
${flow('tells')}`,
  })

  const { out, err } = await run('run', 'f.yaml', '--input-json', '{"key":"s3cret-of-mine"}')

  expect(out + err).not.toContain('s3cret-of-mine')
  expect(err).toContain('[redacted][redacted]')
})

test.each([[['--inputs', 'in.jsonl']], [['--input-json', '1']]])(
  'what functions print goes to stderr (%j)',
  async (words) => {
    const { run } = folderWith({ ...files, 'f.yaml': flow('prints'), 'in.jsonl': '1\n' })

    const { out, err } = await run('run', 'f.yaml', ...words)

    expect(parsed(out)).toEqual([success(1)])
    expect(err).toMatch(/printed 1\nwritten\ncomplained/)
  },
)

test('functions of a flow in code print to stderr and fail by process.exit, too', async () => {
  const entry = new URL('../dist/esm/stepflow.js', import.meta.url).href
  const { run } = folderWith({
    'f.mjs': `import { defineFlow } from '${entry}'
export default defineFlow('f', {}, ({ input, step }) =>
  step('a', (n) => { console.log('printed'); if (n === 2) process.exit(0); return n }, input))
`,
    'in.jsonl': '1\n2\n',
  })

  const { out, err } = await run('run', 'f.mjs', '--inputs', 'in.jsonl')

  expect(parsed(out)).toMatchObject([success(1), { error: { code: 'COMPONENT_FAILED' } }])
  expect(err).toContain('printed')
})

describe.each([[[]], [['--store', 'sqlite:runs.db']]])('a result that is not JSON (%j)', (store) => {
  test.each([
    ['function', '$.a is a function'],
    ['NaN', '$.a[1] is NaN'],
    ['Map', '$.a is a Map'],
    ['Error', '$ is an Error'],
    ['cycle', '$.entries[1].deep is $ again, so the value contains itself'],
  ])('%s fails the step, at once or later, and its place is named', async (value, fault) => {
    const { folder, run } = folderWith({ ...files, 'f.yaml': flow('gives'), 'g.yaml': flow('givesLater') })
    const input = ['--input-json', JSON.stringify(value)]

    const ran = [
      await run('run', 'f.yaml', ...input, ...store),
      await cli(['run', 'g.yaml', ...input, ...store], { cwd: folder }),
    ]

    for (const { code, out, err } of ran) {
      expect([code, parsed(out)], err).toMatchObject([
        1,
        [
          {
            outcome: 'failed',
            error: {
              code: 'COMPONENT_FAILED',
              message: expect.stringContaining(`returned a value that JSON cannot carry: ${fault}`),
            },
          },
        ],
      ])
    }
  })
})

test.each([
  [['validate', 'f.yaml']],
  [['run', 'f.yaml', '--input-json', '1']],
  [['components']],
  [['validate', 'never.mjs']],
  [['visualize', 'never.ts']],
  [['test', 'never.ts']],
  [['test', 'f.yaml']],
])('a module that awaits at its top level what never comes is an error, not a silent success: %j', async (words) => {
  const never = 'await new Promise(() => {})\nexport const a = () => 1\n'
  const { run } = folderWith({
    'stepflow-config.yml': 'plugins: { m: { type: module, path: never.mjs } }\nroutes: { /m: [{ plugin: m }] }\n',
    'f.yaml': flow('a', 'test: { cases: [{ name: one, input: 1, output: { outcome: success, result: 1 } }] }\n'),
    'never.mjs': never,
    'never.ts': never,
  })

  const { code, out, err } = await run(...words)

  expect([code, out + err]).toEqual([
    words[0] === 'test' ? 1 : 2,
    expect.stringMatching(/never\.m?[jt]s.*awaits at its top level what never comes/),
  ])
})
