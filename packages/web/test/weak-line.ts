// A line between a browser and a server that fails as lines do: it breaks, or it is there and nothing comes. Not a test.

import { connect, createServer, type Socket } from 'node:net'

export interface WeakLine {
  /** Where the server is, over the line. */
  readonly url: string
  /** Breaks what is connected, and refuses what connects, until it is mended. */
  cut(): void
  /** Nothing gets through any more, and nobody is told. */
  fallSilent(): void
  /** What was cut can connect again; of what fell silent the old connections stay so. */
  mend(): void
  readonly end: () => Promise<void>
}

export async function weakLine(url: string): Promise<WeakLine> {
  const to = new URL(url)
  const pairs = new Set<readonly [Socket, Socket]>()
  let isCut = false
  const line = createServer((near) => {
    if (isCut) return near.destroy()
    const far = connect(Number(to.port), to.hostname)
    const pair = [near, far] as const
    pairs.add(pair)
    const end = () => {
      pairs.delete(pair)
      near.destroy()
      far.destroy()
    }
    for (const socket of pair) socket.on('error', end).on('close', end)
    near.pipe(far)
    far.pipe(near)
  })
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve))
  const { port } = line.address() as { port: number }
  const breakAll = () => {
    for (const [near, far] of pairs) {
      near.destroy()
      far.destroy()
    }
  }
  return {
    url: `http://127.0.0.1:${port}${to.pathname.replace(/\/$/, '')}`,
    cut() {
      isCut = true
      breakAll()
    },
    fallSilent() {
      for (const [near, far] of pairs) {
        near.unpipe(far).on('data', () => {})
        far.unpipe(near).on('data', () => {})
      }
    },
    mend() {
      isCut = false
    },
    async end() {
      breakAll()
      await new Promise((resolve) => line.close(resolve))
    },
  }
}
