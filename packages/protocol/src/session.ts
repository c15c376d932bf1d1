// The runtime's side of one life of a component server: handshake, calls, the server's own requests, the end. Never
// restarts; the plugin opens the next session.
//
// 1. Every call ends: with its answer, its abort, or the session's end.
// 2. A call that was aborted and is not answered within the grace makes the session retire: it takes no new calls and
//    ends after those in flight, or at once if the server says nothing more at all.
// 3. A server whose output was lost in part, or that refuses one of several messages without saying which, retires as well:
//    calls that it will not answer must not wait for ever.
// 4. What the server writes is seen nowhere before it has been through the redactions of its calls.

import {
  type CallContext,
  type Clock,
  FlowError,
  isPromise,
  type Json,
  type Log,
  type MaybePromise,
} from '@stepflow/engine'
import { longParams, shortParams } from './call-params.ts'
import { abortable, cancelled } from './cancelled.ts'
import type { Form } from './described-runs.ts'
import { failureOf, refusalOf } from './failure.ts'
import { Greeting } from './greeting.ts'
import { InFlight } from './in-flight.ts'
import { Peer } from './peer.ts'
import { Redactions } from './redactions.ts'
import { RunNames } from './run-names.ts'
import { type FlowIds, serve } from './serve.ts'
import { type CallEnd, ServerCall } from './server-call.ts'
import { SLOW_MS, SlowCalls } from './slow-calls.ts'
import { Spoken } from './spoken.ts'
import type { Closed, Transport } from './transport.ts'
import { callOf } from './whose-request.ts'
import { type Answer, type Capabilities, type MessageId, PROTOCOL_VERSION, RpcError, rpcCode } from './wire.ts'

export interface SessionOptions {
  /** The plugin's name, for messages. */
  readonly name: string
  readonly transport: Transport
  readonly startupTimeoutMs: number
  readonly graceMs: number
  readonly clock: Clock
  readonly log: Log
  /** How much of what the server writes is passed on. */
  readonly amount: 'bounded' | 'all'
  /** Where a server over HTTP keeps blobs. */
  readonly blobUrl: () => Promise<string>
  readonly flowIds: FlowIds
  /** Gives the slot of a call back while it waits for a run of its own. */
  readonly lend: <T>(work: () => Promise<T>) => Promise<T>
  /** `retired`: it takes no more calls, and will end. `ended`: calls in flight have failed, its process is going. */
  readonly onChange: (session: Session, what: 'retired' | 'ended') => void
  /** For each `execute` once. */
  readonly onCallEnd: (how: CallEnd) => void
}

export class Session {
  readonly #options: SessionOptions
  readonly #peer: Peer
  readonly #calls = new InFlight<CallContext>()
  /** Aborted calls without an answer, with what stops their timer. */
  readonly #abandoned = new Map<MessageId, () => void>()
  readonly #redactions = new Redactions()
  readonly #spoken: Spoken
  readonly #slow: SlowCalls
  readonly #names = new RunNames()
  #can: Capabilities = NO_CAPABILITIES
  #form: Form = 'short'
  readonly #greeting: Greeting
  #serving = 0
  #isListening = false
  #retired = false
  /** Set once a part of the output is lost. */
  #stopLost: (() => void) | undefined
  #ended: FlowError | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    const { name, log, clock, amount } = options
    const clean = <T>(value: T): T => this.#redactions.clean(value)
    this.#spoken = new Spoken({ name, log, clock, amount, clean })
    this.#slow = new SlowCalls(clock, (id, component) => this.#warnOfSlow(id, component))
    this.#peer = new Peer(options.transport, {
      request: (method, params, _, call) => this.#serve(method, params, call),
      notification: (method, params) => this.#spoken.hear(method, params, (id) => this.#calls.get(id)?.log),
      toError: refusalOf,
      hasOthers: () => this.#abandoned.size > 0,
      stray: (answer) => this.#drop(answer),
      noise: (line, from) => this.#spoken.print(line, from, this.#printsLog),
      lost: () => this.#lose('has lost a part of what it wrote', LOSSY),
      overHttp: () => this.#greeting.turnToHttp(),
      stale: () => this.#outdate(),
      close: (closed) => this.#end(closed),
    })
    this.#greeting = new Greeting(this.#peer, options.blobUrl)
  }

  /** Over HTTP there is nothing that a line on stdout could be but log. */
  get #printsLog(): boolean {
    return this.#greeting.isOverHttp || this.#options.transport.printsLog === true
  }

  get takesCalls(): boolean {
    return this.#ended === undefined && !this.#retired
  }

  /** Starts the server and shakes hands; rejects with UNREACHABLE. */
  async open(): Promise<void> {
    const { clock, startupTimeoutMs, transport } = this.#options
    const stopTimer = clock.timer(startupTimeoutMs, () => {
      const { waitsFor } = transport
      const missing = waitsFor === undefined ? '' : ` (${waitsFor})`
      this.#end({ why: `did not finish the handshake within ${startupTimeoutMs / 1000} s${missing} and was stopped` })
    })
    try {
      this.#peer.start()
      const { version, can, form } = await this.#greeting.greet()
      if (version !== undefined && version !== PROTOCOL_VERSION) {
        const why = `speaks protocol version ${JSON.stringify(version)}; this runtime speaks ${PROTOCOL_VERSION}`
        this.#end({ why, retryable: false })
        throw this.#ended
      }
      this.#can = can
      this.#form = form
      this.#peer.notify('initialized', {})
    } catch (error) {
      if (error instanceof RpcError) this.#end({ why: `refused the handshake: ${error.message}` })
      throw this.#ended ?? error
    } finally {
      stopTimer()
    }
  }

  /** Runs a component, and says when the request is on its way; rejects with a FlowError. `onCallEnd` hears of its end first. */
  execute(component: string, input: unknown, context: CallContext): Promise<unknown> {
    const namesFlow = this.#form === 'long' || this.#options.transport.namesFlows === true
    let flow: MaybePromise<string> | undefined
    try {
      flow = namesFlow ? context.flowId() : undefined
    } catch (error) {
      this.#options.onCallEnd('failed')
      return Promise.reject(error)
    }
    if (isPromise(flow) || this.#peer.room) return this.#sendLater(component, input, context, flow)
    return this.#send(component, input, context, flow)
  }

  /** Any other request to the server, which is to be answered within the time of a start; rejects with a FlowError. */
  async ask(method: string, params: Json): Promise<unknown> {
    if (this.#ended) throw this.#ended
    const { clock, startupTimeoutMs, name } = this.#options
    const id = this.#peer.nextId()
    const stopTimer = clock.timer(startupTimeoutMs, () => {
      const why = `component server "${name}" did not answer ${method} within ${startupTimeoutMs / 1000} s`
      this.#peer.abandon(id, new FlowError('UNREACHABLE', `${why}${this.#spoken.quote()}`))
    })
    try {
      return await this.#peer.request(method, params, id)
    } catch (error) {
      throw failureOf(error, method)
    } finally {
      stopTimer()
    }
  }

  /** Ends the server; what is in flight fails. Resolves when it is gone. */
  close(): Promise<void> {
    this.#end({ why: 'was stopped', retryable: false })
    return this.#options.transport.close()
  }

  // --- calls

  /** Once it is known which flow it is of, and the server keeps up. */
  async #sendLater(
    component: string,
    input: unknown,
    context: CallContext,
    flow: MaybePromise<string> | undefined,
  ): Promise<unknown> {
    let flowId: string | undefined
    try {
      flowId = await flow
      while (this.#peer.room && !this.#ended) await abortable(this.#peer.room, context)
    } catch (error) {
      this.#options.onCallEnd('failed')
      throw error
    }
    return this.#send(component, input, context, flowId)
  }

  #send(component: string, input: unknown, context: CallContext, flowId: string | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#peer.nextId()
      const call = new ServerCall(id, component, context, resolve, reject, this.#onCallEnd)
      if (context.isAbandoned) return call.reject(cancelled(context))
      if (this.#ended) return call.reject(this.#ended)
      this.#begin(call, input, flowId)
    })
  }

  #begin(call: ServerCall, input: unknown, flowId: string | undefined): void {
    const { id, component, context } = call
    this.#calls.set(id, context)
    this.#spoken.began(context)
    this.#redactions.add(context.redaction)
    this.#slow.add(id, component)
    context.onAbandoned(() => this.#abandon(id, context))
    try {
      const params =
        flowId === undefined
          ? shortParams(component, input, context, this.#can.idempotency_key)
          : longParams(component, input, context, flowId, this.#names)
      context.started()
      this.#peer.ask('components/execute', params, id, call)
    } catch (error) {
      call.reject(error)
    }
  }

  readonly #onCallEnd = ({ id, context }: ServerCall, how: CallEnd): void => {
    if (this.#calls.delete(id)) {
      context.onAbandoned(undefined)
      this.#spoken.ended(context)
      this.#slow.delete(id)
      this.#endIfDrained()
    }
    this.#options.onCallEnd(how)
  }

  // --- the end

  #end({ why, retryable }: Closed): void {
    if (this.#ended) return
    const lines = this.#spoken.lastLines()
    this.#ended = new FlowError(
      'UNREACHABLE',
      `component server "${this.#options.name}" ${why}${this.#spoken.quote()}`,
      {
        ...(lines.length > 0 ? { data: { last_lines: lines } } : {}),
        ...(retryable === false ? { retryable } : {}),
      },
    )
    this.#slow.end()
    this.#stopLost?.()
    for (const stopTimer of this.#abandoned.values()) stopTimer()
    this.#abandoned.clear()
    this.#options.onChange(this, 'ended')
    this.#peer.fail(this.#ended)
    // What it still writes until it is gone is passed on as before.
    void this.#options.transport.close().then(() => this.#spoken.end())
  }

  #endIfDrained(): void {
    if (this.#retired && this.#calls.size === 0) this.#end({ why: 'was replaced' })
  }

  #warnOfSlow(id: MessageId, component: string): void {
    const { name } = this.#options
    const stepId = this.#calls.get(id)?.stepId
    const what = `component server "${name}" has not answered ${component} of step "${stepId}" for ${SLOW_MS / 1000} s`
    this.#options.log('warning', `${what}${this.#spoken.quote()}`)
  }

  // --- calls that are no longer wanted

  #abandon(id: MessageId, context: CallContext): void {
    const { clock, graceMs } = this.#options
    this.#abandoned.set(
      id,
      clock.timer(graceMs, () => this.#unanswered(id)),
    )
    if (this.#can.cancel) this.#peer.notify('components/cancel', { id })
    if (this.#options.transport.abandon?.(id)) {
      this.#abandoned.get(id)?.()
      this.#abandoned.delete(id)
      this.#endIfDeaf()
    }
    this.#peer.abandon(id, cancelled(context))
  }

  #unanswered(id: MessageId): void {
    this.#abandoned.delete(id)
    if (this.#ended) return
    this.#retire('goes on with a cancelled call')
    if (this.#calls.size === 0) return this.#end({ why: DEAF })
    this.#endIfDeaf()
  }

  /** Others wait for it, too. If it works for them they get their answers; if it is stuck they are better off failing. */
  #endIfDeaf(): void {
    if (this.#isListening) return
    this.#isListening = true
    const { heard } = this.#peer
    this.ask('components/list', {}).catch(() => {})
    this.#options.clock.timer(this.#options.graceMs, () => {
      this.#isListening = false
      if (this.#peer.heard === heard) this.#end({ why: DEAF })
    })
  }

  #retire(why: string): void {
    if (this.#retired) return
    this.#options.log('warning', `component server "${this.#options.name}" ${why}: it is replaced`)
    this.#retired = true
    this.#options.onChange(this, 'retired')
  }

  /** New calls greet the server first. */
  #outdate(): void {
    if (this.#retired || this.#ended) return
    this.#retired = true
    this.#options.onChange(this, 'retired')
    this.#endIfDrained()
  }

  /** Which answers were in what is lost, nobody knows: calls in flight have some time left to be answered. */
  #lose(what: string, why: string): void {
    if (this.#stopLost || this.#ended) return
    this.#stopLost = this.#options.clock.timer(LOST_MS, () => this.#end({ why }))
    this.#retire(what)
    this.#endIfDrained()
  }

  #drop({ id, error }: Answer): void {
    const { log, name } = this.#options
    if (id === null) {
      const said = this.#redactions.clean(error?.message ?? 'it sent an answer that belongs to no request')
      log('warning', `component server "${name}" refused a message without saying which: ${said}`)
      // One of them will not be answered.
      if (error && error.code !== rpcCode.methodNotFound && this.#peer.waiting > 0) {
        this.#lose('refused a message without saying which', `${UNSAID}: ${said}`)
      }
      return
    }
    this.#abandoned.get(id)?.()
    const wasWanted = this.#abandoned.delete(id)
    const what = wasWanted ? 'late, after its call was cancelled' : 'without a request'
    this.#spoken.remark(`sent an answer ${what}: it is dropped`)
  }

  // --- what the server says by itself

  #serve(method: string, params: unknown, call: MessageId | undefined): unknown {
    if (this.#serving >= MAX_SERVING) {
      throw new RpcError(rpcCode.internal, `more than ${MAX_SERVING} requests at once: wait for answers first`)
    }
    const { lend, flowIds } = this.#options
    const context = call === undefined ? callOf(params, this.#calls.entries(), this.#names) : this.#calls.get(call)
    const answer = serve(method, params, context, { lend, flowIds, form: this.#form })
    if (!(answer instanceof Promise)) return answer
    this.#serving++
    return answer.finally(() => {
      this.#serving--
    })
  }
}

// ---

const MAX_SERVING = 10_000
/** What calls have to be answered once output was lost. */
const LOST_MS = 30_000
const LOSSY =
  'lost a part of what it wrote and was stopped: its stdout does not block; "max_in_flight: 1" keeps what waits there small'
const UNSAID = 'refused a message without saying which, did not answer others, and was stopped'
const DEAF = 'did not react when a call was cancelled and was stopped'
const NO_CAPABILITIES: Capabilities = { cancel: false, progress: false, log: false, idempotency_key: false }
