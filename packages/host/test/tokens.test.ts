import { createMemoryStore, type Records, systemClock } from '@stepflow/engine'
import { beforeEach, expect, test } from 'vitest'
import { SESSION_MS, Sessions, Tokens, tokenSummary } from '../src/tokens/index.ts'

const DAY = 86_400_000

let records: Records
let now: number
let tokens: Tokens
beforeEach(() => {
  records = createMemoryStore().records
  now = Date.UTC(2026, 10, 30)
  tokens = new Tokens(records, { ...systemClock, now: () => now })
})

test('a token is known by itself alone, with its role and its name', async () => {
  const { id, token } = await tokens.create({ role: 'operator', name: 'ci' })

  const found = await tokens.check(token)
  expect(found).toMatchObject({ status: 'valid', token: { id, role: 'operator', name: 'ci' } })
  const last = token.at(-1) === 'A' ? 'E' : 'A'
  const [prefix, , secret] = token.split(/_(?=[\w-]{43}$)|_(?=[0-9a-f]{12}_)/)
  for (const wrong of [
    '',
    token.slice(0, -1),
    token.slice(0, -1) + last,
    `${token} `,
    token.toUpperCase(),
    id,
    `${prefix}_000000000000_${secret}`,
    `stepflow_${'x'.repeat(1_000_000)}`,
    `stepflow___proto__`,
  ]) {
    expect(await tokens.check(wrong)).toEqual({ status: 'wrong' })
  }
})

test('the store holds the hash of a token and nothing that opens anything', async () => {
  const { token } = await tokens.create({ role: 'admin' })

  const kept = JSON.stringify(await records.list('tokens'))
  expect(kept).not.toContain(token.slice(-43))
  expect(JSON.stringify(await tokens.list())).not.toMatch(/hash/)
})

test('a token holds until its end, to the millisecond, and is listed after it', async () => {
  const { id, token } = await tokens.create({ role: 'viewer', expiresInMs: 30 * DAY })

  now += 30 * DAY - 1
  expect(await tokens.check(token)).toMatchObject({ status: 'valid' })
  expect(await tokens.get(id)).toMatchObject({ role: 'viewer' })
  now += 1
  expect(await tokens.check(token)).toEqual({ status: 'expired' })
  expect(await tokens.get(id)).toBeUndefined()
  expect(tokenSummary((await tokens.list())[0] as never)).toMatchObject({
    id,
    createdAt: '2026-11-30T00:00:00.000Z',
    expiresAt: '2026-12-30T00:00:00.000Z',
  })
})

test('a revoked token opens nothing from then on; one that is not there is reported', async () => {
  const { id, token } = await tokens.create({ role: 'viewer' })

  await tokens.revoke(id)

  expect(await tokens.check(token)).toEqual({ status: 'wrong' })
  await expect(tokens.revoke(id)).rejects.toThrow(`there is no token with the id "${id}": there are none`)
  const other = await tokens.create({ role: 'viewer' })
  await expect(tokens.revoke(`${other.id.slice(0, -1)}z`)).rejects.toThrow(`did you mean "${other.id}"?`)
})

test('its last use is written now and then, not at each use', async () => {
  const { id, token } = await tokens.create({ role: 'viewer' })
  const versionOf = async () => (await records.get('tokens', id))?.version

  await tokens.check(token)
  const first = await versionOf()
  for (let i = 0; i < 50; i++) await tokens.check(token)
  expect(await versionOf()).toBe(first)
  now += 11 * 60_000
  await tokens.check(token)
  expect(await versionOf()).not.toBe(first)
  expect((await tokens.list())[0]).toMatchObject({ lastUsedAt: now })
})

test.each([
  { name: '' },
  { name: 'x'.repeat(129) },
  { expiresInMs: 0 },
  { expiresInMs: -1 },
  { expiresInMs: Number.NaN },
  { expiresInMs: Number.POSITIVE_INFINITY },
])('a token with %j is refused', async (wrong) => {
  await expect(tokens.create({ role: 'viewer', ...wrong })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  expect(await tokens.list()).toEqual([])
})

test('a session lasts 12 hours from its last use, ends with its token, and can be ended', async () => {
  const sessions = new Sessions(records, tokens, { ...systemClock, now: () => now })
  const { id } = await tokens.create({ role: 'viewer', expiresInMs: 2 * DAY })
  const token = (await tokens.get(id)) as NonNullable<Awaited<ReturnType<typeof tokens.get>>>
  const { cookie } = await sessions.begin(token)

  now += SESSION_MS - 1
  expect(await sessions.check(cookie)).toMatchObject({ isRenewed: true, token: { role: 'viewer' } })
  now += SESSION_MS - 1
  expect(await sessions.check(cookie)).toMatchObject({ isRenewed: true })
  expect(await sessions.check(`${cookie}x`)).toBeUndefined()
  now += SESSION_MS
  expect(await sessions.check(cookie)).toBeUndefined()

  const again = await sessions.begin(token)
  expect(await records.list('sessions')).toHaveLength(1)
  expect(again.session.expiresAt).toBe(now + SESSION_MS)
  await sessions.end(again.cookie)
  expect(await sessions.check(again.cookie)).toBeUndefined()
  const last = await sessions.begin(token)
  await tokens.revoke(id)
  expect(await sessions.check(last.cookie)).toBeUndefined()
})
