// All jails of a plugin: those that run code, those that were started ahead, and those that may run the same code again.
//
// P1. A jail that has run code runs no other: only the same source, in the same run.
// P2. Of code that is asked for once, no process stays.
// P3. All end with the plugin, and none keeps this process from ending.

import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { type Clock, FlowError, Places } from '@stepflow/engine'
import type { Language } from './interpreters.ts'
import { Jail, type Jailed } from './jail.ts'
import { TIMEOUT_MS } from './limits.ts'
import type { Tools } from './walls.ts'

export interface JailsOptions {
  readonly clock: Clock
  readonly memoryMb: number
  /** How many of each language that was asked for wait for code. */
  readonly warm: number
  /** Absent: the inner walls alone. */
  readonly tools: Tools | undefined
}

export interface Code {
  readonly language: Language
  readonly source: string
  readonly timeoutMs: number
  /** Code of one run shares no process with that of another. */
  readonly runId: string
  readonly signal: AbortSignal
  /** Called when it is about to run. */
  readonly started: () => void
}

export class Jails {
  readonly #options: JailsOptions
  readonly #places = new Places(MOST_AT_ONCE)
  readonly #busy = new Set<Jail>()
  /** The one that has waited longest first. */
  readonly #resting: Resting[] = []
  readonly #warm: Record<Language, Promise<Jail | undefined>[]> = { javascript: [], python: [] }
  /** Sources that were asked for, the latest last: a second time, it is worth keeping a jail for them. */
  readonly #seen = new Map<string, 'once' | 'again'>()
  #isClosed = false
  readonly #closing = new AbortController()

  constructor(options: JailsOptions) {
    this.#options = options
  }

  async run(code: Code): Promise<Jailed> {
    const key = this.#see(code)
    await this.#places.take(code, aborted)
    try {
      const jail = await this.#take(key, code)
      this.#busy.add(jail)
      try {
        code.started()
        const jailed = await jail.ask(code.source, code.timeoutMs, code.signal)
        if (this.#seen.get(key) === 'again' && jail.uses < MOST_USES && (await jail.rest())) this.#rest(key, jail)
        else jail.end()
        return jailed
      } finally {
        this.#busy.delete(jail)
      }
    } finally {
      this.#places.give()
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#closing.abort()
    const warm = Object.values(this.#warm).flat()
    for (const jail of this.#busy) jail.end()
    for (const { jail, timer } of this.#resting.splice(0)) {
      clearTimeout(timer)
      jail.end()
    }
    for (const jail of await Promise.all(warm)) jail?.end()
  }

  // ---

  async #take(key: string, code: Code): Promise<Jail> {
    if (this.#isClosed) throw new FlowError('CANCELLED', 'the code was aborted')
    const { language, timeoutMs, signal } = code
    for (let i = this.#resting.length - 1; i >= 0; i--) {
      if (this.#resting[i]?.key !== key) continue
      const jail = this.#wake(i)
      if (!jail.isGone) return jail
      jail.end()
    }
    const warm = timeoutMs <= TIMEOUT_MS ? this.#warm[language].shift() : undefined
    this.#warmUp(language)
    const jail = await warm
    if (jail && !jail.isGone && !signal.aborted) return jail
    jail?.end()
    return Jail.start({ ...this.#options, language, timeoutMs }, signal)
  }

  /** Those that cannot be started ahead are started when they are needed, which says why they cannot. */
  #warmUp(language: Language): void {
    const waiting = this.#warm[language]
    while (waiting.length < this.#options.warm) {
      const options = { ...this.#options, language, timeoutMs: TIMEOUT_MS }
      waiting.push(Jail.start(options, this.#closing.signal).catch(() => undefined))
    }
  }

  #rest(key: string, jail: Jail): void {
    if (this.#isClosed) return jail.end()
    if (this.#resting.length === MOST_AT_ONCE) this.#wake(0).end()
    const resting: Resting = {
      key,
      jail,
      timer: setTimeout(() => this.#wake(this.#resting.indexOf(resting)).end(), REST_MS).unref(),
    }
    this.#resting.push(resting)
  }

  #wake(index: number): Jail {
    const [{ jail, timer }] = this.#resting.splice(index, 1) as [Resting] // callers know that it is there
    clearTimeout(timer)
    return jail
  }

  #see({ runId, language, source }: Code): string {
    const key = createHash('sha256').update(`${runId}\n${language}\n${source}`).digest('base64')
    const seen = this.#seen.delete(key) ? 'again' : 'once'
    this.#seen.set(key, seen)
    const { value: oldest } = this.#seen.keys().next()
    if (this.#seen.size > MOST_SEEN && oldest !== undefined) this.#seen.delete(oldest)
    return key
  }
}

// ---

/** More wait: each is a process with memory of its own. */
const MOST_AT_ONCE = Math.max(16, 4 * availableParallelism())
const MOST_USES = 1000
const MOST_SEEN = 1000
/** How long one waits for the same code. */
const REST_MS = 30_000

interface Resting {
  readonly key: string
  readonly jail: Jail
  readonly timer: NodeJS.Timeout
}

function aborted(): FlowError {
  return new FlowError('CANCELLED', 'the code was aborted')
}
