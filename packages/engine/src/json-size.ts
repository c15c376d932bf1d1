// How large a value is as text, without making the text.

/**
 * The bytes of the value's JSON, nearly; counting stops beyond `most`. What refers to itself has no JSON, and is as large as
 * that.
 */
export function jsonBytes(value: unknown, most: number): number {
  let bytes = 0
  const open: unknown[] = [value]
  while (open.length > 0 && bytes <= most) {
    const one = open.pop()
    switch (typeof one) {
      case 'string':
        bytes += textBytes(one) + 3
        break
      case 'number':
        bytes += one === (one | 0) && one < 100 && one >= 0 ? 3 : 12
        break
      case 'object':
        bytes += 3
        if (one === null) bytes += 2
        else if (one instanceof Uint8Array) bytes += one.byteLength
        else if (Array.isArray(one)) for (let i = 0; i < one.length; i++) open.push(one[i])
        else
          for (const key in one) {
            bytes += textBytes(key) + 4
            open.push((one as Record<string, unknown>)[key])
          }
        break
      default:
        bytes += 6
    }
  }
  return bytes
}

/** Of the text as UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    // Half of a pair has two of its four bytes.
    if (code >= 0x80) bytes += code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 1 : 2
  }
  return bytes
}

// ---

function textBytes(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x80) bytes += code >= 0x800 ? 2 : 1
    else if (code < 0x20 || code === 0x22 || code === 0x5c) bytes++
  }
  return bytes
}
