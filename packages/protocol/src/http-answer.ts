// What comes back for one POST: a message as JSON, or a stream of events that are messages. Whatever else it is becomes an
// error that says what came.

import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { LineReader } from './lines.ts'
import { parseJson } from './parse-json.ts'
import {
  bytesText,
  isObject,
  type Message,
  type MessageId,
  readError,
  readMessage,
  rpcCode,
  type WireError,
} from './wire.ts'

export interface AnswerEvents {
  message(message: Message): void
  /** In place of the answer. */
  failed(error: WireError): void
  /** The connection did; without an error it ended in order, but too early. */
  brokeOff(error: NodeJS.ErrnoException | undefined): void
}

export class HttpAnswer {
  readonly #id: MessageId
  readonly #sentBytes: number
  readonly #maxBytes: number
  readonly #on: AnswerEvents
  #isAnswered = false

  constructor(id: MessageId, sentBytes: number, maxBytes: number, on: AnswerEvents) {
    this.#id = id
    this.#sentBytes = sentBytes
    this.#maxBytes = maxBytes
    this.#on = on
  }

  read(response: IncomingMessage): void {
    const status = response.statusCode ?? 0
    const type = response.headers['content-type'] ?? ''
    response.on('error', (error) => this.#on.brokeOff(error))
    if (status >= 300 && status < 400) return this.#redirected(status, response)
    if (status === TOO_LARGE) return this.#tooLarge(response)
    if (type.includes('text/event-stream')) this.#readEvents(response)
    else this.#readWhole(response, status, type)
  }

  // ---

  #redirected(status: number, response: IncomingMessage): void {
    const to = response.headers.location ?? 'no address'
    response.resume()
    this.#fail(
      rpcCode.unreachable,
      `it answered with a redirect (HTTP ${status}) to ${to}, which is not followed`,
      false,
    )
  }

  #tooLarge(response: IncomingMessage): void {
    response.resume()
    const advice = 'keep large values as blobs and pass their ids'
    this.#fail(
      rpcCode.unsendable,
      `the server takes no message of ${bytesText(this.#sentBytes)} (HTTP 413): ${advice}`,
      false,
    )
  }

  // --- JSON

  #readWhole(response: IncomingMessage, status: number, type: string): void {
    const parts: Buffer[] = []
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= this.#maxBytes) parts.push(chunk)
      else {
        parts.length = 0
        this.#oversized()
      }
    })
    response.on('end', () => {
      if (bytes <= this.#maxBytes) this.#whole(Buffer.concat(parts), status, type)
    })
  }

  #whole(body: Buffer, status: number, type: string): void {
    const text = body.toString('utf8')
    const value = parseJson(text)
    if (value !== undefined && !isUtf8(body)) return this.#notUtf8()
    const message = value === undefined ? undefined : readMessage(value)
    if (message && !('method' in message)) {
      const isOurs = String(message.id) === String(this.#id) || (message.id === null && message.error)
      if (isOurs) return this.#answer({ ...message, id: this.#id })
      return this.#fail(rpcCode.unreadable, `the server answered another request in its place: ${excerpt(text)}`)
    }
    // An error about a message that could not be read has no id: it is ours, for it came in answer to it.
    if (isObject(value) && value.error !== undefined && value.error !== null) {
      return this.#answer({ jsonrpc: '2.0', id: this.#id, error: readError(value.error) })
    }
    const isFinal = status >= 400 && status < 500 && status !== TOO_MANY
    const kind = type === '' ? 'nothing that says what it is' : type
    const said = text === '' ? '' : `: ${excerpt(text)}`
    const what = `the server answered with HTTP ${status} and ${kind}, which is not a JSON-RPC message${said}`
    this.#fail(rpcCode.unreachable, what, isFinal ? false : undefined)
  }

  // --- events

  #readEvents(response: IncomingMessage): void {
    const bound = this.#maxBytes + FIELD_BYTES
    let data: string | undefined
    let size = 0
    const reader = new LineReader(
      { maxBytes: bound, maxNoiseBytes: bound },
      {
        line: (text) => {
          const line = text.endsWith('\r') ? text.slice(0, -1) : text
          if (line === '') {
            if (data !== undefined) this.#event(data)
            data = undefined
            size = 0
          } else if (line.startsWith('data:')) {
            const part = line.slice(line.charCodeAt(5) === SPACE ? 6 : 5)
            size += part.length
            if (size > this.#maxBytes) return this.#oversized()
            data = data === undefined ? part : `${data}\n${part}`
          }
        },
        unreadable: () => this.#notUtf8(),
        oversized: () => this.#oversized(),
      },
    )
    response.on('data', (chunk: Buffer) => reader.push(chunk))
    response.on('end', () => {
      reader.end()
      if (data !== undefined) this.#event(data)
      if (!this.#isAnswered) this.#on.brokeOff(undefined)
    })
  }

  #event(data: string): void {
    if (this.#isAnswered) return
    const value = parseJson(data)
    const message = value === undefined ? undefined : readMessage(value)
    if (!message) {
      return this.#fail(rpcCode.unreadable, `the server sent an event that is not a JSON-RPC message: ${excerpt(data)}`)
    }
    if (!('method' in message) && (message.id === null || String(message.id) === String(this.#id))) {
      return this.#answer({ ...message, id: this.#id })
    }
    this.#on.message(message)
  }

  // ---

  #answer(message: Message): void {
    this.#isAnswered = true
    this.#on.message(message)
  }

  #notUtf8(): void {
    this.#fail(rpcCode.unreadable, 'its answer is not valid UTF-8')
  }

  #oversized(): void {
    const bound = `more than the ${bytesText(this.#maxBytes)} that the protocol takes`
    this.#fail(rpcCode.answerTooLarge, `the answer is ${bound}: keep large values as blobs and pass their ids`)
  }

  #fail(code: number, message: string, retryable?: false): void {
    if (this.#isAnswered) return
    this.#isAnswered = true
    this.#on.failed({ code, message, ...(retryable === false ? { data: { retryable } } : {}) })
  }
}

// ---

const TOO_LARGE = 413
const TOO_MANY = 429
const SPACE = 32
/** `data: ` and what may end the line. */
const FIELD_BYTES = 16
const EXCERPT_CHARACTERS = 160

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > EXCERPT_CHARACTERS ? `${line.slice(0, EXCERPT_CHARACTERS)}...` : line
}
