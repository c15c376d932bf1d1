// Brings a file to this program's version, forward only, or says why it cannot.

import { FlowError } from '@stepflow/engine'
import type { Database } from './drivers.ts'
import { sql as first } from './sql/0001.ts'
import { sql as second } from './sql/0002.ts'
import { sql as third } from './sql/0003.ts'
import { sql as fourth } from './sql/0004.ts'
import { sql as fifth } from './sql/0005.ts'

/** In the order of their numbers; only ever added to. */
const migrations: readonly string[] = [first, second, third, fourth, fifth]

/** Of the file, as this program writes it. */
export const VERSION = migrations.length

/** Marks a SQLite file as ours: "stpf". */
const APPLICATION_ID = 0x73747066

/** Throws if the file is not ours, before anything in it is changed. */
export function refuseOthers(db: Database, path: string): void {
  // One look at all of it: somebody may be making the file.
  db.exec('BEGIN')
  try {
    schemaVersion(db, path)
  } finally {
    rollBack(db)
  }
}

/** Several processes may come at once: one migrates, the others find it done. */
export function migrate(db: Database, path: string): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    const version = schemaVersion(db, path)
    for (let next = version; next < migrations.length; next++) db.exec(migrations[next] as string)
    if (version < migrations.length) {
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
      db.exec(`PRAGMA user_version = ${migrations.length}`)
    }
    db.exec('COMMIT')
  } catch (error) {
    rollBack(db)
    throw error
  }
}

// ---

function rollBack(db: Database): void {
  try {
    db.exec('ROLLBACK')
  } catch {
    // BEGIN was what failed: why it did is worth more than that there is nothing to roll back.
  }
}

function schemaVersion(db: Database, path: string): number {
  const owner = db.prepare('PRAGMA application_id').get<{ application_id: number }>()?.application_id
  const version = db.prepare('PRAGMA user_version').get<{ user_version: number }>()?.user_version ?? 0
  const tables = db.prepare('SELECT count(*) AS count FROM sqlite_schema').get<{ count: number }>()?.count ?? 0
  if (owner !== APPLICATION_ID && (tables > 0 || owner !== 0)) {
    throw new FlowError('INVALID_INPUT', `${path} is the database of another program; name another file for the store`)
  }
  if (version > migrations.length) {
    throw new FlowError(
      'RESOURCE_UNAVAILABLE',
      `the store ${path} was written by a newer stepflow (schema ${version}; this one knows ${migrations.length}): update stepflow`,
    )
  }
  return version
}
