// Every exit of the program, with secrets that a component hands out in every way that it can think of: no secret leaves.

import { expect, test } from 'vitest'
import { Chance } from '../../engine/src/testing/sim-world.ts'
import { cli, folderWith } from './cli.ts'

const SEEDS = [1, 2, 3, 4]

const files = {
  'stepflow-config.yml': `plugins:
  l: { type: module, path: c.mjs }
  s: { type: stepflow, command: node, args: [server.mjs] }
  builtin: { type: builtin }
routes:
  /l: [{ plugin: l }]
  /s: [{ plugin: s }]
  "/{*component}": [{ plugin: builtin }]
`,
  'c.mjs': `const ways = (s) => [
  s, 'x' + s + 'y', encodeURIComponent(s), JSON.stringify({ s }), JSON.stringify(JSON.stringify({ s })),
  new URLSearchParams({ s }).toString(), Buffer.from(s).toString('base64'), Buffer.from('u:' + s).toString('base64'),
  Buffer.from(s).toString('base64url'), Buffer.from(s).toString('hex'), s.split('\\n').join('|'), s.replaceAll('\\n', '\\r\\n  '),
]
export function leak({ secrets, mode }, ctx) {
  const all = secrets.flatMap(ways)
  for (const one of all) ctx.log('info', 'it is ' + one, { one, [one]: [one] })
  if (mode === 'fail') throw Object.assign(new Error('broken: ' + all.join(' ')), { data: { all } })
  return { all, map: Object.fromEntries(all.map((one) => [one, { [one]: one }])), text: all.join(', ') }
}
`,
  'server.mjs': `import { createServer } from '${new URL('../dist/sdk.js', import.meta.url).href}'
const server = createServer({ name: 's' })
server.component('print', {}, (input, ctx) => {
  for (const one of input.secrets) {
    console.error('on stderr: ' + one + ' ' + JSON.stringify(one) + ' ' + Buffer.from(one).toString('base64'))
    process.stdout.write('noise ' + JSON.stringify(one) + '\\n')
    ctx.log.info('by the protocol ' + one)
  }
  if (input.mode === 'fail') throw new Error('broken: ' + input.secrets.join(' '))
  return input
})
server.listen()
`,
  'f.yaml': `name: leaks
schemas:
  properties:
    input: { type: object, properties: { pw: { type: string, is_secret: true }, mode: { type: string } } }
    variables: { type: object, properties: { token: { type: string, is_secret: true } } }
steps:
  - id: leak
    component: /l/leak
    input: { secrets: [{ $input: pw }, { $variable: token }, { $secret: KEY }], mode: { $input: mode } }
    on_error: { action: continue, default_output: { $template: "{{ inputs.pw }}" } }
  - id: print
    component: /s/print
    needs: [leak]
    input: { secrets: [{ $input: pw }, { $variable: token }, { $secret: KEY }], mode: { $input: mode } }
  - id: lines
    component: /builtin/noop
    input: { $template: "{{ secrets.KEY.split('\\n') | join(' / ') }} {{ inputs.pw | indent(3) }} {{ inputs.pw | urlencode }}" }
  - id: wrong
    component: /builtin/noop
    when: { $template: "{{ inputs.mode == 'wrong' }}" }
    input: { $template: "{{ inputs.pw.nothing.at.all }}" }
    on_error: { action: continue }
output: { leak: { $step: leak }, print: { $step: print }, lines: { $step: lines }, wrong: { $step: wrong, $on_skip: use_default } }
test:
  cases:
    - { name: all, input: { pw: "PW", mode: ok }, output: { outcome: success, result: null } }
`,
}

test.each(SEEDS)(
  'whatever the secrets of seed %i are, they leave by no exit',
  async (seed) => {
    const chance = new Chance(seed)
    const [pw, token, key] = [secretOf(chance), secretOf(chance), secretOf(chance)]
    const inputs = ['ok', 'fail', 'wrong'].map((mode) => JSON.stringify({ pw, mode }))
    const { folder, read } = folderWith({
      ...files,
      'many.jsonl': inputs.join('\n'),
      'v.json': JSON.stringify({ token }),
    })
    const exits: string[] = []
    const run = async (...words: string[]) => {
      const { out, err, code } = await cli(words, {
        cwd: folder,
        env: { STEPFLOW_SECRET_KEY: key },
      })
      exits.push(out, err)
      expect(code, `${words.join(' ')}: ${err}`).not.toBe(70)
      return out
    }
    const store = ['--store', 'sqlite:s.db']
    const given = ['--variables', 'v.json']

    for (const input of inputs) await run('run', 'f.yaml', '--input-json', input, ...given, '--verbose')
    await run(
      'run',
      'f.yaml',
      '--inputs',
      'many.jsonl',
      ...given,
      ...store,
      '--log-format',
      'json',
      '--label',
      `who=${key}`,
    )
    await run('run', 'f.yaml', '--inputs', 'many.jsonl', ...given, '--output', 'out.jsonl')
    const [{ runId: id }] = JSON.parse(await run('runs', 'list', ...store, '--json'))
    await run('runs', 'list', ...store)
    for (const item of ['0', '1', '2']) await run('runs', 'show', id, ...store, '--item', item)
    await run('runs', 'show', id, ...store, '--json')
    await run('runs', 'export', id, ...store, '--output', 'export.json')
    await run('runs', 'rerun', id, ...store, '--failed')
    await run('test', 'f.yaml', '--diff')
    await run('validate', 'f.yaml', '--explain')
    exits.push(read('out.jsonl'), read('export.json'))

    for (const text of exits)
      for (const found of [pw, token, key].flatMap((secret) => traces(secret, text))) expect(found).toBe('')
    expect(exits.join('')).toContain('[redacted]')
  },
  120_000,
)

// ---

const LETTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** A token, one with signs, a key of several lines, or JSON. */
function secretOf(chance: Chance): string {
  const some = (length: number, alphabet = LETTERS) => Array.from({ length }, () => chance.one([...alphabet])).join('')
  switch (chance.int(0, 3)) {
    case 0:
      return some(chance.int(8, 40))
    case 1:
      return some(chance.int(10, 30), `${LETTERS}/+=%&"'\\ ü€`).trim() + some(8)
    case 2:
      return `-----BEGIN ${some(6)}-----\n${some(40)}\n${some(40)}\n${some(12)}\n-----END ${some(6)}-----\n`
    default:
      return JSON.stringify({ user: some(9), private: `${some(20)}\n${some(20)}`, id: chance.int(10_000, 99_999) })
  }
}

/** What of the secret is in the text, with what stands around it. */
function traces(secret: string, text: string): string[] {
  const lines = secret.split('\n').filter((line) => line.length >= 8)
  const plain = [secret, ...lines, ...fieldsOf(secret)]
  const written = plain.flatMap((one) => [
    one,
    JSON.stringify(one).slice(1, -1),
    JSON.stringify(JSON.stringify(one)).slice(3, -3),
    encodeURIComponent(one),
    Buffer.from(one).toString('base64').replace(/=+$/, ''),
    Buffer.from(one).toString('base64url'),
    Buffer.from(one).toString('hex'),
  ])
  return written
    .filter((one) => text.includes(one))
    .map((one) => {
      const at = text.indexOf(one)
      return `${JSON.stringify(one)} in ${text.slice(Math.max(0, at - 80), at + one.length + 40)}`
    })
}

function fieldsOf(secret: string): string[] {
  if (!secret.startsWith('{')) return []
  const { user, private: key, id } = JSON.parse(secret) as Record<string, string | number>
  return [user, ...String(key).split('\n'), id].map(String)
}
