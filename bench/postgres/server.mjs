// A PostgreSQL of a benchmark's own, as the tests have it; or why there is none here.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import pg from 'pg'

export async function startPostgres(folder) {
  const file = join(folder, 'server.mjs')
  await build({
    entryPoints: [new URL('../../packages/store-postgres/test/server.ts', import.meta.url).pathname],
    ...{ bundle: true, platform: 'node', format: 'esm', outfile: file, logLevel: 'error' },
    // It is read from where we are.
    alias: { pg: new URL('../../node_modules/pg/esm/index.mjs', import.meta.url).pathname },
    external: ['pg-native'],
    banner: { js: `import { createRequire as __r } from 'node:module'; const require = __r(import.meta.url);` },
  })
  const module = await import(pathToFileURL(file).href)
  const server = await module.startPostgres()
  if (typeof server === 'string') return server
  /** Its rows; by a session of its own. */
  const query = async (text, values) => {
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    try {
      return (await client.query(text, values)).rows
    } finally {
      await client.end()
    }
  }
  return {
    ...server,
    query,
    /** The address of a new, empty database. */
    async database(name) {
      await query(`CREATE DATABASE ${name}`)
      return server.url.replace(/\/postgres$/, `/${name}`)
    },
  }
}
