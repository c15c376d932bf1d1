// Runs that are kept in PostgreSQL, on the disk before the answer, on one node: the append beside the bare statement with the
// same rows, the engine beside DBOS on the same server and beside its own store in a file, and writers that somebody watches
// beside writers that nobody does. Skipped where there is no PostgreSQL.

import { join } from 'node:path'
import { createPostgresStore } from '../../packages/store-postgres/dist/index.js'
import { createSqliteStore } from '../../packages/store-sqlite/dist/index.js'
import { measureAppends } from '../postgres/append.mjs'
import { measureRuns } from '../postgres/runs.mjs'
import { startPostgres } from '../postgres/server.mjs'
import { measureWatchers } from '../postgres/watchers.mjs'
import { loadEngine, scratch } from '../programs.mjs'

export async function measure() {
  const folder = scratch()
  const server = await startPostgres(folder)
  if (typeof server === 'string') return server
  let count = 0
  const openStore = async () => {
    const schema = `b${count++}`
    return { schema, store: await createPostgresStore({ url: `${server.url}?schema=${schema}` }) }
  }
  const openFile = async () => ({ store: await createSqliteStore({ path: join(folder, `${count++}.db`) }) })
  try {
    const engine = await loadEngine(folder)
    return [
      ...(await measureRuns({ server, engine, openStore, openFile })),
      ...(await measureAppends(server, openStore)),
      ...(await measureWatchers(server)),
    ]
  } finally {
    await server.stop()
  }
}
