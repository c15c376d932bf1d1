// Keeps connections below what the system lets this process have open: whoever holds one without asking for anything gives way,
// the longest first, to whoever comes. Requests under way are never cut for that.

import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

export function boundConnections(server: Server): void {
  const most = mostConnections()
  const all = new Set<Socket>()
  /** Without a request under way, the longest first. */
  const idle = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    if (all.size >= most) {
      const [oldest] = idle
      if (oldest) leave(oldest)
      else return void socket.destroy()
    }
    all.add(socket)
    idle.add(socket)
    socket.once('close', () => forget(socket))
  })
  server.on('request', ({ socket }, response) => {
    idle.delete(socket)
    response.once('close', () => {
      if (all.has(socket)) idle.add(socket)
    })
  })

  function leave(socket: Socket): void {
    forget(socket)
    socket.destroy()
  }

  function forget(socket: Socket): void {
    all.delete(socket)
    idle.delete(socket)
  }
}

// ---

/** More would take much memory, and no server of ours answers as many. */
const MOST = 16_384
/** For the store, the flows, component servers. */
const KEPT_FREE = 128

function mostConnections(): number {
  return Math.max(16, Math.min(MOST, openFilesLimit() - KEPT_FREE))
}

function openFilesLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? MOST : Number(soft)
  } catch {
    return 1024 // no Linux; Node asks for as many as it may have, and that is more
  }
}
