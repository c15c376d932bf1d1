// Takes secret values out of what is about to be seen, however they were written down. Pure; it knows no exit and no log.

import { isRecord, setOwn } from './json.ts'

const MARK = '[redacted]'

/** Shorter texts are too common to be looked for inside others: they are redacted only where they are the whole value. */
const SHORTEST_INSIDE = 4

/**
 * Replaces each secret by `[redacted]`: as a whole value, inside a longer text, URL-encoded, JSON- or HTML-escaped, and in
 * base64 (either alphabet), alone or within a longer base64 text.
 *
 * ```ts
 * const redactor = new Redactor(['hunter2!'])
 * redactor.text('?p=hunter2%21') // '?p=[redacted]'
 * ```
 */
export class Redactor {
  readonly #whole = new Set<string>()
  readonly #inside = new Set<string>()
  #pattern: RegExp | undefined

  constructor(secrets: Iterable<unknown> = []) {
    for (const secret of secrets) this.add(secret)
  }

  get isEmpty(): boolean {
    return this.#whole.size === 0
  }

  /** A text, a number, or a list or an object whose every text and number is secret. Nothing else can be. */
  add(secret: unknown): void {
    if (typeof secret === 'number' || typeof secret === 'bigint') return this.#addText(String(secret))
    if (typeof secret === 'string') {
      this.#addText(secret)
      // Read from a file it may end in a newline that its user takes off.
      return this.#addText(secret.trim())
    }
    if (Array.isArray(secret)) for (const element of secret) this.add(element)
    else if (isRecord(secret)) for (const element of Object.values(secret)) this.add(element)
  }

  text(text: string): string {
    if (this.#whole.size === 0) return text
    if (this.#whole.has(text)) return MARK
    return this.#inside.size === 0 ? text : replaceAll(text, this.#compiled())
  }

  /** A copy without the secrets, in keys as well; the value itself if it holds none. */
  value<T>(value: T): T {
    return this.#whole.size === 0 ? value : (this.#walk(value) as T) // a redacted T is a T but for its secrets
  }

  #walk(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value)
    if (typeof value === 'number' || typeof value === 'bigint') return this.#whole.has(String(value)) ? MARK : value
    if (Array.isArray(value)) return this.#list(value)
    return isPlain(value) ? this.#record(value) : value
  }

  #list(list: readonly unknown[]): readonly unknown[] {
    let copy: unknown[] | undefined
    for (let i = 0; i < list.length; i++) {
      const clean = this.#walk(list[i])
      if (clean === list[i]) continue
      copy ??= list.slice()
      copy[i] = clean
    }
    return copy ?? list
  }

  #record(record: Record<string, unknown>): Record<string, unknown> {
    let changed = false
    const copy: Record<string, unknown> = {}
    for (const key of Object.keys(record)) {
      const cleanKey = this.text(key)
      const clean = this.#walk(record[key])
      changed ||= cleanKey !== key || clean !== record[key]
      setOwn(copy, cleanKey === key ? key : freeKey(copy, cleanKey), clean)
    }
    return changed ? copy : record
  }

  #addText(text: string): void {
    if (text === '') return
    this.#whole.add(text)
    if (text.length < SHORTEST_INSIDE || this.#inside.has(text)) return
    this.#inside.add(text)
    this.#pattern = undefined
  }

  #compiled(): RegExp {
    this.#pattern ??= compile(this.#inside)
    return this.#pattern
  }
}

// ---

/** All places, overlapping ones as one: the tail of a secret must not survive because another one began in front of it. */
function replaceAll(text: string, pattern: RegExp): string {
  pattern.lastIndex = 0
  let match = pattern.exec(text)
  if (!match) return text
  let clean = ''
  let copied = 0
  while (match) {
    const start = match.index
    let end = start + match[0].length
    let inner = start + 1
    for (;;) {
      pattern.lastIndex = inner
      match = pattern.exec(text)
      if (!match || match.index >= end) break
      end = Math.max(end, match.index + match[0].length)
      inner = match.index + 1
    }
    clean += text.slice(copied, start) + MARK
    copied = end
  }
  return clean + text.slice(copied)
}

/** One expression for all secrets, so that a text is read once; longer ones first, since one may begin with another. */
function compile(secrets: Iterable<string>): RegExp {
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length)
  const written = longestFirst.map((secret) => secret.replace(/\\+|[^\\]/gu, writtenCharacter))
  const encoded = longestFirst.flatMap(base64Patterns)
  return new RegExp([...written, ...encoded].join('|'), 'g')
}

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;|&#38;',
  '<': '&lt;|&#60;',
  '>': '&gt;|&#62;',
  '"': '&quot;|&#34;',
  "'": '&#39;|&apos;|&#x27;',
}
const ESCAPES: Readonly<Record<string, string>> = { '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f' }

/** Backslashes that escaping (of what was escaped already) puts in front: bounded, so that no text is slow to search. */
const BACKSLASHES = '\\\\{1,7}'

/** A character in every way it may have been written: as it is, percent-encoded, JSON-escaped (once or more), as HTML. */
function writtenCharacter(character: string): string {
  if (/[A-Za-z0-9]/.test(character)) return character
  if (character.startsWith('\\')) return `(?:\\\\{${character.length},${character.length * 8}}|(?:%5[Cc])+)`
  const ways = [unicodeEscaped(character), percentEncoded(character), literally(character)]
  if (character === ' ') ways.push('\\+')
  if (/["/']/.test(character)) ways.push(BACKSLASHES + character)
  const letter = ESCAPES[character]
  if (letter) ways.push(BACKSLASHES + letter)
  const html = HTML[character]
  if (html) ways.unshift(html)
  return `(?:${ways.join('|')})`
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
}

function percentEncoded(character: string): string {
  const bytes = Buffer.from(character, 'utf8')
  return Array.from(bytes, (byte) => `%${anyCase(byte.toString(16).padStart(2, '0'))}`).join('')
}

function unicodeEscaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i))
  return units.map((unit) => `${BACKSLASHES}u${anyCase(unit.toString(16).padStart(4, '0'))}`).join('')
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)
}

const SEXTET = '(?:[A-Za-z0-9+/_-]|%2[BbFf])'
const PADDING = '(?:=|%3[Dd]){0,2}'

/**
 * Base64 writes three bytes as four characters, so a secret within a longer text looks one of three ways, after 0, 1 or 2
 * bytes of a group. The characters that it shares with its neighbours are any.
 */
function base64Patterns(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8')
  return [0, 1, 2].map((before) => {
    const bits = (before + bytes.length) * 8
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    const own = text.slice(before === 0 ? 0 : before + 1, Math.floor(bits / 6))
    const core = own.replaceAll('+', '(?:[+-]|%2[Bb])').replaceAll('/', '(?:[/_]|%2[Ff])')
    return `${before === 0 ? '' : SEXTET}${core}${bits % 6 === 0 ? '' : `${SEXTET}?${PADDING}`}`
  })
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
