// An MCP server as a plugin: its tools are components. Connects when it is first needed, and again after the server died. One
// call is one try: the engine repeats calls, and has a budget for UNREACHABLE.

import {
  type CallContext,
  type Clock,
  type Component,
  type ComponentInfo,
  FlowError,
  type Log,
  type Plugin,
  suggest,
  systemClock,
} from '@stepflow/engine'
import { abortable, BackOff, cancelled, startFailure } from '@stepflow/protocol'
import { Connection, type Era, type McpPlace } from './connection.ts'
import type { Tools } from './tools.ts'

export interface McpPluginOptions {
  readonly name: string
  readonly place: McpPlace
  /** From its start to the end of the handshake; a minute if absent, for a program may be fetched before it runs. */
  readonly startupTimeoutMs?: number
  /** What a child may take to say that it speaks the newest version, before it is taken for an older one; 5 s if absent. */
  readonly probeTimeoutMs?: number
  /** What a child has to say anything after a call was cancelled before it is replaced; 5 s if absent, and the same again. */
  readonly cancelGraceMs?: number
  readonly maxMessageBytes?: number
  readonly log?: Log
  /** How much of what the server writes is passed on to the log: a part of a flood unless told. */
  readonly amount?: 'bounded' | 'all'
  readonly clock?: Clock
}

export function createMcpPlugin(options: McpPluginOptions): Plugin {
  return new McpPlugin(options)
}

// ---

class McpPlugin implements Plugin {
  readonly name: string
  readonly #options: McpPluginOptions
  readonly #clock: Clock
  readonly #backOff: BackOff
  /** The tools as they were listed last, and as components. */
  #learnt: Tools | undefined
  #known: ReadonlyMap<string, ComponentInfo> = new Map()
  readonly #connections = new Set<Connection>()
  #current: Connection | undefined
  #starting: Promise<Connection> | undefined
  /** What the last connection showed. */
  #era: Era = 'unknown'
  #stopped = false

  constructor(options: McpPluginOptions) {
    this.name = options.name
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#backOff = new BackOff(this.#clock)
  }

  async components(): Promise<readonly ComponentInfo[]> {
    const connection = this.#current ?? (await this.#connect())
    this.#learn(await connection.tools())
    return [...this.#known.values()]
  }

  resolve(name: string): Component {
    return {
      info: this.#known.get(name) ?? { name, announcesStart: true, keepsInput: true },
      call: (input, context) => this.#call(name, input, context),
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#backOff.stop()
    const starting = this.#starting?.catch(() => {})
    await Promise.all([...this.#connections].map((connection) => connection.close()))
    await starting
  }

  // ---

  async #call(name: string, input: unknown, context: CallContext): Promise<unknown> {
    if (context.signal.aborted) throw cancelled(context)
    const connection = this.#current ?? (await abortable(this.#connect(), context))
    const tools = connection.knownTools ?? (await abortable(connection.tools(), context))
    this.#learn(tools)
    const tool = tools.get(name.slice(1))
    if (!tool) throw this.#notFound(name, tools)
    const output = await connection.call(tool, input, context)
    this.#backOff.succeeded()
    return output
  }

  #learn(tools: Tools): void {
    if (this.#learnt === tools) return
    this.#learnt = tools
    this.#known = new Map([...tools.values()].map(({ info }) => [info.name, info]))
  }

  /** Most servers answer an unknown name as if the tool had failed: they are not asked. */
  #notFound(name: string, tools: Tools): FlowError {
    const names = [...tools.keys()]
    const meant = suggest(name.slice(1), names)
    const hint = meant ? `did you mean "/${meant}"?` : `it has ${names.slice(0, SHOWN_TOOLS).join(', ') || 'none'}`
    return new FlowError('COMPONENT_NOT_FOUND', `MCP server "${this.name}" has no tool "${name.slice(1)}": ${hint}`)
  }

  #connect(): Promise<Connection> {
    this.#starting ??= this.#open().finally(() => {
      this.#starting = undefined
    })
    return this.#starting
  }

  async #open(): Promise<Connection> {
    await this.#backOff.wait()
    try {
      const connection = await this.#start(this.#era)
      // It is not asked again what it did not answer, or died of.
      if (connection.era === 'old') this.#era = 'old'
      if (connection.takesCalls) this.#current = connection
      return connection
    } catch (error) {
      this.#backOff.failed()
      throw startFailure(error)
    }
  }

  async #start(era: Era): Promise<Connection> {
    if (this.#stopped) throw new FlowError('UNREACHABLE', `MCP server "${this.name}" was stopped`, { retryable: false })
    const connection = new Connection({
      ...this.#options,
      era,
      startupTimeoutMs: this.#options.startupTimeoutMs ?? STARTUP_MS,
      probeTimeoutMs: this.#options.probeTimeoutMs ?? PROBE_MS,
      graceMs: this.#options.cancelGraceMs ?? GRACE_MS,
      clock: this.#clock,
      log: this.#options.log ?? (() => {}),
      amount: this.#options.amount ?? 'bounded',
      onChange: (changed, what) => this.#forget(changed, what),
    })
    this.#connections.add(connection)
    try {
      await connection.open()
      return connection
    } catch (error) {
      if (connection.shownEra === undefined || this.#stopped) throw error
      // The next life is slow again, and would be taken for an old one again.
      if (connection.shownEra === 'new') this.#era = 'new'
      return this.#start(connection.shownEra)
    }
  }

  #forget(connection: Connection, what: 'retired' | 'ended'): void {
    if (this.#current === connection) {
      this.#current = undefined
      if (what === 'ended') this.#backOff.failed()
    }
    if (what === 'ended') void connection.close().then(() => this.#connections.delete(connection))
  }
}

const STARTUP_MS = 60_000
const PROBE_MS = 5000
const GRACE_MS = 5000
const SHOWN_TOOLS = 20
