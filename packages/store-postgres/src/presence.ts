// Who is alive. Each store that holds journals has a row and keeps it fresh; a journal held by somebody whose row is gone or
// old, or whose process has ended on this machine, is an orphan. The database's clock judges, and silence counts only as long
// as we have seen the database ourselves: after an outage everybody is silent to everybody. That clock may be set: whoever
// still writes is alive however old his row looks, and whoever does not is not because it looks to be of tomorrow.

import type { StoreNode } from '@stepflow/engine'
import { isProcessAlive, thisHost } from '@stepflow/engine/node'
import { texts } from './arrays.ts'
import type { Connection } from './connection.ts'
import type { DatabaseClock } from './database-clock.ts'

export interface PresenceOptions {
  readonly name: string
  /** Of the program, if this is a node. */
  readonly version: string | undefined
  readonly connection: () => Connection
  /** Where a beat goes when those are held up: whoever waits for somebody's lock is alive. */
  readonly spare: Connection
  /** Told the database's time with each beat, and when it was asked for. */
  readonly clock: DatabaseClock | undefined
  readonly warn: (message: string) => void
  /** Told what the schema says of itself, with each beat. */
  readonly onSchema: (version: number, oldest: number) => void
}

interface Holder {
  readonly driver: string
  readonly host: string | null
  readonly pid: number | null
  readonly seen: number | null
  readonly silence: number | null
}

/** What somebody wrote last, and since when we know it; by `performance.now()`. */
interface Sight {
  readonly seen: number | null
  readonly since: number
}

interface NodeRecord {
  readonly id: string
  readonly name: string
  readonly host: string
  readonly version: string | null
  readonly capacity: number
  readonly draining: boolean
  readonly started_at: number
  readonly seen_at: number
  readonly silence: number
  readonly shards: number
}

const BEAT_MS = 2_000
const SILENT_MS = 10_000
/** A node that is silent for longer is in no list any more. */
const FORGOTTEN_MS = 3_600_000

export class Presence {
  readonly id: string
  readonly #options: PresenceOptions
  readonly #host = thisHost()
  #isRegistered = false
  /** How many journals are driven here at once, once this is a node. */
  #capacity: number | undefined
  #isDraining = false
  #registering: Promise<void> | undefined
  /** Since when we have seen the database without a break: silence of before says nothing. By `performance.now()`. */
  #seenSince = performance.now()
  #lastSeen = performance.now()
  /** Of those who held journals when we looked last. */
  #sights = new Map<string, Sight>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: PresenceOptions) {
    this.#options = options
    // Nobody else's, even if a former process had the same name: its journals are not ours until we have taken them.
    this.id = `${options.name}-${process.pid}-${Math.random().toString(36).slice(2, 10)}`
  }

  /** From now on others can see that we are alive. Whoever starts clears away what nobody wants to see any more. */
  async register(): Promise<void> {
    if (this.#isRegistered) return
    this.#registering ??= this.#beat()
      .then(() => {
        this.#isRegistered = true
        this.#timer = setInterval(() => void this.#beatOn(), BEAT_MS).unref()
        // Nobody waits for it: who starts next tries again.
        this.#forgetOld().catch(() => {})
      })
      .finally(() => {
        this.#registering = undefined
      })
    await this.#registering
  }

  /** From now on this process is among the nodes. */
  async work(capacity: number): Promise<void> {
    this.#capacity = capacity
    this.#isDraining = false
    await (this.#isRegistered ? this.#beat() : this.register())
  }

  /** It takes no more journals. */
  async drain(): Promise<void> {
    this.#isDraining = true
    if (this.#isRegistered) await this.#beatOn()
  }

  async nodes(): Promise<StoreNode[]> {
    const rows = await this.#options.connection().query<NodeRecord>({
      name: 'nodes',
      text: `SELECT id, name, host, version, capacity, draining,
          (extract(epoch FROM started_at) * 1000)::bigint AS started_at, (extract(epoch FROM seen_at) * 1000)::bigint AS seen_at,
          (extract(epoch FROM clock_timestamp() - seen_at) * 1000)::double precision AS silence,
          (SELECT count(*)::integer FROM shards WHERE driver = drivers.id AND is_open) AS shards
        FROM drivers WHERE capacity IS NOT NULL ORDER BY name COLLATE "C", started_at, id`,
    })
    this.#seen()
    return rows.map(nodeOf)
  }

  /** Those who hold journals and are no more. */
  async dead(): Promise<string[]> {
    const others = await this.#others()
    return others.filter((one) => this.#isDead(one)).map(({ driver }) => driver)
  }

  /** Those who hold journals and are alive; without us. */
  async living(): Promise<Set<string>> {
    const others = await this.#others()
    return new Set(others.filter((one) => !this.#isDead(one)).map(({ driver }) => driver))
  }

  async forget(drivers: readonly string[]): Promise<void> {
    await this.#options.connection().query({
      text: 'DELETE FROM drivers WHERE id = ANY ($1::text[])',
      values: [texts(drivers)],
    })
  }

  /** What we still hold is free for others from now on, and due. */
  async leave(): Promise<void> {
    clearInterval(this.#timer)
    if (!this.#isRegistered) return
    this.#isRegistered = false
    await this.#options.connection().query({
      text: `WITH us AS (DELETE FROM drivers WHERE id = $1),
          left_over AS (UPDATE shards SET driver = NULL, place = NULL WHERE driver = $1 AND is_open RETURNING run, part)
        INSERT INTO wakes (run, part, at) SELECT run, part, 0 FROM left_over
        ON CONFLICT (run, part) DO UPDATE SET at = 0`,
      values: [this.id],
    })
  }

  // ---

  /** Nodes that died with nothing in hand: nobody takes over from them. */
  async #forgetOld(): Promise<void> {
    await this.#options.connection().query({
      text: `DELETE FROM drivers WHERE seen_at < clock_timestamp() - $1 * interval '1 millisecond'
        AND NOT EXISTS (SELECT FROM shards WHERE driver = drivers.id AND is_open)`,
      values: [FORGOTTEN_MS],
    })
  }

  async #beatOn(): Promise<void> {
    try {
      await this.#beat()
    } catch (error) {
      this.#options.warn(`cannot say that we are alive: ${(error as Error).message}`)
      // A newer program may have changed what we write to.
      await this.#readSchema().catch(() => {})
    }
  }

  async #readSchema(): Promise<void> {
    const { connection, onSchema } = this.#options
    const [schema] = await connection().query<{ version: number; oldest: number }>({
      text: 'SELECT version, oldest FROM schema_version',
    })
    if (schema) onSchema(schema.version, schema.oldest)
  }

  async #beat(): Promise<void> {
    const { connection, spare, name, version, clock, onSchema } = this.#options
    const askedAt = performance.now()
    const idle = connection()
    const [seen] = await (idle.pending === 0 ? idle : spare).query<{ now: number; schema: number; oldest: number }>({
      name: 'beat',
      text: `INSERT INTO drivers (id, name, host, pid, started_at, seen_at, capacity, version, draining)
        VALUES ($1, $2, $3, $4, clock_timestamp(), clock_timestamp(), $5, $6, $7)
        ON CONFLICT (id) DO UPDATE
          SET seen_at = excluded.seen_at, capacity = excluded.capacity, draining = excluded.draining
        RETURNING (extract(epoch FROM seen_at) * 1000)::double precision AS now,
          (SELECT schema_version.version FROM schema_version) AS schema, (SELECT oldest FROM schema_version) AS oldest`,
      values: [this.id, name, this.#host, process.pid, this.#capacity ?? null, version ?? null, this.#isDraining],
    })
    if (seen) {
      clock?.set(seen.now, askedAt)
      onSchema(seen.schema, seen.oldest)
    }
    this.#seen()
  }

  #seen(): void {
    const now = performance.now()
    if (now - this.#lastSeen > SILENT_MS / 2) this.#seenSince = now
    this.#lastSeen = now
  }

  async #others(): Promise<Holder[]> {
    const rows = await this.#options.connection().query<Holder>({
      name: 'holders',
      text: `SELECT held.driver, host, pid, (extract(epoch FROM seen_at) * 1000)::double precision AS seen,
          (extract(epoch FROM clock_timestamp() - seen_at) * 1000)::double precision AS silence
        FROM (SELECT DISTINCT driver FROM shards WHERE is_open AND driver IS NOT NULL AND driver <> $1) AS held
          LEFT JOIN drivers ON drivers.id = held.driver`,
      values: [this.id],
    })
    this.#seen()
    const now = performance.now()
    const before = this.#sights
    this.#sights = new Map(
      rows.map(({ driver, seen }) => {
        const known = before.get(driver)
        return [driver, known?.seen === seen ? known : { seen, since: now }]
      }),
    )
    return rows
  }

  #isDead({ driver, host, pid, silence }: Holder): boolean {
    if (host === null || pid === null || silence === null) return true
    if (host === this.#host && !isProcessAlive(pid)) return true
    const now = performance.now()
    const watched = now - this.#seenSince
    const unchanged = Math.min(watched, now - (this.#sights.get(driver)?.since ?? now))
    // Of tomorrow: the clock was set back, and what we have seen ourselves is all that there is.
    if (silence < 0) return unchanged > SILENT_MS
    // The clock may have been set forward: who is alive has written since.
    return Math.min(silence, watched) > SILENT_MS && unchanged > 2 * BEAT_MS
  }
}

// ---

function nodeOf({ id, name, host, version, capacity, draining, silence, shards, ...record }: NodeRecord): StoreNode {
  return {
    ...{ id, name, host: host.split(' ')[0] as string },
    ...(version === null ? {} : { version }),
    ...{ startedAt: record.started_at, seenAt: record.seen_at, capacity, shards },
    // Of tomorrow: it has not written since the database's clock was set back.
    status: Math.abs(silence) > SILENT_MS ? 'silent' : draining ? 'draining' : 'active',
  }
}
