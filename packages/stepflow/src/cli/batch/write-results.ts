// Results out, one line each, in the order of the inputs or as they end. What stands in the file is whole lines, always.
//
// 1. In input order, line n is item n: a result waits until all before it are there.
// 2. One write at a time; what ends meanwhile goes out with the next. Whoever adds waits while too much is waiting.
// 3. After a write that failed in the middle of a line, that line is cut off again.

import { fstatSync, ftruncateSync, write } from 'node:fs'
import { FlowError, type Outcome } from '@stepflow/engine'
import { ReaderGone } from '../io.ts'
import { outcomeLine } from '../outcome-line.ts'

export interface Counts {
  success: number
  skipped: number
  failed: number
}

export interface ResultWriter {
  /** A result; answers a promise if the caller should wait before it brings the next. */
  add(item: number, outcome: Outcome): Promise<void> | undefined
  /** Writes what is left. */
  flush(): Promise<void>
  readonly counts: Readonly<Counts>
  /** Lines written, whole and safe. */
  readonly written: number
}

export interface ResultWriterOptions {
  readonly fd: number
  readonly order: 'input' | 'completion'
  /** The first item whose result is not there yet (`input`). */
  readonly from?: number
  /** What the results that are there already count as. */
  readonly before?: Readonly<Counts>
  /** For messages. */
  readonly name: string
  /** For what is no file; answers how many bytes it took. */
  readonly write?: (fd: number, bytes: Buffer) => Promise<number>
}

/** Bytes that are gathered before they are written at once, without waiting for the clock. */
const FULL = 1 << 16
/** Bytes that may wait behind a slow reader. */
const MOST = 1 << 22
/** Results that may wait for their turn. */
const MOST_EARLY = 10_000
const PAUSE_MS = 20

export function createResultWriter(options: ResultWriterOptions): ResultWriter {
  const { fd, order, name, write: writeSome = writeOnce } = options
  const counts: Counts = options.before ? { ...options.before } : { success: 0, skipped: 0, failed: 0 }
  const early = new Map<number, string>()
  /** Who runs too far ahead of the results, and waits. */
  const calm: (() => void)[] = []
  let turn = options.from ?? 0
  let waiting = ''
  let waitingLines = 0
  let written = 0
  let writing: Promise<void> | undefined
  let failure: unknown
  let timer: NodeJS.Timeout | undefined

  function add(item: number, outcome: Outcome): Promise<void> | undefined {
    const line = lineOf(item, outcome)
    if (order === 'completion') put(line)
    else if (item !== turn) early.set(item, line)
    else {
      put(line)
      turn++
      release()
    }
    if (failure !== undefined) return Promise.reject(failure)
    if (early.size > MOST_EARLY) return new Promise((resolve) => calm.push(resolve))
    return waiting.length > MOST ? room() : undefined
  }

  function release() {
    while (early.size > 0) {
      const line = early.get(turn)
      if (line === undefined) break
      early.delete(turn++)
      put(line)
    }
    if (calm.length > 0 && early.size < MOST_EARLY / 2) for (const go of calm.splice(0)) go()
  }

  function put(line: string) {
    waiting += line
    waitingLines++
    startInTime()
  }

  /** At once if it is much; what comes in the next moment, else, goes out with it. */
  function startInTime() {
    if (waiting.length >= FULL) start()
    else timer ??= setTimeout(start, PAUSE_MS)
  }

  function start() {
    clearTimeout(timer)
    timer = undefined
    if (writing || failure !== undefined || waiting === '') return
    writing = writeAllOf().then(
      () => {
        writing = undefined
        if (waiting !== '') startInTime()
      },
      (thrown) => {
        writing = undefined
        failure = thrown
        for (const go of calm.splice(0)) go()
      },
    )
  }

  async function writeAllOf() {
    const bytes = Buffer.from(waiting)
    const lines = waitingLines
    waiting = ''
    waitingLines = 0
    let done = 0
    try {
      while (done < bytes.length) done += await writeSome(fd, done === 0 ? bytes : bytes.subarray(done))
    } catch (thrown) {
      written += cutTornLine(bytes, done)
      throw explained(thrown)
    }
    written += lines
  }

  /** What a write that failed after `done` bytes leaves behind; answers the whole lines of it. */
  function cutTornLine(bytes: Buffer, done: number): number {
    const whole = done === 0 ? 0 : bytes.lastIndexOf(0x0a, done - 1) + 1
    if (whole < done) {
      const stat = fstatSync(fd)
      if (stat.isFile()) ftruncateSync(fd, Math.max(0, stat.size - (done - whole)))
    }
    let lines = 0
    for (let i = bytes.indexOf(0x0a); i >= 0 && i < whole; i = bytes.indexOf(0x0a, i + 1)) lines++
    return lines
  }

  function explained(thrown: unknown): unknown {
    const { code, message } = thrown as NodeJS.ErrnoException
    if (code === 'EPIPE') return new ReaderGone(code)
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
      return new FlowError('RESOURCE_UNAVAILABLE', `the disk has no space left for ${name}`, { cause: thrown })
    }
    return new FlowError('RESOURCE_UNAVAILABLE', `${name} cannot be written: ${message}`, { cause: thrown })
  }

  async function room() {
    start()
    while (waiting.length > MOST / 2 && failure === undefined) {
      start()
      await writing
    }
    if (failure !== undefined) throw failure
  }

  function lineOf(item: number, outcome: Outcome): string {
    const { told, line } = outcomeLine(outcome)
    counts[told.outcome]++
    return order === 'completion' ? `{"index":${item},${line.slice(1)}\n` : `${line}\n`
  }

  return {
    add,
    async flush() {
      while ((waiting !== '' || writing) && failure === undefined) {
        start()
        await writing
      }
      clearTimeout(timer)
      timer = undefined
      if (failure !== undefined) throw failure
    },
    counts,
    get written() {
      return written
    },
  }
}

// ---

function writeOnce(fd: number, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, null, (error, count) => (error ? reject(error) : resolve(count)))
  })
}
