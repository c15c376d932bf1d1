// Runs on a disk of a few megabytes that is filled under them: a real one, made of memory, where the system lets us.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { closeSync, fstatSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Batch, createEngine, type JournalEntry } from '@stepflow/engine'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildProgram } from './build-program.ts'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-full-'))
const disk = join(folder, 'disk')
mkdirSync(disk)
const hasDisk = mount()
if (!hasDisk) console.warn('skipped: a disk of memory can be mounted by root on Linux only')

let program: string
const children: ChildProcess[] = []
beforeAll(async () => {
  program = await buildProgram('two-steps', folder)
})
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  if (hasDisk) execFileSync('umount', ['-l', disk])
  rmSync(folder, { recursive: true, force: true })
})

test.skipIf(!hasDisk)(
  'a run waits for a disk that is full, with what has ended meanwhile in hand, and goes on',
  async () => {
    const path = join(disk, 'waits.db')
    const one = start(path, 60_000, 'works')
    await one.says('called first')

    fill()
    one.child.stdin?.write('go\n')
    await one.says(/^the store is away.*the disk is full/)
    empty()
    await one.says('ended completed')

    expect(one.lines.filter((line) => line.startsWith('called'))).toEqual(['called first', 'called second'])
    const store = await createSqliteStore({ path })
    expect((await store.runs.items('run'))[0]?.outcome).toEqual({ outcome: 'success', result: 500_000 })
    await store.close()
  },
)

test.skipIf(!hasDisk)('a run that was given up is taken up by another process, while the first lives on', async () => {
  const path = join(disk, 'left.db')
  const one = start(path, 300, 'works not')
  await one.says('called first')

  fill()
  one.child.stdin?.write('go\n')
  await one.says('failed RESOURCE_UNAVAILABLE')
  empty()

  const store = await createSqliteStore({ path, pollMs: 20 })
  while ((await store.runs.open('run'))[0]?.heldBy !== undefined)
    await new Promise((resolve) => setTimeout(resolve, 50))
  const route = (name: string) => ({ component: { info: { name }, call: async () => name } })
  const engine = createEngine({ store, router: { route } })
  const { ended } = await engine.resume('run')
  expect((await ended).status).toBe('completed')
  expect(one.child.exitCode).toBe(null)
  await engine.close()
  await store.close()
})

test.skipIf(!hasDisk)('a run that was given up is taken up by the same process, once there is room', async () => {
  const one = start(join(disk, 'again.db'), 300, 'works')
  await one.says('called first')

  fill()
  one.child.stdin?.write('go\n')
  await one.says(/^run run waits for the store no longer/)
  empty()
  await one.says('ended completed')

  expect(one.lines.filter((line) => line === 'called second').length).toBe(1)
})

test.skipIf(!hasDisk)('a disk on which no room can be made for the log takes the rows that fit', async () => {
  const store = await createSqliteStore({ path: join(disk, 'tight.db') })
  const { journal, entries } = endedRun('first', 0)
  await store.append({ journal, after: 0, entries: entries.slice(0, 1) })
  const outcome = { outcome: 'success', result: 1 } as const
  fill(160 * 1024)
  for (let after = 1; after <= 20; after++) {
    const entry: JournalEntry = { type: 'settled', at: 1, item: 0, step: 0, visit: after, attempt: 1, outcome }
    await store.append({ journal, after, entries: [entry] })
  }
  empty()

  expect((await store.read(journal)).length).toBe(21)
  await store.close()
})

test.skipIf(!hasDisk)('a disk that is full keeps no run from being listed', async () => {
  // Its log has no room but for what is written.
  const store = await createSqliteStore({ path: join(disk, 'listed.db'), synchronous: 'normal' })
  const many = Array.from({ length: 2_500 }, (_, i) => endedRun(`r${i}`, i))
  for (let i = 0; i < many.length; i += 500) await store.appendAll(many.slice(i, i + 500))

  fill()
  const { total } = await store.runs.list({ count: 10_000 })
  const summary = await store.runs.summary({ buckets: 1 })
  await expect(store.appendAll([endedRun('one more', 0)])).rejects.toThrow('the disk is full')
  empty()

  expect([total, summary.total]).toEqual([2_500, 2_500])
  await store.close()
})

// ---

function endedRun(run: string, at: number): Batch {
  const plan = {
    ...{ name: 'nothing', entry: 0, exit: 0, onFailure: 'stop' },
    steps: [{ id: 'only', component: null, input: { op: 'literal', value: null } }],
  } as const
  const entries: JournalEntry[] = [
    { type: 'created', at, run, plan, options: {}, from: 0, inputs: [at] } as JournalEntry,
    { type: 'sealed', at, items: 1 },
    { type: 'finished', at, item: 0, outcome: { outcome: 'success', result: null } },
  ]
  return { journal: `${run}/0`, after: 0, entries }
}

function mount(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function start(path: string, patienceMs: number, works: string) {
  const child = spawn(process.execPath, [program, path, String(patienceMs), works], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  const lines: string[] = []
  let heard: () => void = () => {}
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    lines.push(line)
    heard()
  })
  const fits = (line: string, what: string | RegExp) => (typeof what === 'string' ? line === what : what.test(line))
  return {
    child,
    lines,
    async says(what: string | RegExp): Promise<void> {
      while (!lines.some((line) => fits(line, what))) await new Promise<void>((resolve) => (heard = resolve))
    },
  }
}

/** Until not a byte more fits, or so many. */
function fill(left = 0): void {
  const file = openSync(join(disk, 'filler'), 'w')
  try {
    for (let size = 65_536; size >= 1; ) {
      try {
        writeSync(file, Buffer.alloc(size))
      } catch {
        size = Math.floor(size / 2)
      }
    }
    ftruncateSync(file, fstatSync(file).size - left)
  } finally {
    closeSync(file)
  }
}

function empty(): void {
  rmSync(join(disk, 'filler'))
}
