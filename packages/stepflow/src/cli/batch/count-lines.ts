// How many items a file of JSON Lines is: its lines that are not blank. Parses nothing, and leaves the place where others
// read alone.

import { read } from 'node:fs'

const PIECE_BYTES = 1 << 20
const [TAB, NEWLINE, RETURN, SPACE] = [0x09, 0x0a, 0x0d, 0x20]

/** Counts up to `most`. */
export async function countLines(fd: number, most = Number.POSITIVE_INFINITY): Promise<number> {
  const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES)
  let lines = 0
  /** The line at hand has something in it. */
  let isItem = false
  for (let at = 0; lines < most; ) {
    const count = await readAt(fd, buffer, at)
    if (count === 0) return isItem ? lines + 1 : lines
    let from = at === 0 && buffer.subarray(0, 3).equals(BOM) ? 3 : 0
    at += count
    const piece = buffer.subarray(0, count)
    while (from < count) {
      const newline = piece.indexOf(NEWLINE, from)
      const end = newline < 0 ? count : newline
      isItem ||= hasItem(piece, from, end)
      if (newline >= 0 && isItem) {
        lines++
        isItem = false
      }
      from = end + 1
    }
  }
  return most
}

// ---

const BOM = Buffer.from([0xef, 0xbb, 0xbf])

function hasItem(bytes: Buffer, from: number, end: number): boolean {
  for (let i = from; i < end; i++) {
    const byte = bytes[i]
    if (byte !== SPACE && byte !== TAB && byte !== RETURN) return true
  }
  return false
}

function readAt(fd: number, buffer: Buffer, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, buffer.length, at, (error, count) => (error ? reject(error) : resolve(count)))
  })
}
