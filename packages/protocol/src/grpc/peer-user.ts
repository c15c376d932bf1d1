// Whose process is at the other end of a connection over the loopback, as far as the system says it: Linux lists its sockets
// with their users. Elsewhere nobody knows.

import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'

/** A table that changes while it is read may lack a line. */
const TRIES = 3

/** Undefined: not known. */
export function userAt(socket: Socket): number | undefined {
  const { remoteAddress: address, remotePort, localPort } = socket
  if (process.platform !== 'linux' || address !== '127.0.0.1' || !remotePort || !localPort) return undefined
  for (let n = 0; n < TRIES; n++) {
    // The other end may be a socket of IPv6 for an address of IPv4, as Java's are.
    for (const name of ['tcp', 'tcp6']) {
      const user = userIn(tableOfSockets(name), remotePort, localPort)
      if (user !== undefined) return user
    }
  }
  return undefined
}

/**
 * Of a socket at 127.0.0.1:`from` that is connected to 127.0.0.1:`to`, in the text of /proc/net/tcp or tcp6. Its own port is
 * not enough: what is left of closed connections has ports that are given again, and root for its user.
 */
export function userIn(table: string, from: number, to: number): number | undefined {
  for (const line of table.split('\n')) {
    const columns = line.trim().split(/\s+/)
    if (columns[STATE] === TIME_WAIT || !isAt(columns[LOCAL], from) || !isAt(columns[REMOTE], to)) continue
    return Number(columns[USER])
  }
  return undefined
}

// ---

const LOCAL = 1
const REMOTE = 2
const STATE = 3
const USER = 7
const TIME_WAIT = '06'
/** 127.0.0.1, and as an address of IPv6. */
const LOOPBACK = /^(?:0000000000000000FFFF0000)?0100007F:([0-9A-F]{4})$/

function isAt(column: string | undefined, port: number): boolean {
  const found = LOOPBACK.exec(column ?? '')?.[1]
  return found !== undefined && Number.parseInt(found, 16) === port
}

function tableOfSockets(name: string): string {
  try {
    return readFileSync(`/proc/net/${name}`, 'latin1')
  } catch {
    return ''
  }
}
