// A place in the text of plain YAML: lines, columns, the space between things. It knows no value and no collection.

import type { Place } from '../findings.ts'
import { MAX_DEPTH } from './node.ts'

export const NEWLINE = 0x0a
export const SPACE = 0x20
export const DOUBLE = 0x22
export const HASH = 0x23
export const SINGLE = 0x27
export const DASH = 0x2d
export const COLON = 0x3a

/** Thrown where the text needs the full reader. */
export const GIVE_UP = Symbol('give up')

export function giveUp(): never {
  throw GIVE_UP
}

export function isGap(c: number): boolean {
  return c === SPACE || c === NEWLINE || Number.isNaN(c)
}

export class PlainText {
  readonly text: string
  pos = 0
  line = 1
  lineStart = 0
  #depth = 0

  constructor(text: string) {
    this.text = text
  }

  /** Counted from 0, as indentation is. */
  get column(): number {
    return this.pos - this.lineStart
  }

  get isAtEnd(): boolean {
    return this.pos >= this.text.length
  }

  /** The character here. */
  get code(): number {
    return this.text.charCodeAt(this.pos)
  }

  place(): Place {
    return { line: this.line, column: this.column + 1 }
  }

  newline(): void {
    this.pos++
    this.line++
    this.lineStart = this.pos
  }

  /** To the next thing that is neither space nor comment; false at the end. Must stand at a line's start or end. */
  nextContent(): boolean {
    const text = this.text
    for (;;) {
      let c = text.charCodeAt(this.pos)
      while (c === SPACE) c = text.charCodeAt(++this.pos)
      if (c === HASH) {
        const end = text.indexOf('\n', this.pos)
        this.pos = end < 0 ? text.length : end
        c = text.charCodeAt(this.pos)
      }
      if (this.pos >= text.length) return false
      if (c !== NEWLINE) return c === 0x09 ? giveUp() : true
      this.newline()
    }
  }

  gap(): void {
    while (this.code === SPACE) this.pos++
  }

  isLineEnd(): boolean {
    const c = this.code
    return c === NEWLINE || this.isAtEnd || (c === HASH && this.text.charCodeAt(this.pos - 1) === SPACE)
  }

  /** After a value, nothing but a comment may follow on the line. */
  lineEnd(): void {
    this.gap()
    if (!this.isLineEnd()) giveUp()
  }

  /** Into a collection, and out of it. */
  enter(): void {
    if (++this.#depth > MAX_DEPTH) giveUp()
  }

  leave(): void {
    this.#depth--
  }
}
