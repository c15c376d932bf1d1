// Asks what may take as long as it takes, on a connection that may die without a word meanwhile: another one asks now and then
// whether the database still works for it. If twice it does not, and nothing has arrived, the session is ended, and with it the
// locks that it holds: whoever comes next need not wait for what nobody will hear of.

import pg from 'pg'
import type { Address } from './address.ts'
import { streamOf } from './connection.ts'

const LOOK_MS = 5_000
/** Nobody waits for longer for whoever looks. */
const LOOK_LIMIT_MS = 10_000
/** The longest that the library takes: 24 days. */
const NO_LIMIT_MS = 2 ** 31 - 1

export async function askUnhurried(
  client: pg.Client,
  address: Address,
  statement: { readonly text: string; readonly values?: unknown[] },
  lookMs = LOOK_MS,
): Promise<void> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const pid = rows[0]?.pid as number // one row
  let [isOver, quiet, isLooking] = [false, 0, false]
  const look = async () => {
    const isQuiet = await looked(address, (probe) => isIdle(probe, pid))
    // What has arrived by now is read first.
    await new Promise((next) => setImmediate(next))
    // It cannot be asked while the database is away.
    if (isQuiet !== undefined) quiet = isQuiet ? quiet + 1 : 0
    if (isOver || quiet < 2) return
    isOver = true
    await looked(address, (probe) => probe.query('SELECT pg_terminate_backend($1)', [pid]))
    streamOf(client)?.destroy()
  }
  const timer = setInterval(() => {
    if (isLooking || isOver) return
    isLooking = true
    void look().finally(() => {
      isLooking = false
    })
  }, lookMs)
  try {
    await client.query({ ...statement, query_timeout: NO_LIMIT_MS } as pg.QueryConfig) // not in the types
  } finally {
    isOver = true
    clearInterval(timer)
  }
}

// ---

/** On a connection of its own; undefined if the database does not answer. */
async function looked<T>(address: Address, look: (probe: pg.Client) => Promise<T>): Promise<T | undefined> {
  const probe = new pg.Client({
    connectionString: address.url,
    application_name: 'stepflow',
    connectionTimeoutMillis: LOOK_LIMIT_MS,
    query_timeout: LOOK_LIMIT_MS,
  })
  probe.on('error', () => {})
  try {
    await probe.connect()
    return await look(probe)
  } catch {
    return undefined
  } finally {
    await probe.end().catch(() => {})
  }
}

/** In a transaction, it waits for what comes next. */
async function isIdle(probe: pg.Client, pid: number): Promise<boolean> {
  const { rows } = await probe.query("SELECT FROM pg_stat_activity WHERE pid = $1 AND state NOT LIKE 'idle%'", [pid])
  return rows.length === 0
}
