// What the tests of builtins call them with: a context over real in-memory parts, and servers on 127.0.0.1.

import { createHash } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CallContext, FlowError, Park, type Plan, type Plugin, type Woken } from '@stepflow/engine'
import { onTestFinished } from 'vitest'

export { failure } from '../../../test/failure.ts'

export interface Logged {
  readonly level: string
  readonly message: string
}

export function context(part: Partial<CallContext> = {}, logged: Logged[] = []): CallContext {
  const { signal = new AbortController().signal } = part
  let onAbandoned: (() => void) | undefined
  signal.addEventListener('abort', () => onAbandoned?.(), { once: true })
  const blobs = new Map<string, unknown>()
  return {
    signal,
    get isAbandoned() {
      return signal.aborted
    },
    onAbandoned(callback) {
      onAbandoned = callback
    },
    attempt: 1,
    idempotencyKey: 'r/0/0/1',
    path: '0/0/1',
    timeoutMs: undefined,
    started: () => {},
    putBlob: () => '',
    getBlob: () => null,
    flowId: () => 'f'.repeat(64),
    getRun: () => Promise.reject(new Error('no runs here')),
    runId: 'r',
    stepId: 's',
    itemIndex: 0,
    woken: undefined,
    turn: undefined,
    outcomes: () => ({}),
    log: (level, message) => void logged.push({ level, message }),
    blobs: {
      put(value) {
        const bytes = value instanceof Uint8Array ? value : JSON.stringify(value)
        const id = createHash('sha256').update(bytes).digest('hex')
        blobs.set(id, value)
        return id
      },
      get(id) {
        if (!blobs.has(id)) throw new FlowError('NOT_FOUND', `no blob ${id}`)
        return blobs.get(id)
      },
    },
    redaction: (value) => value,
    variables: {},
    plan: (ref) => ({ name: JSON.stringify(ref), steps: [], entry: 0, exit: 0, onFailure: 'stop' }) as Plan,
    submit: () => Promise.reject(new Error('no builtin holds a call open for a sub-run')),
    ...part,
  }
}

export async function call(
  plugin: Plugin,
  name: string,
  input: unknown,
  part?: Partial<CallContext>,
): Promise<unknown> {
  const component = plugin.resolve(name)
  if (!component) throw new Error(`no component ${name}`)
  return component.call(input, context(part))
}

/** Parks are answered by `wake` until there is a value. */
export async function settle(
  plugin: Plugin,
  name: string,
  input: unknown,
  wake: (park: Park) => Woken,
): Promise<{ value: unknown; parks: Park[] }> {
  const parks: Park[] = []
  let answer = await call(plugin, name, input)
  while (answer instanceof Park) {
    parks.push(answer)
    answer = await call(plugin, name, input, { woken: { state: answer.state, ...wake(answer) } })
  }
  return { value: answer, parks }
}

/** A server of this test's; gives its origin. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
