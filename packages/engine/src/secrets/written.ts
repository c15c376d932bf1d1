// The ways in which a secret may be written down, as texts to look for. Escapes are not among them, plain-text.ts takes
// those out of what is searched; nor are capitals, which the search does not tell from small letters. Pure JavaScript: it runs in a page as well.

import { plainText } from './plain-text.ts'

/** A text that is looked for. */
export interface Written {
  readonly text: string
  /** So many of its characters in a row give it away. */
  readonly least: number
  /** Found only as a word of its own. */
  readonly isWord: boolean
  /** Of base64, which shares a character with what stands in front of it, and one with what follows. */
  readonly isBase64: boolean
  readonly sharesHead: boolean
  readonly sharesTail: boolean
}

/** Shorter texts are too common to be looked for inside others. */
export const SHORTEST_INSIDE = 4

/**
 * `isPart`: of something longer. A short one of letters may be any word ("main", "user"), so it counts only where it stands by
 * itself.
 */
export function waysToWrite(secret: string, isPart: boolean): Written[] {
  const ways: Written[] = []
  const isWord = isPart && secret.length < 8 && /^\p{L}+$/u.test(secret)
  const plain = plainText(secret)?.text ?? secret
  const bytes = utf8(secret)
  // A form writes spaces so, and so does nobody else.
  const texts = new Set([secret, plain, plain.replaceAll(' ', '+')])
  // It is little but escapes: what is left of it cannot be looked for.
  if (plain.length < SHORTEST_INSIDE) for (const text of escapedWays(secret, bytes)) texts.add(text)
  for (const text of texts) if (text.length >= SHORTEST_INSIDE) ways.push(way(text, NO_BASE64, isWord))
  if (bytes.length < SHORTEST_INSIDE) return ways
  for (let before = 0; before < 3; before++) ways.push(...inBase64(bytes, before))
  ways.push(way(hexOf(bytes)))
  return ways
}

// ---

type Base64 = Pick<Written, 'isBase64' | 'sharesHead' | 'sharesTail'>

const NO_BASE64: Base64 = { isBase64: false, sharesHead: false, sharesTail: false }

function way(text: string, { isBase64, sharesHead, sharesTail } = NO_BASE64, isWord = false): Written {
  return { text, least: isWord ? text.length : leastOf(text), isWord, isBase64, sharesHead, sharesTail }
}

/**
 * A third of it, but at least 8 characters, and 16 are always enough. Of a text with spaces 24 are: what is shorter may be
 * ordinary words.
 */
function leastOf(text: string): number {
  if (text.length > LONG) return LEAST_OF_LONG
  const enough = /\s/.test(text) ? 24 : 16
  return Math.min(text.length, Math.max(8, Math.min(enough, Math.ceil(text.length / 3))))
}

/** Whole documents are looked for by their larger pieces: the index would be as large as a store. */
const LONG = 16_384
const LEAST_OF_LONG = 512

function escapedWays(secret: string, bytes: Uint8Array): string[] {
  const json = JSON.stringify(secret).slice(1, -1)
  const all = hexOf(bytes).replace(/../g, '%$&')
  // Letters and digits are escaped by nobody.
  const some = all.replace(/%(?:3\d|[46][1-9a-f]|[57][0-9a])/g, (byte) => decodeURIComponent(byte))
  return [json, JSON.stringify(json).slice(1, -1), some, all]
}

const HEX = codesOf('0123456789abcdef')
const BASE64 = codesOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')

function codesOf(characters: string): readonly number[] {
  return Array.from(characters, (character) => character.charCodeAt(0))
}

function textOf(codes: readonly number[]): string {
  if (codes.length <= MOST_ARGUMENTS) return String.fromCharCode(...codes)
  let text = ''
  for (let i = 0; i < codes.length; i += MOST_ARGUMENTS)
    text += String.fromCharCode(...codes.slice(i, i + MOST_ARGUMENTS))
  return text
}

const MOST_ARGUMENTS = 4096

function hexOf(bytes: Uint8Array): string {
  const codes = new Array<number>(bytes.length * 2)
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    codes[2 * i] = HEX[byte >> 4] as number
    codes[2 * i + 1] = HEX[byte & 15] as number
  }
  return textOf(codes)
}

/**
 * Base64 writes three bytes as four characters, so a secret within a longer text looks one of three ways, after 0, 1 or 2
 * bytes of a group. The characters that it shares with its neighbours are left out. In both alphabets, if they differ.
 */
function inBase64(bytes: Uint8Array, before: number): Written[] {
  const bits = (before + bytes.length) * 8
  const first = before === 0 ? 0 : before + 1
  const codes = new Array<number>(Math.floor(bits / 6) - first)
  for (let i = 0; i < codes.length; i++) {
    const bit = (first + i) * 6
    const byte = (bit >> 3) - before
    const pair = ((bytes[byte] ?? 0) << 8) | (bytes[byte + 1] ?? 0)
    codes[i] = BASE64[(pair >> (10 - (bit & 7))) & 63] as number
  }
  const text = textOf(codes)
  const shape = { isBase64: true, sharesHead: before !== 0, sharesTail: bits % 6 !== 0 }
  if (!text.includes('+') && !text.includes('/')) return [way(text, shape)]
  return [way(text, shape), way(text.replaceAll('+', '-').replaceAll('/', '_'), shape)]
}

function utf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3)
  let length = 0
  for (const character of text) {
    const code = character.codePointAt(0) as number // a character has one
    if (code < 0x80) bytes[length++] = code
    else {
      if (code < 0x800) bytes[length++] = 0xc0 | (code >> 6)
      else {
        if (code < 0x10000) bytes[length++] = 0xe0 | (code >> 12)
        else {
          bytes[length++] = 0xf0 | (code >> 18)
          bytes[length++] = 0x80 | ((code >> 12) & 63)
        }
        bytes[length++] = 0x80 | ((code >> 6) & 63)
      }
      bytes[length++] = 0x80 | (code & 63)
    }
  }
  return bytes.subarray(0, length)
}
