// What a component server says without being asked: log and progress by the protocol, and what it prints. It goes into the log
// of its call where that is known, through the redactions and within the bounds of the relay, and the last lines are kept to
// be quoted. Knows no request and no answer.

import { type CallContext, type Clock, type Json, type Log, own } from '@stepflow/engine'
import { Printing } from './printing.ts'
import { Relay } from './relay.ts'
import type { MessageId } from './wire.ts'

export interface SpokenOptions {
  /** The plugin's name, for messages. */
  readonly name: string
  readonly log: Log
  readonly clock: Clock
  /** How much of it is passed on. */
  readonly amount: 'bounded' | 'all'
  /** Takes secrets out. */
  readonly clean: <T>(value: T) => T
}

export class Spoken {
  readonly #name: string
  readonly #log: Log
  readonly #relay: Relay
  readonly #printing: Printing

  constructor({ name, log, clock, amount, clean }: SpokenOptions) {
    this.#name = name
    this.#log = log
    this.#relay = new Relay({ who: `component server "${name}"`, log, clock, clean, amount })
    this.#printing = new Printing(clock)
  }

  /** What the server prints may be of this call, until that has ended. */
  began(context: CallContext): void {
    this.#printing.began(context)
  }

  ended(context: CallContext): void {
    this.#printing.ended(context)
  }

  /** A notification; `logOf` knows the logs of the calls in flight. */
  hear(method: string, params: unknown, logOf: (id: MessageId) => Log | undefined): void {
    const log = logOf(own(params, 'id') as MessageId) ?? this.#log
    const message = own(params, 'message')
    const data = own(params, 'data') as Json | undefined // JSON by its origin
    if (method === 'log') return this.#relay.message(log, levelOf(own(params, 'level')), textOf(message), data)
    if (method === 'progress') {
      const progress = { done: own(params, 'done') as Json, total: (own(params, 'total') ?? null) as Json }
      return this.#relay.message(log, 'info', typeof message === 'string' ? message : 'progress', progress)
    }
    this.#log('debug', `component server "${this.#name}" sent "${method}", which nobody listens to`)
  }

  /** A line that is no message. `isLog`: nothing else was to come by stdout. */
  print(line: string, from: 'stdout' | 'stderr', isLog: boolean): void {
    const say: Log = (...said) => {
      this.#log(...said)
      this.#printing.keep(...said)
    }
    this.#relay.noise(from === 'stderr' || isLog ? 'info' : 'warning', line, { plugin: this.#name, from }, say)
  }

  /** For who looks for a fault in the server: completes "component server ...". */
  remark(what: string): void {
    this.#relay.message(this.#log, 'debug', `component server "${this.#name}" ${what}`, undefined)
  }

  lastLines(): string[] {
    return this.#relay.lastLines()
  }

  /** The last lines, for the end of a message. */
  quote(): string {
    const lines = this.lastLines().slice(-QUOTED_LINES)
    return lines.length === 0 ? '' : `; it last wrote:${lines.map((line) => `\n  ${line}`).join('')}`
  }

  /** Reports what was left out; nothing comes any more. */
  end(): void {
    this.#relay.end()
  }
}

// ---

const QUOTED_LINES = 10

function textOf(message: unknown): string {
  return typeof message === 'string' ? message : JSON.stringify(message ?? null)
}

function levelOf(level: unknown): 'debug' | 'info' | 'warning' | 'error' {
  if (level === 'debug' || level === 'error') return level
  return level === 'warn' || level === 'warning' ? 'warning' : 'info'
}
