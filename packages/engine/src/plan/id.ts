// Ids by content: lowercase hex SHA-256 of the compact JSON in its key order. The same for blobs and plans.

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

// ---

function hash(content: Uint8Array | string): string {
  return crypto().createHash('sha256').update(content).digest('hex')
}

/** Loaded at first use: it takes longer than all of this package. */
function crypto(): typeof import('node:crypto') {
  return process.getBuiltinModule('node:crypto')
}
