// A call that a server has not answered: whom its answer goes to, and in which form. Hot: made for every call, with no
// promise but the one that its caller waits for.

import { type CallContext, FlowError, isRecord } from '@stepflow/engine'
import { failureOf } from './failure.ts'
import type { Waiting } from './peer.ts'

export type CallEnd = 'answered' | 'failed'

export class ServerCall implements Waiting {
  readonly id: number
  readonly component: string
  readonly context: CallContext
  readonly #answer: (output: unknown) => void
  readonly #fail: (error: unknown) => void
  readonly #onEnd: (call: ServerCall, how: CallEnd) => void

  constructor(
    id: number,
    component: string,
    context: CallContext,
    answer: (output: unknown) => void,
    fail: (error: unknown) => void,
    onEnd: (call: ServerCall, how: CallEnd) => void,
  ) {
    this.id = id
    this.component = component
    this.context = context
    this.#answer = answer
    this.#fail = fail
    this.#onEnd = onEnd
  }

  resolve(result: unknown): void {
    if (!isRecord(result) || !Object.hasOwn(result, 'output')) {
      return this.reject(new FlowError('COMPONENT_FAILED', `component ${this.component} answered without an "output"`))
    }
    this.#onEnd(this, 'answered')
    this.#answer(result.output)
  }

  /** With a FlowError, or with what the wire said. */
  reject(error: unknown): void {
    this.#onEnd(this, 'failed')
    this.#fail(failureOf(error, this.component))
  }
}
