// Small documents by name. A write is refused unless its writer has seen the version that is there.

import {
  checkRecordName,
  FlowError,
  type Json,
  type RecordQuery,
  type Records,
  recordConflict,
  type StoredRecord,
} from '@stepflow/engine'
import type { Database } from './drivers.ts'
import { type Bytes, textOf } from './text.ts'
import type { JournalTransaction } from './transaction.ts'
import type { Writer } from './writer.ts'

export interface RecordTableOptions {
  readonly writer: Writer<JournalTransaction>
  /** Turns what SQLite throws into what happened to which file. */
  readonly read: <T>(read: () => T) => T
}

type Name = Omit<StoredRecord, 'value'>

export class RecordTable implements Records {
  readonly #options: RecordTableOptions
  readonly #sql

  constructor(db: Database, options: RecordTableOptions) {
    this.#options = options
    this.#sql = {
      get: db.prepare(`
        SELECT key, version, CAST(value AS BLOB) AS value FROM records WHERE collection = ? AND key = ?`),
      list: db.prepare(`
        SELECT key, version, CAST(value AS BLOB) AS value FROM records WHERE collection = ? AND key > ?
        ORDER BY key LIMIT ?`),
      nextVersion: db.prepare(`UPDATE marks SET value = value + 1 WHERE name = 'record'`),
      lastVersion: db.prepare(`SELECT value AS version FROM marks WHERE name = 'record'`),
      put: db.prepare('INSERT OR REPLACE INTO records (collection, key, version, value) VALUES (?, ?, ?, ?)'),
      delete: db.prepare('DELETE FROM records WHERE collection = ? AND key = ?'),
    }
  }

  get(collection: string, key: string): StoredRecord | undefined {
    const row = this.#options.read(() => this.#sql.get.get<RecordRow>(collection, key))
    return row && recordOf(collection, row)
  }

  list(collection: string, { after = '', limit = 100 }: RecordQuery = {}): readonly StoredRecord[] {
    const rows = this.#options.read(() => this.#sql.list.all<RecordRow>(collection, after, limit))
    return rows.map((row) => recordOf(collection, row))
  }

  async put(record: StoredRecord): Promise<number> {
    const { collection, key, value } = record
    checkRecordName(collection, key)
    const text = JSON.stringify(value)
    return this.#options.writer.write(() => {
      this.#check(record)
      this.#sql.nextVersion.run()
      const { version } = this.#sql.lastVersion.get<{ version: number }>() as { version: number }
      this.#sql.put.run(collection, key, version, text)
      return version
    })
  }

  async delete(record: Name): Promise<void> {
    const { collection, key } = record
    await this.#options.writer.write(() => {
      if (!this.#sql.get.get<RecordRow>(collection, key)) return
      this.#check(record)
      this.#sql.delete.run(collection, key)
    })
  }

  #check(seen: Name): void {
    const there = this.#sql.get.get<RecordRow>(seen.collection, seen.key)?.version ?? 0
    if (there !== seen.version) throw recordConflict(seen, there)
  }
}

// ---

interface RecordRow {
  readonly key: string
  readonly version: number
  readonly value: Bytes
}

function recordOf(collection: string, { key, version, value }: RecordRow): StoredRecord {
  try {
    return { collection, key, version, value: JSON.parse(textOf(value).text) as Json }
  } catch {
    const message = `"${key}" of ${collection} is damaged: it is not JSON any more; write it anew, or restore the file from a copy`
    throw new FlowError('RESOURCE_UNAVAILABLE', message)
  }
}
