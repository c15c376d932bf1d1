// Cuts the answers that are still being sent to somebody whose token has ended: streams may go on for days.

import type { ServerResponse } from 'node:http'
import type { Clock } from '@stepflow/engine'
import type { Tokens } from '@stepflow/host/tokens'

export class EndedTokens {
  readonly #tokens: Pick<Tokens, 'get'>
  readonly #clock: Clock
  /** Answers that are being sent, by the id of the token. */
  readonly #answers = new Map<string, Set<ServerResponse>>()
  #cancel: (() => void) | undefined

  constructor(tokens: Pick<Tokens, 'get'>, clock: Clock) {
    this.#tokens = tokens
    this.#clock = clock
  }

  follow(tokenId: string, answer: ServerResponse): void {
    const answers = this.#answers.get(tokenId) ?? new Set()
    this.#answers.set(tokenId, answers)
    answers.add(answer)
    answer.once('close', () => {
      answers.delete(answer)
      if (answers.size === 0) this.#answers.delete(tokenId)
    })
    this.#cancel ??= this.#clock.timer(LOOK_MS, () => void this.#look())
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#answers.clear()
  }

  async #look(): Promise<void> {
    for (const [id, answers] of this.#answers) {
      // A store that is away ends nobody.
      const token = await Promise.resolve(this.#tokens.get(id)).catch(() => 'unknown')
      if (token === undefined) for (const answer of answers) answer.destroy()
    }
    this.#cancel = this.#answers.size === 0 ? undefined : this.#clock.timer(LOOK_MS, () => void this.#look())
  }
}

// ---

const LOOK_MS = 1000
