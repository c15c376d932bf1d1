// Somebody who follows with the others: he is offered one chunk at a time, and is left behind if he has not taken it when the
// next one is there.

import type { Cursor } from '@stepflow/engine'
import type { Chunk, View } from './chunk.ts'

/** How it goes on for somebody who follows; `over`: he has all, and nothing can follow. */
export type Step = 'chunk' | 'behind' | 'over' | 'other'

/** Somebody who follows. */
export class Seat {
  readonly view: View
  /** All up to there has been sent. */
  readonly at: Cursor
  /** How many chunks the channel had made before he read up to there. */
  readonly made: number
  #chunk: { readonly chunk: Chunk; readonly from: number } | undefined
  #end: 'behind' | 'over' | undefined
  #tell = () => {}
  #onTaken = () => {}

  constructor(view: View, at: Cursor, made: number) {
    this.view = view
    this.at = at
    this.made = made
  }

  /** Resolves when there is something to do; `other`: somebody called `wake`. */
  async next(): Promise<Step> {
    const now = this.#step()
    if (now) return now
    this.#onTaken()
    await new Promise<void>((resolve) => {
      this.#tell = resolve
    })
    this.#tell = () => {}
    return this.#step() ?? 'other'
  }

  #step(): Step | undefined {
    if (this.#end === 'behind') return 'behind'
    return this.#chunk ? 'chunk' : this.#end
  }

  wake(): void {
    this.#tell()
  }

  /** The chunk, which is held no longer. */
  take(): { readonly texts: readonly string[]; readonly end: Cursor } | undefined {
    if (!this.#chunk) return undefined
    const { chunk, from } = this.#chunk
    this.#chunk = undefined
    return { texts: chunk.texts(this.view, from), end: chunk.end }
  }

  /** False if the one before has not been taken. */
  offer(chunk: Chunk, from: number): boolean {
    if (this.#chunk) {
      this.leaveBehind()
      return false
    }
    this.#chunk = { chunk, from }
    this.#tell()
    return true
  }

  leaveBehind(): void {
    this.#end = 'behind'
    this.#chunk = undefined
    this.#onTaken()
    this.#tell()
  }

  /** Nothing can follow what it has been offered. */
  over(): void {
    this.#end = 'over'
    this.#tell()
  }

  /** Calls back when it has taken what it was offered, and waits again. */
  set onTaken(taken: () => void) {
    this.#onTaken = taken
  }
}
