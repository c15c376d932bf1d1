// The configuration of an MCP server: a program, or an address and what is sent along.

import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { At, ConfigReader, Fields } from './config-reader.ts'
import { type Program, readProgram } from './read-program.ts'
import { readUrl } from './read-url.ts'

export type McpConfig = {
  /** From its start to the end of the handshake. */
  readonly startupTimeoutMs?: number
} & (Program | McpRemote)

/** An MCP server that others start. */
export interface McpRemote {
  readonly url: string
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>
}

export const MCP_KEYS = { command: [], args: [], env: [], url: [], headers: [], startup_timeout: [] } as const

export function readMcp(
  reader: ConfigReader,
  at: At,
  fields: Fields,
  what: string,
  directory: string,
): McpConfig | undefined {
  const [isProgram, isRemote] = [fields.has('command'), fields.has('url')]
  if (isProgram && isRemote) return reader.error(at, `${what} has both "command" and "url"`, 'keep one of them')
  if (!isProgram && !isRemote) {
    return reader.error(at, `${what} has neither "command", the program that is the MCP server, nor its "url"`)
  }
  for (const key of isRemote ? ['args', 'env'] : ['headers']) {
    const place = fields.get(key)
    if (!place) continue
    const why = isRemote ? 'a server with a "url" is not started' : 'only a server with a "url" is sent headers'
    reader.say('hint', 'KEY_WITHOUT_EFFECT', place, `"${key}" of ${what} has no effect: ${why}`)
  }
  const startupTimeoutMs = reader.duration(fields.get('startup_timeout'), `"startup_timeout" of ${what}`)
  const server = isRemote ? readRemote(reader, fields, what) : readProgram(reader, fields, what, directory)
  return server && { ...server, ...(startupTimeoutMs === undefined ? {} : { startupTimeoutMs }) }
}

// ---

function readRemote(reader: ConfigReader, fields: Fields, what: string): McpRemote | undefined {
  const url = readUrl(reader, fields.get('url'), `"url" of ${what}`)
  const headers = readHeaders(reader, fields.get('headers'), what)
  return url === undefined || headers === undefined ? undefined : { url, headers }
}

/** Checked here, where the line is known: a value that cannot be sent must not be quoted later, it may be secret. */
function readHeaders(reader: ConfigReader, at: At | undefined, what: string): Record<string, string> | undefined {
  const headers = reader.textsByName(at, `"headers" of ${what}`, 'braced') ?? {}
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    } catch {
      return reader.error(at as At, `the header "${name}" of ${what} has characters that no header can have`) // it was read
    }
  }
  return headers
}
