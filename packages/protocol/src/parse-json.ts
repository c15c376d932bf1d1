// Texts from outside that should be JSON. Loads no engine.

const BYTE_ORDER_MARK = 0xfeff

/** Undefined if it is not JSON. A byte order mark before it is passed over. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text)
  } catch {
    return undefined
  }
}
