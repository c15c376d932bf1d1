// Calls that are not answered at once: how many there are, when their time is over, and which of them wait for their plugin.

import type { Component } from '../../component/plugin.ts'
import type { FlowError } from '../../errors.ts'
import type { Attempt } from '../in-flight/attempt.ts'
import type { Drive } from '../in-flight/drive.ts'
import { RUNNING } from '../scheduler/state.ts'
import { recordQueue, recordStart } from './record-call.ts'
import { armTimeLimit } from './time-limits.ts'

/** What a call has come to, on its way to the turn that settles it. */
export type Answer =
  | { readonly attempt: Attempt; readonly kind: 'result'; readonly result: unknown }
  | { readonly attempt: Attempt; readonly kind: 'thrown'; readonly thrown: unknown }
  /** Of a look for a kept output. */
  | { readonly attempt: Attempt; readonly kind: 'kept'; readonly output: unknown }
  | { readonly attempt: Attempt; readonly kind: 'none'; readonly component: Component }

/** To wait so long for a plugin is worth an entry; milliseconds. */
const QUEUED_MS = 1_000

export class Unanswered {
  readonly #drive: Drive
  readonly #arrive: (answer: Answer) => void
  #count = 0
  #isLooking = false
  readonly #expire = (attempt: Attempt, thrown: FlowError) => this.#arrive({ attempt, kind: 'thrown', thrown })

  constructor(drive: Drive, arrive: (answer: Answer) => void) {
    this.#drive = drive
    this.#arrive = arrive
  }

  /** Calls that are not answered yet, wanted or not. */
  get count(): number {
    return this.#count
  }

  /** The call has begun: its time counts. */
  readonly begin = (attempt: Attempt): void => {
    armTimeLimit(this.#drive, attempt, this.#expire)
  }

  /** A call whose answer is still to come. */
  add(attempt: Attempt, answer: Promise<unknown>, component: Component): void {
    const { run, key } = attempt
    const { tools, of, records } = this.#drive
    if (records === 'steps' && !tools.isDurable && attempt.woken === undefined) recordStart(this.#drive, attempt)
    run.state.status[key] = RUNNING
    run.attempts.set(key, attempt)
    const { announcesStart, limitsItself } = component.info
    if (announcesStart) {
      if (!attempt.hasStarted) this.#watchQueue(attempt)
    } else if (!limitsItself) this.begin(attempt)
    this.#count++
    if (of.gate.mayGrow) this.#lookSoon()
    answer.then(
      (result) => {
        this.#count--
        this.#arrive({ attempt, kind: 'result', result })
      },
      (thrown) => {
        this.#count--
        this.#arrive({ attempt, kind: 'thrown', thrown })
      },
    )
  }

  /** Of a call that waits for its plugin for long, the journal says so: whoever looks at the run sees why nothing moves. */
  #watchQueue(attempt: Attempt): void {
    const { tools, records, isReplaying } = this.#drive
    if (records !== 'steps' || isReplaying || attempt.hasTimer) return
    attempt.cancelTimer = tools.clock.timer(QUEUED_MS, () => {
      attempt.cancelTimer = undefined
      recordQueue(this.#drive, attempt, { queued: true })
      attempt.onStarted = () => {
        recordQueue(this.#drive, attempt, {})
        this.begin(attempt)
      }
    })
    attempt.onStarted = () => {
      attempt.stopTimer()
      this.begin(attempt)
    }
  }

  /** What needs nobody else has answered when the process turns to other work. */
  #lookSoon(): void {
    if (this.#isLooking) return
    this.#isLooking = true
    this.#drive.tools.clock.soon(() => {
      this.#isLooking = false
      if (this.#count > 0) this.#drive.of.gate.keepFew()
    })
  }
}
