// Runs that are removed while somebody reads them, and cursors of what is gone: no hang, no fault, nothing twice.

import { type IncomingMessage, request } from 'node:http'
import { createManualClock } from '@stepflow/engine/testing'
import { expect, test } from 'vitest'
import { ECHO, startServer, type TestServer } from './start-server.ts'

const faults: string[] = []
const log = (level: string, message: string) => void (level === 'error' && faults.push(message))

test('a run that is removed while its results, events and export are read ends them, and is not found any more', async () => {
  const server = await startServer({ log })
  const inputs = Array.from({ length: 3_000 }, (_, n) => ({ n: `${n} ${'x'.repeat(3_000)}` }))
  const { runId } = (await server.call('POST', '/runs', { flow: ECHO, inputs, wait: true })).body
  const paths = ['results', 'results?order=completion', 'events?topics=entries,run,items', 'journal', 'export']
  const answers = await Promise.all(paths.map((path) => begun(server, `/runs/${runId}/${path}`)))

  expect((await server.call('DELETE', `/runs/${runId}`)).status).toBe(204)

  const texts = await Promise.all(answers.map(rest))
  expect(texts.map(({ status }) => status)).toEqual(paths.map(() => 200))
  // What came is whole lines up to where it broke off, or all of it.
  const [results = { text: '', isWhole: false }] = texts
  const lines = results.text.split('\n').slice(0, -1)
  expect(lines.every((line) => line.startsWith('{"outcome":"success"') && line.endsWith('}'))).toBe(true)
  if (results.isWhole) expect(lines).toHaveLength(3_000)
  for (const path of [...paths, 'items', 'steps']) {
    expect((await server.call('GET', `/runs/${runId}/${path}`)).status, path).toBe(404)
  }
  expect(faults).toEqual([])
}, 120_000)

test('pages of runs go on behind one that was removed meanwhile, and of items and waits too', async () => {
  const { call } = await startServer({ log })
  const ids: string[] = []
  for (let n = 0; n < 6; n++)
    ids.unshift((await call('POST', '/runs', { flow: ECHO, input: { n }, wait: true })).body.runId)
  const first = (await call('GET', '/runs?limit=2')).body
  expect(first.runs.map(({ runId }: { runId: string }) => runId)).toEqual(ids.slice(0, 2))
  for (const id of [ids[1], ids[2]]) await call('DELETE', `/runs/${id}`)

  const second = (await call('GET', `/runs?limit=2&cursor=${first.nextCursor}`)).body

  expect(second.runs.map(({ runId }: { runId: string }) => runId)).toEqual(ids.slice(3, 5))
  expect(faults).toEqual([])
})

test('a cursor from before what is kept leads to a reset or to what follows, and no event of a run that is gone', async () => {
  const clock = createManualClock(Date.now())
  const files = { 'stepflow-config.yml': 'history: { max_runs: 1 }' }
  const server = await startServer({ clock, files, log })
  const { call } = server
  const { cursor } = (await call('GET', '/runs')).body
  const ids: string[] = []
  for (let n = 0; n < 5; n++)
    ids.push((await call('POST', '/runs', { flow: ECHO, input: { n }, wait: true })).body.runId)
  await clock.advance(60_000)
  while ((await call('GET', '/runs')).body.total > 1) await clock.settle()

  const answer = await begun(server, `/events?after=${cursor}`)
  let text = ''
  for await (const part of answer) {
    text += part
    if (text.includes(`"${ids[4]}"`) || text.includes('event: reset')) break
  }

  for (const id of ids.slice(0, 4)) expect(text).not.toContain(id)
  expect(faults).toEqual([])
})

// ---

/** The head, and nothing read yet. */
function begun({ url }: TestServer, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(`${url}/api/v1${path}`, resolve).on('error', reject).end()
  })
}

async function rest(answer: IncomingMessage) {
  let text = ''
  let isWhole = true
  try {
    for await (const part of answer) text += part
  } catch {
    isWhole = false
  }
  return { status: answer.statusCode, text, isWhole }
}
