// Writes the copy of this version: a schema with all the runs, as SQL text.

import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createManualClock } from '@stepflow/engine/testing'
import { createPostgresStore } from '@stepflow/store-postgres'
import { fill } from '../../../store-sqlite/test/versions/fill-store.ts'
import { WRITTEN_AT } from '../../../store-sqlite/test/versions/runs.ts'
import type { PostgresServer } from '../server.ts'

/** What the schema is called in copies. */
export const COPIED = 'copied'

export async function writeCopy(server: PostgresServer, to: string): Promise<void> {
  const clock = createManualClock(WRITTEN_AT)
  const store = await createPostgresStore({ url: `${server.url}?schema=${COPIED}`, clock, driverId: 'gone' })
  const engine = await fill(store, clock)
  const { stdout } = await promisify(execFile)(
    join(server.bin, 'pg_dump'),
    // Who was alive then is nobody's business, and is no more.
    ['-n', COPIED, '--inserts', '--no-owner', '--exclude-table-data', `${COPIED}.drivers`, server.url],
    { maxBuffer: 1 << 28 },
  )
  // What newer programs of PostgreSQL begin and end a dump with, older servers do not take.
  const lines = stdout.split('\n').filter((line) => !/^(\\|--|SET |$)/.test(line))
  writeFileSync(to, `${lines.join('\n').replaceAll(LONG, `'||repeat('x',${LONG.length})||'`)}\n`)
  await engine.close()
  await store.close()
}

// ---

const LONG = 'x'.repeat(1_100_000)
