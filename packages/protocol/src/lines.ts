// Bytes into lines, in blocks: one UTF-8 check and one decoding for all lines of a chunk. Does not parse them. No line
// makes it hold more than the bound: what is too long is announced once and its rest dropped.

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
  /** For a line that does not begin with `{`, which no message does. */
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
        this.#on.line(text.slice(start, end))
        start = end + 1
      }
      return this.#on.line(start === 0 ? text : text.slice(start))
    }
    let start = 0
    for (let end = block.indexOf(NEWLINE); end >= 0; end = block.indexOf(NEWLINE, start)) {
      this.#line(block.subarray(start, end))
      start = end + 1
    }
    this.#line(block.subarray(start))
  }

  #line(line: Buffer): void {
    if (line.length > this.#bound(line)) return this.#on.oversized(head(line))
    if (isUtf8(line)) this.#on.line(line.toString('utf8'))
    else this.#on.unreadable(line.toString('utf8'))
  }

  #keep(part: Buffer): void {
    if (this.#dropping || part.length === 0) return
    this.#parts.push(part)
    this.#size += part.length
    if (this.#size <= this.#bound(this.#parts[0]!)) return
    const start = head(Buffer.concat(this.#parts.map((each) => each.subarray(0, HEAD_BYTES))))
    this.#parts = []
    this.#dropping = true
    this.#on.oversized(start)
  }

  #bound(line: Buffer): number {
    return line[0] === BRACE ? this.#bounds.maxBytes : this.#bounds.maxNoiseBytes
  }
}

// ---

const NEWLINE = 10
const BRACE = 123
const HEAD_BYTES = 1024

function head(line: Buffer): string {
  return line.subarray(0, HEAD_BYTES).toString('utf8')
}
