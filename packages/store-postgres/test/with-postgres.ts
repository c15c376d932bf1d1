// Tests that need PostgreSQL: on a server that they share and that ends with their file, or skipped where there is none.

import { afterAll, test } from 'vitest'
import { type PostgresServer, startPostgres } from './server.ts'

export async function withPostgres(
  suite: (server: PostgresServer) => void | Promise<void>,
  env?: Readonly<Record<string, string>>,
): Promise<void> {
  const server = await startPostgres('debian', env)
  if (typeof server === 'string') {
    test.skip(`PostgreSQL: ${server}`, () => {})
    return
  }
  afterAll(() => server.stop())
  await suite(server)
}
