// What the library and the database say, as errors that say what happened to which store and what to do. Never with the
// password: it stands in none of these texts, and the address is named without it.

import { FlowError } from '@stepflow/engine'

/** SQLSTATEs that somebody else's transaction caused: the same statement may be tried again at once. */
export function isCollision(error: unknown): boolean {
  const code = stateOf(error)
  return code === '40001' || code === '40P01' || code === '23505'
}

/** The connection, or the server as a whole: what was sent may have been done. */
export function isBroken(error: unknown): boolean {
  const state = stateOf(error)
  if (state === undefined) return !FlowError.is(error)
  return /^(08|57P|58)/.test(state)
}

/** `doing` as in "cannot ... the store NAME". */
export function storeFailure(thrown: unknown, name: string, doing: string): FlowError {
  if (FlowError.is(thrown)) return thrown
  const what = `cannot ${doing} the store ${name}`
  const { message } = thrown as Error
  const fail = (code: 'RESOURCE_UNAVAILABLE' | 'INVALID_INPUT' | 'INTERNAL', why: string, retryable?: false) =>
    new FlowError(code, `${what}: ${why}`, { cause: thrown, ...(retryable === undefined ? {} : { retryable }) })
  const state = stateOf(thrown)
  // What cannot be opened is named wrongly. Whoever has it open waits until its owner has mended what he took away.
  const refused = doing === 'open' ? 'INVALID_INPUT' : 'RESOURCE_UNAVAILABLE'
  // The network, or the library about it.
  if (state === undefined) return fail('RESOURCE_UNAVAILABLE', networkText(thrown))
  switch (state) {
    case '28P01':
    case '28000':
      return fail(refused, `the database lets this user not in (${message}); check user name and password`)
    case '3D000':
      return fail(refused, `there is no such database; make it with createdb, or name another one`)
    case '42501':
      return fail(refused, `${message}; the user must own the schema, or the right to make it`)
    case '42P07':
    case '42710':
    case '42723': {
      const why = `${message}: another program has put something into the schema that has a name of ours; rename it`
      return fail('INVALID_INPUT', why)
    }
    case '25006':
      return fail('RESOURCE_UNAVAILABLE', 'the database is read-only for now (a standby?)')
    case '53100':
      return fail('RESOURCE_UNAVAILABLE', "the database's disk is full; make room and try again")
    case '53300':
      return fail('RESOURCE_UNAVAILABLE', 'the database has no connection left; raise max_connections, or end others')
    case '57014':
      return fail('RESOURCE_UNAVAILABLE', `the database broke a statement off (${message})`)
    case '54000':
      return fail('RESOURCE_UNAVAILABLE', `a value is larger than PostgreSQL takes (${message})`, false)
  }
  // What we ask for is not there, or not as we know it: a newer program is at work, or has been; see `Store.unfit`.
  if (/^42(P01|703|883|804)$/.test(state)) {
    return fail('RESOURCE_UNAVAILABLE', `its schema is not the one that this program knows (${message})`)
  }
  if (/^(08|40|53|55|57|58)/.test(state)) return fail('RESOURCE_UNAVAILABLE', message)
  return fail('INTERNAL', `${message} (${state})`)
}

export function closedStore(name: string): FlowError {
  return new FlowError('RESOURCE_UNAVAILABLE', `the store ${name} is closed`, { retryable: false })
}

// ---

/** Five characters, of errors that the server sent. */
function stateOf(error: unknown): string | undefined {
  const { code, severity } = error as { code?: unknown; severity?: unknown }
  return severity !== undefined && typeof code === 'string' && code.length === 5 ? code : undefined
}

function networkText(thrown: unknown): string {
  // Of a host with several addresses: one for each.
  const { errors } = thrown as { errors?: readonly Error[] }
  const texts = errors?.length ? errors.map(({ message }) => message) : [(thrown as Error).message]
  return [...new Set(texts)].join('; ') || 'the connection failed'
}
