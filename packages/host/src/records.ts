// What everybody does with records of a store: reads a whole collection, and changes one that others may be changing.

import { FlowError, type Json, type Records, type StoredRecord } from '@stepflow/engine'

/** All records of a collection, in the order of their keys. */
export async function* everyRecord(records: Records, collection: string): AsyncGenerator<StoredRecord> {
  let after = ''
  for (;;) {
    const page = await records.list(collection, { after, limit: PAGE })
    yield* page
    const last = page.at(-1)
    if (page.length < PAGE || last === undefined) return
    after = last.key
  }
}

/** A value in the place of what was read; `null` removes it, `undefined` leaves it as it is. */
export type Change<T> = (value: T | undefined) => T | null | undefined | Promise<T | null | undefined>

/**
 * Reads a record, and writes what `change` makes of it; once more if another writer was faster. Answers what is there then.
 * `T` is what only this room writes into the collection.
 */
export async function changeRecord<T>(
  records: Records,
  collection: string,
  key: string,
  change: Change<T>,
): Promise<T | undefined> {
  for (;;) {
    const there = await records.get(collection, key)
    const was = there?.value as T | undefined // written here
    const next = await change(was)
    if (next === undefined) return was
    const version = there?.version ?? 0
    try {
      if (next === null) await records.delete({ collection, key, version })
      else await records.put({ collection, key, version, value: next as Json })
      return next ?? undefined
    } catch (thrown) {
      if (!FlowError.is(thrown) || thrown.code !== 'CONFLICT') throw thrown
    }
  }
}

// ---

const PAGE = 500
