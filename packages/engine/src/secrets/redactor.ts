// Takes secret values out of what is about to be seen, however they were written down. Pure; it knows no exit and no log.
//
// It is given values of users. What is ours around them (outcomes, codes, ids) goes past it: redact-shapes.ts.

import { isRecord, setOwn } from '../json.ts'
import { isOwnKey, isOwnValue } from './own-words.ts'
import { partsOf } from './parts.ts'
import { plainText } from './plain-text.ts'
import { FOR_FEW_TEXTS, FOR_MANY_TEXTS, type Region, SecretSearch } from './secret-search.ts'
import { SHORTEST_INSIDE, type Written, waysToWrite } from './written.ts'

/** What stands in the place of a secret. */
export const MARK = '[redacted]'

/**
 * Replaces each secret by `[redacted]`: as a whole value, inside a longer text, URL-encoded, JSON- or HTML-escaped, in hex, and
 * in base64 (either alphabet), alone or within a longer one; and its parts: the lines of a key, the fields of a JSON text,
 * pieces of a third of it.
 *
 * ```ts
 * const redactor = new Redactor(['hunter2!'])
 * redactor.text('?p=hunter2%21') // '?p=[redacted]'
 * ```
 */
export class Redactor {
  /** Their secrets are taken out, too. */
  readonly #beside: readonly Redactor[]
  /** Each with whether it is a part of another. */
  readonly #secrets = new Map<string, boolean>()
  #search: SecretSearch | undefined
  /** Too short to be looked for within words. */
  #short: Set<string> | undefined
  #shortWords: RegExp | undefined
  #numbers: Set<string> | undefined
  readonly #spared: () => ReadonlySet<string>
  readonly #stride: number
  #redaction: (<T>(value: T) => T) | undefined

  /**
   * `beside`: others whose secrets are taken out as well, also those that they are given later. `spared`: keys that stay as
   * they are, since the flow's own text has them.
   */
  constructor(
    secrets: Iterable<unknown> = [],
    beside: readonly Redactor[] = [],
    spared: () => ReadonlySet<string> = beside[0] ? beside[0].#spared : () => NO_KEYS,
    stride = FOR_MANY_TEXTS,
  ) {
    this.#beside = beside
    this.#stride = stride
    this.#spared = spared
    for (const secret of secrets) this.add(secret)
  }

  /** For a few texts: those of one item. */
  static forFew(secrets: Iterable<unknown>): Redactor {
    return new Redactor(secrets, [], undefined, FOR_FEW_TEXTS)
  }

  get isEmpty(): boolean {
    if (this.#secrets.size > 0) return false
    for (let i = 0; i < this.#beside.length; i++) if (!(this.#beside[i] as Redactor).isEmpty) return false
    return true
  }

  /** A text, a number, or a list or an object whose every text and number is secret. Nothing else can be. */
  add(secret: unknown): void {
    if (typeof secret === 'number' || typeof secret === 'bigint') return this.#addNumber(String(secret))
    if (typeof secret === 'string') return this.#addText(secret)
    this.#addParts(secret)
  }

  text(text: string): string {
    if (text === '' || this.isEmpty) return text
    if (this.#isShort(text)) return MARK
    const found: Region[] = []
    if (!this.#collect(text, found)) return MARK
    return found.length === 0 ? text : without(text, found)
  }

  /** A copy without the secrets, in keys as well; the value itself if it holds none. */
  value<T>(value: T): T {
    return this.isEmpty ? value : (this.#walk(value) as T) // a redacted T is a T but for its secrets
  }

  /** `value` as a function, the same each time. */
  get redaction(): <T>(value: T) => T {
    this.#redaction ??= (value) => this.value(value)
    return this.#redaction
  }

  #walk(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value)
    if (typeof value === 'number' || typeof value === 'bigint') return this.#hasNumber(value) ? MARK : value
    if (Array.isArray(value)) return this.#list(value)
    return isPlain(value) ? this.#record(value) : value
  }

  #list(list: readonly unknown[]): readonly unknown[] {
    let copy: unknown[] | undefined
    for (let i = 0; i < list.length; i++) {
      const clean = this.#walk(list[i])
      if (Object.is(clean, list[i])) continue
      copy ??= list.slice()
      copy[i] = clean
    }
    return copy ?? list
  }

  #record(record: Record<string, unknown>): Record<string, unknown> {
    const keys = Object.keys(record)
    let copy: Record<string, unknown> | undefined
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string
      const value = record[key]
      const cleanKey = this.#key(key)
      const clean = isOwnValue(key, value, record) ? value : this.#walk(value)
      if (!copy) {
        if (cleanKey === key && Object.is(clean, value)) continue
        copy = {}
        for (let j = 0; j < i; j++) setOwn(copy, keys[j] as string, record[keys[j] as string])
      }
      setOwn(copy, cleanKey === key ? key : freeKey(copy, cleanKey), clean)
    }
    return copy ?? record
  }

  #key(key: string): string {
    if (isOwnKey(key)) return key
    const clean = this.text(key)
    return clean === key || this.#spared().has(key) ? key : clean
  }

  #collect(text: string, found: Region[]): boolean {
    if (text.length < SHORTEST_INSIDE && !this.#hasShort()) return true
    if (!this.#find(text, found)) return false
    const plain = plainText(text)
    if (!plain) return true
    const inPlain: Region[] = []
    if (!this.#find(plain.text, inPlain)) return false
    for (const [start, end] of inPlain) found.push([plain.starts[start] as number, plain.starts[end] as number])
    return true
  }

  #find(text: string, found: Region[]): boolean {
    for (let i = 0; i < this.#beside.length; i++) if (!(this.#beside[i] as Redactor).#find(text, found)) return false
    if (this.#short) {
      this.#shortWords ??= words(this.#short)
      for (const { 0: word, index } of text.matchAll(this.#shortWords)) found.push([index, index + word.length])
    }
    if (this.#secrets.size === 0 || text.length < SHORTEST_INSIDE) return true
    this.#search ??= this.#compiled()
    return this.#search.find(text, found)
  }

  #hasShort(): boolean {
    return this.#short !== undefined || this.#beside.some((one) => one.#hasShort())
  }

  #isShort(text: string): boolean {
    return (text.length < SHORTEST_INSIDE || MARK.includes(text)) && this.#hasExactly(text)
  }

  #hasExactly(text: string): boolean {
    return this.#short?.has(text) === true || this.#beside.some((one) => one.#hasExactly(text))
  }

  #hasNumber(number: number | bigint): boolean {
    if (this.#numbers?.has(String(number))) return true
    for (let i = 0; i < this.#beside.length; i++) if ((this.#beside[i] as Redactor).#hasNumber(number)) return true
    return false
  }

  #addText(text: string): void {
    if (text === '' || this.#secrets.has(text)) return
    this.#keep(text, false)
    // Read from a file it may end in a newline that its user takes off.
    const trimmed = text.trim()
    if (trimmed !== text) this.#addText(trimmed)
    for (const part of partsOf(text)) if (!this.#secrets.has(part)) this.#keep(part, true)
  }

  #addNumber(text: string): void {
    this.#numbers ??= new Set()
    this.#numbers.add(text)
    this.#addText(text)
  }

  #addParts(secret: unknown): void {
    if (Array.isArray(secret)) for (const element of secret) this.#addParts(element)
    else if (isRecord(secret)) for (const key of Object.keys(secret)) this.#addParts(secret[key])
    else if (typeof secret === 'string' && secret.length >= SHORTEST_INSIDE) this.#addText(secret)
    else if (typeof secret === 'number' && String(secret).length >= SHORTEST_INSIDE) this.#addText(String(secret))
  }

  #keep(text: string, isPart: boolean): void {
    this.#secrets.set(text, isPart)
    if (text.length > 1 && String(Number(text)) === text) {
      this.#numbers ??= new Set()
      this.#numbers.add(text)
    }
    // The mark itself has no secrets.
    if (text.length < SHORTEST_INSIDE || MARK.includes(text)) {
      this.#short ??= new Set()
      this.#short.add(text)
      this.#shortWords = undefined
    } else this.#search = undefined
  }

  #compiled(): SecretSearch {
    const written = new Map<string, Written>()
    for (const [text, isPart] of this.#secrets) {
      if (this.#short?.has(text)) continue
      for (const way of waysToWrite(text, isPart)) {
        const same = written.get(way.text)
        if (!same || same.isWord) written.set(way.text, way)
      }
    }
    return new SecretSearch([...written.values()], this.#stride)
  }
}

// ---

const NO_KEYS: ReadonlySet<string> = new Set()

/** What touches or overlaps is one: the tail of a secret must not survive because another one began in front of it. */
function without(text: string, found: Region[]): string {
  found.sort((a, b) => a[0] - b[0])
  let clean = ''
  let copied = 0
  for (let i = 0; i < found.length; ) {
    const [start] = found[i] as Region // there: asked just now
    let [, end] = found[i] as Region
    for (i++; i < found.length && (found[i] as Region)[0] <= end; i++) end = Math.max(end, (found[i] as Region)[1])
    clean += text.slice(copied, start) + MARK
    copied = end
  }
  return clean + text.slice(copied)
}

/** Two or three letters or digits are looked for where they stand alone; one, and signs, only as a whole value. */
function words(short: ReadonlySet<string>): RegExp {
  const some = [...short].filter((text) => /^[\p{L}\p{N}]+$/u.test(text) && text.length > 1 && !MARK.includes(text))
  return some.length === 0 ? /(?!)/g : new RegExp(`(?<![\\p{L}\\p{N}])(?:${some.join('|')})(?![\\p{L}\\p{N}])`, 'gu')
}

/** Two redacted keys of one object both stay. */
function freeKey(record: Record<string, unknown>, key: string): string {
  if (!Object.hasOwn(record, key)) return key
  for (let n = 2; ; n++) if (!Object.hasOwn(record, `${key} ${n}`)) return `${key} ${n}`
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value)) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
