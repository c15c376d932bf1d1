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

/**
 * What the value takes in memory, roughly: of a long list a few elements are measured, and the others taken to be like them.
 * Counting stops beyond `most`.
 */
export function roughBytes(value: unknown, most: number): number {
  const bytes = shallowBytes(value, SHALLOW, most)
  return Number.isNaN(bytes) ? sampledBytes(value, most) : bytes
}

/** The sum over a list, roughly: of a long one a few places are looked at, and the others taken to be like them. */
export function roughSum<T>(list: readonly T[], sizeOf: (one: T, most: number) => number, most: number): number {
  const { length } = list
  const stride = Math.max(1, length / MEASURED)
  let sum = 0
  for (let i = 0; i < length && i < MEASURED; i++) sum += sizeOf(list[placeOf(i, stride)] as T, most)
  return sum * stride
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

/** What lies deeper is looked at in another way. */
const SHALLOW = 3

/** Nearly all values of steps, without a list of what is still to be looked at; NaN for one that is large, long or deep. */
function shallowBytes(value: unknown, depth: number, most: number): number {
  if (typeof value === 'string') return value.length + 16
  if (typeof value !== 'object' || value === null) return 8
  if (value instanceof Uint8Array) return value.byteLength
  if (depth === 0) return Number.NaN
  if (Array.isArray(value)) {
    if (value.length > MEASURED) return Number.NaN
    let bytes = 16
    for (let i = 0; i < value.length && bytes <= most; i++) bytes += shallowBytes(value[i], depth - 1, most)
    return bytes <= most ? bytes : Number.NaN
  }
  let bytes = 24
  for (const key in value) {
    bytes += shallowBytes((value as Record<string, unknown>)[key], depth - 1, most)
    if (!(bytes <= most)) return Number.NaN
  }
  return bytes
}

function sampledBytes(value: unknown, most: number): number {
  let bytes = 0
  const open: unknown[] = [value]
  /** For how many values each of them stands. */
  const weights: number[] = [1]
  while (open.length > 0 && bytes <= most) {
    const one = open.pop()
    const weight = weights.pop() as number
    if (typeof one === 'string') bytes += weight * (one.length + 16)
    else if (typeof one !== 'object' || one === null) bytes += weight * 8
    else if (one instanceof Uint8Array) bytes += weight * one.byteLength
    else if (Array.isArray(one)) {
      bytes += weight * 16
      const stride = Math.max(1, one.length / MEASURED)
      for (let i = 0; i < one.length && i < MEASURED; i++) {
        open.push(one[placeOf(i, stride)])
        weights.push(weight * stride)
      }
    } else {
      bytes += weight * 24
      for (const key in one) {
        open.push((one as Record<string, unknown>)[key])
        weights.push(weight)
      }
    }
  }
  return bytes
}

/** Elements of a list that are measured. */
const MEASURED = 32

/** Not at even distances: what a list repeats, one of several could always be passed over. */
function placeOf(measured: number, stride: number): number {
  if (stride === 1) return measured
  const jitter = (measured * 0.618_033_988_75) % 1
  return Math.floor((measured + jitter) * stride)
}

function textBytes(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x80) bytes += code >= 0x800 ? 2 : 1
    else if (code < 0x20 || code === 0x22 || code === 0x5c) bytes++
  }
  return bytes
}
