// Writes the copy of this version: a store with all the runs, as SQL text.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createManualClock } from '@stepflow/engine/testing'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { type Database, openDatabase } from '../../src/drivers.ts'
import { fill } from './fill-store.ts'
import { WRITTEN_AT } from './runs.ts'

/** Leaves the file as a killed process would: the runs that have not ended are held by a driver that is gone. */
export async function writeCopy(to: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'stepflow-copy-'))
  const path = join(folder, 'runs.db')
  const clock = createManualClock(WRITTEN_AT)
  const store = await createSqliteStore({ path, clock, driverId: 'gone' })
  const engine = await fill(store, clock)
  // Without closing: that would put everything in order.
  const db = await openDatabase(path)
  writeFileSync(to, dumpOf(db))
  db.close()
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
}

// ---

function dumpOf(db: Database): string {
  const number = (pragma: string) =>
    Object.values(db.prepare(`PRAGMA ${pragma}`).get<Record<string, number>>() ?? {})[0]
  const lines = [
    `PRAGMA application_id = ${number('application_id')};`,
    `PRAGMA user_version = ${number('user_version')};`,
  ]
  const schema = db.prepare('SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid')
  for (const { type, name, sql } of schema.all<{ type: string; name: string; sql: string }>()) {
    lines.push(`${sql};`)
    if (type === 'table') lines.push(...rowsOf(db, name))
  }
  return `${lines.join('\n')}\n`
}

function rowsOf(db: Database, table: string): string[] {
  const columns = db.prepare(`SELECT name FROM pragma_table_info('${table}')`).all<{ name: string }>()
  // Where it ran is nobody's business, and the process is gone anyway. A long text stands as its pattern.
  const values = columns.map(({ name }) => {
    if (table === 'drivers' && name === 'pid') return '1'
    if (table === 'drivers' && name === 'host') return "quote('a machine that is no more')"
    return `replace(quote(${name}), '${LONG}', ''' || replace(hex(zeroblob(550000)), ''0'', ''x'') || ''')`
  })
  const rows = db.prepare(`SELECT ${values.join(" || ', ' || ")} AS line FROM ${table}`).all<{ line: string }>()
  return rows.map(({ line }) => `INSERT INTO ${table} VALUES (${line});`)
}

const LONG = 'x'.repeat(1_100_000)
