// Secrets and texts around them by chance: whatever a secret is and however it was written, it is not there afterwards.

import { expect, test } from 'vitest'
import { plainText } from '../src/secrets/plain-text.ts'
import { Redactor } from '../src/secrets/redactor.ts'
import { Chance } from '../src/testing/sim-world.ts'

const SEEDS = 2000

test('a secret of any characters is gone, however it was written and whatever stands around it', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const chance = new Chance(seed)
    const secret = textOf(chance, chance.int(4, 43), chance.one(ALPHABETS))
    // What is little but escapes is found as it is, not in every way.
    if (secret.trim().length < 4 || (plainText(secret)?.text ?? secret).length < 4) continue
    if ('[redacted]'.includes(secret.trim())) continue
    const redactor = new Redactor([secret, ...others(chance)])
    const [name, write, isWrapped] = chance.one(WAYS)
    const written = write(secret, chance)
    const around = [textOf(chance, chance.int(0, 11), LETTERS), textOf(chance, chance.int(0, 11), LETTERS)]
    const text = `${around[0]}=${written} ${around[1]}`

    const clean = redactor.text(text)

    const at = `seed ${seed}: ${name} of ${JSON.stringify(secret)} in ${JSON.stringify(text)}`
    expect(clean, at).toContain('[redacted]')
    expect(clean, at).not.toContain(written)
    expect(clean, at).not.toContain(secret.trim())
    // Backslashes around it may be seen.
    const tight = clean.replace(/(?:\\|%(?:25)?5c)*(\[redacted\])(?:\\|%(?:25)?5c)*/i, '$1')
    if (!isWrapped) expect(tight, at).toBe(`${around[0]}=[redacted] ${around[1]}`)
  }
})

test('what holds no secret is not touched', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const chance = new Chance(seed)
    const redactor = new Redactor(Array.from({ length: 20 }, () => textOf(chance, chance.int(12, 41), LETTERS)))
    const text = textOf(chance, chance.int(0, 299), chance.one(ALPHABETS))

    expect(redactor.text(text), `seed ${seed}`).toBe(text)
  }
})

test('pieces of a third of a token, and of 16 characters of a longer one, are gone', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const chance = new Chance(seed)
    const secret = textOf(chance, chance.int(24, 423), LETTERS)
    const length = Math.max(8, Math.min(16, Math.ceil(secret.length / 3))) + chance.int(0, 4)
    const from = chance.int(0, secret.length - length - 1)
    const piece = secret.slice(from, from + length)

    expect(new Redactor([secret]).text(`<${piece}>`), `seed ${seed}`).toBe('<[redacted]>')
  }
})

// ---

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const SIGNS = '+/=%&?#"\'<>\\ -_.:;,!$*()[]{}|^~`'
const ALPHABETS = [
  LETTERS,
  LETTERS + SIGNS,
  `${LETTERS}äöüßéñ€漢字😀\n\r\t`,
  SIGNS,
  'ab',
  'nrtbfu0041\\',
  '%0123456789abcdef',
  '&;#amplt"',
]

/** Whether there is more in it than the secret. */
type Way = readonly [name: string, write: (secret: string, chance: Chance) => string, isWrapped?: boolean]

const WAYS: readonly Way[] = [
  ['as it is', (secret) => secret],
  ['encodeURIComponent', encodeURIComponent],
  ['encodeURIComponent twice', (secret) => encodeURIComponent(encodeURIComponent(secret))],
  ['lower-case percent', (secret) => encodeURIComponent(secret).replace(/%../g, (byte) => byte.toLowerCase())],
  ['every byte percent-encoded', (secret) => Buffer.from(secret).toString('hex').replace(/../g, '%$&')],
  ['a form', (secret) => new URLSearchParams({ p: secret }).toString().slice(2)],
  ['JSON', (secret) => JSON.stringify(secret).slice(1, -1)],
  ['JSON in JSON', (secret) => JSON.stringify(JSON.stringify(secret)).slice(3, -3)],
  ['JSON in ASCII', (secret) => ascii(JSON.stringify(secret).slice(1, -1))],
  ['JSON in a query', (secret) => encodeURIComponent(JSON.stringify({ secret })), true],
  ['HTML', html],
  ['HTML of JSON', (secret) => html(JSON.stringify(secret).slice(1, -1))],
  ['hex', (secret) => Buffer.from(secret).toString('hex')],
  ['HEX', (secret) => Buffer.from(secret).toString('hex').toUpperCase()],
  ['base64', (secret) => Buffer.from(secret).toString('base64')],
  ['base64url', (secret) => Buffer.from(secret).toString('base64url')],
  ['base64 in a query', (secret) => encodeURIComponent(Buffer.from(secret).toString('base64'))],
  [
    'base64 of a longer text',
    (secret, chance) => {
      const longer = textOf(chance, chance.int(0, 8), LETTERS) + secret + textOf(chance, chance.int(0, 8), LETTERS)
      return Buffer.from(longer).toString(chance.one(['base64', 'base64url']))
    },
    true,
  ],
]

function html(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')
}

function ascii(json: string): string {
  return json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function others(chance: Chance): string[] {
  return Array.from({ length: chance.int(0, 4) }, () => textOf(chance, chance.int(4, 33), LETTERS + SIGNS))
}

function textOf(chance: Chance, length: number, alphabet: string): string {
  const characters = [...alphabet]
  return Array.from({ length }, () => chance.one(characters)).join('')
}
