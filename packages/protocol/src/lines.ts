// Bytes into lines, in blocks: one UTF-8 check and one decoding for all lines of a chunk. Does not parse them. No line
// makes it hold more than the bound: what is too long is announced once and its rest dropped. A byte order mark before a
// line is passed over.

import { isUtf8 } from 'node:buffer'

export interface LineEvents {
  line(text: string): void
  /** Not UTF-8; the text has replacement characters. */
  unreadable(text: string): void
  /** Longer than allowed; `head` is how it begins. */
  oversized(head: string): void
}

export interface LineBounds {
  readonly maxBytes: number
  /** For a line that does not begin with `{` (or with a byte order mark), which no message does. */
  readonly maxNoiseBytes: number
}

export class LineReader {
  readonly #bounds: LineBounds
  readonly #on: LineEvents
  #parts: Buffer[] = []
  #size = 0
  #dropping = false

  constructor(bounds: LineBounds, on: LineEvents) {
    this.#bounds = bounds
    this.#on = on
  }

  push(chunk: Buffer): void {
    const first = chunk.indexOf(NEWLINE)
    if (first < 0) return this.#keep(chunk)
    let start = 0
    if (this.#size > 0 || this.#dropping) {
      this.#keep(chunk.subarray(0, first))
      this.end()
      start = first + 1
    }
    const last = chunk.lastIndexOf(NEWLINE)
    if (last >= start) this.#block(chunk.subarray(start, last))
    if (last + 1 < chunk.length) this.#keep(chunk.subarray(last + 1))
  }

  /** True while a line has begun whose end has not come. */
  get isWithin(): boolean {
    return this.#size > 0 && !this.#dropping
  }

  /** How the line begins whose end has not come; undefined if none has begun. */
  get unfinished(): string | undefined {
    if (!this.isWithin) return undefined
    return withoutMark(headOf(this.#parts))
  }

  /** Hands over what has arrived as if its newline had come. */
  end(): void {
    const parts = this.#parts
    const dropped = this.#dropping
    this.#parts = []
    this.#size = 0
    this.#dropping = false
    if (!dropped && parts.length > 0) this.#line(parts.length === 1 ? parts[0]! : Buffer.concat(parts))
  }

  // ---

  /** Complete lines. */
  #block(block: Buffer): void {
    if (block.length <= this.#bounds.maxNoiseBytes && block.length <= this.#bounds.maxBytes && isUtf8(block)) {
      const text = block.toString('utf8')
      let start = 0
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
        this.#on.line(withoutMark(text.slice(start, end)))
        start = end + 1
      }
      return this.#on.line(withoutMark(start === 0 ? text : text.slice(start)))
    }
    let start = 0
    for (let end = block.indexOf(NEWLINE); end >= 0; end = block.indexOf(NEWLINE, start)) {
      this.#line(block.subarray(start, end))
      start = end + 1
    }
    this.#line(block.subarray(start))
  }

  #line(line: Buffer): void {
    if (line.length > this.#bound(line)) return this.#on.oversized(withoutMark(headOf([line])))
    const text = withoutMark(line.toString('utf8'))
    if (isUtf8(line)) this.#on.line(text)
    else this.#on.unreadable(text)
  }

  #keep(part: Buffer): void {
    if (this.#dropping || part.length === 0) return
    this.#parts.push(part)
    this.#size += part.length
    if (this.#size <= this.#bound(this.#parts[0]!)) return
    const start = headOf(this.#parts)
    this.#parts = []
    this.#dropping = true
    this.#on.oversized(withoutMark(start))
  }

  #bound(line: Buffer): number {
    return line[0] === BRACE || line[0] === MARK_BYTE ? this.#bounds.maxBytes : this.#bounds.maxNoiseBytes
  }
}

// ---

const NEWLINE = 10
const BRACE = 123
/** The first byte of a byte order mark. */
const MARK_BYTE = 0xef
const MARK = 0xfeff
/** More than is shown of a line: what is cut off in the middle of a secret could not be recognised. */
const HEAD_BYTES = 8192

function headOf(parts: readonly Buffer[]): string {
  let head = parts[0] as Buffer // a line has one
  for (let i = 1; i < parts.length && head.length < HEAD_BYTES; i++) head = Buffer.concat([head, parts[i] as Buffer])
  return head.subarray(0, HEAD_BYTES).toString('utf8')
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === MARK ? text.slice(1) : text
}
