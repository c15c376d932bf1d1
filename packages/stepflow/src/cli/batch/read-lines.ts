// JSON Lines in, one value at a time, however long the file. A line that is no JSON is an item too: one that has failed.
//
// 1. Memory holds two chunks and the longest line, not the file: nothing is read that nobody asked for.
// 2. A chunk is cut at its last line break before it is decoded, so no character is ever torn.
// 3. Every line that is not blank has a number of its own among the items, whether it is JSON or not.

import { isUtf8 } from 'node:buffer'
import { read } from 'node:fs'
import { holdsTooLarge, TOO_LARGE } from '@stepflow/host'
import { isFile, pipeReader } from './pipes.ts'

export interface Lines {
  /** The values of the good lines. One reader at a time. */
  readonly values: AsyncIterable<unknown>
  /** The item number of the good line that was read as the `n`th (both from 0). */
  itemOf(n: number): number
  /** True once the `n`th good line has been read; false if there is none, or nobody reads that far any more. */
  reached(n: number): boolean | Promise<boolean>
  /** How many items the lines that were read are, bad and done ones among them. */
  readonly items: number
  /** How far the file has been read. */
  readonly bytesRead: number
  /** Takes no further lines; `values` ends. */
  stop(): void
}

export interface ReadLinesOptions {
  readonly fd: number
  /** True for items that are done already: their lines are passed over. */
  readonly isDone?: (item: number) => boolean
  /** A line that is no JSON. The reader waits for the answer: that is how much it may run ahead. */
  readonly onBad: (item: number, message: string) => void | Promise<void>
  readonly chunkBytes?: number
  /** A line longer than this is a bad line. */
  readonly maxLineBytes?: number
}

const NEWLINE = 0x0a
const DONE: IteratorResult<unknown> = { done: true, value: undefined }

export function readLines(options: ReadLinesOptions): Lines {
  const { fd, onBad, isDone, chunkBytes = 1 << 18, maxLineBytes = 1 << 28 } = options
  const chunks = readChunks(isFile(fd) ? () => readSome(fd, chunkBytes) : pipeReader(fd), maxLineBytes)
  // Item numbers are dense but for bad and done lines: `gaps[k]` good lines were read before the k-th jump of `shift`.
  const gaps: number[] = []
  const shifts: number[] = []
  let shift = 0
  let good = 0
  let item = 0
  let line = 0
  let text = ''
  let at = 0
  let stopped = false
  let stopWaiting = () => {}
  let ended = false
  let sought: { readonly n: number; readonly found: (isThere: boolean) => void } | undefined

  /** The next good line of the chunk at hand; a promise if that takes waiting; undefined at the chunk's end. */
  function take(): IteratorResult<unknown> | Promise<IteratorResult<unknown>> | undefined {
    while (at < text.length) {
      const end = text.indexOf('\n', at)
      const stop = end < 0 ? text.length : end
      const start = at
      at = stop + 1
      line++
      if (isBlank(text, start, stop)) continue
      const number = item++
      if (isDone?.(number)) {
        skipOne()
        continue
      }
      const raw = text.slice(start, stop)
      let value: unknown
      let why: string | undefined
      try {
        value = JSON.parse(raw)
        if (holdsTooLarge(raw, value)) why = TOO_LARGE
      } catch (thrown) {
        why = (thrown as Error).message
      }
      if (why !== undefined) {
        const waiting = bad(number, why)
        if (waiting) return waiting.then(next)
        continue
      }
      good++
      if (sought && good > sought.n) answer()
      return { done: false, value }
    }
    return undefined
  }

  function bad(number: number, why: string): Promise<void> | undefined {
    skipOne()
    const waiting = onBad(number, `line ${line} is not JSON: ${why}`)
    return waiting instanceof Promise ? waiting : undefined
  }

  function skipOne() {
    shift++
    if (gaps.length > 0 && gaps[gaps.length - 1] === good) shifts[shifts.length - 1] = shift
    else {
      gaps.push(good)
      shifts.push(shift)
    }
  }

  function next(): Promise<IteratorResult<unknown>> {
    if (stopped) return Promise.resolve(DONE)
    const here = take()
    return here === undefined ? refill() : Promise.resolve(here)
  }

  async function refill(): Promise<IteratorResult<unknown>> {
    // A pipe may be silent for hours: whoever stops must not wait for it.
    const chunk = await orStopped(chunks.next())
    if (stopped || chunk === undefined) {
      ended = true
      answer()
      return DONE
    }
    if (chunk.text !== undefined) {
      text = chunk.text
      // A byte order mark is no part of the first line.
      at = line === 0 && text.charCodeAt(0) === 0xfeff ? 1 : 0
      return next()
    }
    line++
    const number = item++
    if (isDone?.(number)) skipOne()
    else await bad(number, chunk.bad)
    return next()
  }

  /** Not a race with a promise that lives as long as the file: that one would hold every chunk it was raced with. */
  function orStopped(chunk: Promise<Chunk | undefined>): Promise<Chunk | undefined> {
    return new Promise((resolve, reject) => {
      stopWaiting = () => resolve(undefined)
      chunk.then(resolve, reject)
    })
  }

  function stop() {
    stopped = true
    ended = true
    answer()
    stopWaiting()
  }

  function answer() {
    sought?.found(good > sought.n)
    sought = undefined
  }

  return {
    values: {
      [Symbol.asyncIterator]: () => ({
        next,
        return() {
          stop()
          return Promise.resolve(DONE)
        },
      }),
    },
    itemOf(n) {
      if (gaps.length === 0) return n
      let low = 0
      let high = gaps.length
      while (low < high) {
        const middle = (low + high) >> 1
        if ((gaps[middle] as number) <= n) low = middle + 1
        else high = middle
      }
      return low === 0 ? n : n + (shifts[low - 1] as number)
    },
    reached(n) {
      if (good > n || ended) return good > n
      return new Promise<boolean>((found) => {
        sought = { n, found }
      })
    },
    get items() {
      return item
    },
    get bytesRead() {
      return chunks.bytesRead()
    },
    stop,
  }
}

// ---

type Chunk = { readonly text: string; readonly bad?: undefined } | { readonly text?: undefined; readonly bad: string }

/** Whole lines, many at a time; a line that cannot be decoded comes alone, as what is wrong with it. */
function readChunks(readMore: () => Promise<Buffer>, maxLineBytes: number) {
  const ready: Chunk[] = []
  // The beginning of a line that goes on in the next chunk: kept in parts, so that a long line is joined once.
  let parts: Buffer[] = []
  let partBytes = 0
  let isTooLong = false
  let ended = false
  let taken = 0
  let ahead: Promise<Buffer> | undefined

  async function next(): Promise<Chunk | undefined> {
    while (ready.length === 0) {
      if (ended) return undefined
      const bytes = await (ahead ?? readMore())
      ahead = undefined
      taken += bytes.length
      if (bytes.length === 0) {
        ended = true
        endLine(Buffer.alloc(0))
      } else {
        // The disk works while the lines at hand are parsed.
        ahead = readMore()
        ahead.catch(() => {})
        accept(bytes)
      }
    }
    return ready.shift()
  }

  function accept(bytes: Buffer) {
    const first = bytes.indexOf(NEWLINE)
    if (first < 0) return keep(bytes)
    const last = bytes.lastIndexOf(NEWLINE)
    if (partBytes > 0 || isTooLong) {
      endLine(bytes.subarray(0, first + 1))
      if (first < last) decode(bytes.subarray(first + 1, last + 1))
    } else decode(bytes.subarray(0, last + 1))
    keep(bytes.subarray(last + 1))
  }

  function keep(bytes: Buffer) {
    if (bytes.length === 0) return
    partBytes += bytes.length
    if (partBytes > maxLineBytes) {
      isTooLong = true
      parts = []
    } else parts.push(bytes)
  }

  function endLine(tail: Buffer) {
    keep(tail)
    if (isTooLong) ready.push({ bad: `it is longer than ${maxLineBytes} bytes` })
    else if (partBytes > 0) decode(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, partBytes))
    parts = []
    partBytes = 0
    isTooLong = false
  }

  function decode(bytes: Buffer) {
    if (isUtf8(bytes)) {
      ready.push({ text: bytes.toString() })
      return
    }
    let start = 0
    while (start < bytes.length) {
      const newline = bytes.indexOf(NEWLINE, start)
      const end = newline < 0 ? bytes.length : newline + 1
      const line = bytes.subarray(start, end)
      ready.push(isUtf8(line) ? { text: line.toString() } : { bad: 'it holds bytes that are not UTF-8' })
      start = end
    }
  }

  return { next, bytesRead: () => taken }
}

function readSome(fd: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(bytes)
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, bytes, null, (error, count) => (error ? reject(error) : resolve(buffer.subarray(0, count))))
  })
}

function isBlank(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i)
    if (c !== 0x20 && c !== 0x09 && c !== 0x0d) return false
  }
  return true
}
