// Recognises a pooler that lends each transaction another session. Ours must keep theirs: settings, prepared statements and
// LISTEN live in a session.

import { FlowError } from '@stepflow/engine'
import pg from 'pg'
import type { Address } from './address.ts'

/** Throws INVALID_INPUT. `client` is connected; another connection is made only if something stands in between. */
export async function refuseTransactionPooling(client: pg.Client, { name, url }: Address): Promise<void> {
  const first = await sessionOf(client)
  // What the server itself told us when we connected; a pooler makes up a number of its own.
  if (first === (client as unknown as { processID: number | null }).processID) return // the library's types lack it
  const other = new pg.Client({
    connectionString: url,
    application_name: 'stepflow',
    connectionTimeoutMillis: LIMIT_MS,
  })
  other.on('error', () => {})
  try {
    await other.connect()
    // Nobody shares a session with us, and we keep ours.
    const others = await sessionOf(other)
    if (others !== first && (await sessionOf(client)) === first) return
  } finally {
    await other.end().catch(() => {})
  }
  throw new FlowError(
    'INVALID_INPUT',
    `${name} is a pooler that gives each transaction another session: set its pool_mode to session, or name the database itself`,
  )
}

// ---

const LIMIT_MS = 10_000

async function sessionOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return rows[0]?.pid ?? 0
}
