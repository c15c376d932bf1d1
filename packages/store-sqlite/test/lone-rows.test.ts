// A row that is all there is to write: how few statements it takes, and that it stands where it belongs, whatever others
// have written meanwhile.

import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine, type JournalEntry, type Store } from '@stepflow/engine'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { afterAll, expect, test } from 'vitest'
import { openDatabase } from '../src/drivers.ts'
import { threeSteps } from './three-steps.ts'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-lone-rows-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
const newPath = () => join(folder, `${files++}.db`)
const open = (path: string) => createSqliteStore({ path, synchronous: 'off' })

test('a lone run of three steps takes at most fifteen statements', async () => {
  const counted = countStatements()
  const store = await createSqliteStore({ path: newPath(), synchronous: 'off', driver: 'libsql' })
  const router = { route: (name: string) => ({ component: { info: { name }, call: async (input: unknown) => input } }) }
  const engine = createEngine({ store, router })
  const run = async (count: number) => {
    for (let i = 0; i < count; i++) await (await engine.submit(threeSteps, [{ i }])).ended
  }

  // Of the rows of more than LAG positions, too.
  await run(300)
  const before = counted.statements
  await run(100)
  const statements = (counted.statements - before) / 100
  await engine.close()
  await store.close()
  counted.restore()

  // A beat of the store may come in between.
  expect(statements).toBeLessThan(MOST_STATEMENTS + 1)
})

/** What another process may do to the file between two rows of a journal. */
const changes: Record<string, (other: Store) => Promise<unknown> | unknown> = {
  'written to another run': (other) => other.append({ journal: 'b/0', after: 1, entries: [step(0)] }),
  'begun a run': (other) => other.append({ journal: 'c/0', after: 0, entries: [created('c')] }),
  'written a line to a log': (other) => other.logs.add('b', [{ at: 1, level: 'info', message: 'hello' }]),
  'removed a run': (other) => other.runs.remove('b'),
  'begun a run and removed it': async (other) => {
    await other.append({ journal: 'c/0', after: 0, entries: [created('c')] })
    await other.runs.remove('c')
  },
  'sent a signal to the run': (other) =>
    other.append({ journal: 'a/0', entries: [{ type: 'signalled', at: 1, name: 'pause' }] }),
  'removed the run': (other) => other.runs.remove('a'),
}

test.each(Object.entries(changes))(
  'a row is written behind all others after another process has %s',
  async (_, change) => {
    const path = newPath()
    const [store, other] = [await open(path), await open(path)]
    await store.append({ journal: 'a/0', after: 0, entries: [created('a')] })
    await other.append({ journal: 'b/0', after: 0, entries: [created('b')] })
    await store.append({ journal: 'a/0', after: 1, entries: [step(0)] })
    await store.append({ journal: 'a/0', after: 2, entries: [step(1)] })

    await change(other)
    const rows = (await other.read('a/0')).length
    const written = await Promise.resolve(store.append({ journal: 'a/0', after: 3, entries: [step(2)] })).then(
      () => true,
      () => false,
    )

    // Where the journal does not end after three rows, the row is refused.
    expect(written).toBe(rows === 3)
    expect((await other.read('a/0')).map(({ seq }) => seq)).toEqual(
      Array.from({ length: written ? 4 : rows }, (_, seq) => seq),
    )
    const db = await openDatabase(path)
    const positions = db
      .prepare('SELECT position, seq FROM journal UNION ALL SELECT position, NULL FROM logs ORDER BY position')
      .all<{ position: number; seq: number | null }>()
    const [{ mark } = { mark: 0 }] = db
      .prepare(`SELECT value AS mark FROM marks WHERE name = 'position'`)
      .all<{ mark: number }>()
    db.close()
    expect(new Set(positions.map(({ position }) => position)).size).toBe(positions.length)
    // No position is used twice, those of what was removed neither.
    if (written) expect(positions.at(-1)?.position).toBeGreaterThan(mark)
    if (written) expect(positions.at(-1)?.seq).toBe(3)
    await other.close()
    await store.close()
  },
)

// ---

const MOST_STATEMENTS = 15

const created = (run: string): JournalEntry => {
  return { type: 'created', at: 1, run, plan: threeSteps, options: {}, from: 0, inputs: [1] }
}

const step = (number: number): JournalEntry => {
  return {
    type: 'settled',
    at: 2,
    item: 0,
    step: number,
    visit: 0,
    attempt: 1,
    outcome: { outcome: 'success', result: 1 },
  }
}

/** Those that the library is asked for, from now on. */
function countStatements() {
  const Libsql = createRequire(import.meta.url)('libsql')
  const { prepare } = Libsql.prototype
  const counted = {
    statements: 0,
    restore: () => {
      Libsql.prototype.prepare = prepare
    },
  }
  Libsql.prototype.prepare = function (sql: string) {
    const statement: Record<string, (...params: unknown[]) => unknown> = Reflect.apply(prepare, this, [sql])
    for (const way of ['run', 'get', 'all']) {
      const ask = statement[way] as (...params: unknown[]) => unknown
      statement[way] = function (...params: unknown[]) {
        counted.statements++
        return Reflect.apply(ask, this, params)
      }
    }
    return statement
  }
  return counted
}
