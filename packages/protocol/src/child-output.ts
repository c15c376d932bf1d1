// What a child prints on stdout, line by line: messages, the port that it announces, or log. Bounds what it can make us hold,
// and says which calls a line ends that cannot be read. Writes nothing, and starts and ends no process.
//
// 1. An answer that cannot be read ends its call and no other, if it says whose it is; else the child has to be stopped.
// 2. Once it was stopped, or has said that the child has to be, nothing more comes of it.

import type { Readable } from 'node:stream'
import {
  beginningOf,
  brokenMessages,
  isAnonymous,
  isUtf16,
  isWhole,
  messagesInside,
  unreadableAnswer,
} from './broken-line.ts'
import { LineReader } from './lines.ts'
import { bytesText, type Message, type MessageId, readMessage, rpcCode, type WireError } from './wire.ts'

/** `either`: a child that announces a port before its first message serves HTTP. */
export type Speech = 'stdio' | 'http' | 'either'

/** What it prints is log, whatever it is: it is spoken to by other ways. */
export interface Silent {
  readonly speech: 'none'
}

/** What a child is that may announce a port, and who hears of it. */
export interface Announcement {
  readonly speech: Speech
  readonly onPort: (port: number) => void
}

export interface OutputOptions {
  readonly maxBytes: number
  /** How long a line may rest in its middle before it counts as cut off; 10 s if absent. */
  readonly stalledMs: number | undefined
  readonly announcement: Announcement | Silent | undefined
}

export interface OutputEvents {
  message(message: Message): void
  /** A line that is no message. */
  noise(line: string): void
  /** A request that cannot be read: what the child is to be answered. */
  refused(id: MessageId, error: WireError): void
  lost(): void
  /** Nobody knows what it means any more: the child has to be stopped. Completes "the server ...". */
  broken(why: string): void
}

export class ChildOutput {
  readonly #stdout: Readable
  readonly #maxBytes: number
  readonly #stalledMs: number
  readonly #announcement: Announcement | Silent | undefined
  readonly #on: OutputEvents
  readonly #messages: LineReader
  /** Counts the time in which an unfinished line gets no further. */
  #stallTimer: NodeJS.Timeout | undefined
  /** The next line is the rest of one that was given up. */
  #isRest = false
  #noiseLines = 0
  #noiseBytes = 0
  #hasSpoken = false
  #isLog: boolean
  #port: number | undefined
  #isOver = false

  constructor(stdout: Readable, { maxBytes, stalledMs, announcement }: OutputOptions, on: OutputEvents) {
    this.#stdout = stdout
    this.#maxBytes = maxBytes
    this.#stalledMs = stalledMs ?? STALLED_MS
    this.#announcement = announcement
    this.#on = on
    this.#isLog = announcement?.speech === 'http' || announcement?.speech === 'none'
    const bounds = { maxBytes, maxNoiseBytes: Math.min(MAX_NOISE_BYTES, maxBytes) }
    this.#messages = new LineReader(bounds, {
      line: (text) => this.#line(text),
      unreadable: (text) => this.#unreadable(text),
      oversized: (head) => this.#oversized(head),
    })
    stdout.on('data', (chunk: Buffer) => {
      this.#messages.push(chunk)
      this.#watchStall()
    })
    stdout.on('end', () => {
      clearTimeout(this.#stallTimer)
      this.#messages.end()
    })
  }

  /** What it prints is log: it serves HTTP, or is no transport of its own. */
  get isLog(): boolean {
    return this.#isLog
  }

  stop(): void {
    this.#isOver = true
    clearTimeout(this.#stallTimer)
  }

  // ---

  #line(text: string): void {
    if (this.#isOver) return
    if (this.#isLog) return this.#logged(text)
    const read = parse(text)
    if (read === NOT_JSON) {
      if (isUtf16(text)) this.#breakOff('writes its messages in UTF-16 and was stopped: the protocol is UTF-8')
      else if (!this.#refuseBroken(text)) this.#skip(text)
    } else if (isList(read)) this.#refuseList(read)
    else if (read) this.#deliver(read)
    else this.#skip(text)
  }

  /** Messages come one in a line: who waits for one of these waits for nothing else. */
  #refuseList(messages: readonly Message[]): void {
    const why = 'in a list: the protocol has one message in each line'
    for (const message of messages) {
      if (!('id' in message) || message.id === null) continue
      if ('method' in message) this.#refuseRequest(message.id, `the request stands ${why}`)
      else {
        const error = { code: rpcCode.malformed, message: `its answer stands ${why}` }
        this.#deliver({ jsonrpc: '2.0', id: message.id, error })
      }
    }
  }

  /** Of a child that serves HTTP, or does not speak here at all. */
  #logged(text: string): void {
    const port = this.#announcement?.speech === 'none' ? undefined : portIn(text)
    if (port !== undefined) this.#announce(port)
    else this.#say(text)
  }

  #announce(port: number): void {
    if (this.#port !== undefined && this.#port !== port) {
      return this.#breakOff(`announced two ports, ${this.#port} and ${port}, and was stopped: a process is one server`)
    }
    const isNew = this.#port === undefined
    this.#port = port
    this.#isLog = true
    clearTimeout(this.#stallTimer)
    if (isNew && this.#announcement && 'onPort' in this.#announcement) this.#announcement.onPort(port)
  }

  #deliver(message: Message): void {
    this.#hasSpoken = true
    if (!('method' in message)) {
      this.#noiseLines = 0
      this.#noiseBytes = 0
    }
    this.#on.message(message)
  }

  /** Ends the calls whose answers stand in a line that cannot be read; false if it is none of messages. */
  #refuseBroken(text: string): boolean {
    if (isAnonymous(text)) {
      this.#breakOff('wrote an answer that cannot be read and does not begin with its id, and was stopped')
      return true
    }
    const isRest = this.#isRest
    this.#isRest = false
    const found = isRest ? messagesInside(text, 0) : brokenMessages(text)
    for (const { id, kind } of found) {
      if (kind === 'request') this.#refuseRequest(id, 'the request was cut off')
      else this.#deliver({ jsonrpc: '2.0', id, error: unreadableAnswer(text) })
    }
    if (found.length > 0 && !isWhole(text)) this.#on.lost()
    return isRest || found.length > 0
  }

  #refuseRequest(id: MessageId, message: string): void {
    this.#on.refused(id, { code: rpcCode.invalidRequest, message })
  }

  /** A pipe that was full has swallowed the end of a line, and nothing comes behind it. */
  #watchStall(): void {
    if (this.#isLog || this.#isOver) return
    if (!this.#messages.isWithin) {
      if (this.#stallTimer === undefined) return
      clearTimeout(this.#stallTimer)
      this.#stallTimer = undefined
    } else if (this.#stallTimer) this.#stallTimer.refresh()
    else this.#stallTimer = setTimeout(() => this.#stalled(), this.#stalledMs)
  }

  #stalled(): void {
    this.#stallTimer = undefined
    const begun = this.#messages.unfinished
    if (begun === undefined || this.#isOver) return
    // Not read for the child's own fault: its time has not begun.
    if (this.#stdout.isPaused()) return this.#watchStall()
    if (!beginningOf(begun) && !isAnonymous(begun)) return
    this.#messages.end()
    this.#isRest = true
  }

  /** Kept as log; too much of it ends the child. */
  #skip(text: string): void {
    if (text.trim() === '') return
    const port = this.#hasSpoken ? undefined : portIn(text)
    if (port !== undefined && this.#announcement?.speech === 'either') return this.#announce(port)
    this.#noiseLines++
    this.#noiseBytes += text.length + 1
    this.#on.noise(text)
    if (port !== undefined) {
      return this.#breakOff(
        'serves HTTP (it announced a port), but its "transport" is stdio: leave that out, or write http',
      )
    }
    if (this.#noiseLines > MAX_NOISE_LINES || this.#noiseBytes > MAX_NOISE_BYTES) {
      const much = this.#noiseLines > MAX_NOISE_LINES ? '1,000 lines' : '1 MiB'
      this.#breakOff(
        `wrote more than ${much} to stdout that are not JSON-RPC messages before an answer and was stopped`,
      )
    }
  }

  #unreadable(text: string): void {
    if (this.#isOver) return
    if (this.#isLog) return this.#say(text)
    const read = parse(text)
    if (read === NOT_JSON && this.#refuseBroken(text)) return
    if (read === NOT_JSON || !read || isList(read) || !('id' in read) || read.id === null || 'method' in read) {
      return this.#breakOff('wrote a line that is not UTF-8 and was stopped')
    }
    const error = { code: rpcCode.unreadable, message: 'its answer is not valid UTF-8' }
    this.#deliver({ jsonrpc: '2.0', id: read.id, error })
  }

  /** Whose it is stands at its beginning, if it is a message: then only that call fails. */
  #oversized(head: string): void {
    if (this.#isOver) return
    if (this.#isLog) return this.#say(head)
    const found = beginningOf(head)
    if (!found) {
      this.#on.noise(head)
      const bound = head.startsWith('{') ? this.#maxBytes : Math.min(MAX_NOISE_BYTES, this.#maxBytes)
      return this.#breakOff(`wrote a line of more than ${bytesText(bound)} that is no answer and was stopped`)
    }
    const { id, kind } = found
    const bound = `more than the ${bytesText(this.#maxBytes)} that the protocol takes`
    const advice = 'keep large values as blobs and pass their ids'
    if (kind === 'request') return this.#refuseRequest(id, `the request is ${bound}: ${advice}`)
    const error = { code: rpcCode.answerTooLarge, message: `the answer is ${bound}: ${advice}` }
    this.#deliver({ jsonrpc: '2.0', id, error })
  }

  #say(text: string): void {
    if (text.trim() !== '') this.#on.noise(text)
  }

  #breakOff(why: string): void {
    this.stop()
    this.#on.broken(why)
  }
}

// ---

const MAX_NOISE_LINES = 1000
const MAX_NOISE_BYTES = 1024 * 1024
const STALLED_MS = 10_000

/** How a server announces that it speaks HTTP. */
const PORT = /^\s*\{\s*"port"\s*:\s*(\d{1,5})\s*\}\s*$/

function portIn(text: string): number | undefined {
  const port = Number(PORT.exec(text)?.[1] ?? 0)
  return port >= 1 && port <= 65_535 ? port : undefined
}

const NOT_JSON = Symbol('not JSON')

/** Array.isArray does not narrow a readonly list. */
function isList(read: Message | readonly Message[] | undefined): read is readonly Message[] {
  return Array.isArray(read)
}

/** Undefined: JSON, but no message. A list: there are messages in it. */
function parse(text: string): Message | readonly Message[] | typeof NOT_JSON | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return NOT_JSON
  }
  if (!Array.isArray(value)) return readMessage(value)
  const messages = value.map(readMessage).filter((message) => message !== undefined)
  return messages.length > 0 ? messages : undefined
}
