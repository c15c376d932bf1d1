// Brings a schema to this program's version, forward only and each version in one transaction, or says why it cannot.

import { FlowError } from '@stepflow/engine'
import type pg from 'pg'
import type { Address } from './address.ts'
import { sql as first } from './sql/0001.ts'
import { sql as second } from './sql/0002.ts'
import { sql as third } from './sql/0003.ts'
import { sql as fourth } from './sql/0004.ts'
import { askUnhurried } from './unhurried.ts'

interface Migration {
  readonly sql: string
  /** Of the programs that know an older version, those that know at least this one may go on beside it. */
  readonly oldest: number
}

/** In the order of their numbers; only ever added to. */
const migrations: readonly Migration[] = [
  { sql: first, oldest: 1 },
  { sql: second, oldest: 2 },
  { sql: third, oldest: 3 },
  { sql: fourth, oldest: 3 },
]

/** Of the schema, as this program writes it. */
export const VERSION = migrations.length

/** Of the schema: 0 if it is not there, or empty. Throws if it is not ours, or too new for us. */
export async function schemaVersion(client: pg.Client, address: Address): Promise<number> {
  const { name, schema } = address
  const { rows } = await client.query<{ tables: string[] }>(
    `SELECT coalesce(array_agg(c.relname::text), '{}') AS tables FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')`,
    [schema],
  )
  const tables = rows[0]?.tables ?? []
  if (tables.length === 0) return 0
  if (!tables.includes('schema_version')) {
    const message = `the schema of ${name} is another program's (it has ${tables.slice(0, 3).join(', ')}); name another one: ?schema=NAME`
    throw new FlowError('INVALID_INPUT', message)
  }
  const found = await client.query<SchemaRow>(`SELECT * FROM "${schema}".schema_version`)
  const { version = 0, oldest = version } = found.rows[0] ?? {}
  if (version > VERSION && oldest > VERSION) throw tooNew(name, version)
  return version
}

/** What is thrown at programs that are too old for a schema. */
export function tooNew(name: string, version: number): FlowError {
  const message = `the store ${name} was written by a newer stepflow (schema ${version}; this one knows ${VERSION}): update stepflow`
  return new FlowError('INVALID_INPUT', message)
}

/** Several processes may come at once: one migrates, the others wait for it and find it done. Gives the version of before. */
export async function migrate(client: pg.Client, address: Address): Promise<number> {
  const { schema } = address
  const before = await schemaVersion(client, address)
  for (let version = before; version < VERSION; version++) {
    await client.query('BEGIN')
    try {
      const lock = { text: 'SELECT pg_advisory_xact_lock(hashtext($1))', values: [`stepflow ${schema}`] }
      await askUnhurried(client, address, lock)
      if ((await schemaVersion(client, address)) === version) {
        if (version === 0) await client.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`)
        await client.query(`SET LOCAL search_path TO "${schema}"`)
        if (version === 0) await client.query(BEGIN_COUNTING)
        const { sql, oldest } = migrations[version] as Migration
        await askUnhurried(client, address, { text: sql })
        await client.query('UPDATE schema_version SET version = version + 1')
        if (version >= SAYS_OLDEST) await client.query('UPDATE schema_version SET oldest = $1', [oldest])
      }
      await client.query('COMMIT')
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {})
      throw error
    }
  }
  return before
}

/** Refuses what we could not work on; gives what is worth a warning. */
export async function checkServer(client: pg.Client, { name }: Address): Promise<string | undefined> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    `SELECT name, setting FROM pg_settings
     WHERE name IN ('server_version_num', 'server_encoding', 'fsync', 'synchronous_commit')`,
  )
  const settings = new Map(rows.map((row) => [row.name, row.setting]))
  const version = Number(settings.get('server_version_num'))
  if (version < 130_000) {
    throw new FlowError('INVALID_INPUT', `${name} is PostgreSQL ${Math.floor(version / 10_000)}: 13 or newer is needed`)
  }
  const encoding = settings.get('server_encoding')
  if (encoding !== 'UTF8') {
    throw new FlowError('INVALID_INPUT', `the database of ${name} is encoded as ${encoding}: UTF8 is needed`)
  }
  const lax = ['fsync', 'synchronous_commit'].filter((setting) => settings.get(setting) === 'off')
  if (lax.length === 0) return undefined
  return `${name} does not wait for its disk (${lax.join(' and ')} off): a crash of its machine loses the newest of what was written`
}

/** What the store of a schema is called in its cursors, and what is added to the numbers of its transactions. */
export async function readMarks(client: pg.Client): Promise<{ readonly store: string; readonly base: number }> {
  // Where a dump was restored, the cluster counts its transactions from another number on. New ones come after all that is
  // there, and nobody's cursor of before is good any more.
  await client.query(`
    UPDATE marks SET value = CASE name WHEN 'base' THEN last.tx ELSE floor(random() * 1000000000000) END
    FROM (SELECT max(tx) AS tx FROM (SELECT max(tx) AS tx FROM journal UNION ALL SELECT max(tx) FROM logs) AS written) AS last
    WHERE name IN ('base', 'store') AND last.tx >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
      + (SELECT value FROM marks WHERE name = 'base')`)
  const { rows } = await client.query<{ name: string; value: string }>(
    `SELECT name, value FROM marks WHERE name IN ('store', 'base')`,
  )
  const marks = new Map(rows.map(({ name, value }) => [name, Number(value)]))
  return { store: (marks.get('store') ?? 0).toString(36), base: marks.get('base') ?? 0 }
}

// ---

const BEGIN_COUNTING = `CREATE TABLE schema_version (version integer NOT NULL);
INSERT INTO schema_version VALUES (0)`

/** From the version after this one on, the schema says which older programs may work on it. */
const SAYS_OLDEST = 3

interface SchemaRow {
  readonly version: number
  readonly oldest?: number
}
