// gRPC workers that others start, with every habit that a worker can have: the workers are in this process, the connections
// are real.

import { once } from 'node:events'
import { connect } from 'node:net'
import { Client, credentials, status } from '@grpc/grpc-js'
import type { FlowError } from '@stepflow/engine'
import { describe, expect, test } from 'vitest'
import { writeValue } from '../src/grpc/write-value.ts'
import { listening, TOKEN } from './grpc-setup.ts'
import type { RawWorker, Task } from './raw-worker.ts'
import { stillClock } from './setup.ts'

const isSettled = async (promise: Promise<unknown>) => {
  const open = Symbol('open')
  return (await Promise.race([promise.catch(() => {}), new Promise((resolve) => setImmediate(resolve, open))])) !== open
}

/** Claimed, and completed with what it was given. */
async function echo(worker: RawWorker): Promise<Task> {
  const task = await worker.next()
  await worker.beat(task)
  await worker.complete(task, task.execute?.input)
  return task
}

describe('a worker', () => {
  test('is told what it is to do and for whom, and its answer is the result', async () => {
    const { plugin, worker: join, place } = listening()
    const answer = plugin.run('/echo', { a: [1, 'ä', null, true] }, { attempt: 2, stepId: 'here' })
    const worker = await join()

    const task = await echo(worker)

    expect(await answer).toEqual({ a: [1, 'ä', null, true] })
    const { component_id, attempt, observability } = task.execute ?? {}
    expect({ component_id, attempt }).toEqual({ component_id: '/echo', attempt: 2 })
    expect(observability).toMatchObject({
      step_id: 'here',
      flow_id: 'f'.repeat(64),
      run_id: expect.stringMatching(UUID),
    })
    expect(task.context.orchestrator_service_url).toBe(await place())
    expect(task.heartbeat_interval_secs).toBe(5)
  })

  test.each(['q', 'q:', 'q:another token of this length', 'p:a token that is long enough'])(
    'that asks for queue "%s" is turned away, and what it may not have goes to the one with the token',
    async (queue) => {
      const { plugin, worker: join } = listening()
      const answer = plugin.run('/echo', 1)
      const stranger = await join('stranger', undefined, queue)

      expect(await stranger.ended).toMatchObject({ code: status.PERMISSION_DENIED })
      await echo(await join())
      expect(await answer).toBe(1)
    },
  )

  test('gets the next call when it has fewer than the others', async () => {
    const { plugin, worker: join } = listening()
    const first = plugin.run('/echo', 1)
    const a = await join('a')
    const one = await a.next()
    const b = await join('b', [{ component_id: '/echo' }, { component_id: '/of/b' }])
    await expect.poll(() => plugin.components()).toHaveLength(2)

    const second = plugin.run('/echo', 2)
    await echo(b)

    await a.complete(one, 1)
    expect(await Promise.all([first, second])).toEqual([1, 2])
    expect(a.unread).toBe(0)
  })

  test('is called only for what it has, and nobody for what none has', async () => {
    const { plugin, worker: join } = listening()
    const answer = plugin.run('/two', 1)
    const a = await join('a', [{ component_id: 'one', path: '/one' }])
    await expect(answer).rejects.toMatchObject({
      code: 'COMPONENT_NOT_FOUND',
      message: expect.stringContaining('/one'),
    })
    const b = await join('b', [{ component_id: 'two', path: '/two', description: 'Two' }])
    await expect.poll(() => plugin.components()).toHaveLength(2)

    const answers = [plugin.run('/one', 1), plugin.run('/two', 2)]
    await echo(a)
    expect((await echo(b)).execute?.component_id).toBe('two')

    expect(await Promise.all(answers)).toEqual([1, 2])
  })

  test('hears the parts of a path that its component leaves open', async () => {
    const { plugin, worker: join } = listening()
    const listed = [
      { component_id: 'file', path: '/files/{name}' },
      { component_id: 'rest', path: '/files/{name}/{*rest}' },
    ]
    const answers = [plugin.run('/files/a', 1), plugin.run('/files/a/b/c', 2)]
    const worker = await join('a', listed)

    const tasks = [await echo(worker), await echo(worker)]

    await Promise.all(answers)
    expect(tasks.map(({ execute }) => [execute?.component_id, { ...execute?.path_params }])).toEqual([
      ['file', { name: 'a' }],
      ['rest', { name: 'a', rest: 'b/c' }],
    ])
    await expect(plugin.run('/files')).rejects.toMatchObject({ code: 'COMPONENT_NOT_FOUND' })
  })

  test('that lists no paths may have more than it lists, and is asked', async () => {
    const { plugin, worker: join } = listening()
    const answers = [plugin.run('/files/a', 1), plugin.run('/none', 2).catch((error) => error)]
    const worker = await join('a', [{ component_id: '/echo' }])

    const task = await echo(worker)
    await worker.completeWith(await worker.next(), { error: { code: 3, message: "Component '/none' not found" } })

    expect(task.execute).toMatchObject({ component_id: '/files/a', path_params: {} })
    const message = 'no worker of queue "q" has a component "/none"; there are: /echo'
    expect(await Promise.all(answers)).toMatchObject([1, { code: 'COMPONENT_NOT_FOUND', message }])
  })
})

describe('a task', () => {
  test('that was not claimed goes to another worker when its own leaves', async () => {
    const { plugin, worker: join } = listening()
    const answer = plugin.run('/echo', 'x')
    const a = await join('a')
    const task = await a.next()
    a.leave()

    const b = await join('b')
    const again = await b.next()

    expect(again.task_id).toBe(task.task_id)
    expect(await a.beat(task)).toMatchObject({ should_abort: true, status: 2 })
    await b.complete(again, 'y')
    expect(await answer).toBe('y')
  })

  test('that two workers in turn left unclaimed fails, and is given to no third', async () => {
    const { plugin, worker: join } = listening()
    const answer = plugin.run('/echo', 'x').catch((error) => error)
    for (const id of ['a', 'b']) {
      const worker = await join(id)
      await worker.next()
      worker.leave()
    }

    expect(await answer).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('two workers in turn') })
  })

  test('that was claimed stays with its worker though the connection breaks off', async () => {
    const { plugin, worker: join } = listening()
    const answer = plugin.run('/echo', 'x')
    const a = await join('a')
    const task = await a.next()
    await a.beat(task)
    a.leave()

    await a.complete(task, 'y')

    expect(await answer).toBe('y')
  })

  test('whose worker misses three heartbeats fails; others of that worker go on', async () => {
    const { clock, advance } = stillClock()
    const { plugin, worker: join } = listening({ clock })
    const lost = plugin.run('/echo', 1).catch((error) => error)
    const kept = plugin.run('/echo', 2)
    const worker = await join()
    const tasks = [await worker.next(), await worker.next()] as const
    for (const task of tasks) await worker.beat(task)

    advance(14_000)
    await worker.beat(tasks[1])
    advance(1000)

    expect(await lost).toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('missed three heartbeats'),
    })
    await expect(worker.complete(tasks[0], 1)).rejects.toMatchObject({ code: status.NOT_FOUND })
    await worker.complete(tasks[1], 2)
    expect(await kept).toBe(2)
  })

  test('of a worker that shows no sign of life fails, and the worker is dropped', async () => {
    const { clock, advance } = stillClock()
    const { plugin, worker: join } = listening({ clock })
    const lost = plugin.run('/echo', 1).catch((error) => error)
    const worker = await join()
    await worker.beat(await worker.next())

    advance(15_000)

    expect(await lost).toMatchObject({ code: 'UNREACHABLE' })
    await worker.ended
    const answer = plugin.run('/echo', 2)
    await echo(await join('b'))
    expect(await answer).toBe(2)
  })

  test('that no worker takes for the queue timeout fails', async () => {
    const { clock, advance } = stillClock()
    const { plugin, worker: join } = listening({ clock })
    const first = plugin.run('/echo', 1)
    const untaken = plugin.run('/echo', 2).catch((error) => error)
    const worker = await join()
    const [one, two] = [await worker.next(), await worker.next()]
    for (let at = 0; at < 40; at += 10) {
      advance(at === 10 ? 9900 : 10_000)
      await worker.beat(one)
    }
    // Almost 40 s after it was given out, but less than 30 s after the worker took its last task.
    expect(await isSettled(untaken)).toBe(false)

    advance(500)

    expect(await untaken).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('has taken a task') })
    expect(await worker.beat(two)).toMatchObject({ should_abort: true })
    await worker.complete(one, 1)
    expect(await first).toBe(1)
  })

  test('that runs longer than the execution timeout fails with TIMEOUT, and its worker hears it', async () => {
    const { clock, advance } = stillClock()
    const { plugin, worker: join } = listening({ clock, worker: { executionTimeoutMs: 10_000 } })
    const late = plugin.run('/echo', 1).catch((error) => error)
    const worker = await join()
    const task = await worker.next()
    await worker.beat(task)

    advance(10_000)

    expect(await late).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('execution_timeout') })
    expect(await worker.beat(task)).toMatchObject({ should_abort: true })
    await worker.complete(task, 1)
    const answer = plugin.run('/echo', 2)
    await echo(worker)
    expect(await answer).toBe(2)
  })

  test('that was cancelled is to be ended, as its worker hears with the next heartbeat', async () => {
    const { plugin, worker: join } = listening()
    const abort = new AbortController()
    const cancelled = plugin.run('/echo', 1, { signal: abort.signal }).catch((error) => error)
    const worker = await join()
    const task = await worker.next()
    expect(await worker.beat(task)).toMatchObject({ should_abort: false, status: 1 })

    abort.abort()

    expect(await cancelled).toMatchObject({ code: 'CANCELLED' })
    expect(await worker.beat(task)).toMatchObject({ should_abort: true })
    await worker.complete(task, 1)
    const answer = plugin.run('/echo', 2)
    await echo(worker)
    expect(await answer).toBe(2)
  })

  test('that was cancelled before its worker began with it is over when it hears so', async () => {
    const { clock, advance } = stillClock()
    const { plugin, worker: join } = listening({ clock })
    const abort = new AbortController()
    const cancelled = plugin.run('/echo', 1, { signal: abort.signal }).catch((error) => error)
    const worker = await join()
    const task = await worker.next()
    abort.abort()
    await cancelled

    expect(await worker.beat(task)).toMatchObject({ should_abort: true })

    await expect(worker.complete(task, 1)).rejects.toMatchObject({ code: status.NOT_FOUND })
    advance(60_000)
    expect(await isSettled(worker.ended)).toBe(false)
  })

  test('for a component that only a worker had that is gone waits for it to come again', async () => {
    const { plugin, worker: join } = listening()
    const first = plugin.run('/two', 1)
    const a = await join('a', [{ component_id: 'two', path: '/two' }])
    await echo(a)
    await first
    await join('b', [{ component_id: 'one', path: '/one' }])
    await expect.poll(() => plugin.components()).toHaveLength(2)
    a.leave()
    await expect.poll(() => plugin.components()).toHaveLength(1)

    const answer = plugin.run('/two', 2)
    await expect(plugin.run('/three')).rejects.toMatchObject({ code: 'COMPONENT_NOT_FOUND' })
    await echo(await join('a', [{ component_id: 'two', path: '/two' }]))

    expect(await answer).toBe(2)
  })

  test('is completed once, by who was given it: the rest is refused and harms nobody', async () => {
    const { plugin, worker: join } = listening()
    const answer = plugin.run('/echo', 1)
    const worker = await join()
    const task = await worker.next()
    const notFound = { code: status.NOT_FOUND }

    await expect(worker.complete({ ...task, task_id: 'made up' }, 'no')).rejects.toMatchObject(notFound)
    await worker.complete(task, 'yes')
    await expect(worker.complete(task, 'again')).rejects.toMatchObject(notFound)

    expect(await answer).toBe('yes')
    const next = plugin.run('/echo', 2)
    await echo(worker)
    expect(await next).toBe(2)
  })

  test.each([
    [1, 'TIMEOUT'],
    [2, 'INVALID_INPUT'],
    [3, 'COMPONENT_FAILED'],
    [5, 'RESOURCE_UNAVAILABLE'],
    [6, 'COMPONENT_NOT_FOUND'],
    [7, 'RESOURCE_UNAVAILABLE'],
    [10, 'COMPONENT_FAILED'],
    [77, 'COMPONENT_FAILED'],
  ])('that fails with code %i fails its step with %s', async (code, ours) => {
    const { plugin, worker: join } = listening()
    const answer = plugin.run('/echo', 1).catch((error) => error)
    const worker = await join()
    const data = writeValue({ why: ['x'] }).subarray(2)

    await worker.completeWith(await worker.next(), { error: { code, message: 'out of luck', data } })

    expect(await answer).toMatchObject({ code: ours, message: 'out of luck', data: { why: ['x'] } })
  })

  test('reports how far it is into the log of its call', async () => {
    const { plugin, worker: join } = listening()
    const said = new Promise((resolve) => {
      const log = (_: unknown, message: string, data: unknown) => message === 'half way' && resolve(data)
      void plugin.run('/echo', 1, { log }).catch(() => {})
    })
    const worker = await join()

    await worker.beat(await worker.next(), { progress: 0.5, status_message: 'half way' })

    expect(await said).toEqual({ done: 0.5, total: null })
  })
})

describe('a value', () => {
  test('of more than gRPC takes by default is taken as a result', async () => {
    const { plugin, worker: join } = listening()
    const answer = plugin.run('/echo')
    const worker = await join()

    await worker.complete(await worker.next(), 'x'.repeat(20_000_000))

    expect(await answer).toHaveLength(20_000_000)
  })

  test('of more than is taken at all fails its call and says so', async () => {
    const { plugin, worker: join } = listening()
    const answer = plugin.run('/echo').catch((error) => error)
    const worker = await join()

    await worker.complete(await worker.next(), 'x'.repeat(65 * 1024 * 1024))

    expect(await answer).toMatchObject({ code: 'COMPONENT_FAILED', message: expect.stringContaining('64 MiB') })
  })

  test.each([
    ['too long for a worker', 'x'.repeat(5_000_000), '4 MiB'],
    ['nested too deeply for a worker', nested(60), 'nested'],
  ])('%s is refused before it is sent, and the next call works', async (_, input, why) => {
    const { plugin, worker: join } = listening()
    const first = plugin.run('/echo', 1)
    const worker = await join()
    await echo(worker)
    await first

    await expect(plugin.run('/echo', input)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(why),
    })

    const next = plugin.run('/echo', 'x'.repeat(4_000_000))
    await echo(worker)
    expect(await next).toHaveLength(4_000_000)
  })

  test.each([
    ['with a number that is none', writeValue(Number.NaN), 'NaN'],
    ['cut off', writeValue({ a: 'bcd' }).subarray(0, 7), 'cut off'],
    ['that is no UTF-8', Buffer.from([0x1a, 2, 0xc3, 0x28]), 'UTF-8'],
    ['nested without an end', bomb(), 'nested'],
  ])('%s fails its call', async (_, output, why) => {
    const { plugin, worker: join } = listening()
    const answer = plugin.run('/echo').catch((error) => error)
    const worker = await join()

    await worker.complete(await worker.next(), output)

    expect(await answer).toMatchObject({ code: 'COMPONENT_FAILED', message: expect.stringContaining(why) })
  })

  test('may be null or have a field __proto__', async () => {
    const { plugin, worker: join } = listening()
    const value = JSON.parse('{"__proto__": {"a": 1}, "b": null}')
    const answers = [plugin.run('/echo', value), plugin.run('/echo', null)]
    const worker = await join()
    await echo(worker)
    await echo(worker)

    const [made, nothing] = await Promise.all(answers)

    expect(JSON.stringify(made)).toBe('{"__proto__":{"a":1},"b":null}')
    expect(nothing).toBe(null)
  })
})

describe('what a worker asks', () => {
  test('is answered for the call whose task it names: blobs, and runs by a key of their own', async () => {
    const { plugin, worker: join } = listening()
    const asked: unknown[] = []
    const answer = plugin.run('/echo', null, {
      plan: () => ({}) as never,
      async submit(_, inputs, options) {
        asked.push({ inputs, ...options })
        return { runId: 'run-2', outcomes: [{ outcome: 'success', result: 3 }] }
      },
    })
    const worker = await join()
    const task = await worker.next()
    const root = { root_run_id: task.context.root_run_id }

    const put = await worker.send('BlobService', 'PutBlob', { raw_data: Buffer.from([0, 255]), blob_type: 'binary' })
    const got = await worker.send('BlobService', 'GetBlob', { blob_id: put.blob_id })
    await expect(worker.send('BlobService', 'PutBlob', {})).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
    const flow = await worker.send('BlobService', 'PutBlob', { json_data: writeValue({ steps: [] }) })
    const run_request = { flow_id: flow.blob_id, input: [writeValue(1)], wait: true, max_concurrency: 2 }
    const run = await worker.send('OrchestratorService', 'SubmitRun', { run_request, subflow_key: 'k', ...root })
    const again = await worker.send('OrchestratorService', 'GetRun', {
      run_id: 'run-2',
      include_results: true,
      ...root,
    })

    expect(got).toMatchObject({ raw_data: Buffer.from([0, 255]), blob_type: 'binary' })
    expect(asked).toEqual([{ inputs: [1], wait: true, maxConcurrent: 2, key: 'k' }])
    for (const each of [run, again]) {
      expect(each).toMatchObject({
        run_id: 'run-2',
        flow_id: flow.blob_id,
        status: 2,
        items: { total: 1, completed: 1 },
      })
      expect(each.results).toMatchObject([{ status: 2, output: writeValue(3) }])
    }
    await worker.complete(task, 1)
    expect(await answer).toBe(1)
  })

  test.each([
    ['names no task', 'SubmitRun', { run_request: { flow_id: 'x' } }, status.INVALID_ARGUMENT],
    ['names another task', 'GetRun', { run_id: 'x', root_run_id: 'guessed' }, status.NOT_FOUND],
    ['has no run', 'SubmitRun', { root_run_id: 'TASK' }, status.INVALID_ARGUMENT],
    ['asks for a run that is not there', 'GetRun', { run_id: 'x', root_run_id: 'TASK' }, status.NOT_FOUND],
    [
      'has an input that is none',
      'SubmitRun',
      { run_request: { flow_id: 'x', input: [Buffer.from([0x1a, 9])] }, root_run_id: 'TASK' },
      status.INVALID_ARGUMENT,
    ],
    [
      'has variables',
      'SubmitRun',
      { run_request: { flow_id: 'x', variables: { a: writeValue(1) } }, root_run_id: 'TASK' },
      status.INVALID_ARGUMENT,
    ],
  ])('is refused if it %s', async (_, method, request, code) => {
    const { plugin, worker: join } = listening()
    const answer = plugin.run('/echo')
    const worker = await join()
    const task = await worker.next()
    const root =
      'root_run_id' in request && request.root_run_id === 'TASK' ? { root_run_id: task.context.root_run_id } : {}

    await expect(worker.send('OrchestratorService', method, { ...request, ...root })).rejects.toMatchObject({ code })

    await worker.complete(task, 1)
    expect(await answer).toBe(1)
  })

  test('blobs are not for an address from which no worker with the token has come', async () => {
    const { plugin, worker: join } = listening()
    const answer = plugin.run('/echo')
    const stranger = await join('stranger', undefined, 'q:no token at all, but long')
    await stranger.ended

    const asked = stranger.send('BlobService', 'PutBlob', { json_data: writeValue(1) })

    await expect(asked).rejects.toMatchObject({ code: status.FAILED_PRECONDITION })
    await echo(await join())
    await answer
  })
})

describe('the listener', () => {
  test('says who it waits for if no worker comes, and who was turned away', async () => {
    const { plugin, worker: join } = listening({ startupTimeoutMs: 300 })
    const answer = plugin.run('/echo').catch((error) => error)
    const stranger = await join('stranger', undefined, `p:${TOKEN}`)
    await stranger.ended

    const { code, message } = (await answer) as FlowError

    expect(code).toBe('UNREACHABLE')
    expect(message).toMatch(/no worker has asked for tasks of queue "q" at 127\.0\.0\.1:\d+; one was turned away/)
    expect(message).not.toContain(TOKEN)
  })

  test('is not disturbed by what is no gRPC, nor by messages that cannot be read', async () => {
    const { plugin, worker: join, place } = listening()
    const answer = plugin.run('/echo', 1)
    const [host, port] = (await place()).split(':') as [string, string]
    const worker = await join()
    const task = await worker.next()

    for (const noise of [
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      '\0'.repeat(1000),
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nxxxxxxxxxx',
    ]) {
      const socket = connect(Number(port), host)
      socket.on('error', () => {})
      socket.end(noise)
      await once(socket, 'finish')
    }
    for (const method of ['TasksService/PullTasks', 'OrchestratorService/CompleteTask', 'BlobService/PutBlob']) {
      const client = new Client(`${host}:${port}`, credentials.createInsecure())
      const error = await new Promise((resolve) => {
        const as = (bytes: Buffer) => bytes
        client.makeUnaryRequest(`/stepflow.v1.${method}`, as, as, Buffer.from([0x0a, 0xff, 0xff]), resolve)
      })
      expect(error).toMatchObject({ code: expect.any(Number) })
      client.close()
    }

    await worker.complete(task, 2)
    expect(await answer).toBe(2)
  })

  test('closes connections that never say a word', async () => {
    const { plugin, place } = listening()
    const answer = plugin.run('/echo').catch((error) => error)
    const [host, port] = (await place()).split(':') as [string, string]
    const silent = connect({ port: Number(port), host, allowHalfOpen: true })
    silent.on('error', () => {}).resume()
    await once(silent, 'connect')
    const closed = once(silent, 'end')

    await plugin.stop?.()

    await closed
    // Whoever has only closed its own half still takes what comes.
    while (!silent.closed) {
      silent.write('x')
      await new Promise(setImmediate)
    }
    expect(await answer).toMatchObject({ code: 'UNREACHABLE' })
  })

  test('says that its port is taken, and does not try again', async () => {
    const first = listening()
    void first.plugin.run('/echo').catch(() => {})
    const port = Number((await first.place()).split(':')[1])
    const second = listening({ worker: { listen: { host: '127.0.0.1', port } } })

    await expect(second.plugin.run('/echo')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      retryable: false,
      message: expect.stringContaining('EADDRINUSE'),
    })
  })
})

// ---

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < levels; i++) value = { value }
  return value
}

/** Lists in lists, as bytes: more than anybody should follow. */
function bomb(): Uint8Array {
  let bytes = Buffer.from([0x08, 0x00])
  for (let i = 0; i < 10_000; i++)
    bytes = Buffer.concat([Buffer.from([0x32]), framed(Buffer.concat([Buffer.from([0x0a]), framed(bytes)]))])
  return bytes
}

function framed(bytes: Buffer): Buffer {
  const size: number[] = []
  for (let left = bytes.length; ; left >>>= 7) {
    if (left < 0x80) {
      size.push(left)
      return Buffer.concat([Buffer.from(size), bytes])
    }
    size.push((left & 0x7f) | 0x80)
  }
}
