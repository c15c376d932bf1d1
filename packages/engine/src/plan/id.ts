// Ids by content: lowercase hex SHA-256 of the compact JSON in its key order. The same for blobs and plans.

import { sha256 } from './sha256.ts'

/** Lowercase hex SHA-256 of bytes, or of a text as UTF-8. */
export type Hash = (content: Uint8Array | string) => string

/** Of bytes: their own hash. `value` must be JSON. */
export function contentId(value: unknown): string {
  return hash(value instanceof Uint8Array ? value : JSON.stringify(value))
}

/** Of a value whose compact JSON is at hand. */
export function textId(text: string): string {
  return hash(text)
}

/** An id as a user may write it, `sha256:` in front or not. */
export function bareId(id: string): string {
  return id.startsWith('sha256:') ? id.slice('sha256:'.length) : id
}

/** For hosts that have a faster SHA-256 than the one that is written here. */
export function useHash(faster: Hash): void {
  hash = faster
}

// ---

const utf8 = new TextEncoder()

let hash: Hash = (content) => sha256(typeof content === 'string' ? utf8.encode(content) : content)
