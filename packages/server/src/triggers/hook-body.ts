// The body of a delivery: its bytes, which are what is signed, and the value that they are.
//
// HTTP lets a client, or a proxy on the way, compress a body. Most senders sign what they had before, some what they send: so a
// signature may be of either.

import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { FlowError, type Json, own, setOwn } from '@stepflow/engine'
import { parseJson } from '@stepflow/host'
import { MOST_BYTES } from '../app/body.ts'
import { unreadable } from '../app/problem.ts'

export interface SentBody {
  /** As it came. */
  readonly sent: Buffer
  /** Without its compression; the same if it has none, or what is wrong with it. */
  readonly plain: Buffer | FlowError
}

export async function readSent(sent: Buffer, encoding = 'identity'): Promise<SentBody> {
  const name = encoding.trim().toLowerCase()
  if (name === 'identity' || name === '') return { sent, plain: sent }
  if (name !== 'gzip' && name !== 'x-gzip') {
    return { sent, plain: new FlowError('UNSUPPORTED_TYPE', 'the Content-Encoding of a delivery may be gzip, or none') }
  }
  try {
    return { sent, plain: await promisify(gunzip)(sent, { maxOutputLength: MOST_BYTES }) }
  } catch (thrown) {
    const isLarge = thrown instanceof RangeError
    const large = () =>
      new FlowError('TOO_LARGE', `the body is larger than ${MOST_BYTES / 2 ** 20} MiB without its gzip`)
    return { sent, plain: isLarge ? large() : unreadable('the body is not the gzip that Content-Encoding says') }
  }
}

/** JSON is itself, a form an object, everything else a text. Throws INVALID_INPUT for what is not what it is said to be. */
export function dataOf(bytes: Buffer, mediaType: string | undefined): Json {
  const text = textOf(bytes)
  if (mediaType !== undefined && /^(application|text)\/([\w.-]+\+)?json$/.test(mediaType)) return jsonOf(text)
  return mediaType === 'application/x-www-form-urlencoded' ? fieldsOf(text) : text
}

/** `a=1&b=2&b=3` as `{a: "1", b: ["2", "3"]}`. */
export function fieldsOf(text: string): Json {
  const form: Record<string, Json> = {}
  for (const [name, value] of new URLSearchParams(text)) {
    const before = own(form, name) as Json | undefined // it was set here
    if (before === undefined) setOwn(form, name, value)
    else if (Array.isArray(before))
      (before as Json[]).push(value) // it is ours
    else setOwn(form, name, [before, value])
  }
  return form
}

// ---

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw unreadable('the body is not text in UTF-8')
  }
}

function jsonOf(text: string): Json {
  try {
    return parseJson(text, 'the body') as Json // it is JSON
  } catch (thrown) {
    throw FlowError.is(thrown) ? unreadable(thrown.message) : thrown
  }
}
