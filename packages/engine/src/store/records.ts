// Small named documents, in memory; and what a name of one may be, for every store.

import { FlowError } from '../errors.ts'
import type { Json } from '../json.ts'
import type { RecordQuery, Records, StoredRecord } from './store.ts'

/** Throws INVALID_INPUT for a collection or key that could not be found again. */
export function checkRecordName(collection: string, key: string): void {
  for (const name of [collection, key]) {
    if (typeof name !== 'string' || name === '' || name.includes('\0')) {
      throw new FlowError(
        'INVALID_INPUT',
        `a record's collection and key are texts that are not empty, without NUL, not ${JSON.stringify(name)}`,
      )
    }
  }
}

/** What a writer is told who has not seen the version that is there. */
export function recordConflict({ collection, key, version }: Omit<StoredRecord, 'value'>, there: number): FlowError {
  const found = there === 0 ? 'it is not there' : `its version is ${there}`
  return new FlowError('CONFLICT', `"${key}" of ${collection} is not as it was read (version ${version}): ${found}`)
}

export class MemoryRecords implements Records {
  readonly #collections = new Map<string, Map<string, { readonly version: number; readonly text: string }>>()
  #lastVersion = 0

  get(collection: string, key: string): StoredRecord | undefined {
    const kept = this.#collections.get(collection)?.get(key)
    return kept && { collection, key, version: kept.version, value: JSON.parse(kept.text) as Json }
  }

  list(collection: string, { after = '', limit = 100 }: RecordQuery = {}): readonly StoredRecord[] {
    const keys = [...(this.#collections.get(collection)?.keys() ?? [])].filter((key) => key > after).sort()
    return keys.slice(0, limit).map((key) => this.get(collection, key) as StoredRecord)
  }

  put({ collection, key, version, value }: StoredRecord): number {
    checkRecordName(collection, key)
    this.#check({ collection, key, version })
    const records = this.#collections.get(collection) ?? new Map()
    this.#collections.set(collection, records)
    // As text: what the writer does to his object later is not in it.
    records.set(key, { version: ++this.#lastVersion, text: JSON.stringify(value) })
    return this.#lastVersion
  }

  delete({ collection, key, version }: Omit<StoredRecord, 'value'>): void {
    if (!this.#collections.get(collection)?.has(key)) return
    this.#check({ collection, key, version })
    this.#collections.get(collection)?.delete(key)
  }

  #check(seen: Omit<StoredRecord, 'value'>): void {
    const there = this.#collections.get(seen.collection)?.get(seen.key)?.version ?? 0
    if (there !== seen.version) throw recordConflict(seen, there)
  }
}
