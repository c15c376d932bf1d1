// A child process: JSON-RPC over its stdin and stdout, a message a line, unless it serves HTTP: then what it prints is log,
// and only the port that it announces is handed on (child-server.ts). Bounds all that the child
// can make us hold, and leaves no process behind. Knows no method, and never restarts: a transport lives once.
//
// 1. The child has the given environment and nothing of ours; only its program is found through our PATH.
// 2. The child leads a process group; when it ends, or we do, the whole group ends.
// 3. `close` comes once, after the child's last message.
// 4. What we stop is quoted with its own last lines: what it writes once its pipes are broken is ours, and is dropped.
// 5. An answer that cannot be read ends its call and no other, if it says whose it is; else the child is stopped.

import { type Child, forget, killGroup, startChild } from './child.ts'
import { type Announcement, ChildOutput, type Silent } from './child-output.ts'
import { LineReader } from './lines.ts'
import type { Transport, TransportEvents } from './transport.ts'
import { MAX_MESSAGE_BYTES, type Message, writeLine } from './wire.ts'

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

export function childTransport(options: ChildOptions, announcement?: Announcement | Silent): Transport {
  return new ChildTransport(options, announcement)
}

// ---

const MAX_WORD_BYTES = 1024 * 1024
const FLUSH_CHARACTERS = 64 * 1024
/** So many requests are worth a write of their own: the child works on them while the next are made. */
const FLUSH_LINES = 16
/** What may wait in the pipe before the next request has to. */
const ROOM_BYTES = 1024 * 1024
/** A grandchild outside the group may hold stdout open: the end is not waited for any longer than this. */
const DRAIN_MS = 500

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
  /** Why we ended it, if it was us. */
  #why: string | undefined
  #ended = false
  #closing = false
  #aborted = false
  readonly #announcement: Announcement | Silent | undefined
  #output: ChildOutput | undefined
  readonly #gone: Promise<void>
  #setGone: () => void = () => {}

  constructor(options: ChildOptions, announcement: Announcement | Silent | undefined) {
    this.#options = options
    this.#announcement = announcement
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
    this.#output?.stop()
    const graceMs = this.#options.stopGraceMs ?? 2000
    child.stdin.end()
    child.stdout.resume()
    const terminate = () => {
      killGroup(child, 'SIGTERM')
      timer = setTimeout(() => killGroup(child, 'SIGKILL'), graceMs)
    }
    // One that serves HTTP does not look at its stdin.
    let timer: NodeJS.Timeout | undefined
    if (this.#output?.isLog) terminate()
    else timer = setTimeout(terminate, graceMs)
    return this.#gone.finally(() => clearTimeout(timer))
  }

  // ---

  #adopt(child: Child): void {
    this.#child = child
    const options = {
      maxBytes: this.#maxBytes,
      stalledMs: this.#options.stalledMs,
      announcement: this.#announcement,
    }
    const output = new ChildOutput(child.stdout, options, {
      message: (message) => this.#events!.message(message),
      noise: (line) => this.#keep(line, 'stdout'),
      refused: (id, error) => void this.send({ jsonrpc: '2.0', id, error }),
      lost: () => this.#events!.lost(),
      broken: (why) => this.#abort(why),
    })
    this.#output = output
    child.on('error', (error) => {
      if (child.pid === undefined) this.#neverStarted(error.message, isTransient(error))
    })
    child.stdin.on('drain', () => this.#setDrained())
    child.stdin.on('error', () => {
      if (!output.isLog) this.#unlessItEnds('closed its stdin and was stopped')
    })
    child.stdout.on('end', () => {
      if (!output.isLog) this.#unlessItEnds('closed its stdout and was stopped')
    })
    const words = new LineReader(
      { maxBytes: MAX_WORD_BYTES, maxNoiseBytes: MAX_WORD_BYTES },
      {
        line: (text) => this.#word(text),
        unreadable: (text) => this.#word(text),
        oversized: (head) => this.#word(head),
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

  #word(text: string): void {
    if (text.trim() !== '') this.#keep(text, 'stderr')
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
    this.#output?.stop()
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
    this.#output?.stop()
    forget(this.#child!)
    for (const stream of this.#child!.stdio) stream?.destroy()
    this.#events!.close({ why })
    this.#setDrained()
    this.#setGone()
  }
}

/** Too many processes or files just now: another try may succeed. */
function isTransient(error: unknown): boolean {
  return ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM'].includes((error as NodeJS.ErrnoException).code ?? '')
}
