// Write a component server: `createServer({ name }).component(...).listen()`. Loads no engine and nothing but Node: a
// server starts as fast as its own imports allow.

import { Peer } from './peer.ts'
import { Context } from './sdk-context.ts'
import { addressIn, httpServing } from './sdk-http.ts'
import { announced, type Received, type Schema, validate } from './sdk-schema.ts'
import { stdioTransport } from './sdk-stdio.ts'
import type { Transport } from './transport.ts'
import {
  ALL_CAPABILITIES,
  type Capabilities,
  isObject,
  type MessageId,
  PROTOCOL_VERSION,
  RpcError,
  readCapabilities,
  rpcCode,
  type WireError,
} from './wire.ts'

export type { Context, ContextLog, Run, SubmitOptions } from './sdk-context.ts'
export type { JsonSchema, Schema, StandardSchema } from './sdk-schema.ts'

/** What a server is made with. */
export interface ServerOptions {
  readonly name: string
}

/** What is told of a component. */
export interface ComponentOptions<S extends Schema | undefined = Schema | undefined> {
  /** A Standard Schema validates what comes in; a JSON Schema is only announced. */
  readonly input?: S
  readonly output?: Schema
  readonly description?: string
}

/** The work: answers with the output, at once or later; throws to fail. */
export type Handler<Input> = (input: Input, ctx: Context) => unknown

/** An error with the fields that the runtime understands; any thrown object may have them. */
export interface ComponentError {
  readonly message: string
  readonly code?: string
  readonly data?: unknown
  /** `false`: another attempt would end the same way. */
  readonly retryable?: boolean
  readonly retryAfterMs?: number
}

/** Components that are served together. */
export interface Server {
  /** Adds a component; its path is its name. */
  component<S extends Schema | undefined = undefined>(
    name: string,
    options: ComponentOptions<S>,
    handler: Handler<Received<S>>,
  ): Server
  /** Serves until the other end is gone: over stdio, over HTTP if the program was started with `--http PORT`, or over what it is given. */
  listen(options?: { readonly transport?: Transport }): Promise<void>
}

/**
 * A server of components, to be started by the engine as a process of its own.
 *
 * ```ts
 * import { z } from 'zod'
 *
 * await createServer({ name: 'text' })
 *   .component('word_count', { input: z.object({ text: z.string() }) }, ({ text }) => ({ words: text.split(/\s+/).length }))
 *   .listen()
 * ```
 *
 * @param options the server's name
 * @throws TypeError for a component that is there already, or without a handler
 */
export function createServer(options: ServerOptions): Server {
  return new ComponentServer(options.name)
}

// ---

/** A request inside, and as the runtime named it. */
interface CallIds {
  readonly call: MessageId
  readonly id: MessageId
}

interface Entry {
  readonly options: ComponentOptions
  // biome-ignore lint/suspicious/noExplicitAny: each handler has its own input type; the schema vouches for it.
  readonly handler: Handler<any>
}

class ComponentServer implements Server {
  readonly #name: string
  readonly #components = new Map<string, Entry>()
  readonly #calls = new Map<MessageId, Context>()
  #runtimeCan: Capabilities = readCapabilities(undefined)

  constructor(name: string) {
    this.#name = name
  }

  component<S extends Schema | undefined>(
    name: string,
    options: ComponentOptions<S>,
    handler: Handler<Received<S>>,
  ): Server {
    const path = name.startsWith('/') ? name : `/${name}`
    if (typeof handler !== 'function') throw new TypeError(`component "${path}": the handler is not a function`)
    if (this.#components.has(path)) throw new TypeError(`component "${path}" is there already: give it another name`)
    this.#components.set(path, { options, handler })
    return this
  }

  listen({ transport }: { transport?: Transport } = {}): Promise<void> {
    return new Promise((resolve) => {
      const peer: Peer = new Peer(transport ?? this.#ownTransport(), {
        request: (method, params, id, call) => this.#serve(peer, method, params, { call: id, id: call ?? id }),
        notification: (method, params) => {
          if (method === 'components/cancel' && isObject(params)) this.#calls.get(params.id as MessageId)?.cancel()
        },
        toError,
        stray: ({ id, error }) => {
          if (id === null) process.stderr.write(`${this.#name}: the runtime refused a message: ${error?.message}\n`)
        },
        noise: () => {},
        lost: () => {},
        close: ({ why }) => {
          if (why.startsWith('cannot listen')) process.stderr.write(`${this.#name}: ${why}\n`)
          for (const call of this.#calls.values()) call.cancel()
          peer.fail(new Error(`the runtime ${why}`))
          resolve()
          // Who still works works for nobody: a handler must not keep the process alive.
          if (!transport) setTimeout(() => process.exit(), EXIT_MS).unref()
        },
      })
      peer.start()
    })
  }

  // ---

  #ownTransport(): Transport {
    const address = addressIn(process.argv.slice(2))
    if (address === undefined) return stdioTransport()
    if (typeof address !== 'string') return httpServing(this.#name, address)
    process.stderr.write(`${this.#name}: ${address}\n`)
    process.exit(2)
  }

  #serve(peer: Peer, method: string, params: unknown, request: CallIds): unknown {
    const given = isObject(params) ? params : {}
    switch (method) {
      case 'initialize':
        this.#runtimeCan = readCapabilities(given)
        return { server_protocol_version: PROTOCOL_VERSION, capabilities: ALL_CAPABILITIES }
      case 'components/list':
        return { components: [...this.#components.keys()].map((path) => this.#info(path)) }
      case 'components/info':
        return { info: this.#info(this.#find(given.component).path) }
      case 'components/execute':
        return this.#execute(new Context(peer, this.#runtimeCan, request, given), request.call, given)
      case 'components/infer_schema': {
        const schema = announced(this.#find(given.component).entry.options.output)
        return schema === undefined ? {} : { output_schema: schema }
      }
      default:
        throw new RpcError(rpcCode.methodNotFound, `${this.#name} has no method "${method}"`)
    }
  }

  /** Without a promise if neither schema nor handler makes one. */
  #execute(context: Context, id: MessageId, params: Record<string, unknown>): unknown {
    const { options, handler } = this.#find(params.component).entry
    const done = (output: unknown) => {
      this.#calls.delete(id)
      return { output: output ?? null }
    }
    const failed = (thrown: unknown) => {
      this.#calls.delete(id)
      throw thrown
    }
    this.#calls.set(id, context)
    try {
      const input = validate(options.input, params.input, 'input')
      const result = input instanceof Promise ? input.then((value) => handler(value, context)) : handler(input, context)
      const output = isPromise(result)
        ? Promise.resolve(result).then((value) => validate(options.output, value, 'output'))
        : validate(options.output, result, 'output')
      return output instanceof Promise ? output.then(done, failed) : done(output)
    } catch (thrown) {
      return failed(thrown)
    }
  }

  #find(component: unknown): { path: string; entry: Entry } {
    const path = String(component)
    const entry = this.#components.get(path)
    if (entry) return { path, entry }
    const known = [...this.#components.keys()].join(', ') || 'none'
    const message = `${this.#name} has no component "${path}"; there are: ${known}`
    throw new RpcError(rpcCode.methodNotFound, message, { component: path })
  }

  #info(component: string) {
    const { description, input, output } = this.#components.get(component)!.options
    return { component, description, input_schema: announced(input), output_schema: announced(output) }
  }
}

const EXIT_MS = 1000

/** What was thrown, for the wire. Its stack goes to stderr, which is the log. */
function toError(thrown: unknown): WireError {
  if (thrown instanceof RpcError) return { code: thrown.code, message: thrown.message, data: thrown.data ?? {} }
  if (!isObject(thrown)) return { code: rpcCode.executionFailed, message: String(thrown), data: {} }
  const { message, code, data, retryable, retryAfterMs } = thrown
  if (thrown instanceof Error && code === undefined) process.stderr.write(`${thrown.stack}\n`)
  return {
    code: rpcCode.executionFailed,
    message: typeof message === 'string' && message !== '' ? message : 'the component failed without a message',
    data: {
      ...(isObject(data) ? data : data === undefined ? {} : { value: data }),
      ...(typeof code === 'string' ? { code } : {}),
      ...(typeof retryable === 'boolean' ? { retryable } : {}),
      ...(typeof retryAfterMs === 'number' ? { retry_after_ms: retryAfterMs } : {}),
    },
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
