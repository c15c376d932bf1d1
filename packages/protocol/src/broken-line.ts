// A line of messages that cannot be read: whose answers were in it? A pipe that was full may have lost the end of one
// message, newline and all, so that the next ones stand behind what is left of it. Reads heads, never the values behind.

import { type MessageId, rpcCode, type WireError } from './wire.ts'

/** The beginning of a message that was found in a broken line. */
export interface BrokenMessage {
  readonly id: MessageId
  readonly kind: 'answer' | 'request'
}

/** The messages that a line has begun, in order: its own first; none if it does not begin as a message. */
export function brokenMessages(line: string): BrokenMessage[] {
  const first = beginningOf(line)
  return first ? [first, ...messagesInside(line, 1)] : []
}

/** The messages that begin within a line, from there on. */
export function messagesInside(line: string, from: number): BrokenMessage[] {
  const found: BrokenMessage[] = []
  INSIDE.lastIndex = from
  for (let match = INSIDE.exec(line); match; match = INSIDE.exec(line)) {
    found.push(messageOf(match[1] ?? match[2], match[3]))
  }
  return found
}

/** The message that a line begins with, as far as it is known without the rest. */
export function beginningOf(line: string): BrokenMessage | undefined {
  const match = BEGINNING.exec(line)
  return match ? messageOf(match[1], match[2]) : undefined
}

/** True for a line that begins as a message whose id, if it has one, comes later. */
export function isAnonymous(line: string): boolean {
  return /^\s*\{\s*"jsonrpc"\s*:\s*"2\.0"\s*,\s*"(?:result|error)"/.test(line)
}

/** True for a message in UTF-16, read as UTF-8: every other byte is 0. */
export function isUtf16(line: string): boolean {
  return line.charCodeAt(0) === 0 ? line[1] === '{' : line.startsWith('{\u0000')
}

/** True if nothing of the line is missing, though it is not JSON. */
export function isWhole(line: string): boolean {
  return line.trimEnd().endsWith('}') && NOT_A_NUMBER.test(line)
}

/** Why the answer that the line begins with cannot be read. */
export function unreadableAnswer(line: string): WireError {
  const why = isWhole(line) ? 'its answer is not JSON: it has NaN or Infinity in it' : 'its answer was cut off'
  return { code: rpcCode.unreadable, message: `${why}: ${excerpt(line)}` }
}

// ---

const ID = '("[\\w.:-]*"|\\d+)'
const VERSION = '"jsonrpc"\\s*:\\s*"2\\.0"\\s*,\\s*'
const KIND = '"(result|error|method)"'
const BEGINNING = new RegExp(`^\\s*\\{\\s*(?:${VERSION})?"id"\\s*:\\s*${ID}\\s*,\\s*(?:${VERSION})?${KIND}`)
/** Within a value only what says its version: data may have ids of its own. */
const INSIDE = new RegExp(
  `\\{\\s*(?:${VERSION}"id"\\s*:\\s*${ID}\\s*,\\s*|"id"\\s*:\\s*${ID}\\s*,\\s*${VERSION})${KIND}`,
  'g',
)
const NOT_A_NUMBER = /[:[,]\s*-?(?:NaN|Infinity)\b/
const SHOWN_CHARACTERS = 80

function messageOf(id: string | undefined, kind: string | undefined): BrokenMessage {
  return { id: JSON.parse(id as string) as MessageId, kind: kind === 'method' ? 'request' : 'answer' } // by the pattern
}

function excerpt(line: string): string {
  const text = line.trim()
  return text.length > 2 * SHOWN_CHARACTERS
    ? `${text.slice(0, SHOWN_CHARACTERS)}...${text.slice(-SHOWN_CHARACTERS)}`
    : text
}
