// Passes what a server writes for people on to our log: only so much a second; the rest is counted. Keeps the last lines,
// for messages about how the server ended. Knows no protocol.
//
// 1. Nothing leaves it, into the log or into a quotation, that has not been through `clean`.
// 2. It holds no more than the last lines: what is over the bound is dropped, and reading goes on, so that no server waits
//    because somebody looks at its messages, or because nobody does.

import type { Clock, Json, Log, LogLevel } from '@stepflow/engine'

export interface RelayOptions {
  /** How the server is named in a message: `component server "x"`. */
  readonly who: string
  readonly log: Log
  readonly clock: Clock
  /** Takes secrets out. */
  readonly clean: <T>(value: T) => T
  /** `all`: whatever it is, for who looks for a fault in the server. */
  readonly amount?: 'bounded' | 'all'
}

export class Relay {
  readonly #options: RelayOptions
  readonly #last: string[] = []
  /** What may still be passed on; both grow back with time. */
  #lines = BURST_LINES
  #characters = BURST_CHARACTERS
  #filledAt: number
  #droppedLines = 0
  #droppedCharacters = 0
  #stopTimer: (() => void) | undefined

  constructor(options: RelayOptions) {
    this.#options = options
    this.#filledAt = options.clock.now()
  }

  /** A line that is no message: it is kept, and passed on if there is room. */
  noise(level: LogLevel, line: string, data: Json, log = this.#options.log): void {
    // More than is shown: what is cut off in the middle of a secret could not be recognised.
    const held = line.length > HELD_CHARACTERS ? line.slice(0, HELD_CHARACTERS) : line
    if (this.#last.push(held) > KEPT_LINES) this.#last.shift()
    if (this.#takes(Math.min(held.length, SHOWN_CHARACTERS))) log(level, this.#shown(held), data)
  }

  /** A message that the server logs by the protocol, into the log of its call. */
  message(log: Log, level: LogLevel, message: string, data: Json | undefined): void {
    const written = data === undefined ? 0 : JSON.stringify(data).length
    if (!this.#takes(Math.min(message.length, SHOWN_CHARACTERS) + Math.min(written, SHOWN_CHARACTERS))) return
    const shown = this.#shown(message)
    if (written > SHOWN_CHARACTERS)
      log(level, `${shown} (its data of ${written.toLocaleString('en-US')} bytes is left out)`)
    else log(level, shown, this.#options.clean(data))
  }

  /** The last lines, oldest first. */
  lastLines(): string[] {
    return this.#last.map((line) => this.#shown(line))
  }

  /** Reports what was left out so far; nothing comes any more. */
  end(): void {
    this.#stopTimer?.()
    this.#report()
  }

  // ---

  #shown(text: string): string {
    const clean = this.#options.clean(text).trimEnd()
    return clean.length > SHOWN_CHARACTERS ? `${clean.slice(0, SHOWN_CHARACTERS)}...` : clean
  }

  #takes(characters: number): boolean {
    if (this.#options.amount === 'all') return true
    this.#refill()
    if (this.#lines >= 1 && this.#characters >= characters) {
      this.#lines--
      this.#characters -= characters
      return true
    }
    this.#droppedLines++
    this.#droppedCharacters += characters
    this.#stopTimer ??= this.#options.clock.timer(REPORT_MS, () => {
      this.#stopTimer = undefined
      this.#report()
    })
    return false
  }

  #refill(): void {
    if (this.#lines >= BURST_LINES && this.#characters >= BURST_CHARACTERS) {
      this.#filledAt = this.#options.clock.now()
      return
    }
    const now = this.#options.clock.now()
    const seconds = Math.max(0, now - this.#filledAt) / 1000
    this.#lines = Math.min(BURST_LINES, this.#lines + seconds * LINES_A_SECOND)
    this.#characters = Math.min(BURST_CHARACTERS, this.#characters + seconds * CHARACTERS_A_SECOND)
    this.#filledAt = now
  }

  #report(): void {
    if (this.#droppedLines === 0) return
    const lines = this.#droppedLines.toLocaleString('en-US')
    const characters = this.#droppedCharacters.toLocaleString('en-US')
    this.#droppedLines = 0
    this.#droppedCharacters = 0
    this.#options.log(
      'warning',
      `${this.#options.who} writes more than is passed on: ${lines} lines (${characters} characters) were left out`,
    )
  }
}

// ---

const BURST_LINES = 1000
const LINES_A_SECOND = 100
const BURST_CHARACTERS = 256 * 1024
const CHARACTERS_A_SECOND = 32 * 1024
const REPORT_MS = 1000
const KEPT_LINES = 100
/** Of a line that is kept for people. */
const SHOWN_CHARACTERS = 2000
const HELD_CHARACTERS = 8192
