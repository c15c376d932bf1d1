// Answers that go on for long: what becomes of them when a client stalls or leaves, and when the server ends.

import { type IncomingMessage, request } from 'node:http'
import { createManualClock } from '@stepflow/engine/testing'
import { expect, test } from 'vitest'
import { startServer, type TestServer, WAITS } from './start-server.ts'

const ECHOES = 'steps: [{ id: a, component: /builtin/noop, input: { $input: $ } }]\noutput: { $step: a }\n'

test('a reader of results that stalls holds up neither the run nor another reader', async () => {
  const server = await startServer()
  const inputs = Array.from({ length: 2_000 }, (_, n) => `${n} ${'x'.repeat(2_000)}`)
  const { body } = await server.call('POST', '/runs', { flow: ECHOES, inputs })
  const stalled = await reading(server, body.runId)

  const other = await server.call('GET', `/runs/${body.runId}/results`)

  expect(other.body.trim().split('\n')).toHaveLength(2_000)
  expect((await server.call('GET', `/runs/${body.runId}`)).body.status).toBe('completed')
  expect(await lengthOf(stalled)).toBe(other.body.length)
}, 30_000)

test('a server that ends breaks off the results of a run that goes on, so that the reader comes again', async () => {
  const server = await startServer()
  const { runId } = (await server.call('POST', '/runs', { flow: WAITS, input: {} })).body
  const answer = await reading(server, runId)
  const broken = new Promise((resolve) => answer.on('error', resolve))
  answer.resume()

  await server.close()

  expect(await broken).toMatchObject({ code: 'ECONNRESET' })
})

test('a reader that leaves is followed no longer', async () => {
  const server = await startServer()
  const { runId } = (await server.call('POST', '/runs', { flow: WAITS, input: {} })).body
  let watches = 0
  const { watch } = server.services.store
  server.services.store.watch = (of, listener) => {
    watches++
    const stop = watch.call(server.services.store, of, listener)
    let isStopped = false
    return () => {
      if (!isStopped) watches--
      isStopped = true
      stop()
    }
  }
  const answer = await reading(server, runId)
  expect(watches).toBeGreaterThan(0)
  answer.on('error', () => {})

  answer.destroy()

  while (watches > 0) await new Promise((resolve) => setImmediate(resolve))
})

test.each(['/events', '/runs/RUN/events', '/runs/RUN/results'])(
  '%s goes on for longer than a body may take',
  async (path) => {
    const clock = createManualClock(Date.UTC(2026, 10, 30))
    const server = await startServer({ clock })
    const { runId } = (await server.call('POST', '/runs', { flow: WAITS, input: {} })).body
    const answer = await streamOf(server, path.replace('RUN', runId))
    let text = ''
    let isBroken = false
    answer.on('data', (part) => {
      text += part
    })
    answer.on('error', () => {
      isBroken = true
    })

    for (let minute = 0; minute < 10; minute++) await clock.advance(60_000)
    expect(isBroken).toBe(false)
    await server.services.engine.signal(runId, { name: 'signal', signal: 'go', payload: 'at last' })

    while (!text.includes('"completed"') && !text.includes('"at last"') && !isBroken) await clock.advance(1_000)
    expect(isBroken).toBe(false)
    answer.on('error', () => {}).destroy()
  },
  120_000,
)

// ---

/** The head of the results, and nothing read of them. */
function reading(server: TestServer, runId: string): Promise<IncomingMessage> {
  return streamOf(server, `/runs/${runId}/results`)
}

function streamOf({ url }: TestServer, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asking = request(`${url}/api/v1${path}`, resolve)
    asking.on('error', reject).end()
  })
}

async function lengthOf(answer: IncomingMessage): Promise<number> {
  let length = 0
  for await (const part of answer) length += part.length
  return length
}
