// Waits for a store that is away: asks again, with growing pauses, as long as the store says that it is away. Any other
// failure (CONFLICT, NOT_FOUND, a value too large, a bug of ours) goes to the caller.

import type { Clock } from '../clock.ts'
import { FlowError } from '../errors.ts'
import { isPromise, type MaybePromise } from '../json.ts'

export interface PatienceOptions {
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly log: (level: 'info' | 'warning', message: string) => void
  /** For how long a store that is away is waited for. */
  readonly limitMs: number
}

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5_000

/**
 * The store cannot, for now: its disk is full, its file is locked, its server does not answer. What was handed in may have
 * been written all the same. `retryable: false` says that it never will be able to.
 */
export function isAway(error: unknown): error is FlowError {
  return FlowError.is(error) && error.code === 'RESOURCE_UNAVAILABLE' && error.retryable !== false
}

export class Patience {
  readonly limitMs: number
  readonly #options: PatienceOptions
  readonly #outages = new Set<Outage>()
  #isStopped = false

  constructor(options: PatienceOptions) {
    this.#options = options
    this.limitMs = options.limitMs
  }

  /** What the store answers once it is there. Rejects with what it said last, if it is away for longer than the limit. */
  ask<T>(question: () => MaybePromise<T>, limitMs = this.limitMs): MaybePromise<T> {
    try {
      const answer = question()
      return isPromise(answer) ? answer.catch((error) => this.#askAgain(question, error, limitMs)) : answer
    } catch (error) {
      return this.#askAgain(question, error, limitMs)
    }
  }

  /** For whoever asks in a way of its own. */
  outage(limitMs = this.limitMs): Outage {
    return new Outage(this.#options, this.#isStopped ? 0 : limitMs, {
      begins: (outage, why) => {
        this.#outages.add(outage)
        if (this.#outages.size > 1) return
        this.#options.log('warning', `the store is away, what is under way waits for it: ${why.message}`)
      },
      ends: (outage, isOver) => {
        if (!this.#outages.delete(outage) || this.#outages.size > 0 || !isOver) return
        this.#options.log('info', 'the store is back')
      },
    })
  }

  /** Nobody waits any longer. */
  stop(): void {
    this.#isStopped = true
    for (const outage of [...this.#outages]) outage.stop()
  }

  async #askAgain<T>(question: () => MaybePromise<T>, first: unknown, limitMs: number): Promise<T> {
    const outage = this.outage(limitMs)
    let failure = first
    while (isAway(failure) && (await outage.wait(failure))) {
      try {
        const answer = await question()
        outage.over()
        return answer
      } catch (error) {
        failure = error
      }
    }
    outage.over()
    throw failure
  }
}

/** Told when a wait begins and ends; `isOver`: the store has answered. */
interface OutageWatch {
  readonly begins: (outage: Outage, why: FlowError) => void
  readonly ends: (outage: Outage, isOver: boolean) => void
}

/** One wait for a store that is away, from its first refusal on. */
export class Outage {
  readonly #options: PatienceOptions
  readonly #limitMs: number
  readonly #watch: OutageWatch
  #since: number | undefined
  #tries = 0
  #isStopped = false
  #wake: ((isToTry: boolean) => void) | undefined
  #cancelTimer: (() => void) | undefined

  constructor(options: PatienceOptions, limitMs: number, watch: OutageWatch) {
    this.#options = options
    this.#limitMs = limitMs
    this.#watch = watch
  }

  /** Resolves when it is time to try again; false if that has gone on for too long, or nobody wants it any more. */
  wait(why: FlowError): Promise<boolean> {
    const { clock, random } = this.#options
    const now = clock.now()
    if (this.#since === undefined) {
      this.#since = now
      this.#watch.begins(this, why)
    }
    const left = this.#since + this.#limitMs - now
    if (this.#isStopped || left <= 0) {
      this.#watch.ends(this, false)
      return Promise.resolve(false)
    }
    const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#tries++)
    // Not all at once, when a store comes back that thousands wait for.
    const ms = Math.min(left, Math.ceil(most * (0.5 + random() / 2)))
    return new Promise((resolve) => {
      this.#wake = resolve
      this.#cancelTimer = clock.timer(ms, () => resolve(true))
    })
  }

  /** The store has answered. */
  over(): void {
    if (this.#since !== undefined) this.#watch.ends(this, true)
  }

  /** Whoever waits is told not to try again. */
  stop(): void {
    this.#isStopped = true
    this.#cancelTimer?.()
    this.#watch.ends(this, false)
    this.#wake?.(false)
  }
}
