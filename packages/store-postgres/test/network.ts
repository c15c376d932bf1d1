// A network between a store and its server that a test can break: cut, hold without a word, slow down, lose an answer.

import { connect, createServer, type Socket } from 'node:net'

export interface Network {
  readonly port: number
  /** From the next answer to such a statement on, nothing comes back; then the connections break. Resolves when one was lost. */
  loseAnswer(to?: 'append-' | 'take-due'): Promise<void>
  /** Breaks all connections; new ones are refused until `mend`. */
  cut(): void
  /** Passes nothing on in either direction, and says nothing: as after a cable was pulled. */
  hold(): void
  /** Each way takes so long from now on. */
  delay(ms: number): void
  /** What was held goes on, new connections are let in, nothing takes long. */
  mend(): void
  stop(): Promise<void>
}

export async function startNetwork(to: number): Promise<Network> {
  const sockets = new Set<Socket>()
  const held: (() => void)[] = []
  let [isCut, isHeld, delayMs] = [false, false, 0]
  let onLost: (() => void) | undefined
  let lost = ''
  const breakAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  const pass = (socket: Socket, data: Buffer) => {
    const write = () => void (socket.destroyed || socket.write(data))
    if (isHeld) held.push(write)
    else if (delayMs > 0) setTimeout(write, delayMs)
    else write()
  }
  const server = createServer((client) => {
    if (isCut) return void client.destroy()
    const target = connect(to, '127.0.0.1')
    for (const socket of [client, target]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    let isAsked = false
    client.on('data', (data) => {
      // What a statement is for is in its name.
      if (onLost && data.includes(lost)) isAsked = true
      pass(target, data)
    })
    target.on('data', (data) => {
      if (!onLost || !isAsked) return pass(client, data)
      breakAll()
      onLost()
      onLost = undefined
    })
    client.on('close', () => target.destroy())
    target.on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    loseAnswer: (to = 'append-') =>
      new Promise((resolve) => {
        lost = to
        onLost = resolve
      }),
    cut() {
      isCut = true
      breakAll()
    },
    hold() {
      isHeld = true
    },
    delay(ms) {
      delayMs = ms
    },
    mend() {
      ;[isCut, isHeld, delayMs] = [false, false, 0]
      for (const write of held.splice(0)) write()
    },
    stop() {
      breakAll()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
