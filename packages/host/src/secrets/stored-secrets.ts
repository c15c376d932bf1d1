// Secrets in a store, encrypted. Values that were replaced or removed stay, encrypted as well: runs hold them, and whoever
// shows those runs must know what to hide. A value stands in no message.
//
// 1. A value is never written unless all that are there can be read: a wrong key adds nothing.
// 2. Of two writers at once the later wins, and the other's value counts as replaced.
// 3. What was once a value is among the changes until somebody forgets it.

import { type Clock, FlowError, isRecord, type Records, type StoredRecord, suggest } from '@stepflow/engine'
import { changeRecord, everyRecord } from '../records.ts'
import { checkSecret } from './check-secret.ts'
import type { MasterKeys } from './master-keys.ts'
import { type MasterKey, type Sealed, seal, unseal } from './seal.ts'

export const SECRETS = 'secrets'

/** As a record holds it. */
interface Kept {
  readonly updatedAt: number
  /** Absent: it was removed. */
  readonly now?: Sealed
  /** What it was before, the latest last. */
  readonly former?: readonly Sealed[]
}

/** What is known of one without its value. */
export interface SecretRow {
  readonly name: string
  readonly updatedAt: number
}

/** With what must not be seen. */
export interface OpenSecret {
  readonly name: string
  readonly version: number
  readonly value: string | undefined
  readonly former: readonly string[]
}

export interface SecretChanges {
  readonly changed: readonly OpenSecret[]
  /** By name: nothing is kept of them any more. */
  readonly gone: ReadonlySet<string>
}

export interface StoredSecretsOptions {
  readonly records: Records
  readonly keys: MasterKeys
  readonly clock: Clock
}

export class StoredSecrets {
  readonly #records: Records
  readonly #keys: MasterKeys
  readonly #clock: Clock

  constructor({ records, keys, clock }: StoredSecretsOptions) {
    this.#records = records
    this.#keys = keys
    this.#clock = clock
  }

  /** Where the key is that they are encrypted with from now on. */
  get keyPlace(): string {
    return this.#keys.place
  }

  /** Those that are set, by name. */
  async list(): Promise<SecretRow[]> {
    const rows: SecretRow[] = []
    for await (const record of everyRecord(this.#records, SECRETS)) {
      const { now, updatedAt } = keptIn(record)
      if (now) rows.push({ name: record.key, updatedAt })
    }
    return rows
  }

  /** What has changed since each had the version that `seen` has; all at first. */
  async changes(seen: ReadonlyMap<string, number>): Promise<SecretChanges> {
    const changed: OpenSecret[] = []
    const gone = new Set(seen.keys())
    for await (const record of everyRecord(this.#records, SECRETS)) {
      gone.delete(record.key)
      if (seen.get(record.key) !== record.version) changed.push(this.#open(record))
    }
    return { changed, gone }
  }

  async set(name: string, value: string): Promise<void> {
    checkSecret(name, value)
    await this.#checkReadable()
    // The key may be another by the time that it is written: a rotation went by.
    for (let key = this.#keys.current(); ; key = this.#keys.current()) {
      await changeRecord<Kept>(this.#records, SECRETS, name, (kept) => {
        const former = kept ? this.#formerOf(name, kept, value) : []
        return {
          updatedAt: this.#clock.now(),
          now: seal(value, name, key),
          ...(former.length === 0 ? {} : { former }),
        }
      })
      if (this.#keys.current().id === key.id) return
    }
  }

  /** Throws NOT_FOUND. `forget`: its values as well, though runs may hold them; without the key, too. */
  async remove(name: string, how: 'keep values' | 'forget values' = 'keep values'): Promise<void> {
    if (how === 'keep values') await this.#checkReadable()
    let isThere = false
    await changeRecord<Kept>(this.#records, SECRETS, name, (kept) => {
      isThere = kept !== undefined && (how === 'forget values' || kept.now !== undefined)
      if (!isThere || !kept) return undefined
      if (how === 'forget values') return null
      return { updatedAt: this.#clock.now(), former: this.#formerOf(name, kept) }
    })
    if (!isThere) throw await this.#unknown(name)
  }

  /** Encrypts everything anew; answers how many secrets that are. Once more after a crash does the rest. */
  async rotate(): Promise<number> {
    await this.#checkReadable()
    this.#keys.addToFile()
    const key = this.#keys.current()
    let count = 0
    for await (const { key: name } of everyRecord(this.#records, SECRETS)) {
      await changeRecord<Kept>(this.#records, SECRETS, name, (kept) => {
        if (!kept) return undefined
        const anew = (sealed: Sealed) => seal(this.#unseal(sealed, name), name, key)
        const { now, former, ...rest } = kept
        return { ...rest, ...(now && { now: anew(now) }), ...(former && { former: former.map(anew) }) }
      })
      count++
    }
    // Somebody who read the old key just before may have written with it since.
    for await (const record of everyRecord(this.#records, SECRETS)) {
      if (sealedIn(keptIn(record)).some((sealed) => sealed.key !== key.id)) return this.rotate()
    }
    this.#keys.dropOldOfFile()
    return count
  }

  async #checkReadable(): Promise<void> {
    for await (const record of everyRecord(this.#records, SECRETS)) this.#open(record)
  }

  #open(record: StoredRecord): OpenSecret {
    const { key: name, version } = record
    const { now, former = [] } = keptIn(record)
    return {
      name,
      version,
      value: now && this.#unseal(now, name),
      former: former.map((sealed) => this.#unseal(sealed, name)),
    }
  }

  #unseal(sealed: Sealed, name: string): string {
    return unseal(sealed, name, this.#keyOf(sealed))
  }

  #keyOf(sealed: Sealed): MasterKey {
    return this.#keys.get(sealed.key)
  }

  /** What it was before, once each, without what it is from now on. */
  #formerOf(name: string, { now, former = [] }: Kept, value?: string): readonly Sealed[] {
    const byText = new Map<string, Sealed>()
    for (const sealed of [...former, ...(now ? [now] : [])]) byText.set(this.#unseal(sealed, name), sealed)
    if (value !== undefined) byText.delete(value)
    return [...byText.values()]
  }

  async #unknown(name: string): Promise<FlowError> {
    const names = (await this.list()).map((row) => row.name)
    if (names.length === 0) return new FlowError('NOT_FOUND', `there is no secret "${name}": this store has none`)
    const near = suggest(name, names)
    const hint = near ? `did you mean "${near}"?` : `there are: ${names.join(', ')}`
    return new FlowError('NOT_FOUND', `there is no secret "${name}" in this store; ${hint}`)
  }
}

// ---

function keptIn({ key, value }: StoredRecord): Kept {
  if (isRecord(value) && typeof value.updatedAt === 'number') return value as unknown as Kept // written by this file
  const how = `restore the store from a copy, or \`stepflow secrets remove ${key} --forget\` and set it again`
  throw new FlowError('RESOURCE_UNAVAILABLE', `the secret "${key}" is damaged in the store: ${how}`)
}

function sealedIn({ now, former = [] }: Kept): readonly Sealed[] {
  return now ? [now, ...former] : former
}
