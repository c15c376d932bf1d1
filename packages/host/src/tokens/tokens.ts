// Access tokens in a store: made once, shown once, kept as hashes. Who has one may do what its role may.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Clock, FlowError, type Records, suggest } from '@stepflow/engine'
import { changeRecord, everyRecord } from '../records.ts'

/** What somebody may do: each may what those before may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]

export interface Token {
  readonly id: string
  readonly name?: string
  readonly role: Role
  /** How the token begins, for whoever looks for it in his files. */
  readonly prefix: string
  /** Epoch milliseconds; `lastUsedAt` is some minutes old at most. */
  readonly createdAt: number
  readonly lastUsedAt?: number
  readonly expiresAt?: number
}

export interface NewToken {
  readonly role: Role
  readonly name?: string | undefined
  readonly expiresInMs?: number | undefined
}

export type CheckedToken =
  | { readonly status: 'valid'; readonly token: Token }
  | { readonly status: 'wrong' | 'expired' }

type Kept = Omit<Token, 'id' | 'prefix'> & { readonly hash: string }

export class Tokens {
  readonly #records: Records
  readonly #clock: Clock

  constructor(records: Records, clock: Clock) {
    this.#records = records
    this.#clock = clock
  }

  /** The token itself is in the answer, and nowhere else. */
  async create({ role, name, expiresInMs }: NewToken): Promise<{ readonly id: string; readonly token: string }> {
    checkNew(name, expiresInMs)
    const id = randomBytes(6).toString('hex')
    const token = `${prefixOf(id)}_${randomBytes(32).toString('base64url')}`
    const createdAt = this.#clock.now()
    const kept: Kept = {
      hash: hashOf(token).toString('hex'),
      role,
      ...(name === undefined ? {} : { name }),
      createdAt,
      ...(expiresInMs === undefined ? {} : { expiresAt: createdAt + expiresInMs }),
    }
    await this.#records.put({ collection: TOKENS, key: id, version: 0, value: { ...kept } })
    return { id, token }
  }

  /** The oldest first, also those that have expired. */
  async list(): Promise<Token[]> {
    const tokens: Token[] = []
    for await (const { key, value } of everyRecord(this.#records, TOKENS)) tokens.push(tokenOf(key, value as never)) // written here
    return tokens.sort((a, b) => a.createdAt - b.createdAt)
  }

  /** Throws NOT_FOUND. */
  async revoke(id: string): Promise<void> {
    let isThere = false
    await changeRecord<Kept>(this.#records, TOKENS, id, (kept) => {
      isThere = kept !== undefined
      return isThere ? null : undefined
    })
    if (isThere) return
    const ids = (await this.list()).map((token) => token.id)
    const near = suggest(id, ids)
    const hint = near ? `; did you mean "${near}"?` : ids.length === 0 ? ': there are none' : ''
    throw new FlowError('NOT_FOUND', `there is no token with the id "${id.slice(0, LONGEST_ID)}"${hint}`)
  }

  /** Whose it is, if it is one and holds. In the time that this takes nothing of a token can be read. */
  async check(text: string): Promise<CheckedToken> {
    const id = /^stepflow_([0-9a-f]{12})_[\w-]{43}$/.exec(text)?.[1]
    const record = id === undefined ? undefined : await this.#records.get(TOKENS, id)
    const kept = record?.value as Kept | undefined // written here
    const isSame = timingSafeEqual(hashOf(text), kept ? Buffer.from(kept.hash, 'hex') : NOBODY)
    if (!isSame || !kept || id === undefined) return { status: 'wrong' }
    const now = this.#clock.now()
    if (hasExpired(kept, now)) return { status: 'expired' }
    if (now - (kept.lastUsedAt ?? 0) > USED_MS) await this.#noteUse(id, now)
    return { status: 'valid', token: tokenOf(id, kept) }
  }

  /** The token by its id, as long as it holds. */
  async get(id: string): Promise<Token | undefined> {
    const kept = (await this.#records.get(TOKENS, id))?.value as Kept | undefined // written here
    return kept && !hasExpired(kept, this.#clock.now()) ? tokenOf(id, kept) : undefined
  }

  async #noteUse(id: string, now: number): Promise<void> {
    try {
      await changeRecord<Kept>(this.#records, TOKENS, id, (kept) => kept && { ...kept, lastUsedAt: now })
    } catch (thrown) {
      // A store that cannot be written can be read all the same.
      if (!FlowError.is(thrown)) throw thrown
    }
  }
}

/** As the API and the command line show it. */
export function tokenSummary({ createdAt, lastUsedAt, expiresAt, ...token }: Token) {
  return {
    ...token,
    createdAt: new Date(createdAt).toISOString(),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt: new Date(lastUsedAt).toISOString() }),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
  }
}

// ---

const TOKENS = 'tokens'

/** That a token was used is written so often at most. */
const USED_MS = 600_000

const LONGEST_ID = 64
const LONGEST_NAME = 128
const LONGEST_MS = 100 * 365 * 86_400_000

const NOBODY = Buffer.alloc(32)

function prefixOf(id: string): string {
  return `stepflow_${id}`
}

/** A token is random, so nothing is gained by a slow hash. */
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function hasExpired({ expiresAt }: Pick<Kept, 'expiresAt'>, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now
}

function tokenOf(id: string, { hash: _, ...kept }: Kept): Token {
  return { id, prefix: prefixOf(id), ...kept }
}

function checkNew(name: string | undefined, expiresInMs: number | undefined): void {
  if (name !== undefined && (name.trim() === '' || name.length > LONGEST_NAME)) {
    throw new FlowError('INVALID_INPUT', `a token's name must have 1 to ${LONGEST_NAME} characters`)
  }
  if (expiresInMs === undefined || (expiresInMs >= 1000 && expiresInMs <= LONGEST_MS)) return
  throw new FlowError(
    'INVALID_INPUT',
    'a token can expire after a second at the earliest, and after 100 years at the latest',
  )
}
