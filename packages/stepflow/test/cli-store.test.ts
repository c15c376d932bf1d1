import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openDatabase } from '../../store-sqlite/src/drivers.ts'
import { ending, folderWith, parsed, program } from './cli.ts'

const flow = `name: t
description: t
steps:
  - { id: a, component: /builtin/noop, input: { $input: $ } }
output: { $step: a }
`
const inputs = (count: number) => Array.from({ length: count }, (_, x) => `{"x":${x}}\n`).join('')

test('a run is kept in the file that --store names, and listed from there', async () => {
  const { run, at } = folderWith({ 'f.yaml': flow })

  const { code, out, err } = await run('run', 'f.yaml', '--input-json', '1', '--store', 'sqlite:deep/down/runs.db')
  const list = await run('runs', 'list', '--json', '--store', 'sqlite:deep/down/runs.db')

  expect({ code, out }).toEqual({ code: 0, out: '{"outcome":"success","result":1}\n' })
  const [summary] = JSON.parse(list.out)
  expect(err).toContain(`run ${summary.runId}`)
  expect(summary).toMatchObject({ status: 'completed', items: { total: 1, completed: 1 } })
  expect(summary.trigger).toMatchObject({ type: 'cli', flow: at('f.yaml') })
})

test('the store of the configuration is used by run and by runs; --store comes before it', async () => {
  const { run, at } = folderWith({
    'f.yaml': flow,
    'stepflow-config.yml': 'state_store: { type: sqlite, database_url: "sqlite:kept.db" }\n',
  })

  await run('run', 'f.yaml', '--input-json', '1')
  await run('run', 'f.yaml', '--input-json', '1', '--store', 'memory')

  expect(existsSync(at('kept.db'))).toBe(true)
  expect(JSON.parse((await run('runs', 'list', '--json')).out)).toHaveLength(1)
})

test('without a store, a run leaves nothing behind; looking for runs makes no store', async () => {
  const { run, at } = folderWith({ 'f.yaml': flow })

  await run('run', 'f.yaml', '--input-json', '1')
  const { code, out, err } = await run('runs', 'list', '--json')

  expect({ code, out }).toEqual({ code: 0, out: '[]\n' })
  expect(err).toContain('there is no store')
  expect(existsSync(at('.stepflow'))).toBe(false)
})

test.each([
  [['runs', 'show', 'x'], /there is no store .*stepflow\.db yet\. To record a run in it:\n {2}stepflow run/],
  [['runs', 'prune', '--keep', '1'], /there is no store/],
  [['secrets', 'rotate'], /there is no store .*stepflow\.db yet\n$/],
  [['tokens', 'revoke', 'x'], /there is no store .*stepflow\.db yet\n$/],
])('%j without a store says only that: exit code 3', async (words, said) => {
  const { run, at } = folderWith({})

  const { code, err } = await run(...words)

  expect([code, err]).toEqual([3, expect.stringMatching(said)])
  expect(existsSync(at('.stepflow'))).toBe(false)
})

test('a store that is none is refused before anything runs', async () => {
  const { run, at, folder } = folderWith({ 'f.yaml': flow, 'text.db': 'this is a text, not a database. '.repeat(200) })
  mkdirSync(at('folder.db'))
  const refused = async (store: string) => {
    const { code, out, err } = await run('run', 'f.yaml', '--input-json', '1', '--store', store)
    expect({ store, code, out }).toEqual({ store, code: 2, out: '' })
    return err
  }

  const postgres = await refused('postgres://user:hunter2@host')
  expect(postgres).toContain('names no database')
  expect(postgres).not.toContain('hunter2')
  expect(await refused('runs.db')).toContain('--store sqlite:runs.db')
  expect(await refused('memroy')).toContain('did you mean "memory"?')
  expect(await refused('sqlite:')).toContain('names no file')
  expect(await refused('sqlite:text.db')).toContain('not a SQLite database')
  expect(await refused('sqlite:folder.db')).toContain('is a folder')
  expect(await refused('sqlite:f.yaml/runs.db')).toContain('cannot make the folder')
  expect((await run('runs', 'list', '--store', 'memory')).err).toContain('ends with its process')
  expect(existsSync(`${folder}/runs.db`)).toBe(false)
})

test('a store of a newer version says so, and stays as it is', async () => {
  const { run, at } = folderWith({ 'f.yaml': flow })
  await run('run', 'f.yaml', '--input-json', '1', '--store', 'sqlite:runs.db')
  const db = await openDatabase(at('runs.db'))
  db.exec('PRAGMA user_version = 99')
  db.close()

  for (const words of [
    ['run', 'f.yaml'],
    ['runs', 'list'],
  ]) {
    const { code, err } = await run(...words, '--store', 'sqlite:runs.db')
    expect(code).toBe(2)
    expect(err).toContain('newer stepflow (schema 99')
  }
})

test.skipIf(process.getuid?.() === 0)('a folder that may not be written is told', async () => {
  const { run, at } = folderWith({ 'f.yaml': flow })
  mkdirSync(at('locked'))
  chmodSync(at('locked'), 0o555)

  const { code, err } = await run('run', 'f.yaml', '--store', 'sqlite:locked/runs.db')

  expect(code).toBe(2)
  expect(err).toContain('check the folder and its permissions')
})

test.skipIf(process.platform !== 'linux')('a folder in which nothing can be made is told', async () => {
  const { run } = folderWith({ 'f.yaml': flow })

  const { code, err } = await run('run', 'f.yaml', '--store', 'sqlite:/proc/runs.db')

  expect(code).toBe(2)
  expect(err).toContain('check the folder and its permissions')
})

test('two programs at once on the same file both come through', async () => {
  const { run, at, read } = folderWith({ 'f.yaml': flow, 'in.jsonl': inputs(3000) })
  const batch = (out: string) =>
    run('run', 'f.yaml', '--inputs', 'in.jsonl', '--output', out, '--store', 'sqlite:runs.db')

  const ended = await Promise.all([
    batch('1.jsonl'),
    batch('2.jsonl'),
    run('runs', 'list', '--store', 'sqlite:runs.db'),
  ])

  expect(ended.map(({ code }) => code)).toEqual([0, 0, 0])
  expect(parsed(read('1.jsonl'))).toHaveLength(3000)
  expect(read('2.jsonl')).toBe(read('1.jsonl'))
  expect(JSON.parse((await run('runs', 'list', '--json', '--store', `sqlite:${at('runs.db')}`)).out)).toHaveLength(2)
})

test('a store whose room ends says so and how to go on; with room again the batch goes on to its end', async () => {
  const { folder, run, read } = folderWith({ 'f.yaml': flow, 'in.jsonl': inputs(20_000) })
  const words = 'run f.yaml --inputs in.jsonl --output out.jsonl --store sqlite:runs.db'
  const limited = spawn('bash', ['-c', `ulimit -f 600; exec ${process.execPath} ${program} ${words}`], { cwd: folder })

  const { code, err } = await ending(limited)
  expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('--resume') })
  expect(err).toMatch(/the disk is full|reading or writing failed|no space left/)

  const rest = await run(...words.split(' '), '--resume')
  expect({ code: rest.code, err: rest.err }).toMatchObject({ code: 0 })
  expect(parsed(read('out.jsonl'))).toEqual(
    Array.from({ length: 20_000 }, (_, x) => ({ outcome: 'success', result: { x } })),
  )
})

/** True if we may mount a file system of our own. */
function canMount(): boolean {
  try {
    execFileSync('mount', ['--version'], { stdio: 'ignore' })
    return process.getuid?.() === 0
  } catch {
    return false
  }
}

test.skipIf(!canMount())(
  'on a disk that is full, a run is refused or ends with a message, and nothing hangs',
  async () => {
    const { run, at } = folderWith({ 'f.yaml': flow, 'in.jsonl': inputs(20_000) })
    mkdirSync(at('disk'))
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at('disk')], { stdio: 'ignore' })
    } catch {
      return // a container without the right to mount
    }
    try {
      const batch = ['run', 'f.yaml', '--inputs', 'in.jsonl', '--output', 'out.jsonl', '--store', 'sqlite:disk/runs.db']
      const { code, err } = await run(...batch)
      expect({ code, err }).toMatchObject({ code: 1, err: expect.stringMatching(/the disk is full/) })

      const fd = openSync(at('disk/filler'), 'w')
      try {
        for (;;) writeSync(fd, Buffer.alloc(4096))
      } catch {
        closeSync(fd)
      }
      rmSync(at('disk/runs.db'))
      const refused = await run('run', 'f.yaml', '--input-json', '1', '--store', 'sqlite:disk/other.db')
      expect([1, 2]).toContain(refused.code)
      expect(refused.err).toMatch(/the disk is full|cannot/)
    } finally {
      execFileSync('umount', ['-l', at('disk')])
    }
  },
  60_000,
)

test.skipIf(!canMount())(
  'a store that may only be read is refused before anything runs, and can be looked at',
  async () => {
    const { run, at } = folderWith({ 'f.yaml': flow })
    mkdirSync(at('disk'))
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at('disk')], { stdio: 'ignore' })
    } catch {
      return // a container without the right to mount
    }
    try {
      const words = ['run', 'f.yaml', '--input-json', '1', '--store', 'sqlite:disk/runs.db']
      await run(...words)
      execFileSync('mount', ['-o', 'remount,ro', at('disk')])

      const refused = await run(...words)
      const list = await run('runs', 'list', '--json', '--store', 'sqlite:disk/runs.db')

      expect(refused).toMatchObject({ code: 2, out: '', err: expect.stringContaining('may not be written') })
      expect(JSON.parse(list.out)).toHaveLength(1)
    } finally {
      execFileSync('umount', ['-l', at('disk')])
    }
  },
)
