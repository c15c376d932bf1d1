// Whose process is at the other end of a connection over the loopback, as far as the system says it: Linux lists its sockets
// with their users. Elsewhere nobody knows.

import { readFileSync } from 'node:fs'

/** Undefined: not known. `peer` is `127.0.0.1:PORT`, where the other end is bound. */
export function userAt(peer: string): number | undefined {
  const port = /^127\.0\.0\.1:(\d+)$/.exec(peer)?.[1]
  if (process.platform !== 'linux' || port === undefined) return undefined
  const local = `0100007F:${Number(port).toString(16).toUpperCase().padStart(4, '0')}`
  for (const line of tableOfSockets().split('\n')) {
    const columns = line.trim().split(/\s+/)
    if (columns[LOCAL] === local) return Number(columns[USER])
  }
  return undefined
}

// ---

const LOCAL = 1
const USER = 7

function tableOfSockets(): string {
  try {
    return readFileSync('/proc/net/tcp', 'latin1')
  } catch {
    return ''
  }
}
