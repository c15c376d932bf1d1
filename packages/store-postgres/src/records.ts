// Small documents by name. A write is refused unless its writer has seen the version that is there.

import {
  checkRecordName,
  type Json,
  type RecordQuery,
  type Records,
  recordConflict,
  type StoredRecord,
} from '@stepflow/engine'
import type { Connection } from './connection.ts'
import { fromText, toText } from './text.ts'

export interface RecordOptions {
  readonly connection: () => Connection
  /** Turns what goes wrong into what happened to which store. */
  readonly answered: <T>(ask: () => Promise<T>, doing: 'read' | 'write to') => Promise<T>
}

type Name = Omit<StoredRecord, 'value'>

export class RecordTable implements Records {
  readonly #options: RecordOptions

  constructor(options: RecordOptions) {
    this.#options = options
  }

  async get(collection: string, key: string): Promise<StoredRecord | undefined> {
    const [row] = await this.#read({ text: `${SELECT} AND key = $2`, values: [toText(collection), toText(key)] })
    return row && recordOf(collection, row)
  }

  async list(collection: string, { after = '', limit = 100 }: RecordQuery = {}): Promise<readonly StoredRecord[]> {
    const rows = await this.#read({
      text: `${SELECT} AND key > $2 ORDER BY key LIMIT $3`,
      values: [toText(collection), toText(after), limit],
    })
    return rows.map((row) => recordOf(collection, row))
  }

  async put(record: StoredRecord): Promise<number> {
    const { collection, key, version, value } = record
    checkRecordName(collection, key)
    const text =
      version === 0
        ? `INSERT INTO records (collection, key, version, value) VALUES ($1, $2, nextval('record_versions'), $3)
           ON CONFLICT (collection, key) DO NOTHING RETURNING version`
        : `UPDATE records SET version = nextval('record_versions'), value = $3
           WHERE collection = $1 AND key = $2 AND version = $4 RETURNING version`
    const names = [toText(collection), toText(key)]
    const values = [...names, JSON.stringify(value), ...(version === 0 ? [] : [version])]
    const [written] = await this.#write<{ version: number }>({ text, values })
    if (!written) throw await this.#conflict(record)
    return written.version
  }

  async delete(record: Name): Promise<void> {
    const { collection, key, version } = record
    const text = 'DELETE FROM records WHERE collection = $1 AND key = $2 AND version = $3 RETURNING version'
    const [gone] = await this.#write({ text, values: [toText(collection), toText(key), version] })
    if (!gone && (await this.get(collection, key))) throw await this.#conflict(record)
  }

  async #conflict(seen: Name): Promise<Error> {
    return recordConflict(seen, (await this.get(seen.collection, seen.key))?.version ?? 0)
  }

  #read(statement: { text: string; values: unknown[] }): Promise<RecordRow[]> {
    return this.#options.answered(() => this.#options.connection().query<RecordRow>(statement), 'read')
  }

  #write<Row extends object>(statement: { text: string; values: unknown[] }): Promise<Row[]> {
    return this.#options.answered(() => this.#options.connection().query<Row>(statement), 'write to')
  }
}

// ---

const SELECT = 'SELECT key, version, value FROM records WHERE collection = $1'

interface RecordRow {
  readonly key: string
  readonly version: number
  readonly value: string
}

function recordOf(collection: string, { key, version, value }: RecordRow): StoredRecord {
  return { collection, key: fromText(key), version, value: JSON.parse(value) as Json }
}
