// The port that workers connect to. What it has let in it can throw out: gRPC's own server waits for the other end to close,
// and a connection that never says a word would keep this process alive. For a process that we start, other users of this
// machine are not let in.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { userAt } from './peer-user.ts'

export interface ConnectionsOptions {
  readonly host: string
  /** 0: whichever is free. */
  readonly port: number
  readonly isPrivate: boolean
  opened(socket: Socket): void
  /** One was turned away that belongs to another user. */
  refused(): void
}

export class Connections {
  readonly #options: ConnectionsOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(options: ConnectionsOptions) {
    this.#options = options
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket))
  }

  /** Its port; rejects if there is none to be had. */
  listen(): Promise<number> {
    const { host, port } = this.#options
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      // Node has addresses without the brackets of a URL.
      this.#server.listen(port, host.replace(/^\[|\]$/g, ''), () => {
        resolve((this.#server.address() as AddressInfo).port)
      })
    })
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  // ---

  #accept(socket: Socket): void {
    const { isPrivate, refused, opened } = this.#options
    socket.on('error', () => {})
    const user = isPrivate ? userAt(socket) : undefined
    if (user !== undefined && user !== 0 && user !== process.getuid?.()) {
      refused()
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    opened(socket)
  }
}
