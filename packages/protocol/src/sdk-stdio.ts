// The server's end of stdio: messages on stdout, and whatever else the program prints on stderr.

import { LineReader } from './lines.ts'
import { parseJson } from './parse-json.ts'
import type { Transport } from './transport.ts'
import { MAX_MESSAGE_BYTES, type Message, readMessage, rpcCode, writeLine } from './wire.ts'

export function stdioTransport(): Transport {
  const write = process.stdout.write.bind(process.stdout)
  // A stray console.log would be a broken message.
  process.stdout.write = process.stderr.write.bind(process.stderr)
  let outbox = ''
  let lines = 0

  function flush() {
    const batch = outbox
    outbox = ''
    lines = 0
    if (batch !== '') write(batch)
  }

  function send(message: Message): undefined {
    const line = writeLine(message, MAX_MESSAGE_BYTES)
    if (outbox === '') setImmediate(flush)
    outbox += line
    if (++lines >= FLUSH_LINES || outbox.length > FLUSH_CHARACTERS) flush()
  }

  return {
    send,
    start(events) {
      const refuse = (text: string) => {
        process.stderr.write(`not a message: ${text.slice(0, 200)}\n`)
        const error = { code: rpcCode.invalidRequest, message: 'a line that is not a JSON-RPC message' }
        send({ jsonrpc: '2.0', id: null, error })
      }
      const bounds = { maxBytes: MAX_MESSAGE_BYTES, maxNoiseBytes: MAX_MESSAGE_BYTES }
      const reader = new LineReader(bounds, {
        line(text) {
          if (text.trim() === '') return
          const message = readMessage(parseJson(text))
          if (message) events.message(message)
          else refuse(text)
        },
        unreadable: refuse,
        oversized: refuse,
      })
      const end = () => {
        flush()
        events.close({ why: 'closed the connection' })
      }
      // A runtime that is gone cannot be told anything.
      process.stdout.on('error', () => process.exit(0))
      process.stdin.on('data', (chunk: Buffer) => reader.push(chunk))
      process.stdin.once('end', end)
    },
    async close() {
      flush()
      process.stdin.destroy()
    },
  }
}

// ---

const FLUSH_CHARACTERS = 64 * 1024
/** So many answers are worth a write of their own: the runtime goes on with them while the next are made. */
const FLUSH_LINES = 16
