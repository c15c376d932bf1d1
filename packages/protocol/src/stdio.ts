// A child process: JSON-RPC over its stdin and stdout, a message a line, unless it serves HTTP: then what it prints is log,
// and only the port that it announces is handed on (child-server.ts). Bounds all that the child
// can make us hold, and leaves no process behind. Knows no method, and never restarts: a transport lives once.
//
// 1. The child has the given environment and nothing of ours; only its program is found through our PATH.
// 2. The child leads a process group; when it ends, or we do, the whole group ends.
// 3. `close` comes once, after the child's last message.
// 4. What we stop is quoted with its own last lines: what it writes once its pipes are broken is ours, and is dropped.
// 5. An answer that cannot be read ends its call and no other, if it says whose it is; else the child is stopped.

import {
  beginningOf,
  brokenMessages,
  isAnonymous,
  isUtf16,
  isWhole,
  messagesInside,
  unreadableAnswer,
} from './broken-line.ts'
import { type Child, forget, killGroup, startChild } from './child.ts'
import { LineReader } from './lines.ts'
import type { Transport, TransportEvents } from './transport.ts'
import { bytesText, MAX_MESSAGE_BYTES, type Message, type MessageId, readMessage, rpcCode, writeLine } from './wire.ts'

/** `either`: a child that announces a port before its first message serves HTTP. */
export type Speech = 'stdio' | 'http' | 'either'

/** What it prints is log, whatever it is: it is spoken to by other ways. */
export interface Silent {
  readonly speech: 'none'
}

export interface ChildOptions {
  readonly command: string
  readonly args?: readonly string[]
  /** All of it: nothing is inherited. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly maxMessageBytes?: number
  /** How long a line may rest in its middle before it counts as cut off; 10 s if absent. */
  readonly stalledMs?: number
  /** How long the child may take to end by itself, and again after SIGTERM. */
  readonly stopGraceMs?: number
}

/** What a child is that may announce a port, and who hears of it. */
export interface Announcement {
  readonly speech: Speech
  readonly onPort: (port: number) => void
}

export function childTransport(options: ChildOptions, announcement?: Announcement | Silent): Transport {
  return new ChildTransport(options, announcement)
}

// ---

const MAX_NOISE_LINES = 1000
const MAX_NOISE_BYTES = 1024 * 1024
const FLUSH_CHARACTERS = 64 * 1024
/** So many requests are worth a write of their own: the child works on them while the next are made. */
const FLUSH_LINES = 16
/** What may wait in the pipe before the next request has to. */
const ROOM_BYTES = 1024 * 1024
/** A grandchild outside the group may hold stdout open: the end is not waited for any longer than this. */
const DRAIN_MS = 500
const STALLED_MS = 10_000

class ChildTransport implements Transport {
  readonly #options: ChildOptions
  readonly #maxBytes: number
  #events: TransportEvents | undefined
  #child: Child | undefined
  #outbox = ''
  #outboxLines = 0
  #flushing = false
  #drained: Promise<void> | undefined
  #setDrained: () => void = () => {}
  #messages!: LineReader
  /** Counts the time in which an unfinished line gets no further. */
  #stallTimer: NodeJS.Timeout | undefined
  /** The next line is the rest of one that was given up. */
  #isRest = false
  #noiseLines = 0
  #noiseBytes = 0
  /** Why we ended it, if it was us. */
  #why: string | undefined
  #ended = false
  #closing = false
  #aborted = false
  readonly #announcement: Announcement | Silent | undefined
  #hasSpoken = false
  /** What it prints is log: it serves HTTP, or is no transport of its own. */
  #isLog: boolean
  #port: number | undefined
  readonly #gone: Promise<void>
  #setGone: () => void = () => {}

  constructor(options: ChildOptions, announcement: Announcement | Silent | undefined) {
    this.#options = options
    this.#announcement = announcement
    this.#isLog = announcement?.speech === 'http' || announcement?.speech === 'none'
    this.#maxBytes = options.maxMessageBytes ?? MAX_MESSAGE_BYTES
    this.#gone = new Promise((done) => {
      this.#setGone = done
    })
  }

  start(events: TransportEvents): void {
    this.#events = events
    const { command, args = [], env = {}, cwd } = this.#options
    try {
      const child = startChild(command, args, env, cwd)
      if (typeof child === 'string') this.#neverStarted(child, false)
      else this.#adopt(child)
    } catch (error) {
      this.#neverStarted((error as Error).message, isTransient(error))
    }
  }

  send(message: Message): undefined | Promise<void> {
    const line = writeLine(message, this.#maxBytes)
    if (this.#ended || this.#closing || !this.#child) return undefined
    this.#outbox += line
    if (++this.#outboxLines >= FLUSH_LINES || this.#outbox.length > FLUSH_CHARACTERS) this.#flush()
    else if (!this.#flushing) {
      // One write for what this turn of the event loop sends, unless it is much.
      this.#flushing = true
      setImmediate(() => this.#flush())
    }
    return this.#child.stdin.writableLength > ROOM_BYTES ? this.#whenDrained() : undefined
  }

  close(): Promise<void> {
    const child = this.#child
    if (!child || this.#ended || this.#closing) return child || this.#ended ? this.#gone : Promise.resolve()
    this.#flush()
    this.#closing = true
    this.#why ??= 'was stopped'
    const graceMs = this.#options.stopGraceMs ?? 2000
    child.stdin.end()
    child.stdout.resume()
    const terminate = () => {
      killGroup(child, 'SIGTERM')
      timer = setTimeout(() => killGroup(child, 'SIGKILL'), graceMs)
    }
    // One that serves HTTP does not look at its stdin.
    let timer: NodeJS.Timeout | undefined
    if (this.#isLog) terminate()
    else timer = setTimeout(terminate, graceMs)
    return this.#gone.finally(() => clearTimeout(timer))
  }

  // ---

  #adopt(child: Child): void {
    this.#child = child
    child.on('error', (error) => {
      if (child.pid === undefined) this.#neverStarted(error.message, isTransient(error))
    })
    child.stdin.on('drain', () => this.#setDrained())
    child.stdin.on('error', () => {
      if (!this.#isLog) this.#unlessItEnds('closed its stdin and was stopped')
    })
    const bounds = { maxBytes: this.#maxBytes, maxNoiseBytes: Math.min(MAX_NOISE_BYTES, this.#maxBytes) }
    const messages = new LineReader(bounds, {
      line: (text) => this.#line(text),
      unreadable: (text) => this.#unreadable(text),
      oversized: (head) => this.#oversized(head),
    })
    this.#messages = messages
    child.stdout.on('data', (chunk: Buffer) => {
      messages.push(chunk)
      this.#watchStall()
    })
    child.stdout.on('end', () => {
      clearTimeout(this.#stallTimer)
      messages.end()
      if (!this.#isLog) this.#unlessItEnds('closed its stdout and was stopped')
    })
    const words = new LineReader(
      { maxBytes: MAX_NOISE_BYTES, maxNoiseBytes: MAX_NOISE_BYTES },
      {
        line: (text) => this.#word(text, 'stderr'),
        unreadable: (text) => this.#word(text, 'stderr'),
        oversized: (head) => this.#word(head, 'stderr'),
      },
    )
    child.stderr.on('data', (chunk: Buffer) => words.push(chunk))
    child.stderr.on('end', () => words.end())
    child.on('exit', (code, signal) => {
      // What it started and left behind ends with it.
      killGroup(child, 'SIGKILL')
      const why = this.#why ?? (signal ? `was ended by ${signal}` : `ended with exit code ${code}${this.#hint(code)}`)
      const timer = setTimeout(() => this.#finish(why), DRAIN_MS)
      child.on('close', () => {
        clearTimeout(timer)
        this.#finish(why)
      })
    })
  }

  /** 127 is what a shell and `env` say for a program they cannot find. */
  #hint(code: number | null): string {
    if (code !== 127 || this.#options.env?.PATH !== undefined) return ''
    return ' (a program was not found: it has no PATH, add one to its "env")'
  }

  #line(text: string): void {
    if (this.#ended || this.#why !== undefined) return
    if (this.#isLog) return this.#logged(text)
    const read = parse(text)
    if (read === NOT_JSON) {
      if (isUtf16(text)) this.#abort('writes its messages in UTF-16 and was stopped: the protocol is UTF-8')
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
    else this.#word(text, 'stdout')
  }

  #announce(port: number): void {
    if (this.#port !== undefined && this.#port !== port) {
      return this.#abort(`announced two ports, ${this.#port} and ${port}, and was stopped: a process is one server`)
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
    this.#events!.message(message)
  }

  /** Ends the calls whose answers stand in a line that cannot be read; false if it is none of messages. */
  #refuseBroken(text: string): boolean {
    if (isAnonymous(text)) {
      this.#abort('wrote an answer that cannot be read and does not begin with its id, and was stopped')
      return true
    }
    const isRest = this.#isRest
    this.#isRest = false
    const found = isRest ? messagesInside(text, 0) : brokenMessages(text)
    for (const { id, kind } of found) {
      if (kind === 'request') this.#refuseRequest(id, 'the request was cut off')
      else this.#deliver({ jsonrpc: '2.0', id, error: unreadableAnswer(text) })
    }
    if (found.length > 0 && !isWhole(text)) this.#events!.lost()
    return isRest || found.length > 0
  }

  #refuseRequest(id: MessageId, message: string): void {
    void this.send({ jsonrpc: '2.0', id, error: { code: rpcCode.invalidRequest, message } })
  }

  /** A pipe that was full has swallowed the end of a line, and nothing comes behind it. */
  #watchStall(): void {
    if (this.#isLog) return
    if (!this.#messages.isWithin) {
      if (this.#stallTimer === undefined) return
      clearTimeout(this.#stallTimer)
      this.#stallTimer = undefined
    } else if (this.#stallTimer) this.#stallTimer.refresh()
    else this.#stallTimer = setTimeout(() => this.#stalled(), this.#options.stalledMs ?? STALLED_MS)
  }

  #stalled(): void {
    this.#stallTimer = undefined
    const begun = this.#messages.unfinished
    if (begun === undefined || this.#ended || this.#why !== undefined) return
    // Not read for the child's own fault: its time has not begun.
    if (this.#child?.stdout.isPaused()) return this.#watchStall()
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
    this.#keep(text, 'stdout')
    if (port !== undefined) {
      return this.#abort(
        'serves HTTP (it announced a port), but its "transport" is stdio: leave that out, or write http',
      )
    }
    if (this.#noiseLines > MAX_NOISE_LINES || this.#noiseBytes > MAX_NOISE_BYTES) {
      const much = this.#noiseLines > MAX_NOISE_LINES ? '1,000 lines' : '1 MiB'
      this.#abort(`wrote more than ${much} to stdout that are not JSON-RPC messages before an answer and was stopped`)
    }
  }

  #unreadable(text: string): void {
    if (this.#ended || this.#why !== undefined) return
    if (this.#isLog) return this.#word(text, 'stdout')
    const read = parse(text)
    if (read === NOT_JSON && this.#refuseBroken(text)) return
    if (read === NOT_JSON || !read || isList(read) || !('id' in read) || read.id === null || 'method' in read) {
      return this.#abort('wrote a line that is not UTF-8 and was stopped')
    }
    const error = { code: rpcCode.unreadable, message: 'its answer is not valid UTF-8' }
    this.#deliver({ jsonrpc: '2.0', id: read.id, error })
  }

  /** Whose it is stands at its beginning, if it is a message: then only that call fails. */
  #oversized(head: string): void {
    if (this.#ended || this.#why !== undefined) return
    if (this.#isLog) return this.#word(head, 'stdout')
    const found = beginningOf(head)
    if (!found) {
      this.#keep(head, 'stdout')
      const bound = head.startsWith('{') ? this.#maxBytes : Math.min(MAX_NOISE_BYTES, this.#maxBytes)
      return this.#abort(`wrote a line of more than ${bytesText(bound)} that is no answer and was stopped`)
    }
    const { id, kind } = found
    const bound = `more than the ${bytesText(this.#maxBytes)} that the protocol takes`
    const advice = 'keep large values as blobs and pass their ids'
    if (kind === 'request') return this.#refuseRequest(id, `the request is ${bound}: ${advice}`)
    const error = { code: rpcCode.answerTooLarge, message: `the answer is ${bound}: ${advice}` }
    this.#deliver({ jsonrpc: '2.0', id, error })
  }

  #word(text: string, from: 'stdout' | 'stderr'): void {
    if (text.trim() !== '') this.#keep(text, from)
  }

  #keep(text: string, from: 'stdout' | 'stderr'): void {
    if (!this.#aborted) this.#events!.noise(text, from)
  }

  #flush(): void {
    this.#flushing = false
    const child = this.#child
    if (!child || this.#outbox === '' || this.#ended || this.#closing) return
    const batch = this.#outbox
    this.#outbox = ''
    this.#outboxLines = 0
    child.stdin.write(batch)
    // Requests wait for room, so this much is answers: the child asks and does not read. It asks no more until it does.
    if (child.stdin.writableLength > 2 * this.#maxBytes + ROOM_BYTES && !child.stdout.isPaused()) {
      child.stdout.pause()
      void this.#whenDrained().then(() => child.stdout.resume())
    }
  }

  #whenDrained(): Promise<void> {
    this.#drained ??= new Promise((done) => {
      this.#setDrained = () => {
        this.#drained = undefined
        done()
      }
    })
    return this.#drained
  }

  /** A child that closes a pipe is usually about to end, and its exit says more than we can. */
  #unlessItEnds(why: string): void {
    setTimeout(() => this.#abort(why), DRAIN_MS).unref()
  }

  #abort(why: string): void {
    this.#why ??= why
    if (!this.#child || this.#ended) return
    this.#aborted = true
    this.#child.stdout.destroy()
    killGroup(this.#child, 'SIGKILL')
  }

  #neverStarted(why: string, retryable: boolean): void {
    if (this.#ended) return
    this.#ended = true
    queueMicrotask(() => this.#events!.close({ why: `could not be started: ${why}`, retryable }))
    this.#setGone()
  }

  #finish(why: string): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#stallTimer)
    forget(this.#child!)
    for (const stream of this.#child!.stdio) stream?.destroy()
    this.#events!.close({ why })
    this.#setDrained()
    this.#setGone()
  }
}

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

/** Too many processes or files just now: another try may succeed. */
function isTransient(error: unknown): boolean {
  return ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM'].includes((error as NodeJS.ErrnoException).code ?? '')
}
