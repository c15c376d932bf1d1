// Who may serve a store whose last server left its name behind.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createMemoryStore } from '@stepflow/engine'
import { thisHost } from '@stepflow/engine/node'
import { createManualClock } from '@stepflow/engine/testing'
import { expect, onTestFinished, test } from 'vitest'
import { servedAt, takeSeat } from '../src/serving/server-seat.ts'

const NOW = Date.UTC(2026, 10, 30)

/** A store that says that a server was heard of a moment ago. */
async function storeOf(holder: { readonly pid: number; readonly process?: string }) {
  const store = createMemoryStore()
  const value = { host: thisHost(), seenAt: NOW, url: 'http://127.0.0.1:1', ...holder }
  await store.records.put({ collection: 'server', key: 'seat', version: 0, value })
  const clock = createManualClock(NOW)
  const take = () => takeSeat({ store, clock, log: () => {}, onLost: () => {} })
  return { store, take }
}

async function ended(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  return child.pid as number // it was there
}

test('a server that was killed on this machine is replaced at once, not after its silence', async () => {
  const { store, take } = await storeOf({ pid: await ended() })

  expect(await servedAt(store, NOW)).toBeUndefined()
  await (await take()).leave()
})

test('so is one that had the number which we have now, as in a container that is started again', async () => {
  const { take } = await storeOf({ pid: process.pid, process: 'another' })

  await (await take()).leave()
})

test.runIf(process.platform === 'linux')('so is one that has ended, and of which nobody has asked how', async () => {
  // What the shell becomes does not know that it has a child.
  const child = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 600'])
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  for await (const part of child.stdout) {
    text += part
    if (text.includes('\n')) break
  }
  const { store, take } = await storeOf({ pid: Number(text) })
  while ((await servedAt(store, NOW)) !== undefined) await new Promise((resolve) => setTimeout(resolve, 5))

  await (await take()).leave()
})

test('one that lives keeps its place', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'])
  onTestFinished(() => void child.kill('SIGKILL'))
  const { store, take } = await storeOf({ pid: child.pid as number }) // it was there

  expect(await servedAt(store, NOW)).toBe('http://127.0.0.1:1')
  await expect(take()).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining(`process ${child.pid}`),
  })
})
