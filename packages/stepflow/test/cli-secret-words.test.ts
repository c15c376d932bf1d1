// Secrets that are words of ours: a run with them ends, and is told, as one without.

import { expect, test } from 'vitest'
import { cli, folderWith, parsed } from './cli.ts'

const WORDS = [
  ...'failed success skipped cancelled error result outcome code message reason data step run item status'.split(' '),
  ...'COMPONENT_FAILED INVALID_INPUT CANCELLED leak words /l/leak created settled finished completed running'.split(
    ' ',
  ),
  ...['0', '1', 'true', 'null', 'a', 'ok', '{', '"', '\\', ' ', 'redacted'],
]
const MODES = ['ok', 'fail', 'skip']

const files = {
  'stepflow-config.yml': `plugins: { l: { type: module, path: c.mjs }, builtin: { type: builtin } }
routes: { /l: [{ plugin: l }], "/{*component}": [{ plugin: builtin }] }
`,
  'c.mjs': `export function leak({ pw, mode }) {
  if (mode === 'fail') throw new Error('it broke: ' + pw)
  return { value: pw, count: 1, parts: [{ outcome: 'success', result: { id: 7 } }] }
}
`,
  'f.yaml': `name: words
schemas: { properties: { input: { type: object, properties: { pw: { is_secret: true }, mode: { type: string } } } } }
steps:
  - { id: leak, component: /l/leak, input: { pw: { $input: pw }, mode: { $input: mode } } }
  - { id: maybe, component: /builtin/noop, skip_if: { $template: "{{ inputs.mode == 'skip' }}" }, input: { $step: leak } }
output: { $step: maybe }
`,
}

const linesWith = (words: readonly string[]) =>
  words.flatMap((pw) => MODES.map((mode) => `${JSON.stringify({ pw, mode })}\n`)).join('')

/** Of a line, what does not depend on the secret: texts are the user's. */
function shapeOf(outcome: unknown): unknown {
  return JSON.parse(
    JSON.stringify(outcome, (key, value) => (['value', 'message', 'reason'].includes(key) ? 'a text' : value)),
  )
}

test('each line of a batch ends as it does with any other secret, in the output and in the store', async () => {
  const { run } = folderWith({ ...files, 'words.jsonl': linesWith(WORDS), 'one.jsonl': linesWith(['hunter2-hunter2']) })
  const other = await run('run', 'f.yaml', '--inputs', 'one.jsonl')
  const expected = WORDS.flatMap(() => parsed(other.out).map(shapeOf))

  const { code, out, err } = await run('run', 'f.yaml', '--inputs', 'words.jsonl', '--store', 'sqlite:s.db')

  expect([code, parsed(out).map(shapeOf)]).toEqual([other.code, expected])
  expect(err).toContain(`${WORDS.length} ok, ${WORDS.length} failed, ${WORDS.length} skipped`)
  const [row] = JSON.parse((await run('runs', 'list', '--store', 'sqlite:s.db', '--json')).out)
  expect(row).toMatchObject({
    status: 'failed',
    items: { completed: 2 * WORDS.length, skipped: WORDS.length, failed: WORDS.length },
  })
})

test.each(['failed', 'error', 'result', 'success'])(
  'a single run with the secret "%s" keeps its exit code',
  async (pw) => {
    const { run } = folderWith(files)
    const codeOf = async (mode: string) => {
      const { code, out } = await run('run', 'f.yaml', '--input-json', JSON.stringify({ pw, mode }))
      return [code, (JSON.parse(out) as { outcome: string }).outcome]
    }

    expect([await codeOf('ok'), await codeOf('fail'), await codeOf('skip')]).toEqual([
      [0, 'success'],
      [1, 'failed'],
      [0, 'skipped'],
    ])
  },
)

test('a run whose workspace has all these words as secrets is shown, exported and run again as any other', async () => {
  const { folder, at } = folderWith(files)
  const env = Object.fromEntries(WORDS.map((word, i) => [`STEPFLOW_SECRET_${i}`, word]))
  const told = async (...words: string[]) => cli([...words, '--store', 'sqlite:s.db'], { cwd: folder, env })

  const { code } = await told('run', 'f.yaml', '--input-json', '{"pw":"hunter2-hunter2","mode":"fail"}')
  const [{ runId: id, status }] = JSON.parse((await told('runs', 'list', '--json')).out)
  const shown = JSON.parse((await told('runs', 'show', id, '--json')).out)
  const exported = await told('runs', 'export', id, '--output', 'run.json')
  const imported = await cli(['runs', 'import', at('run.json'), '--store', 'sqlite:other.db', '--json'], {
    cwd: folder,
  })
  const again = await told('runs', 'rerun', id, '--failed')

  expect([code, status, exported.code, again.code]).toEqual([1, 'failed', 0, 1])
  expect(shown).toMatchObject({
    runId: id,
    status: 'failed',
    steps: [
      { stepId: 'leak', status: 'failed', attempts: [{ error: { code: 'COMPONENT_FAILED', step: 'leak' } }] },
      { stepId: 'maybe' },
    ],
    results: [{ itemIndex: 0, result: { outcome: 'failed', error: { code: 'COMPONENT_FAILED', step: 'leak' } } }],
  })
  expect(JSON.parse(imported.out)).toMatchObject({ runId: id, status: 'failed' })
})

test('a secret of less than four characters is warned about, once', async () => {
  const { run } = folderWith({ ...files, 'words.jsonl': linesWith(['ab1', 'xy2']) })

  const { out, err } = await run('run', 'f.yaml', '--inputs', 'words.jsonl')

  expect(err.match(/fewer than 4 characters/g)).toHaveLength(1)
  expect(out).not.toMatch(/ab1|xy2/)
})
