// Columns of many rows as one parameter each, in PostgreSQL's binary form of arrays: nothing need be escaped, neither here
// nor there.

/** The types of elements that we send, by PostgreSQL's numbers for them. */
const BOOL = 16
const BYTEA = 17
const INT8 = 20
const INT4 = 23
const TEXT = 25

export function bools(values: readonly boolean[]): Buffer {
  const buffer = begin(BOOL, values.length, values.length * 5, false)
  let at = HEAD
  for (const value of values) {
    buffer.writeInt32BE(1, at)
    buffer[at + 4] = value ? 1 : 0
    at += 5
  }
  return buffer
}

export function ints(values: readonly (number | null)[]): Buffer {
  return fixed(INT4, 4, values, (buffer, value, at) => buffer.writeInt32BE(value, at))
}

/** Whole numbers that a double holds. */
export function bigints(values: readonly (number | null)[]): Buffer {
  return fixed(INT8, 8, values, (buffer, value, at) => {
    const high = Math.floor(value / 2 ** 32)
    buffer.writeInt32BE(high, at)
    buffer.writeUInt32BE(value - high * 2 ** 32, at + 4)
  })
}

export function texts(values: readonly (string | null)[]): Buffer {
  let bytes = 0
  for (let i = 0; i < values.length; i++) bytes += Buffer.byteLength(values[i] ?? '')
  const buffer = begin(TEXT, values.length, values.length * 4 + bytes, true)
  let at = HEAD
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    const length = value === null || value === undefined ? -1 : buffer.write(value, at + 4)
    buffer.writeInt32BE(length, at)
    at += 4 + Math.max(0, length)
  }
  return buffer
}

export function byteas(values: readonly (Uint8Array | null)[]): Buffer {
  let bytes = 0
  for (const value of values) bytes += value?.byteLength ?? 0
  const buffer = begin(BYTEA, values.length, values.length * 4 + bytes, true)
  let at = HEAD
  for (const value of values) {
    buffer.writeInt32BE(value === null ? -1 : value.byteLength, at)
    if (value) buffer.set(value, at + 4)
    at += 4 + (value?.byteLength ?? 0)
  }
  return buffer
}

// ---

/** Dimensions, whether there are nulls, type, length, first index. */
const HEAD = 20

function begin(type: number, length: number, bytes: number, mayHaveNulls: boolean): Buffer {
  // Every byte of it is written.
  const buffer = Buffer.allocUnsafe(length === 0 ? 12 : HEAD + bytes)
  buffer.writeInt32BE(length === 0 ? 0 : 1, 0)
  buffer.writeInt32BE(mayHaveNulls && length > 0 ? 1 : 0, 4)
  buffer.writeInt32BE(type, 8)
  if (length === 0) return buffer
  buffer.writeInt32BE(length, 12)
  buffer.writeInt32BE(1, 16)
  return buffer
}

function fixed(
  type: number,
  size: number,
  values: readonly (number | null)[],
  write: (buffer: Buffer, value: number, at: number) => void,
): Buffer {
  let present = 0
  for (let i = 0; i < values.length; i++) if (values[i] !== null) present++
  const buffer = begin(type, values.length, values.length * 4 + present * size, present < values.length)
  let at = HEAD
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number | null
    buffer.writeInt32BE(value === null ? -1 : size, at)
    at += 4
    if (value === null) continue
    write(buffer, value, at)
    at += size
  }
  return buffer
}
