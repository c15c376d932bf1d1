// PgBouncer between a store and its database: with a session for each client it is as good as none; with one for each
// transaction it is refused.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { chown } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPostgresStore, migratePostgres } from '@stepflow/store-postgres'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { freePort } from '../../../test/free-port.ts'
import { created, settled } from './entries.ts'
import { rowsOf } from './rows-of.ts'
import { installPackage, type PostgresServer } from './server.ts'
import { withPostgres } from './with-postgres.ts'

const PROGRAM = '/usr/sbin/pgbouncer'
const WITHIN = { timeout: 50_000 }
await withPostgres(async (server) => {
  const why = existsSync(PROGRAM) ? undefined : await installPackage('pgbouncer')
  if (existsSync(PROGRAM)) suite(server)
  else test.skip(`PgBouncer: ${why ?? 'it was installed, and is not there'}`, () => {})
})

function suite(server: PostgresServer): void {
  test('with a session for each client, a store works: news, wakes and a restart of the database, too', async () => {
    const pooler = await startPooler(server, 'session')
    const url = `${pooler.url}?schema=pooled`
    const [store, other] = [await createPostgresStore({ url }), await createPostgresStore({ url })]
    const heard: number[] = []
    other.watch({ run: 'r' }, ({ seq }) => heard.push(seq))
    await other.cursor()
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', [null])] })
    await vi.waitFor(() => expect(heard).toEqual([0]), WITHIN)
    const driven: string[] = []
    const { stop } = other.work(async (journal) => {
      driven.push(journal)
      return null
    })
    await store.putDown?.({ journal: 'r/0', at: 0 })
    await vi.waitFor(() => expect(driven).toEqual(['r/0']), WITHIN)
    await stop()

    await server.restart('SIGINT')
    await vi.waitFor(() => store.append({ journal: 'r/0', entries: [settled(1)] }), WITHIN)
    await vi.waitFor(() => expect(heard).toEqual([0, 1]), WITHIN)
    await Promise.all([store.close(), other.close()])
    await pooler.stop()
  })

  test.each(['transaction', 'statement'] as const)('with a session for each %s, it is refused', async (mode) => {
    const pooler = await startPooler(server, mode)
    const refused = {
      code: 'INVALID_INPUT',
      message: expect.stringContaining(
        'is a pooler that gives each transaction another session: set its pool_mode to session',
      ),
    }
    const url = `${pooler.url}?schema=never_${mode}`
    await expect(createPostgresStore({ url })).rejects.toMatchObject(refused)
    await expect(migratePostgres(url, false)).rejects.toMatchObject(refused)
    await pooler.stop()

    expect(await rowsOf(server.url, `SELECT FROM pg_namespace WHERE nspname LIKE 'never%'`)).toEqual([])
  })
}

// ---

async function startPooler(server: PostgresServer, mode: string): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'stepflow-pooler-'))
  const { uid, gid } = server.account
  if (uid !== undefined && gid !== undefined) await chown(folder, uid, gid)
  const port = await freePort()
  writeFileSync(join(folder, 'users'), '"stepflow" "s3cr@t"\n')
  writeFileSync(
    join(folder, 'pgbouncer.ini'),
    `[databases]
postgres = host=127.0.0.1 port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${folder}/users
pool_mode = ${mode}
server_login_retry = 1
`,
  )
  const child: ChildProcess = spawn(PROGRAM, ['-q', join(folder, 'pgbouncer.ini')], {
    ...server.account,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr?.on('data', (text) => {
    said = (said + text).slice(-4_000)
  })
  const url = server.url.replace(`:${server.port}/`, `:${port}/`)
  await vi.waitFor(async () => {
    if (child.exitCode !== null) throw new Error(`PgBouncer ended at its start: ${said}`)
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    await client.connect()
    await client.end()
  }, WITHIN)
  return {
    url,
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGQUIT')
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
