// Who is taken for dead, and when silence says nothing.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createManualClock } from '@stepflow/engine/testing'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { afterAll, expect, test } from 'vitest'
import { openDatabase } from '../src/drivers.ts'
import { Presence } from '../src/presence.ts'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-presence-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A file in which somebody on another machine holds a journal, last heard of at 0. */
async function held(name: string) {
  const path = join(folder, name)
  const store = await createSqliteStore({ path })
  await store.append({
    journal: 'r/0',
    after: 0,
    entries: [{ type: 'created', at: 1, run: 'r', from: 0, inputs: [1] }],
  })
  await store.close()
  const db = await openDatabase(path)
  db.exec(
    `UPDATE runs SET head_driver = 'far'; INSERT INTO drivers (id, pid, host, seen_at) VALUES ('far', 1, 'elsewhere', 0)`,
  )
  const clock = createManualClock()
  return { db, clock, presence: new Presence(db, { name: 'near', clock, beat: () => {} }) }
}

/** Looks every three seconds, as a dispatcher does. */
async function lookFor(ms: number, { clock, presence }: Awaited<ReturnType<typeof held>>): Promise<string[]> {
  for (let passed = 0; passed < ms; passed += 3_000) {
    await clock.advance(3_000)
    presence.dead()
  }
  return presence.dead()
}

test('a driver that says nothing for too long is taken for dead', async () => {
  const one = await held('silent.db')

  expect(await lookFor(12_000, one)).toEqual([])
  expect(await lookFor(6_000, one)).toEqual(['far'])
  one.db.close()
})

test('while nobody can write nobody is taken for dead, nor right afterwards', async () => {
  const one = await held('full.db')
  await lookFor(30_000 - 18_000, one)
  for (let tries = 0; tries < 10; tries++) {
    one.presence.refused()
    expect(await lookFor(3_000, one)).toEqual([])
  }

  expect(await lookFor(12_000, one)).toEqual([])
  expect(await lookFor(6_000, one)).toEqual(['far'])
  one.db.close()
})

test('who stood still himself hears of the others first', async () => {
  const one = await held('stopped.db')
  await lookFor(9_000, one)

  await one.clock.advance(60_000)
  expect(one.presence.dead()).toEqual([])
  expect(await lookFor(18_000, one)).toEqual(['far'])
  one.db.close()
})

test('a journal is in the hand of the store that wrote to it, until that puts it down', async () => {
  const store = await createSqliteStore({ path: join(folder, 'put-down.db') })
  const created = { type: 'created', at: 1, run: 'r', from: 0, inputs: [1] } as const
  await store.append({ journal: 'r/0', after: 0, entries: [created] })
  expect(await store.runs.open('r')).toEqual([{ journal: 'r/0', run: 'r', isOurs: true }])

  await store.putDown?.({ journal: 'r/0', at: Number.POSITIVE_INFINITY })
  expect(await store.runs.open('r')).toEqual([{ journal: 'r/0', run: 'r' }])
  await store.close()
})
