// Finds texts, and larger pieces of them, in another text: all at once, in one pass that looks at every few characters.
//
// Four characters in a row are a gram. Every gram of what is looked for is in a table; of what is searched, only every n-th
// is looked up, with n so small that no piece worth finding lies between two of them.

import type { Written } from './written.ts'

/** A place in a text: from its first character to behind its last. */
export type Region = readonly [start: number, end: number]

/** For many texts: few of their grams are looked up, all of the secrets' are in the table. */
export const FOR_MANY_TEXTS = 8
/** For a few texts: the table is small, and soon made. */
export const FOR_FEW_TEXTS = 2

const GRAM = 4
/** Of the same gram in one text: a text that repeats itself is found by its first ones. */
const MOST_ALIKE = 16

export class SecretSearch {
  readonly #written: readonly Written[]
  readonly #stride: number
  readonly #mask: number
  /** By hash, the first of its grams; then the grams: hash, text, place in it, next of the same slot. A gram's place is its name. */
  readonly #table: number[]
  #end: number

  constructor(written: readonly Written[], longestStride = FOR_MANY_TEXTS) {
    this.#written = written
    let stride = longestStride
    for (let i = 0; i < written.length; i++) stride = Math.min(stride, windowOf(written[i] as Written) - GRAM + 1)
    this.#stride = stride
    let grams = 0
    for (let i = 0; i < written.length; i++) {
      const one = written[i] as Written
      grams += stride * Math.ceil(one.text.length / everyOf(one, stride))
    }
    let size = 64
    while (size < grams * 3) size *= 2
    this.#mask = size - 1
    // No typed array: a small one takes longer to make than to fill.
    this.#table = new Array<number>(size + grams * FIELDS).fill(0)
    this.#end = size
    for (let i = 0; i < written.length; i++) this.#index(i)
  }

  /** Adds what it finds; places may overlap. False: the text would take too long, as only one made for it does. */
  find(text: string, found: Region[]): boolean {
    const last = text.length - GRAM
    const table = this.#table
    let work = 100_000 + text.length * 32
    let end = 0
    /** Where what was found here would begin, with its number: the same is found at each of its grams. */
    const here: number[] = []
    for (let i = 0; i <= last; ) {
      const hash = hashAt(text, i)
      let gram = table[hash & this.#mask] as number
      for (; gram !== 0; gram = table[gram + NEXT] as number) {
        if (table[gram] !== hash) continue
        const number = table[gram + TEXT] as number
        const at = table[gram + PLACE] as number
        if (i < end && isAmong(here, number, i - at)) continue
        const region = regionAt(this.#written[number] as Written, at, text, i)
        work -= region.looked + here.length
        if (work < 0) return false
        if (!region.isFound) continue
        found.push([region.start, region.end])
        if (i >= end) here.length = 0
        here.push(number, i - at)
        end = Math.max(end, region.end)
      }
      // Another one may begin inside, and reach further.
      i += i < end ? 1 : this.#stride
    }
    return true
  }

  /**
   * Of each `every` grams the first `stride`: a piece that counts has such a row in it, of which one is looked up.
   */
  #index(number: number): void {
    const written = this.#written[number] as Written
    const { text } = written
    const table = this.#table
    const stride = this.#stride
    const every = everyOf(written, stride)
    const alike = text.length > 64 ? new Map<number, number>() : undefined
    const first = firstOf(written)
    for (let at = first; at <= text.length - GRAM; at++) {
      if ((at - first) % every >= stride) continue
      const hash = hashAt(text, at)
      if (alike) {
        const same = alike.get(hash) ?? 0
        if (same >= MOST_ALIKE) continue
        alike.set(hash, same + 1)
      }
      const gram = this.#end
      this.#end += FIELDS
      table[gram] = hash
      table[gram + TEXT] = number
      table[gram + PLACE] = at
      table[gram + NEXT] = table[hash & this.#mask] as number
      table[hash & this.#mask] = gram
    }
  }
}

// ---

const SPACE = 32

const FIELDS = 4
const TEXT = 1
const PLACE = 2
const NEXT = 3

/** So many characters are enough, or all that can be looked for. */
function windowOf(written: Written): number {
  return Math.min(written.least, written.text.length - firstOf(written))
}

/** Not so seldom that a long piece has only grams that are everywhere. */
function everyOf(written: Written, stride: number): number {
  return Math.max(stride, Math.min(128, windowOf(written) - 2 - stride))
}

/** The scheme of an address is no secret, and nothing is found by it. */
function firstOf({ text, isWord }: Written): number {
  return isWord || !text.includes('://') ? 0 : (/^[a-z][a-z0-9+.-]*:\/\/(?=.{4})/i.exec(text)?.[0].length ?? 0)
}

/** The same for capitals as for small letters. */
function hashAt(text: string, at: number): number {
  const first = (text.charCodeAt(at) | 32) ^ ((text.charCodeAt(at + 1) | 32) << 8)
  const gram = first ^ ((text.charCodeAt(at + 2) | 32) << 16) ^ ((text.charCodeAt(at + 3) | 32) << 24)
  const hash = Math.imul(gram, 0x9e3779b1)
  return hash ^ (hash >>> 15)
}

function isAmong(pairs: readonly number[], number: number, start: number): boolean {
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === number && pairs[i + 1] === start) return true
  return false
}

/** Written into again at each call: what is found is rare, what is looked at is not. */
const place = { isFound: false, start: 0, end: 0, looked: 0 }

/** How far both texts agree around this gram. */
function regionAt(written: Written, at: number, text: string, i: number) {
  const { text: secret, least, isWord, isBase64 } = written
  let back = 0
  while (back < at && back < i && isSame(secret.charCodeAt(at - back - 1), text.charCodeAt(i - back - 1), isBase64))
    back++
  let on = 0
  while (at + on < secret.length && i + on < text.length) {
    if (!isSame(secret.charCodeAt(at + on), text.charCodeAt(i + on), isBase64)) break
    on++
  }
  place.start = i - back
  place.end = i + on
  place.looked = back + on + 1
  place.isFound = on >= GRAM && back + on >= least && (!isWord || isApart(text, place.start, place.end))
  if (!place.isFound) return place
  if (back + on < secret.length && !isBase64) {
    // Of a piece, spaces and line ends around it are nobody's.
    while (place.start < place.end && text.charCodeAt(place.start) <= SPACE) place.start++
    while (place.start < place.end && text.charCodeAt(place.end - 1) <= SPACE) place.end--
    place.isFound = place.start < place.end
  }
  if (isBase64) {
    if (written.sharesHead && back === at && isSextet(text, place.start - 1)) place.start--
    if (at + on === secret.length) {
      if (written.sharesTail && isSextet(text, place.end)) place.end++
      for (let n = 0; n < 2 && text[place.end] === '='; n++) place.end++
    }
  }
  return place
}

/** Names of hosts lose their capitals; in base64 each is another number. */
function isSame(a: number, b: number, isBase64: boolean): boolean {
  if (a === b) return true
  const small = a | 32
  return !isBase64 && (a ^ b) === 32 && small >= 97 && small <= 122
}

function isSextet(text: string, at: number): boolean {
  return /[A-Za-z0-9+/_-]/.test(text.charAt(at))
}

function isApart(text: string, start: number, end: number): boolean {
  return !isWordCharacter(text.charAt(start - 1)) && !isWordCharacter(text.charAt(end))
}

function isWordCharacter(character: string): boolean {
  return character !== '' && /[\p{L}\p{N}]/u.test(character)
}
