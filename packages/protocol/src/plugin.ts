// The engine's side of a component server: a Plugin that starts the server when it is first needed, and again after it
// died. One call is one try: the engine repeats calls, and has a budget for UNREACHABLE.

import {
  type BlobAccess,
  type CallContext,
  type Clock,
  type Component,
  type ComponentInfo,
  FlowError,
  isRecord,
  type Json,
  type Log,
  Places,
  type Plugin,
  systemClock,
} from '@stepflow/engine'
import { BackOff } from './back-off.ts'
import { BlobListener } from './blob-listener.ts'
import { abortable, cancelled } from './cancelled.ts'
import { childServer } from './child-server.ts'
import { startFailure } from './failure.ts'
import { httpTransport } from './http.ts'
import { FlowIds } from './serve.ts'
import type { CallEnd } from './server-call.ts'
import { Session } from './session.ts'
import type { ChildOptions } from './stdio.ts'
import type { Transport } from './transport.ts'

export interface ServerPluginOptions extends Partial<ChildOptions> {
  readonly name: string
  /** In place of `command`: opens the way to the server, once for each start. */
  readonly open?: () => Transport
  /** In place of `command`: where a server is that others start. */
  readonly url?: string
  /** Of a request to that server; none if absent. */
  readonly timeoutMs?: number
  /** How a child is spoken to; absent: as it shows by what it prints first. */
  readonly transport?: 'stdio' | 'http'
  /** The address under which a server over HTTP reaches its blobs, in place of a listener of ours on the loopback. */
  readonly blobUrl?: string
  /** From its start to the end of the handshake; 10 s if absent. */
  readonly startupTimeoutMs?: number
  /** Calls at once; 64 if absent. */
  readonly maxInFlight?: number
  /** What a server has to answer a cancelled call before it is replaced; 5 s if absent. */
  readonly cancelGraceMs?: number
  readonly log?: Log
  /** How much of what the server writes is passed on to the log: a part of a flood unless told. */
  readonly amount?: 'bounded' | 'all'
  readonly clock?: Clock
  /** In [0, 1). */
  readonly random?: () => number
}

/**
 * Components that another process serves:
 *
 * ```ts
 * createServerPlugin({ name: 'python', command: 'python3', args: ['server.py'] })
 * ```
 */
export function createServerPlugin(options: ServerPluginOptions): Plugin {
  return new ServerPlugin(options)
}

// ---

class ServerPlugin implements Plugin {
  readonly name: string
  readonly #options: ServerPluginOptions
  readonly #clock: Clock
  readonly #log: Log
  readonly #places: Places
  readonly #known = new Map<string, ComponentInfo>()
  /** All that have not ended, the current one among them. */
  readonly #sessions = new Set<Session>()
  #current: Session | undefined
  #starting: Promise<Session> | undefined
  readonly #backOff: BackOff
  #stopped = false
  readonly #blobs: BlobListener
  /** Of the last call: what servers over HTTP may reach. */
  #reach: BlobAccess | undefined
  readonly #flowIds = new FlowIds()

  constructor(options: ServerPluginOptions) {
    this.name = options.name
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#log = options.log ?? (() => {})
    this.#places = new Places(options.maxInFlight ?? 64)
    this.#backOff = new BackOff(this.#clock, options.random)
    this.#blobs = new BlobListener({ blobs: () => this.#reach })
  }

  async components(): Promise<readonly ComponentInfo[]> {
    const session = this.#current ?? (await this.#connect())
    const result = await session.ask('components/list', {})
    const listed = isRecord(result) && Array.isArray(result.components) ? result.components : undefined
    this.#known.clear()
    for (const each of listed ?? []) {
      const info = infoOf(each)
      if (info) this.#known.set(info.name, info)
      else this.#warn(`lists a component without a name, which is left out: ${excerpt(each)}`)
    }
    if (!listed) this.#warn(`answered components/list without a list of "components": ${excerpt(result)}`)
    else if (listed.length === 0) this.#warn('lists no components')
    return [...this.#known.values()]
  }

  resolve(name: string): Component {
    return {
      info: { ...(this.#known.get(name) ?? { name }), announcesStart: true, keepsInput: true },
      call: (input, context) => this.#call(name, input, context),
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#backOff.stop()
    const starting = this.#starting?.catch(() => {})
    await Promise.all([...this.#sessions].map((session) => session.close()))
    await starting
    await this.#blobs.close()
  }

  // ---

  #call(name: string, input: unknown, context: CallContext): Promise<unknown> {
    if (context.isAbandoned) return Promise.reject(cancelled(context))
    this.#reach = context.blobs
    const waiting = this.#places.take(context, cancelled)
    if (waiting || !this.#current) return this.#callLater(waiting, name, input, context)
    return this.#current.execute(name, input, context)
  }

  /** Once it has a place, and there is a server. */
  async #callLater(
    waiting: Promise<void> | undefined,
    name: string,
    input: unknown,
    context: CallContext,
  ): Promise<unknown> {
    if (waiting) await waiting
    let session: Session
    try {
      session = this.#current ?? (await abortable(this.#connect(), context))
    } catch (error) {
      this.#places.give()
      throw error
    }
    return session.execute(name, input, context)
  }

  readonly #onCallEnd = (how: CallEnd): void => {
    if (how === 'answered') this.#backOff.succeeded()
    this.#places.give()
  }

  /** The session that is being opened, or a new one. */
  #connect(): Promise<Session> {
    this.#starting ??= this.#open().finally(() => {
      this.#starting = undefined
    })
    return this.#starting
  }

  async #open(): Promise<Session> {
    await this.#backOff.wait()
    if (this.#stopped)
      throw new FlowError('UNREACHABLE', `component server "${this.name}" was stopped`, { retryable: false })
    const session = new Session({
      name: this.name,
      transport: this.#transport(),
      startupTimeoutMs: this.#options.startupTimeoutMs ?? 10_000,
      graceMs: this.#options.cancelGraceMs ?? 5000,
      clock: this.#clock,
      log: this.#log,
      amount: this.#options.amount ?? 'bounded',
      blobUrl: async () => this.#options.blobUrl ?? (await this.#blobs.url()),
      flowIds: this.#flowIds,
      lend: (work) => this.#places.lend(work),
      onChange: (changed, what) => this.#forget(changed, what),
      onCallEnd: this.#onCallEnd,
    })
    this.#sessions.add(session)
    try {
      await session.open()
    } catch (error) {
      this.#backOff.failed()
      throw startFailure(error)
    }
    // It may have died since it opened; then its calls say so.
    if (session.takesCalls) this.#current = session
    return session
  }

  #warn(what: string): void {
    this.#log('warning', `component server "${this.name}" ${what}`)
  }

  #transport(): Transport {
    const { open, command, url, timeoutMs, maxMessageBytes, transport = 'either', ...child } = this.#options
    const bound = maxMessageBytes === undefined ? {} : { maxMessageBytes }
    if (open) return open()
    if (command) return childServer({ ...child, ...bound, command }, transport)
    if (url) return httpTransport({ url, place: 'remote', ...bound, ...(timeoutMs === undefined ? {} : { timeoutMs }) })
    throw new FlowError('INTERNAL', `component server "${this.name}" has neither "command" nor "url" nor "open"`)
  }

  #forget(session: Session, what: 'retired' | 'ended'): void {
    if (this.#current === session) {
      this.#current = undefined
      if (what === 'ended') this.#backOff.failed()
    }
    if (what === 'ended') void session.close().then(() => this.#sessions.delete(session))
  }
}

function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 100 ? `${text.slice(0, 100)}...` : text
}

function infoOf(listed: unknown): ComponentInfo | undefined {
  if (!isRecord(listed) || typeof listed.component !== 'string' || listed.component === '') return undefined
  const { component, description, input_schema, output_schema } = listed
  return {
    name: component.startsWith('/') ? component : `/${component}`,
    ...(typeof description === 'string' ? { description } : {}),
    ...(input_schema === undefined || input_schema === null ? {} : { inputSchema: input_schema as Json }), // from JSON
    ...(output_schema === undefined || output_schema === null ? {} : { outputSchema: output_schema as Json }),
  }
}
