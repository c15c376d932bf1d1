// Which parts of a secret are secrets themselves, because flows take them out: the lines of a key, the fields of a JSON
// text, the password of an address. Pure; how they are looked for is decided elsewhere.

import { isRecord } from '../json.ts'

/** Shorter ones say little, and are found in everything. */
const SHORTEST_PART = 4

/** A secret of more than this is no key: its lines are the lines of a document. */
const LONGEST_DIVIDED = 65_536

const MOST_PARTS = 1000
const DEEPEST = 8

/** The secret is not among them. */
export function partsOf(secret: string): Set<string> {
  const parts = new Set<string>()
  if (secret.length <= LONGEST_DIVIDED) divide(secret, parts, 0)
  parts.delete(secret)
  return parts
}

// ---

function divide(text: string, parts: Set<string>, depth: number): void {
  if (depth > DEEPEST) return
  const trimmed = text.trim()
  keep(trimmed, parts)
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@:\s]*:([^/?#\s]+)@/i.exec(trimmed)?.[1]
  if (password) keep(password, parts)
  const json = parsed(trimmed)
  if (json !== undefined) return collect(json, parts, depth + 1)
  // A key in an environment variable often has its line ends spelled out.
  for (const line of trimmed.split(/\r\n|\r|\n|\\r\\n|\\n/)) {
    keep(line.trim(), parts)
    const value = /^\s*[\w.-]+\s*[=:](?!\/\/)\s*(.*)$/.exec(line)?.[1]
    if (value) keep(value.trim().replace(/^(["'])(.*)\1$/, '$2'), parts)
  }
}

function collect(value: unknown, parts: Set<string>, depth: number): void {
  if (typeof value === 'string') {
    keep(value, parts)
    divide(value, parts, depth)
  } else if (typeof value === 'number') keep(String(value), parts)
  else if (depth > DEEPEST) return
  else if (Array.isArray(value)) for (const element of value) collect(element, parts, depth + 1)
  else if (isRecord(value)) for (const key of Object.keys(value)) collect(value[key], parts, depth + 1)
}

function keep(part: string, parts: Set<string>): void {
  if (part.length >= SHORTEST_PART && parts.size < MOST_PARTS) parts.add(part)
}

/** Of an object, a list or a quoted text; anything else is no more than its text. */
function parsed(text: string): unknown {
  if (!/^[{["]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
