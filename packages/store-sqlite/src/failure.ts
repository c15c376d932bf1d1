// What SQLite throws, as errors that say what happened to which file and what to do.

import { FlowError } from '@stepflow/engine'

/** SQLite's primary result codes, as far as they mean something to us. */
const BUSY = 5
const LOCKED = 6
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const TOOBIG = 18
const NOTADB = 26

export function isBusy(error: unknown): boolean {
  const code = primaryCode(error)
  return code === BUSY || code === LOCKED
}

/** `doing` as in "cannot ... the store FILE". */
export function storeFailure(thrown: unknown, path: string, doing: string): FlowError {
  if (FlowError.is(thrown)) return thrown
  const { message } = thrown as Error
  const what = `cannot ${doing} the store ${path}`
  const options = { cause: thrown }
  // Asked again, it would say the same.
  const forGood = { cause: thrown, retryable: false }
  switch (primaryCode(thrown)) {
    case BUSY:
    case LOCKED:
      return new FlowError(
        'RESOURCE_UNAVAILABLE',
        `${what}: another program keeps it locked; end that program`,
        options,
      )
    case READONLY:
      return new FlowError(
        'RESOURCE_UNAVAILABLE',
        `${what}: the file or its folder cannot be written; check their permissions`,
        options,
      )
    case FULL:
      return new FlowError('RESOURCE_UNAVAILABLE', `${what}: the disk is full; make room and try again`, options)
    case IOERR:
      return new FlowError(
        'RESOURCE_UNAVAILABLE',
        `${what}: reading or writing failed (${message}); check the disk and its room`,
        options,
      )
    case CANTOPEN:
      return new FlowError(
        'RESOURCE_UNAVAILABLE',
        `${what}: the file cannot be opened or made; check the folder and its permissions`,
        options,
      )
    case TOOBIG:
      return new FlowError('RESOURCE_UNAVAILABLE', `${what}: a value is larger than SQLite takes (1 GB)`, forGood)
    case NOTADB:
      return new FlowError('INVALID_INPUT', `${what}: the file is not a SQLite database; name another one`, options)
    case CORRUPT:
      return new FlowError(
        'RESOURCE_UNAVAILABLE',
        `${what}: the file is damaged (${message}); restore a copy, or try \`sqlite3 FILE .recover\``,
        forGood,
      )
    default:
      return new FlowError('INTERNAL', `${what}: ${message}`, options)
  }
}

export function closedStore(path: string): FlowError {
  return new FlowError('RESOURCE_UNAVAILABLE', `the store ${path} is closed`, { retryable: false })
}

// ---

/** node:sqlite has `errcode`, libsql `rawCode`; what libsql throws on opening has the code at the end of its text. */
function primaryCode(error: unknown): number | undefined {
  const { errcode, rawCode, message } = error as { errcode?: number; rawCode?: number; message?: string }
  const code = errcode ?? rawCode ?? /^ConnectionFailed\(.*: (\d+)"\)$/.exec(message ?? '')?.[1]
  return code === undefined ? undefined : Number(code) & 0xff
}
