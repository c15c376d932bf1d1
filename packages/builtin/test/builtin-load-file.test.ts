import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadFile } from '../src/load-file.ts'
import { createBuiltinPlugin } from '../src/plugin.ts'
import { call, context, failure } from './builtin-context.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'stepflow-load-file-')))
const flows = join(root, 'flows')
const plugin = createBuiltinPlugin({ baseDir: flows })

beforeAll(() => {
  for (const dir of ['flows/sub', 'flows-evil', 'data']) mkdirSync(join(root, dir), { recursive: true })
  const files: Record<string, string> = {
    'flows/config.json': '{"a":[1,{"b":null}]}',
    'flows/bom.json': '\uFEFF{"a":1}',
    'flows/broken.json': '{\n  "token": hunter2\n}',
    'flows/empty.json': '',
    'flows/rows.jsonl': '{"a":1}\n\n{"a":2}\n',
    'flows/list.yml': 'on: yes\nwhen: 2024-01-01\nn: 1\n',
    'flows/broken.yaml': 'a: [1, 2\nb: 3\n',
    'flows/twice.yaml': 'a: 1\na: 2\n',
    'flows/bomb.yaml': `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
      .split('')
      .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`)
      .join('\n')}\n`,
    'flows/two.yaml': 'a: 1\n---\nb: 2\n',
    'flows/sub/notes.md': '# Hi\n',
    'flows-evil/secret.json': '{"secret":true}',
    'data/allowed.json': '"allowed"',
    'secret.json': '{"secret":true}',
  }
  for (const [path, content] of Object.entries(files)) writeFileSync(join(root, path), content)
  writeFileSync(join(flows, 'bytes.txt'), Buffer.from([0xff, 0xfe, 0x00]))
  symlinkSync('../secret.json', join(flows, 'link.json'))
  symlinkSync('..', join(flows, 'up'))
  symlinkSync('config.json', join(flows, 'inside.json'))
  symlinkSync('loop', join(flows, 'loop'))
  symlinkSync('gone.json', join(flows, 'dangling.json'))
  execFileSync('mkfifo', [join(flows, 'pipe')])
})

afterAll(() => rmSync(root, { recursive: true }))

describe('reads', () => {
  test.each([
    ['config.json', { a: [1, { b: null }] }, 'json'],
    ['bom.json', { a: 1 }, 'json'],
    ['inside.json', { a: [1, { b: null }] }, 'json'],
    ['rows.jsonl', [{ a: 1 }, { a: 2 }], 'jsonl'],
    ['list.yml', { on: 'yes', when: '2024-01-01', n: 1 }, 'yaml'],
    ['sub/notes.md', '# Hi\n', 'text'],
    ['./sub/../config.json', { a: [1, { b: null }] }, 'json'],
  ])('%s', async (path, data, format) => {
    expect(await call(plugin, '/load_file', { path })).toMatchObject({ data, metadata: { format } })
  })

  test('an absolute path inside the directory, and tells where the file is and how large', async () => {
    const path = join(flows, 'config.json')

    expect(await call(plugin, '/builtin/load_file', { path, format: 'text' })).toEqual({
      data: '{"a":[1,{"b":null}]}',
      metadata: { resolved_path: path, size_bytes: 20, format: 'text' },
    })
  })

  test('what files.allow names besides', async () => {
    const allowing = createBuiltinPlugin({ baseDir: flows, filesAllow: ['../data'] })

    expect(await call(allowing, '/load_file', { path: '../data/allowed.json' })).toMatchObject({ data: 'allowed' })
    expect((await failure(call(allowing, '/load_file', { path: '../secret.json' }))).message).toContain('may not read')
  })
})

test.each([
  '../secret.json',
  '../flows-evil/secret.json',
  '../no-such-file.json',
  'sub/../../secret.json',
  'link.json',
  'up/secret.json',
  'up/flows-evil/secret.json',
  '/etc/passwd',
])('%s is outside', async (path) => {
  const error = await failure(call(plugin, '/load_file', { path }))

  expect(error.code).toBe('INVALID_INPUT')
  expect(error.message).toMatch(/may not read .*outside the flow's directory .*files\.allow/)
})

test.each([
  ['confg.json', 'NOT_FOUND', 'there is no file "confg.json" (looked at ', 'did you mean "config.json"?'],
  ['config.json/x', 'NOT_FOUND', 'there is no file "config.json/x"', ''],
  ['sub', 'INVALID_INPUT', '"sub" is a directory', ''],
  ['.', 'INVALID_INPUT', '"." is a directory', ''],
  ['pipe', 'INVALID_INPUT', '"pipe" is not a regular file', ''],
  ['loop', 'INVALID_INPUT', '"loop" is a symlink that leads to itself', ''],
  ['dangling.json', 'NOT_FOUND', 'there is no file "dangling.json" (looked at ', 'a symlink that leads nowhere'],
  ['bytes.txt', 'INVALID_INPUT', '"bytes.txt" is not UTF-8 text', ''],
  ['broken.json', 'INVALID_INPUT', '"broken.json" is not JSON: Unexpected token', '(line 2)'],
  ['empty.json', 'INVALID_INPUT', '"empty.json" is not JSON: it is empty', ''],
  ['broken.yaml', 'INVALID_INPUT', '"broken.yaml" is not YAML: ', 'line 2'],
  ['twice.yaml', 'INVALID_INPUT', '"twice.yaml" is not YAML: Map keys must be unique', 'line 2'],
  ['two.yaml', 'INVALID_INPUT', '"two.yaml" is not YAML: it has more than one document', ''],
  ['bomb.yaml', 'INVALID_INPUT', '"bomb.yaml" is not YAML: Excessive alias count', ''],
  ['a\0b', 'INVALID_INPUT', 'is not a path', ''],
  ['', 'INVALID_INPUT', 'is not a path', ''],
])('%j is %s', async (path, code, message, more) => {
  const error = await failure(call(plugin, '/load_file', { path }))

  expect(error.code).toBe(code)
  expect(error.message).toContain(message)
  expect(error.message).toContain(more)
  expect(error.message).not.toContain('hunter2')
})

test('a file that is too large is not read', async () => {
  const small = loadFile({ baseDir: flows, maxBytes: 16 })

  const error = await failure(Promise.resolve(small.call({ path: 'config.json' }, context())))

  expect(error.message).toContain('more than the')
})

test('an unknown format is refused', async () => {
  const error = await failure(call(plugin, '/load_file', { path: 'config.json', format: 'xml' }))

  expect(error.message).toBe('/builtin/load_file needs "format" to be "json" or "yaml" or "text" or "jsonl", got "xml"')
})
