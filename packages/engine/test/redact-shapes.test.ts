// Our own words are never redacted, whatever is secret: whoever reads a redacted copy must be able to rely on them.

import { expect, test } from 'vitest'
import { codes, type JournalEntry, keysOf, type Outcome, Redactor, redactEntry, redactOutcome } from '../src/index.ts'

const WORDS = [
  ...'success failed skipped result error outcome code message data reason cause step item index type at'.split(' '),
  ...'settled finished created parked running completed cancelled status id run'.split(' '),
  ...Object.keys(codes),
  ...['ship', '/shop/ship', 'true', 'false', 'null', 'run-1', '{', '"', ':', ',', '0', '1', 'a', 'red', '[redacted]'],
]

const ENDS: readonly Outcome[] = [
  { outcome: 'success', result: { note: 'nothing' } },
  { outcome: 'skipped', reason: 'nothing', cause: { code: 'TIMEOUT', message: 'nothing', step: 'ship' } },
  { outcome: 'failed', error: { code: 'INVALID_INPUT', message: 'nothing', step: 'ship', data: { place: 'nowhere' } } },
]

test.each(WORDS)('with the secret %j, an outcome without it is the same outcome', (word) => {
  const redactor = new Redactor([word])

  for (const outcome of ENDS) expect(redactOutcome(outcome, redactor)).toBe(outcome)
})

test.each(WORDS)('with the secret %j, an outcome that is a value inside a result keeps its words', (word) => {
  const result = { results: ENDS, counts: { success: 1, skipped: 1, failed: 1 } }

  const clean = redactOutcome({ outcome: 'success', result }, new Redactor([word]))

  expect(clean).toEqual({ outcome: 'success', result })
})

test.each(WORDS)('with the secret %j, an entry of a journal without it keeps its shape', (word) => {
  const visit = { at: 1, item: 0, step: 0, visit: 1, attempt: 1 }
  const entries: JournalEntry[] = [
    { type: 'created', at: 0, run: 'run-1', from: 0, inputs: [{ x: 'nothing' }], options: { flow: 'success' } },
    { type: 'started', ...visit },
    { type: 'parked', ...visit, signal: 'failed', state: ENDS },
    { type: 'settled', ...visit, outcome: ENDS[0] as Outcome },
    { type: 'finished', at: 1, item: 0, outcome: ENDS[2] as Outcome },
    { type: 'signalled', at: 1, name: 'cancel', id: 'success' },
  ]

  expect(entries.map((entry) => redactEntry(entry, new Redactor([word])))).toEqual(entries)
})

test('values, messages, data and reasons are redacted', () => {
  const redactor = new Redactor(['hunter22'])
  const error = { code: 'X', message: 'for hunter22', data: { key: 'hunter22' }, step: 'hunter22' }
  const clean = { code: 'X', message: 'for [redacted]', data: { key: '[redacted]' }, step: 'hunter22' }

  expect(redactOutcome({ outcome: 'success', result: ['hunter22'] }, redactor)).toEqual({
    outcome: 'success',
    result: ['[redacted]'],
  })
  expect(redactOutcome({ outcome: 'failed', error }, redactor)).toEqual({ outcome: 'failed', error: clean })
  expect(redactOutcome({ outcome: 'skipped', reason: 'hunter22', cause: error }, redactor)).toEqual({
    outcome: 'skipped',
    reason: '[redacted]',
    cause: clean,
  })
})

test('a failure that was made good is redacted like any other', () => {
  const visit = { at: 1, item: 0, step: 0, visit: 1, attempt: 1 }
  const recovered = { code: 'X', message: 'for hunter22', step: 'hunter22' }
  const entry: JournalEntry = { type: 'settled', ...visit, outcome: { outcome: 'success', result: 1 }, recovered }

  expect(redactEntry(entry, new Redactor(['hunter22']))).toMatchObject({
    recovered: { code: 'X', message: 'for [redacted]', step: 'hunter22' },
  })
})

test('keys that a flow has in its own text stay, others are redacted', () => {
  const plan = {
    name: 'f',
    steps: [{ id: 'a', component: null, input: { op: 'object', of: [['secretkey', { op: 'input' }]] } as const }],
    entry: 0,
    exit: 0,
    onFailure: 'stop',
    schemas: { input: { properties: { password: { is_secret: true } } } },
  } as const
  const redactor = new Redactor(['password', 'secretkey', 'elsewhere'], [], () => keysOf(plan))

  expect(redactor.value({ password: 'password', secretkey: 1, elsewhere: 2 })).toEqual({
    password: '[redacted]',
    secretkey: 1,
    '[redacted]': 2,
  })
})
