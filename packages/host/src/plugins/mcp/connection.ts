// One life of an MCP server: handshake, tools, calls, the end. Never connects again; the plugin opens the next connection.
//
// 1. Every call ends: with its answer, its abort, or the connection's end.
// 2. A child that says nothing more at all once a call was cancelled is ended: its other calls would wait for ever.
// 3. What the server writes is seen nowhere before it has been through the redactions of its calls.
// 4. We announce no capability. What the server asks all the same is refused with a sentence, and so is the call that needs it.

import type { Client, ProgressNotification, Transport } from '@modelcontextprotocol/client'
import { type CallContext, type Clock, FlowError, isRecord, type Log } from '@stepflow/engine'
import { cancelled, MAX_MESSAGE_BYTES, SLOW_MS, SlowCalls } from '@stepflow/protocol'
import { createChildTransport } from './child-transport.ts'
import { callFailure, connectFailure, isLost, isNewerOnly, isOutdated } from './failure.ts'
import { FOREVER_MS, Listing } from './listing.ts'
import { NOBODY, outputOf } from './output.ts'
import { createRemoteTransport } from './remote-transport.ts'
import { ServerWords } from './server-words.ts'
import { StuckWatch } from './stuck-watch.ts'
import type { Tool, Tools } from './tools.ts'

/** Where the server is: a program that we start, or an address. */
export type McpPlace = McpProcess | { readonly url: string; readonly headers: Readonly<Record<string, string>> }

export interface McpProcess {
  readonly command: string
  readonly args: readonly string[]
  /** All of it. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** `old`: it is known to speak a version before 2026-07-28, and is not asked. `new`: it has been seen to speak that one. */
export type Era = 'unknown' | 'old' | 'new'

export interface ConnectionOptions {
  /** The plugin's name, for messages. */
  readonly name: string
  readonly place: McpPlace
  readonly era: Era
  readonly startupTimeoutMs: number
  /** What a child may take to answer the question that servers of older versions do not know. */
  readonly probeTimeoutMs: number
  readonly graceMs: number
  readonly maxMessageBytes?: number
  readonly clock: Clock
  readonly log: Log
  readonly amount: 'bounded' | 'all'
  /** `retired`: it takes no more calls. `ended`: calls in flight have failed, its process is going. */
  readonly onChange: (connection: Connection, what: 'retired' | 'ended') => void
}

export class Connection {
  readonly #options: ConnectionOptions
  readonly #who: string
  readonly #at: string | undefined
  readonly #words: ServerWords
  readonly #slow: SlowCalls
  readonly #listing: Listing
  readonly #watch: StuckWatch | undefined
  readonly #steps = new Map<number, CallContext>()
  #client!: Client
  #transport: Transport | undefined
  #reading: Promise<Tools> | undefined
  #known: Tools | undefined
  #calls = 0
  /** Messages that have come. */
  #heard = 0
  #isOpen = false
  #isRetired = false
  /** The program has ended by itself. */
  #hasDied = false
  #shown: 'old' | 'new' | undefined
  /** Why it has ended. */
  #ended: FlowError | undefined
  #gone: Promise<void> | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#who = `MCP server "${options.name}"`
    this.#at = 'url' in options.place ? shownUrl(options.place.url) : undefined
    const { name, log, clock, amount, graceMs, startupTimeoutMs } = options
    this.#words = new ServerWords({ name, who: this.#who, log, clock, amount })
    this.#slow = new SlowCalls(clock, (id, tool) => this.#warnOfSlow(id as number, tool))
    const warn = (what: string) => this.#words.warn(what)
    this.#listing = new Listing({ who: this.#who, timeoutMs: startupTimeoutMs, clock, warn })
    // A remote server's other calls do not depend on this one.
    if (this.#at !== undefined) return
    this.#watch = new StuckWatch({
      clock,
      graceMs,
      heard: () => this.#heard,
      ask: () => void (this.era === 'new' ? this.#client.discover() : this.#client.ping()).catch(() => {}),
      onStuck: () => this.#end('did not react when a call was cancelled and was stopped'),
    })
  }

  get takesCalls(): boolean {
    return this.#ended === undefined && !this.#isRetired
  }

  /**
   * What it has shown of itself though it did not open, so that another start may go better. `old`: it ended, perhaps of the
   * first question, which servers of the older versions do not know (some only when they read the next line). `new`: it took
   * so long to answer that question that it was taken for an old one, and then refused the older handshake.
   */
  get shownEra(): 'old' | 'new' | undefined {
    return this.#shown
  }

  /** Of the connection's version; known once it is open. */
  get era(): 'old' | 'new' {
    return this.#client.getProtocolEra() === 'modern' ? 'new' : 'old'
  }

  /** Starts the server and shakes hands; rejects with UNREACHABLE. */
  async open(): Promise<void> {
    const { clock, startupTimeoutMs, era } = this.#options
    const library = await import('@modelcontextprotocol/client')
    const client = this.#createClient(library.Client)
    this.#transport = this.#createTransport(library.StreamableHTTPClientTransport)
    const stopTimer = clock.timer(startupTimeoutMs, () => {
      this.#end(`did not finish the handshake within ${startupTimeoutMs / 1000} s and was stopped`)
    })
    try {
      await client.connect(this.#transport, {
        timeout: FOREVER_MS,
        ...(era === 'old' ? { prior: { kind: 'legacy' as const } } : {}),
      })
      this.#isOpen = true
    } catch (error) {
      const failure = this.#ended ?? connectFailure(error, { who: this.#who, ...(this.#at && { at: this.#at }) })
      if (era === 'unknown') this.#shown = isNewerOnly(error) ? 'new' : this.#hasDied ? 'old' : undefined
      this.#endWith(failure)
      throw failure
    } finally {
      stopTimer()
    }
    if (this.era === 'new' && client.getServerCapabilities()?.tools?.listChanged) {
      // Whether it hears of changes is no reason to wait.
      client
        .listen({ toolsListChanged: true }, { timeout: startupTimeoutMs })
        .catch((error) => this.#words.noticed(error))
    }
  }

  /** All tools, as far as they are known and have not changed since. */
  get knownTools(): Tools | undefined {
    return this.#ended ? undefined : this.#known
  }

  /** All tools, read again once the server has said that they changed; rejects with a FlowError. */
  tools(): Promise<Tools> {
    if (this.#ended) return Promise.reject(this.#ended)
    if (this.#reading) return this.#reading
    const reading = this.#listing.read(this.#client).catch((error) => {
      throw this.#failure(error, 'tools/list', undefined)
    })
    this.#reading = reading
    reading.then(
      (tools) => {
        if (this.#reading === reading) this.#known = tools
      },
      () => {
        if (this.#reading === reading) this.#reading = undefined
      },
    )
    return reading
  }

  /** Calls a tool, and says when the request is on its way; rejects with a FlowError. */
  async call(tool: Tool, input: unknown, context: CallContext): Promise<unknown> {
    const { signal } = context
    const { name } = tool.definition
    const given = argumentsOf(name, input)
    const check = tool.check === undefined ? undefined : await tool.check()
    if (this.#ended) throw this.#ended
    const id = ++this.#calls
    this.#words.began(context)
    this.#steps.set(id, context)
    this.#slow.add(id, tool.info.name)
    try {
      context.started()
      const result = await this.#client.callTool(
        { name, arguments: given, _meta: { progressToken: id } },
        {
          signal,
          timeout: FOREVER_MS,
          toolDefinition: tool.definition,
          allowInputRequired: true,
        },
      )
      return outputOf(name, result, check)
    } catch (error) {
      if (signal.aborted) this.#watch?.begin()
      throw this.#failure(error, name, context)
    } finally {
      this.#slow.delete(id)
      this.#steps.delete(id)
      this.#words.ended(context)
      if (this.#isRetired && this.#steps.size === 0) this.#end('was replaced')
    }
  }

  /** Ends the server; what is in flight fails. Resolves when it is gone. */
  async close(): Promise<void> {
    this.#end('was stopped', 'final')
    await this.#gone
  }

  // ---

  #createClient(Class: typeof Client): Client {
    const { era, probeTimeoutMs } = this.#options
    const isPatient = this.#at !== undefined || era === 'new'
    const client = new Class(CLIENT, {
      capabilities: {},
      versionNegotiation: {
        mode: 'auto',
        probe: { timeoutMs: isPatient ? FOREVER_MS : probeTimeoutMs },
      },
      inputRequired: { autoFulfill: false },
      // We check ourselves, and name the field.
      jsonSchemaValidator: {
        getValidator: () => (data) => ({ valid: true, data: data as never, errorMessage: undefined }),
      },
    })
    client.onerror = (error) => this.#words.noticed(error)
    client.onclose = () => this.#end('closed the connection')
    client.fallbackRequestHandler = async ({ method }) => {
      throw Object.assign(new Error(`${method} is refused: ${NOBODY}`), { code: METHOD_NOT_FOUND })
    }
    client.setNotificationHandler('notifications/tools/list_changed', () => this.#forgetTools())
    // In place of the client's own, which is deaf to what comes together with the answer.
    client.setNotificationHandler('notifications/progress', ({ params }) => this.#progressed(params))
    client.setNotificationHandler('notifications/message', ({ params }) =>
      this.#words.logged(params.level, params.data),
    )
    this.#client = client
    return client
  }

  #createTransport(Streamable: Parameters<typeof createRemoteTransport>[0]): Transport {
    const { place, clock, maxMessageBytes = MAX_MESSAGE_BYTES } = this.#options
    const heard = <T>(message: T): T => {
      this.#heard++
      return this.#listing.hear(message)
    }
    if ('url' in place) return createRemoteTransport(Streamable, { ...place, maxMessageBytes, clock, heard })
    return createChildTransport(
      { ...place, maxMessageBytes },
      {
        heard,
        noise: (line, from) => this.#words.line(line, from),
        unreadable: ({ error }) => {
          this.#words.warn(`could not read a message: ${error?.message ?? 'it does not say which'}`)
        },
        ended: ({ why, retryable }) => {
          this.#hasDied = !this.#ended && retryable !== false
          this.#end(why, retryable === false ? 'final' : 'passing')
        },
      },
    )
  }

  #failure(error: unknown, tool: string, context: CallContext | undefined): FlowError {
    if (context?.signal.aborted) return cancelled(context)
    if (this.#ended) return this.#ended
    const failure = callFailure(error, { who: this.#who, tool, ...(this.#at && { at: this.#at }) })
    if (isOutdated(error)) this.#forgetTools()
    if (isLost(error)) this.#retire()
    return failure
  }

  /** The next call begins with a new connection; those in flight go on. */
  #retire(): void {
    if (this.#isRetired) return
    this.#isRetired = true
    this.#options.onChange(this, 'retired')
    if (this.#steps.size === 0) this.#end('was replaced')
  }

  #end(why: string, kind: 'final' | 'passing' = 'passing'): void {
    if (this.#ended) return
    const lines = this.#words.lastLines()
    const quoted = lines.slice(-QUOTED_LINES).map((line) => `\n  ${line}`)
    const words = lines.length === 0 ? '' : `; it last wrote:${quoted.join('')}`
    this.#endWith(
      new FlowError('UNREACHABLE', `${this.#who} ${why}${words}`, {
        ...(lines.length > 0 ? { data: { last_lines: lines } } : {}),
        ...(kind === 'final' ? { retryable: false } : {}),
      }),
    )
  }

  #endWith(failure: FlowError): void {
    this.#ended ??= failure
    if (this.#gone) return
    this.#slow.end()
    this.#watch?.end()
    this.#gone = (async () => {
      // First the client, whose calls in flight fail at once; what the server still writes is passed on as before.
      await (this.#isOpen ? this.#client.close() : this.#transport?.close())?.catch(() => {})
      this.#words.end()
    })()
    this.#options.onChange(this, 'ended')
  }

  // --- what the server says by itself

  #forgetTools(): void {
    this.#reading = undefined
    this.#known = undefined
  }

  #progressed({ progressToken, progress, total, message }: ProgressNotification['params']): void {
    const context = this.#steps.get(Number(progressToken))
    if (context) this.#words.progress(context, message, { done: progress, total: total ?? null })
  }

  #warnOfSlow(id: number, tool: string): void {
    const stepId = this.#steps.get(id)?.stepId
    this.#words.warn(`has not answered ${tool} of step "${stepId}" for ${SLOW_MS / 1000} s`)
  }
}

// ---

const CLIENT = { name: 'stepflow', version: '1' }
const QUOTED_LINES = 10
const METHOD_NOT_FOUND = -32601

function argumentsOf(tool: string, input: unknown): Record<string, unknown> {
  if (input === null || input === undefined) return {}
  if (isRecord(input)) return input
  throw new FlowError('INVALID_INPUT', `tool "${tool}" takes an object, its arguments by name, but the input is none`)
}

/** Without user, password, query and fragment: those may hold what nobody should read. */
function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}
