// Schemas that change under nodes, and roles that may do less than a node needs: what is said, what stays, and what goes on.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { VERSION } from '../packages/store-postgres/src/migrate.ts'
import { rowsOf } from '../packages/store-postgres/test/rows-of.ts'
import { COPIED } from '../packages/store-postgres/test/versions/write-copy.ts'
import { withPostgres } from '../packages/store-postgres/test/with-postgres.ts'
import { WITHIN, WRONG } from './cluster.ts'
import { commandEnded } from './faults/command-ended.ts'
import { flows } from './faults/load.ts'
import { nodesOn } from './faults/nodes-on.ts'
import { ask, inputLines, numbers, postLines, resultsOf, submitLines } from './requests.ts'
import { root } from './stepflow.ts'

const LIMIT = { timeout: 240_000 }
const MOMENTS = ['before', 'after', 'answer']
/** What a migration writes, in this order for each version. */
const STATEMENTS = [
  'BEGIN',
  '.*(CREATE|ALTER|DROP) (TABLE|INDEX|FUNCTION)',
  'UPDATE schema_version SET version',
  'COMMIT',
]

await withPostgres((server) => {
  const { cluster, at, serve } = nodesOn(server, flows)
  const sql = (text: string) => rowsOf(server.url, text)
  const migrate = (store: string, env = {}) => commandEnded(cluster.home, ['migrate', '--store', store], env)
  /** A schema of before, with runs in it, under another name. */
  const older = async (name: string) => {
    const copy = join(root, 'packages/store-postgres/test/versions', `${String(VERSION - 1).padStart(4, '0')}.sql`)
    await sql(
      `DROP SCHEMA IF EXISTS ${COPIED} CASCADE; ${readFileSync(copy, 'utf8')}; ALTER SCHEMA ${COPIED} RENAME TO ${name}`,
    )
  }

  test(
    'programs that migrate at once bring a schema to its version, from nothing and from the one before',
    LIMIT,
    async () => {
      await older('from_older')
      for (const schema of ['from_older', 'from_nothing']) {
        const ended = await Promise.all(numbers(3).map(() => migrate(at(schema))))
        expect(ended.map(({ code, said }) => [code, said])).toEqual(numbers(3).map(() => [0, '']))
        expect(await sql(`SELECT version FROM ${schema}.schema_version`)).toEqual([{ version: VERSION }])
      }
    },
  )

  test(
    'a migration that is killed at any of its statements is done whole by the next, and nodes work on it',
    LIMIT,
    async () => {
      const hook = { NODE_OPTIONS: `--require ${root}/test/faults/kill-around.cjs` }
      const lane = async (moment: string) => {
        const schema = `killed_${moment}`
        // Who dies at the answer to a COMMIT has brought the schema to the next version.
        for (let version = 0; version < (moment === 'answer' ? VERSION : 1); version++) {
          for (const statement of STATEMENTS) {
            const { signal } = await migrate(at(schema), { ...hook, KILL_AT: `${moment} ^Q.{4}(${statement})` })
            expect([version, statement, signal]).toEqual([version, statement, 'SIGKILL'])
          }
        }
        return schema
      }
      const schemas = await Promise.all(MOMENTS.map(lane))
      for (const schema of schemas) {
        const { code, said } = await migrate(at(schema))
        expect([schema, code, said]).toEqual([schema, 0, ''])
      }
      const [{ url }] = await Promise.all([serve(at(schemas[0] as string), '--no-migrate')])
      expect(await resultsOf(url, await submitLines(url, 'work', inputLines(5, 1), ''))).toEqual(numbers(5))
    },
  )

  test(
    'what another program has put into our schema is left alone, or named where it is in the way',
    LIMIT,
    async () => {
      const { code } = await migrate(at('shared'))
      expect(code).toBe(0)
      await sql('CREATE TABLE shared.of_others (a integer); INSERT INTO shared.of_others VALUES (7)')
      const { url } = await serve(at('shared'))
      expect(await resultsOf(url, await submitLines(url, 'work', inputLines(5, 1), ''))).toEqual(numbers(5))
      expect(await sql('SELECT a FROM shared.of_others')).toEqual([{ a: 7 }])

      await sql(
        'CREATE SCHEMA in_the_way; CREATE FUNCTION in_the_way.refuse() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$',
      )
      const refused = await migrate(at('in_the_way'))
      expect([refused.code, refused.said]).toEqual([
        2,
        expect.stringMatching(/"refuse" already exists.*another program/),
      ])
      expect(await sql(`SELECT FROM pg_class WHERE relnamespace = 'in_the_way'::regnamespace`)).toEqual([])
    },
  )

  test(
    'a role is told all that it lacks, works with what it needs, and waits while something of it is taken away',
    LIMIT,
    async () => {
      await migrate(at('granted'))
      await sql(
        'CREATE ROLE guest LOGIN; GRANT USAGE ON SCHEMA granted TO guest; GRANT SELECT ON granted.schema_version, granted.runs TO guest',
      )
      const asGuest = at('granted').replace('//stepflow:', '//guest:')
      const early = cluster.begin(['worker'], { store: asGuest })
      const lacks =
        /the user "guest" may not work on the store .* it lacks SELECT, INSERT, UPDATE, DELETE on blobs;.*GRANT SELECT, INSERT/
      expect([await early.ended, early.said()]).toEqual([2, expect.stringMatching(lacks)])
      const grants = /GRANT .* TO .?"guest.?"; GRANT USAGE .* TO .?"guest.?"/
        .exec(early.said())?.[0]
        .replaceAll('\\"', '"')
      await sql(grants as string)

      const { url, said } = await serve(asGuest)
      expect(await resultsOf(url, await submitLines(url, 'work', inputLines(5, 1), ''))).toEqual(numbers(5))
      cluster.forgetCalls()
      const id = await submitLines(url, 'work', inputLines(4, 1_500), '')
      await vi.waitFor(() => expect(cluster.calls()).toHaveLength(4), WITHIN)
      await sql('REVOKE INSERT ON granted.journal FROM guest')
      await vi.waitFor(() => expect(said()).toMatch(/the store is away.*permission denied for table journal/), WITHIN)
      expect((await postLines(url, 'work', inputLines(1, 1), '')).status).toBe(503)
      await sql('GRANT INSERT ON granted.journal TO guest')
      expect(await resultsOf(url, id)).toEqual(numbers(4))
      expect(cluster.calls()).toHaveLength(8)
      expect((await ask(url, `/runs/${id}`)).status).toBe('completed')
      expect(said()).not.toMatch(WRONG)
    },
  )
})
