// What an MCP server says for people, and what is said of it: passed on to our log, within bounds and through the redactions
// of its calls; its last lines are quoted when it ends.

import type { CallContext, Clock, Json, Log, LogLevel } from '@stepflow/engine'
import { Printing, Redactions, Relay } from '@stepflow/protocol'

export interface ServerWordsOptions {
  /** The plugin's name, and what messages call the server: `MCP server "files"`. */
  readonly name: string
  readonly who: string
  readonly clock: Clock
  readonly log: Log
  readonly amount: 'bounded' | 'all'
}

export class ServerWords {
  readonly #options: ServerWordsOptions
  readonly #redactions = new Redactions()
  readonly #relay: Relay
  readonly #printing: Printing

  constructor(options: ServerWordsOptions) {
    this.#options = options
    const { who, log, clock, amount } = options
    this.#printing = new Printing(clock)
    this.#relay = new Relay({ who, log, clock, amount, clean: (value) => this.#redactions.clean(value) })
  }

  /** What is secret in the call is seen nowhere from now on. */
  began(call: CallContext): void {
    this.#redactions.add(call.redaction)
    this.#printing.began(call)
  }

  ended(call: CallContext): void {
    this.#printing.ended(call)
  }

  /** A line that is no message of the protocol. */
  line(text: string, from: 'stdout' | 'stderr'): void {
    const data = { plugin: this.#options.name, from }
    this.#relay.noise(from === 'stderr' ? 'info' : 'warning', text, data, this.#shared)
  }

  /** Logged by the protocol. */
  logged(level: string, data: unknown): void {
    const text = `: ${typeof data === 'string' ? data : JSON.stringify(data)}`
    this.#relay.message(this.#shared, LEVELS[level] ?? 'info', `${this.#options.who}${text}`, undefined)
  }

  progress({ log }: CallContext, message: string | undefined, progress: Json): void {
    this.#relay.message(log, 'info', message ?? 'progress', progress)
  }

  /** `what` completes "MCP server X ...". */
  warn(what: string): void {
    this.#say('warning', ` ${what}`)
  }

  /** What the client noticed, for whoever looks for a fault. */
  noticed({ message }: Error): void {
    this.#say('debug', `: ${message}`)
  }

  lastLines(): string[] {
    return this.#relay.lastLines()
  }

  /** Reports what was left out so far; nothing comes any more. */
  end(): void {
    this.#relay.end()
  }

  // ---

  /** Shown, and kept in the logs of the runs whose it is. */
  readonly #shared: Log = (...said) => {
    this.#options.log(...said)
    this.#printing.keep(...said)
  }

  #say(level: LogLevel, text: string): void {
    this.#relay.message(this.#options.log, level, `${this.#options.who}${text}`, undefined)
  }
}

const LEVELS: Readonly<Record<string, LogLevel>> = {
  debug: 'debug',
  info: 'info',
  notice: 'info',
  warning: 'warning',
  error: 'error',
  critical: 'error',
  alert: 'error',
  emergency: 'error',
}
