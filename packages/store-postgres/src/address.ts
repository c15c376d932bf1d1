// Where a database is, and which schema of it: read from a URL. The password stands in what the library connects by, and
// nowhere else.

import { FlowError } from '@stepflow/engine'

export interface Address {
  /** For messages: without user, password and options. */
  readonly name: string
  readonly schema: string
  /** For the library. */
  readonly url: string
}

export const DEFAULT_SCHEMA = 'stepflow'

/** Throws INVALID_INPUT, without repeating the text: it may hold a password. */
export function addressOf(text: string): Address {
  const url = parse(text)
  const schema = url.searchParams.get('schema') ?? DEFAULT_SCHEMA
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema) || schema.startsWith('pg_')) {
    throw invalid(
      `"schema" is ${JSON.stringify(schema)}, but must be a name of small letters, digits and _, not beginning with pg_`,
    )
  }
  url.searchParams.delete('schema')
  const host = url.searchParams.get('host') ?? (url.hostname || 'localhost')
  const place = host.startsWith('/') ? `${host} ` : `${host}:${url.port || '5432'}`
  const shown = `postgres://${place}/${decodeURIComponent(url.pathname.slice(1))}`
  return { name: schema === DEFAULT_SCHEMA ? shown : `${shown}?schema=${schema}`, schema, url: url.href }
}

/** What the stores of a schema tell one another by. */
export function channelOf({ schema }: Address): string {
  return `stepflow_${schema}`.slice(0, 63)
}

// ---

function parse(text: string): URL {
  let url: URL | undefined
  try {
    url = new URL(text)
    decodeURIComponent(url.pathname + url.username + url.password)
  } catch {
    throw invalid(
      'it cannot be read; characters like @, / and % in a user name or password are written as %40, %2F, %25',
    )
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:')
    throw invalid('it does not begin with postgres://')
  if (url.pathname.length < 2) throw invalid('it names no database: postgres://HOST:PORT/DATABASE')
  return url
}

function invalid(why: string): FlowError {
  return new FlowError('INVALID_INPUT', `the URL of a PostgreSQL store is wrong: ${why}`)
}
