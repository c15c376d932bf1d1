// A network between a store and its server that a test can break: cut, hold without a word, slow down, lose an answer.

import { connect, createServer, type Socket } from 'node:net'

export interface Network {
  readonly port: number
  /** From the next answer to such a statement on, nothing comes back; then the connections break. Resolves when one was lost. */
  loseAnswer(to?: 'append-' | 'take-due'): Promise<void>
  /** Breaks all connections; new ones are refused until `mend`. */
  cut(): void
  /** Passes nothing on in either direction, or in one, and says nothing: as after a cable was pulled. */
  hold(way?: Way): void
  /** The connections that there are pass nothing on any more and never break; only those that listen, or all. New ones work. */
  deafen(which: 'listening' | 'all'): void
  /** Each way takes so long from now on. */
  delay(ms: number): void
  /** What was held goes on, new connections are let in, nothing takes long. */
  mend(): void
  stop(): Promise<void>
}

/** `there`: to the server. */
export type Way = 'there' | 'back'

export async function startNetwork(to: number): Promise<Network> {
  const sockets = new Set<Socket>()
  const held: (() => void)[] = []
  const listening = new Set<Socket>()
  const deaf = new Set<Socket>()
  const isHeld = { there: false, back: false }
  let [isCut, delayMs] = [false, 0]
  let onLost: (() => void) | undefined
  let lost = ''
  const breakAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  const pass = (socket: Socket, data: Buffer, way: Way) => {
    if (deaf.has(socket)) return
    const write = () => void (socket.destroyed || socket.write(data))
    if (isHeld[way]) held.push(write)
    else if (delayMs > 0) setTimeout(write, delayMs)
    else write()
  }
  const server = createServer((client) => {
    if (isCut) return void client.destroy()
    const target = connect(to, '127.0.0.1')
    for (const socket of [client, target]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        for (const set of [sockets, listening, deaf]) set.delete(socket)
      })
    }
    let isAsked = false
    client.on('data', (data) => {
      // What a statement is for is in its name.
      if (onLost && data.includes(lost)) isAsked = true
      if (data.includes('LISTEN')) for (const socket of [client, target]) listening.add(socket)
      pass(target, data, 'there')
    })
    target.on('data', (data) => {
      if (!onLost || !isAsked) return pass(client, data, 'back')
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
    hold(way) {
      for (const one of way ? [way] : (['there', 'back'] as const)) isHeld[one] = true
    },
    deafen(which) {
      for (const socket of which === 'all' ? sockets : listening) deaf.add(socket)
    },
    delay(ms) {
      delayMs = ms
    },
    mend() {
      ;[isCut, delayMs, isHeld.there, isHeld.back] = [false, 0, false, false]
      for (const write of held.splice(0)) write()
    },
    stop() {
      breakAll()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
