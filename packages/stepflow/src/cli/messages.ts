// What goes to stderr: hints, progress, log lines of components, in the format and at the level that the user asked for.

import { type Json, type Log, type LogLevel, own } from '@stepflow/engine'
import type { Args, Io } from './command.ts'
import { paint, printable } from './progress/draw-tree.ts'
import { number } from './progress/number.ts'

export interface Messages {
  /** What the user should know now: warnings, how to go on. Silent under --quiet. */
  hint(text: string): void
  /** What the user must know, also under --quiet. */
  problem(text: string): void
  /** How far it is; at most once a second, the caller sees to that. */
  progress(text: string, data: Json): void
  readonly log: Log
  /**
   * From now on retries are counted, and so are warnings of steps that have been printed in the same words: of many items,
   * each would be a line. Under --verbose, and for programs, each stays one.
   */
  countRepeats(): void
  readonly retries: number
  /** Prints how often each warning came that was printed once. */
  sayRepeats(): void
  /** True where a picture may be drawn and renewed. */
  readonly isLive: boolean
  /** Called before a line is written, to take a picture out of the way. */
  beforeLine(clear: (() => void) | undefined): void
}

/** So many different warnings are remembered. */
const MOST_WARNINGS = 100

const RANKS: Record<LogLevel, number> = { debug: 0, info: 1, warning: 2, error: 3 }

export function createMessages(args: Args, io: Io): Messages {
  const isQuiet = args.has('quiet')
  const isJson = args.value('log-format') === 'json'
  const wanted = args.value('log-level') ?? io.env.STEPFLOW_LOG_LEVEL ?? (args.has('verbose') ? 'debug' : 'info')
  const least = isQuiet ? RANKS.error : (RANKS[(wanted === 'warn' ? 'warning' : wanted) as LogLevel] ?? RANKS.info)
  let clear: (() => void) | undefined
  let isCounting = false
  let retries = 0
  const warnings = new Map<string, number>()

  function say(level: LogLevel, text: string, data?: Json) {
    clear?.()
    if (isJson) {
      const time = new Date().toISOString()
      io.err(`${JSON.stringify({ time, level, message: text, ...(data === undefined ? {} : { data }) })}\n`)
    } else {
      io.err(`${text}\n`)
    }
  }

  /** True, in a batch, for a warning of a step that was printed before. What else warns is rare, and news each time. */
  function isRepeated(message: string): boolean {
    if (!isCounting || isJson || least <= RANKS.debug || !message.startsWith('step "')) return false
    const times = warnings.get(message)
    if (times !== undefined || warnings.size < MOST_WARNINGS) warnings.set(message, (times ?? 0) + 1)
    return times !== undefined
  }

  return {
    hint: (text) => {
      if (!isQuiet) say('info', text)
    },
    problem: (text) => say('error', text),
    progress: (text, data) => {
      if (!isQuiet) say('info', text, data)
    },
    log(given, message, data) {
      const isRetry = own(data, 'event') === 'retry'
      if (isRetry) retries++
      const level = isRetry && isCounting ? 'debug' : given
      if (RANKS[level] < least) return
      if (level === 'warning' && data === undefined && isRepeated(message)) return
      if (isJson) return say(level, message, data)
      const extra = data === undefined || isRetry ? '' : ` ${JSON.stringify(data)}`
      const color = level === 'error' ? 'red' : level === 'warning' ? 'yellow' : 'dim'
      const item = isRetry && isCounting ? `item ${own(data, 'item')}: ` : ''
      say(level, paint(`${level}: ${item}${printable(message + extra)}`, color, io.terminal.color.err))
    },
    countRepeats() {
      isCounting = true
    },
    sayRepeats() {
      for (const [message, times] of warnings) {
        if (times === 1) continue
        const text = `warning: ${printable(message)} (${number(times)} times in all)`
        say('warning', paint(text, 'yellow', io.terminal.color.err))
      }
      warnings.clear()
    },
    get retries() {
      return retries
    },
    isLive: io.terminal.err && !isQuiet && !isJson && io.env.TERM !== 'dumb',
    beforeLine(next) {
      clear = next
    },
  }
}
