// Gives journals back to the store, which may be away; knows which are on their way there.

import { errorValue } from '../../errors.ts'
import type { JournalId } from '../../journal/events.ts'
import type { Patience } from '../../store/patience.ts'
import type { Store, Wake } from '../../store/store.ts'

export interface ReturnsTools {
  readonly store: Store
  readonly patience: Patience
  readonly warn: (message: string) => void
}

export class Returns {
  readonly #tools: ReturnsTools
  readonly #underWay = new Map<JournalId, Promise<void>>()

  constructor(tools: ReturnsTools) {
    this.#tools = tools
  }

  /** The store is asked until it takes it. Never rejects. */
  handBack(wake: Wake): Promise<void> {
    const { journal } = wake
    const returning = this.#handBack(wake).finally(() => {
      if (this.#underWay.get(journal) === returning) this.#underWay.delete(journal)
    })
    this.#underWay.set(journal, returning)
    return returning
  }

  /** Resolves when the journal is back; undefined if it is not on its way. */
  of(journal: JournalId): Promise<void> | undefined {
    return this.#underWay.get(journal)
  }

  async #handBack(wake: Wake): Promise<void> {
    const { store, patience, warn } = this.#tools
    try {
      await patience.ask(() => store.putDown?.(wake), Number.POSITIVE_INFINITY)
    } catch (error) {
      warn(`journal ${wake.journal} could not be given back to the store: ${errorValue(error).message}`)
    }
  }
}
