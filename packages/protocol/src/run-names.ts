// Runs by the names that servers take: newer ones parse a run's id as a UUID. Made of ours, and read back.

import { createHash } from 'node:crypto'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const MOST_KEPT = 1000

export class RunNames {
  readonly #uuids = new Map<string, string>()

  uuidOf(runId: string): string {
    const known = this.#uuids.get(runId)
    if (known !== undefined) return known
    const uuid = UUID.test(runId) ? runId : hashed(runId)
    this.#uuids.set(runId, uuid)
    if (this.#uuids.size > MOST_KEPT) {
      const [oldest] = this.#uuids.keys()
      this.#uuids.delete(oldest as string) // there are many
    }
    return uuid
  }

  /** Is this how the run was named to the server? */
  isNameOf(name: unknown, runId: string): boolean {
    return name === runId || name === this.#uuids.get(runId)
  }
}

// ---

/** Of version 8: what it is made of is the maker's affair. */
function hashed(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
