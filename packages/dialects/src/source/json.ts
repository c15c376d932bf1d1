// JSON text to nodes with places. JSON.parse knows neither lines nor duplicate keys; this does, and refuses deep nesting.

import type { Findings } from '../findings.ts'
import { uniqueEntries } from './entries.ts'
import { type Entry, MAX_DEPTH, type Node } from './node.ts'

export function parseJson(text: string, findings: Findings): Node | undefined {
  const reader = new JsonReader(text, findings)
  try {
    return reader.document()
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    findings.add('fatal', error.code, error.message, reader.place(error.at), undefined, error.hint)
    return undefined
  }
}

// ---

class JsonError extends Error {
  readonly at: number
  readonly code: string
  readonly hint: string | undefined
  constructor(message: string, at: number, code = 'JSON_SYNTAX', hint?: string) {
    super(message)
    this.at = at
    this.code = code
    this.hint = hint
  }
}

class JsonReader {
  readonly #text: string
  readonly #findings: Findings
  #pos = 0
  #line = 1
  #lineStart = 0

  constructor(text: string, findings: Findings) {
    this.#text = text
    this.#findings = findings
  }

  document(): Node {
    this.#space()
    const node = this.#value(0)
    this.#space()
    if (this.#pos < this.#text.length) {
      throw new JsonError(`unexpected ${this.#here()} after the end of the document`, this.#pos)
    }
    return node
  }

  /** Strings hold no line breaks, so the current line is known at every token. */
  place(at: number): { line: number; column: number } {
    return { line: this.#line, column: at - this.#lineStart + 1 }
  }

  #value(depth: number): Node {
    if (depth > MAX_DEPTH) {
      throw new JsonError(`nested deeper than ${MAX_DEPTH} levels`, this.#pos, 'TOO_DEEP')
    }
    const text = this.#text
    const { line, column } = this.place(this.#pos)
    switch (text.charCodeAt(this.#pos)) {
      case 0x7b:
        return { kind: 'map', entries: this.#object(depth), line, column }
      case 0x5b:
        return { kind: 'list', items: this.#array(depth), line, column }
      case 0x22:
        return { kind: 'scalar', value: this.#string(), line, column }
    }
    const word = /[-+.\w]*/y
    word.lastIndex = this.#pos
    const found = word.exec(text)?.[0] ?? ''
    const value = this.#word(found)
    this.#pos += found.length
    return { kind: 'scalar', value, line, column }
  }

  #word(word: string): number | boolean | null {
    if (word === 'true') return true
    if (word === 'false') return false
    if (word === 'null') return null
    if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(word)) {
      const value = Number(word)
      if (!Number.isFinite(value)) throw new JsonError(`the number ${word} is too large`, this.#pos)
      if (Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(word)) {
        inexact(this.#findings, word, this.place(this.#pos))
      }
      return value
    }
    throw new JsonError(
      word === '' ? `unexpected ${this.#here()}` : `"${word.slice(0, 40)}" is not a JSON value`,
      this.#pos,
    )
  }

  #object(depth: number): readonly Entry[] {
    const entries: Entry[] = []
    this.#pos++
    this.#space()
    if (this.#take('}')) return entries
    for (;;) {
      const { line, column } = this.place(this.#pos)
      if (this.#text[this.#pos] !== '"')
        throw new JsonError(`expected a key in double quotes, found ${this.#here()}`, this.#pos)
      const key = this.#string()
      this.#space()
      if (!this.#take(':')) throw new JsonError(`expected ":" after key "${key}", found ${this.#here()}`, this.#pos)
      this.#space()
      entries.push({ key, value: this.#value(depth + 1), line, column })
      this.#space()
      if (this.#take(',')) {
        this.#space()
        continue
      }
      if (this.#take('}')) return uniqueEntries(entries, this.#findings)
      throw new JsonError(`expected "," or "}", found ${this.#here()}`, this.#pos)
    }
  }

  #array(depth: number): readonly Node[] {
    const items: Node[] = []
    this.#pos++
    this.#space()
    if (this.#take(']')) return items
    for (;;) {
      items.push(this.#value(depth + 1))
      this.#space()
      if (this.#take(',')) {
        this.#space()
        continue
      }
      if (this.#take(']')) return items
      throw new JsonError(`expected "," or "]", found ${this.#here()}`, this.#pos)
    }
  }

  #string(): string {
    const text = this.#text
    const start = this.#pos
    for (let at = start + 1; at < text.length; at++) {
      const c = text.charCodeAt(at)
      if (c === 0x22) {
        this.#pos = at + 1
        const raw = text.slice(start + 1, at)
        if (!raw.includes('\\')) return raw
        try {
          return JSON.parse(text.slice(start, at + 1)) as string
        } catch {
          throw new JsonError('a backslash in this text is followed by no known escape', start)
        }
      }
      if (c === 0x5c) at++
      else if (c < 0x20 && c !== 0x09) break
    }
    throw new JsonError('this text has no closing quote on its line', start)
  }

  #space(): void {
    const text = this.#text
    for (;;) {
      const c = text.charCodeAt(this.#pos)
      if (c === 0x0a) {
        this.#line++
        this.#lineStart = this.#pos + 1
      } else if (c !== 0x20 && c !== 0x0d && c !== 0x09) return
      this.#pos++
    }
  }

  #take(character: string): boolean {
    if (this.#text[this.#pos] !== character) return false
    this.#pos++
    return true
  }

  #here(): string {
    const c = this.#text[this.#pos]
    return c === undefined ? 'the end of the file' : `"${c}"`
  }
}

/** Tells of a whole number that a double cannot hold. */
export function inexact(findings: Findings, word: string, place: { line: number; column: number }): void {
  findings.warning(
    'INEXACT_NUMBER',
    `the number ${word} is too large to be kept exactly`,
    place,
    undefined,
    'put it in quotes to keep it as text',
  )
}
