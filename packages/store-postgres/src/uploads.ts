// Puts the blobs of appends elsewhere before their rows are written. Rows of one journal keep the order in which they were
// handed in, whatever their blobs take.

import type { JournalId } from '@stepflow/engine'
import type { Appended } from './group.ts'
import type { OutsideBlobs } from './outside-blobs.ts'

export class Uploads {
  readonly #outside: OutsideBlobs
  readonly #underWay = new Map<JournalId, Promise<unknown>>()

  constructor(outside: OutsideBlobs) {
    this.#outside = outside
  }

  /** Calls `write` with the appends, of which no blob is left to write. */
  async before(appended: readonly Appended[], write: (rest: readonly Appended[]) => Promise<void>): Promise<void> {
    const blobs = appended.flatMap(({ encoded }) => encoded.blobs)
    const journals = appended.map(({ batch }) => batch.journal)
    const earlier = journals.flatMap((journal) => this.#underWay.get(journal) ?? [])
    if (blobs.length === 0 && earlier.length === 0) return write(appended)
    const upload = this.#outside.put(blobs)
    const over = Promise.allSettled([...earlier, upload])
    for (const journal of journals) this.#underWay.set(journal, over)
    try {
      await over
      await upload
      await write(appended.map((one) => ({ ...one, encoded: { ...one.encoded, blobs: [] } })))
    } finally {
      for (const journal of journals) if (this.#underWay.get(journal) === over) this.#underWay.delete(journal)
    }
  }
}
