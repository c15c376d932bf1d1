import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { afterAll, expect, test } from 'vitest'
import { buildProgram } from './build-program.ts'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('several processes write to one file without losing or repeating a row', async () => {
  const path = join(folder, 'together.db')
  const program = await buildProgram('append-rows', folder)
  const store = await createSqliteStore({ path, pollMs: 5 })
  const heard = new Map<string, number[]>()
  store.watch({}, ({ journal, seq }) => heard.set(journal, [...(heard.get(journal) ?? []), seq]))

  const names = ['one', 'two', 'three']
  await Promise.all(names.map((name) => promisify(execFile)(process.execPath, [program, path, name, '100'])))

  const upTo = (rows: number) => Array.from({ length: rows }, (_, seq) => seq)
  expect((await store.read('shared/0')).map(({ seq }) => seq)).toEqual(upTo(300))
  expect((await store.read('two-3/0')).map(({ seq }) => seq)).toEqual(upTo(100))
  // One more of our own: before it, everything that others have written is passed on.
  await store.append({
    journal: 'last/0',
    after: 0,
    entries: [{ type: 'created', at: 1, run: 'last', from: 0, inputs: [] }],
  })
  expect(heard.get('shared/0')).toEqual(upTo(300))
  expect(heard.get('one-0/0')).toEqual(upTo(100))
  expect(heard.size).toBe(14)
  await store.close()
})

test('what a killed process held is driven by the next to start, at once', async () => {
  const path = join(folder, 'killed.db')
  const child = spawn(process.execPath, [await buildProgram('hold-journal', folder), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')

  const store = await createSqliteStore({ path })
  const driven = await new Promise<string[]>((resolve) => {
    const journals: string[] = []
    store.work(async (journal) => {
      journals.push(journal)
      if (journals.length === 4) resolve(journals)
      return null
    })
  })

  expect(driven.sort()).toEqual(['a/0', 'b/0', 'c/0', 'woken/0'])
  await store.close()
})

test('what a living process holds is left to it', async () => {
  const path = join(folder, 'living.db')
  const child = spawn(process.execPath, [await buildProgram('hold-journal', folder), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')

  const store = await createSqliteStore({ path, pollMs: 5 })
  const driven: string[] = []
  const arrived = new Promise<void>((resolve) => {
    store.work(async (journal) => {
      driven.push(journal)
      resolve()
      return null
    })
  })
  const entries = [{ type: 'created', at: 1, run: 'own', from: 0, inputs: [1] } as const]
  await store.append({ journal: 'own/0', after: 0, entries, wakes: [{ journal: 'own/0', at: 0 }] })
  await arrived

  expect(driven).toEqual(['own/0'])
  child.kill('SIGKILL')
  await once(child, 'exit')
  await store.close()
})
