// The tools of a connection, all pages of them: in bounded time, and no more than are taken. One listing at a time, for the
// pages that come do not say which of them they belong to.

import type { Client } from '@modelcontextprotocol/client'
import { type Clock, FlowError, type Json, own } from '@stepflow/engine'
import { MAX_MESSAGE_BYTES } from '@stepflow/protocol'
import { readPage, readTools, type Tools } from './tools.ts'

export interface ListingOptions {
  /** `MCP server "files"` */
  readonly who: string
  readonly timeoutMs: number
  readonly clock: Clock
  /** `what` completes "MCP server X ...". */
  readonly warn: (what: string) => void
}

export class Listing {
  readonly #options: ListingOptions
  /** Of the one under way: how much has come, the schemas that the client need not know, and what ends it. */
  #current:
    | { characters: number; readonly outputSchemas: Map<string, Json>; readonly stop: AbortController }
    | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: ListingOptions) {
    this.#options = options
  }

  /** A message that comes, as the client may see it. */
  hear<T>(message: T): T {
    const current = this.#current
    const tools = current && own(own(message, 'result'), 'tools')
    if (!current || !Array.isArray(tools)) return message
    current.characters += JSON.stringify(tools).length
    if (current.characters > MAX_MESSAGE_BYTES) {
      const { who } = this.#options
      current.stop.abort(new FlowError('UNREACHABLE', `${who} lists more tools than are taken`, { retryable: false }))
    }
    const page = readPage(tools, this.#options.warn)
    for (const [name, schema] of page.outputSchemas) {
      if (!current.outputSchemas.has(name)) current.outputSchemas.set(name, schema)
    }
    const result = own(message, 'result') as Record<string, unknown> // it has tools
    return { ...message, result: { ...result, tools: page.tools } }
  }

  /** Rejects with a FlowError, or with what the client throws. */
  read(client: Client): Promise<Tools> {
    const reading = this.#last.then(() => this.#read(client))
    this.#last = reading.catch(() => {})
    return reading
  }

  // ---

  async #read(client: Client): Promise<Tools> {
    const { who, timeoutMs, clock, warn } = this.#options
    if (!client.getServerCapabilities()?.tools) {
      warn('has no tools')
      return new Map()
    }
    const current = { characters: 0, outputSchemas: new Map<string, Json>(), stop: new AbortController() }
    const { signal } = current.stop
    const stopTimer = clock.timer(timeoutMs, () => {
      current.stop.abort(new FlowError('UNREACHABLE', `${who} did not list its tools within ${timeoutMs / 1000} s`))
    })
    this.#current = current
    try {
      const { tools } = await client.listTools(undefined, { signal, timeout: FOREVER_MS, cacheMode: 'refresh' })
      if (tools.length === 0) warn('lists no tools')
      return readTools({ tools, outputSchemas: current.outputSchemas }, warn)
    } catch (error) {
      throw signal.aborted ? signal.reason : error
    } finally {
      stopTimer()
      this.#current = undefined
    }
  }
}

/** Our own timers bound everything; the client's default is a minute. As long as a timer can be. */
export const FOREVER_MS = 2 ** 31 - 1
