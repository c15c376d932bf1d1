// Sessions of browsers: a token is given once, and a cookie stands for it. A session ends with its token.

import { createHash, randomBytes } from 'node:crypto'
import { type Clock, FlowError, type Records } from '@stepflow/engine'
import { changeRecord, everyRecord } from '../records.ts'
import type { Token, Tokens } from './tokens.ts'

/** So long after its last use it ends. */
export const SESSION_MS = 12 * 3_600_000

export interface Session {
  readonly token: Token
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

interface Kept {
  readonly token: string
  readonly expiresAt: number
}

export class Sessions {
  readonly #records: Records
  readonly #tokens: Tokens
  readonly #clock: Clock

  constructor(records: Records, tokens: Tokens, clock: Clock) {
    this.#records = records
    this.#tokens = tokens
    this.#clock = clock
  }

  /** What goes into the cookie, and until when. */
  async begin(token: Token): Promise<{ readonly cookie: string; readonly session: Session }> {
    await this.#removeEnded()
    const cookie = randomBytes(32).toString('base64url')
    const expiresAt = this.#until(token)
    const value = { token: token.id, expiresAt }
    await this.#records.put({ collection: SESSIONS, key: keyOf(cookie), version: 0, value })
    return { cookie, session: { token, expiresAt } }
  }

  /** The session that a cookie stands for, as long as it and its token hold. Using it makes it last longer. */
  async check(cookie: string): Promise<(Session & { readonly isRenewed: boolean }) | undefined> {
    const key = keyOf(cookie)
    const kept = (await this.#records.get(SESSIONS, key))?.value as Kept | undefined // written here
    if (!kept || kept.expiresAt <= this.#clock.now()) return undefined
    const token = await this.#tokens.get(kept.token)
    if (!token) return undefined
    const expiresAt = this.#until(token)
    if (expiresAt - kept.expiresAt < RENEW_MS) return { token, expiresAt: kept.expiresAt, isRenewed: false }
    try {
      await changeRecord<Kept>(this.#records, SESSIONS, key, (there) => there && { ...there, expiresAt })
    } catch (thrown) {
      // A store that cannot be written can be read all the same.
      if (!FlowError.is(thrown)) throw thrown
      return { token, expiresAt: kept.expiresAt, isRenewed: false }
    }
    return { token, expiresAt, isRenewed: true }
  }

  async end(cookie: string): Promise<void> {
    await changeRecord<Kept>(this.#records, SESSIONS, keyOf(cookie), (kept) => kept && null)
  }

  #until({ expiresAt = Number.POSITIVE_INFINITY }: Token): number {
    return Math.min(this.#clock.now() + SESSION_MS, expiresAt)
  }

  async #removeEnded(): Promise<void> {
    const now = this.#clock.now()
    for await (const { key } of everyRecord(this.#records, SESSIONS)) {
      await changeRecord<Kept>(this.#records, SESSIONS, key, (kept) =>
        kept && kept.expiresAt <= now ? null : undefined,
      )
    }
  }
}

// ---

const SESSIONS = 'sessions'

/** A session that was used again is written so often at most. */
const RENEW_MS = 600_000

/** Whoever reads the store finds no cookie in it. A search by hash reveals nothing of what was hashed. */
function keyOf(cookie: string): string {
  return createHash('sha256').update(cookie).digest('hex')
}
