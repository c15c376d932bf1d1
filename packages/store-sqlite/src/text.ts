// Texts of the file as bytes: one driver ends the whole process, without a word, at a text that is no longer UTF-8, and the
// other changes it. So what is long, and may have been damaged, is read with `CAST(... AS BLOB)` and comes through here.

import { isUtf8 } from 'node:buffer'

/** A BLOB as a driver has it: a Buffer or an array of bytes, or its memory. */
export type Bytes = Uint8Array | ArrayBuffer

export function bytesOf(content: Bytes): Uint8Array {
  return content instanceof ArrayBuffer
    ? new Uint8Array(content)
    : new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
}

/** `isWhole` is false if the bytes are no UTF-8: then some characters stand for what could not be read. */
export function textOf(content: Bytes): { readonly text: string; readonly isWhole: boolean } {
  const { buffer, byteOffset, byteLength } = bytesOf(content)
  const bytes = Buffer.from(buffer, byteOffset, byteLength)
  return { text: bytes.toString(), isWhole: isUtf8(bytes) }
}
