// The SDK, over a pair in memory and once as a process.

import { type CallContext, FlowError, type Plan } from '@stepflow/engine'
import { describe, expect, test } from 'vitest'
import { pair } from '../src/index.ts'
import { createServer, type Server, type StandardSchema } from '../src/sdk.ts'
import { bundle } from './bundle.ts'
import { pluginOf, type TestPlugin } from './setup.ts'

/** A plugin linked to a server in memory. */
function linked(server: Server, over: Parameters<typeof pluginOf>[0] = {}): TestPlugin {
  return pluginOf({
    open() {
      const [near, far] = pair()
      void server.listen({ transport: far })
      return near
    },
    ...over,
  })
}

const text: StandardSchema<{ text: string }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate(value) {
      const given = (value as { text?: unknown } | null)?.text
      if (typeof given === 'string') return { value: { text: given.trim() } }
      return { issues: [{ message: 'must be a text', path: ['text', { key: 0 }] }] }
    },
    jsonSchema: { input: () => ({ type: 'object', required: ['text'] }) },
  },
}

describe('components', () => {
  test('a handler gets what its schema makes of the input', async () => {
    const server = createServer({ name: 'text' }).component('word_count', { input: text }, (input) => ({
      words: input.text.split(/\s+/).length,
    }))

    expect(await linked(server).run('/word_count', { text: ' one two ' })).toEqual({ words: 2 })
  })

  test('an input that does not fit the schema is invalid, with the place', async () => {
    const server = createServer({ name: 'text' }).component('count', { input: text }, () => 1)

    await expect(linked(server).run('/count', { text: 7 })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'the input does not fit its schema: $.text[0]: must be a text',
      data: { issues: [{ path: '$.text[0]', message: 'must be a text' }] },
    })
  })

  test('a JSON Schema is announced as it is', async () => {
    const input = { type: 'object', properties: { a: { type: 'number' } } }
    const server = createServer({ name: 'x' })
      .component('add', { input, output: { type: 'number' }, description: 'Adds' }, ({ a }) => a + 1)
      .component('/word_count', { input: text }, () => 1)

    expect(await linked(server).components()).toEqual([
      { name: '/add', description: 'Adds', inputSchema: input, outputSchema: { type: 'number' } },
      { name: '/word_count', inputSchema: { type: 'object', required: ['text'] } },
    ])
  })

  test('an output that does not fit its schema fails the call', async () => {
    const server = createServer({ name: 'x' }).component('bad', { output: text }, async () => ({ text: 1 }))

    await expect(linked(server).run('/bad')).rejects.toMatchObject({
      code: 'COMPONENT_FAILED',
      message: expect.stringContaining('the output does not fit its schema'),
    })
  })

  test('an unknown component is not found, and those that exist are named', async () => {
    const server = createServer({ name: 'x' }).component('a', {}, () => 1)

    await expect(linked(server).run('/b')).rejects.toMatchObject({
      code: 'COMPONENT_NOT_FOUND',
      message: 'x has no component "/b"; there are: /a',
    })
  })

  test('nothing returned is null', async () => {
    expect(await linked(createServer({ name: 'x' }).component('a', {}, () => {})).run('/a')).toBeNull()
  })

  test('an output that JSON cannot say fails its call for good', async () => {
    const server = createServer({ name: 'x' }).component('a', {}, () => 1n)

    await expect(linked(server).run('/a')).rejects.toMatchObject({ code: 'COMPONENT_FAILED', retryable: false })
  })
})

describe('errors', () => {
  test('an error keeps its message, its data and its own code', async () => {
    const error = Object.assign(new Error('the quota is used up'), { code: 'QUOTA', data: { used: 7 } })
    const server = createServer({ name: 'x' }).component('a', {}, () => Promise.reject(error))

    await expect(linked(server).run('/a')).rejects.toMatchObject({
      code: 'COMPONENT_FAILED',
      message: 'the quota is used up',
      data: { used: 7, code: 'QUOTA' },
    })
  })

  test('an error may choose one of our codes, say when to try again, or never', async () => {
    const server = createServer({ name: 'x' })
      .component('later', {}, () => {
        throw { message: 'busy', code: 'RESOURCE_UNAVAILABLE', retryAfterMs: 1500 }
      })
      .component('never', {}, () => {
        throw { message: 'no', retryable: false }
      })
    const plugin = linked(server)

    await expect(plugin.run('/later')).rejects.toMatchObject({ code: 'RESOURCE_UNAVAILABLE', retryAfterMs: 1500 })
    await expect(plugin.run('/never')).rejects.toMatchObject({ code: 'COMPONENT_FAILED', retryable: false })
  })

  test('an error cannot choose a code that only the engine may say', async () => {
    const server = createServer({ name: 'x' }).component('a', {}, () => {
      throw { message: 'gone', code: 'UNREACHABLE' }
    })

    await expect(linked(server).run('/a')).rejects.toMatchObject({ code: 'COMPONENT_FAILED' })
  })
})

describe('ctx', () => {
  test('tells the attempt, the run, the step and the key', async () => {
    const server = createServer({ name: 'x' }).component('a', {}, (_, { attempt, runId, stepId, idempotencyKey }) => ({
      attempt,
      runId,
      stepId,
      idempotencyKey,
    }))

    expect(await linked(server).run('/a', null, { attempt: 2, idempotencyKey: 'k' })).toEqual({
      attempt: 2,
      runId: 'run-1',
      stepId: 'step',
      idempotencyKey: 'k',
    })
  })

  test('keeps JSON and bytes as blobs of the call', async () => {
    const server = createServer({ name: 'x' }).component('a', {}, async (_, ctx) => {
      const ids = [await ctx.putBlob({ n: 1 }), await ctx.putBlob(new Uint8Array([1, 255]))]
      return [ids, await ctx.getBlob(ids[0]!), [...((await ctx.getBlob(ids[1]!)) as Uint8Array)]]
    })

    expect(await linked(server).run('/a')).toEqual([['blob-0', 'blob-1'], { n: 1 }, [1, 255]])
  })

  test('what the runtime refuses is an error of the component, with its reason', async () => {
    const server = createServer({ name: 'x' }).component('a', {}, (_, ctx) => ctx.getBlob('nope'))
    const get = () => {
      throw new FlowError('NOT_FOUND', 'no blob "nope"')
    }

    await expect(linked(server).run('/a', null, { blobs: { get, put: () => '' } })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'no blob "nope"',
    })
  })

  test('logs and progress arrive in the log of the call', async () => {
    const logged: unknown[] = []
    const server = createServer({ name: 'x' }).component('a', {}, (_, ctx) => {
      ctx.log.warning('careful', { n: 1 })
      ctx.progress(1, 2, 'half')
    })

    await linked(server).run('/a', null, { log: (...entry) => logged.push(entry) })

    expect(logged).toEqual([
      ['warning', 'careful', { n: 1 }],
      ['info', 'half', { done: 1, total: 2 }],
    ])
  })

  test('the signal is aborted when the call is', async () => {
    const abort = new AbortController()
    let seen: (reason: string) => void
    const told = new Promise<string>((resolve) => {
      seen = resolve
    })
    const server = createServer({ name: 'x' }).component('a', {}, (_, ctx) => {
      queueMicrotask(() => abort.abort())
      return new Promise(() => ctx.signal.addEventListener('abort', () => seen('aborted')))
    })

    await expect(linked(server).run('/a', null, { signal: abort.signal })).rejects.toMatchObject({ code: 'CANCELLED' })

    expect(await told).toBe('aborted')
  })

  const plan = { name: 'sub' } as Plan
  const runs: Pick<CallContext, 'plan' | 'submit'> = {
    plan: (ref) =>
      ref === 'blob-0' || ref === 'flow-id' ? plan : Promise.reject(new FlowError('INVALID_FLOW', 'bad')),
    submit: async (given, inputs) => ({
      runId: given === plan ? 'sub-run' : 'other',
      outcomes: inputs.map((n) =>
        n === 13
          ? { outcome: 'failed', error: { code: 'COMPONENT_FAILED', message: 'unlucky', data: { n } } }
          : { outcome: 'success', result: Number(n) * 2 },
      ),
    }),
  }

  test('a flow is evaluated to its output, inline or by id', async () => {
    const server = createServer({ name: 'x' }).component('a', {}, async (_, ctx) => [
      await ctx.evaluate({ steps: [] }, 4),
      await ctx.evaluate('flow-id', 5),
    ])

    expect(await linked(server).run('/a', null, runs)).toEqual([8, 10])
  })

  test('a flow that fails is thrown with its code and data', async () => {
    const server = createServer({ name: 'x' }).component('a', {}, (_, ctx) => ctx.evaluate('flow-id', 13))

    await expect(linked(server).run('/a', null, runs)).rejects.toMatchObject({
      code: 'COMPONENT_FAILED',
      message: 'unlucky',
      data: { n: 13 },
    })
  })

  test('a run that is waited for has its counts and results', async () => {
    const server = createServer({ name: 'x' }).component('a', {}, (_, ctx) =>
      ctx.submitRun('flow-id', [1, 13], { wait: true, maxConcurrency: 2 }),
    )

    expect(await linked(server).run('/a', null, runs)).toMatchObject({
      runId: 'sub-run',
      flowId: 'flow-id',
      status: 'failed',
      createdAt: '1970-01-01T00:00:00.000Z',
      items: { total: 2, completed: 1, running: 0, failed: 1, cancelled: 0 },
      results: [
        { itemIndex: 0, status: 'completed', result: { outcome: 'success', result: 2 } },
        { itemIndex: 1, status: 'failed' },
      ],
    })
  })

  test('a call lends its slot to the calls of the run that it waits for', async () => {
    const server = createServer({ name: 'x' })
      .component('outer', {}, (_, ctx) => ctx.evaluate('flow-id', 1))
      .component('inner', {}, () => 'inner')
    const plugin = linked(server, { maxInFlight: 1 })
    const submit: CallContext['submit'] = async () => ({
      runId: 'sub-run',
      outcomes: [{ outcome: 'success', result: await plugin.run('/inner') }],
    })

    expect(await plugin.run('/outer', null, { ...runs, submit })).toBe('inner')
  })
})

describe('as a process', () => {
  const source = `
    import { createServer } from './sdk.ts'
    console.log('starting up')
    createServer({ name: 'text' })
      .component('word_count', {}, ({ text }) => { console.log('counting'); return text.split(' ').length })
      .component('forever', {}, () => new Promise(() => setInterval(() => {}, 1000)))
      .listen()
    console.log('listening')`

  test('it loads no engine', async () => {
    const { inputs } = await bundle(source)

    expect(inputs.filter((input) => /engine|node_modules/.test(input))).toEqual([])
  })

  test('what it prints is log, and it ends with its input', async () => {
    const { program } = await bundle(source)
    const plugin = pluginOf({ command: process.execPath, args: [program], stopGraceMs: 60_000 })

    expect(await plugin.run('/word_count', { text: 'a b c' })).toBe(3)
    await plugin.said('counting')
    plugin.run('/forever').catch(() => {})
    await plugin.run('/word_count', { text: 'a' })

    await plugin.stop?.()
  })

  test('with --http it announces its port and serves there', async () => {
    const { program } = await bundle(source)
    const plugin = pluginOf({ command: process.execPath, args: [program, '--http', '0'] })

    expect(await plugin.run('/word_count', { text: 'a b c' })).toBe(3)
    await plugin.said('counting')
  })

  test('over HTTP, a server that ends in a call is named with its exit code and its last words, and is started again', async () => {
    const { program } = await bundle(`
      import { createServer } from './sdk.ts'
      createServer({ name: 'text' })
        .component('die', {}, () => { console.error('out of luck'); process.exit(3) })
        .component('echo', {}, (input) => input)
        .listen()`)
    const plugin = pluginOf({ command: process.execPath, args: [program, '--http'] })

    await expect(plugin.run('/die')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/ended with exit code 3; it last wrote:\n {2}out of luck/),
    })

    expect(await plugin.run('/echo', 'next')).toBe('next')
  })

  test('over HTTP, a call has a log, progress, blobs and an end of its own', async () => {
    const { program } = await bundle(`
      import { createServer } from './sdk.ts'
      createServer({ name: 'text' })
        .component('all', {}, async (n, ctx) => {
          ctx.log.info('at work on ' + n)
          ctx.progress(n, 16, 'so far')
          return ctx.getBlob(await ctx.putBlob({ n }))
        })
        .component('hang', {}, (_, ctx) => {
          ctx.log.info('hanging')
          return new Promise(() => ctx.signal.addEventListener('abort', () => console.error('told to stop')))
        })
        .listen()`)
    const plugin = pluginOf({ command: process.execPath, args: [program, '--http'] })
    const numbers = Array.from({ length: 16 }, (_, n) => n)
    const logged: string[][] = numbers.map(() => [])

    const outputs = await Promise.all(
      numbers.map((n) => plugin.run('/all', n, { log: (_, message) => void logged[n]?.push(message) })),
    )

    expect(outputs).toEqual(numbers.map((n) => ({ n })))
    expect(logged).toEqual(numbers.map((n) => [`at work on ${n}`, 'so far']))
    const cancel = new AbortController()
    const call = plugin.run('/hang', null, { signal: cancel.signal, log: () => cancel.abort() })
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' })
    await plugin.said('told to stop')
  })

  test('a port that is none is refused in words', async () => {
    const { program } = await bundle(source)
    const plugin = pluginOf({ command: process.execPath, args: [program, '--http', 'web'] })

    await expect(plugin.run('/word_count', { text: 'a' })).rejects.toThrow('text: --http takes a port, not "web"')
  })
})
