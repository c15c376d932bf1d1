// A file or a pipe as chunks of whole lines of text. Knows nothing of what is in a line, but that it is UTF-8.
//
// 1. Memory holds two chunks and the longest line, not the file: nothing is read that nobody asked for.
// 2. A chunk is cut at its last line break before it is decoded, so no character is ever torn.

import { isUtf8 } from 'node:buffer'

/** `bytes`: what the chunk takes of the file. A line that cannot be decoded comes alone, as what is wrong with it. */
export type Chunk =
  | { readonly text: string; readonly bytes: number; readonly bad?: undefined }
  | { readonly text?: undefined; readonly bytes: number; readonly bad: string }

const NEWLINE = 0x0a

export class Chunks {
  readonly #readMore: () => Promise<Buffer>
  readonly #maxLineBytes: number
  readonly #ready: Chunk[] = []
  /** The beginning of a line that goes on in the next chunk: kept in parts, so that a long line is joined once. */
  #parts: Buffer[] = []
  #partBytes = 0
  #isTooLong = false
  #isEnded = false
  #ahead: Promise<Buffer> | undefined

  constructor(readMore: () => Promise<Buffer>, maxLineBytes: number) {
    this.#readMore = readMore
    this.#maxLineBytes = maxLineBytes
  }

  /** Undefined at the end. */
  async next(): Promise<Chunk | undefined> {
    while (this.#ready.length === 0) {
      if (this.#isEnded) return undefined
      const bytes = await (this.#ahead ?? this.#readMore())
      this.#ahead = undefined
      if (bytes.length === 0) {
        this.#isEnded = true
        this.#endLine(Buffer.alloc(0))
      } else {
        // The disk works while the lines at hand are parsed.
        this.#ahead = this.#readMore()
        this.#ahead.catch(() => {})
        this.#accept(bytes)
      }
    }
    return this.#ready.shift()
  }

  #accept(bytes: Buffer): void {
    const first = bytes.indexOf(NEWLINE)
    if (first < 0) return this.#keep(bytes)
    const last = bytes.lastIndexOf(NEWLINE)
    if (this.#partBytes > 0) {
      this.#endLine(bytes.subarray(0, first + 1))
      if (first < last) this.#decode(bytes.subarray(first + 1, last + 1))
    } else this.#decode(bytes.subarray(0, last + 1))
    this.#keep(bytes.subarray(last + 1))
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#partBytes += bytes.length
    if (this.#partBytes > this.#maxLineBytes) {
      this.#isTooLong = true
      this.#parts = []
    } else this.#parts.push(bytes)
  }

  #endLine(tail: Buffer): void {
    this.#keep(tail)
    const bytes = this.#partBytes
    if (this.#isTooLong) this.#ready.push({ bytes, bad: `it is longer than ${this.#maxLineBytes} bytes` })
    else if (bytes > 0) {
      this.#decode(this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts, bytes))
    }
    this.#parts = []
    this.#partBytes = 0
    this.#isTooLong = false
  }

  #decode(bytes: Buffer): void {
    if (isUtf8(bytes)) {
      this.#ready.push({ text: bytes.toString(), bytes: bytes.length })
      return
    }
    let start = 0
    while (start < bytes.length) {
      const newline = bytes.indexOf(NEWLINE, start)
      const end = newline < 0 ? bytes.length : newline + 1
      const line = bytes.subarray(start, end)
      this.#ready.push(
        isUtf8(line)
          ? { text: line.toString(), bytes: line.length }
          : { bytes: line.length, bad: 'it holds bytes that are not UTF-8' },
      )
      start = end
    }
  }
}
