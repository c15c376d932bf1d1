// The plugin over hand-made transports: what no well-behaved process would show.

import type { Clock } from '@stepflow/engine'
import { expect, test } from 'vitest'
import type { Transport } from '../src/index.ts'
import { pair } from '../src/index.ts'
import { Peer } from '../src/peer.ts'
import { pluginOf } from './setup.ts'

const dying = (): Transport => ({
  start: (events) => queueMicrotask(() => events.close({ why: 'ended with exit code 1' })),
  send: () => undefined,
  close: async () => {},
})

test('one call is one start: the plugin itself does not try again', async () => {
  let starts = 0
  const plugin = pluginOf({
    open() {
      starts++
      return dying()
    },
  })

  await expect(plugin.run('/a')).rejects.toMatchObject({ code: 'UNREACHABLE' })

  expect(starts).toBe(1)
})

test('calls that come while a server starts share the start', async () => {
  let starts = 0
  const plugin = pluginOf({
    open() {
      starts++
      return dying()
    },
  })

  await Promise.allSettled([plugin.run('/a'), plugin.run('/b'), plugin.components()])

  expect(starts).toBe(1)
})

test('a server that keeps dying is started ever more slowly', async () => {
  const pauses: number[] = []
  const clock: Clock = {
    now: () => 0,
    soon: setImmediate,
    timer(ms, fire) {
      if (ms === 10_000) return () => {}
      pauses.push(ms)
      queueMicrotask(fire)
      return () => {}
    },
  }
  const plugin = pluginOf({ open: dying, clock, random: () => 0 })

  for (let i = 0; i < 4; i++) await plugin.run('/a').catch(() => {})

  expect(pauses).toEqual([25, 50, 100])
})

/** A server of one handler, with a hand on its end of the wire. */
function serverOf(serve: (server: Peer, component: string, id: number | string) => unknown) {
  return () => {
    const [near, far] = pair()
    const server: Peer = new Peer(far, {
      request(method, params, id) {
        if (method === 'initialize') return { server_protocol_version: 1 }
        return serve(server, (params as { component: string }).component, id)
      },
      notification: () => {},
      toError: (thrown) => thrown as never,
      stray: () => {},
      noise: () => {},
      lost: () => {},
      close: () => {},
    })
    server.start()
    return near
  }
}

test.each([
  [
    { code: -32601, message: 'no such' },
    { code: 'COMPONENT_NOT_FOUND', message: 'no such' },
  ],
  [{ code: -32001, message: 'x', data: { component: '/a' } }, { code: 'COMPONENT_NOT_FOUND' }],
  [
    { code: -32001, message: 'broken', data: {} },
    { code: 'COMPONENT_FAILED', data: undefined },
  ],
  [{ code: -32602, message: 'x' }, { code: 'INVALID_INPUT' }],
  [
    { code: -32002, message: 'x', data: { field: 'a' } },
    { code: 'INVALID_INPUT', data: { field: 'a' } },
  ],
  [{ code: -32003, message: 'Component execution failed: 1' }, { code: 'COMPONENT_FAILED' }],
  [{ code: -32006, message: 'x' }, { code: 'TIMEOUT' }],
  [{ code: -32003, message: 'x', data: { retryable: false } }, { retryable: false }],
  [
    { code: -32003, message: 'x', data: { retry_after_ms: 5 } },
    { retryAfterMs: 5, retryable: undefined },
  ],
  [
    { code: 1, message: 'x', data: { code: 'NOT_FOUND', retryable: false, retry_after_ms: 5, form: 7 } },
    { code: 'NOT_FOUND', data: { form: 7 } },
  ],
  [
    { code: 1, message: 'x', data: { code: 'TIMEOUT' } },
    { code: 'TIMEOUT', data: undefined },
  ],
  [
    { code: 1, message: 'x', data: { code: '__proto__' } },
    { code: 'COMPONENT_FAILED', data: { code: '__proto__' } },
  ],
])('the error %j fails the call with %j', async (error, expected) => {
  const open = serverOf(() => {
    throw error
  })

  await expect(pluginOf({ open }).run('/a')).rejects.toMatchObject(expected)
})

test.each([null, [], 7, {}])('an answer of %j is no output', async (answer) => {
  await expect(pluginOf({ open: serverOf(() => answer) }).run('/a')).rejects.toThrow(
    'component /a answered without an "output"',
  )
})

test.each([
  ['__proto__', {}, { code: -32601, message: 'the runtime has no method "__proto__"' }],
  ['runs/get', {}, { code: -32602, message: 'runs/get: "runId" is not a text' }],
  ['flows/submit_batch', {}, { code: -32602, message: 'flows/submit_batch: "inputs" is not a list' }],
  ['blobs/get', {}, { code: -32602, message: 'blobs/get: "blob_id" is not a text' }],
  ['blobs/put', [], { code: -32602 }],
  ['runs/submit', { flowId: 'f', inputs: 7 }, { code: -32602 }],
  [
    'runs/submit',
    { flowId: 'f', inputs: [1], wait: 'yes' },
    { code: -32602, message: 'runs/submit: "wait" is neither true nor false' },
  ],
  [
    'runs/submit',
    { flowId: 'f', inputs: [1], maxConcurrency: 0 },
    { code: -32602, message: 'runs/submit: "maxConcurrency" is not a whole number from 1 on' },
  ],
  ['flows/submit_batch', { flow_id: 'f', inputs: [1], max_concurrency: '4' }, { code: -32602 }],
  ['flows/get_batch', { batch_id: 'x', include_results: 1 }, { code: -32602 }],
  ['runs/submit', { flowId: 'f', inputs: [1], overrides: [1] }, { code: -32602 }],
  ['blobs/put', { data: 1, observability: { run_id: 'another' } }, { code: -32600 }],
])('a server that asks %s with %j is refused', async (method, params, refusal) => {
  const open = serverOf(async (server) => ({
    output: await server.request(method, params).catch(({ code, message }) => ({ code, message })),
  }))

  expect(await pluginOf({ open }).run('/a')).toMatchObject(refusal)
})

test('the older flows/evaluate answers with the outcome', async () => {
  const open = serverOf(async (server) => ({
    output: await server.request('flows/evaluate', { flow_id: 'f', input: 3 }),
  }))

  const output = await pluginOf({ open }).run('/a', null, {
    plan: (ref) => ({ name: String(ref) }) as never,
    submit: async (plan, inputs) => ({
      runId: 'r',
      outcomes: [{ outcome: 'success', result: [plan.name, ...inputs] }],
    }),
  })

  expect(output).toEqual({ result: { outcome: 'success', result: ['f', 3] } })
})
