// How values are on their way and in a history: those that are large are packed, or go to where blobs are kept; with a key, all
// are encrypted (AES-256-GCM). Packed first, then encrypted, then put away: what is kept elsewhere is encrypted, too.

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { type BlobStorage, FlowError } from '@stepflow/engine'
import type { Payload, PayloadCodec } from '@temporalio/common'
import { temporal } from '@temporalio/proto'

/** What has more bytes is packed, and is a blob where blobs are kept. */
const LARGE = 128 * 1024
const PACKED = 'binary/stepflow-gzip'
const ENCRYPTED = 'binary/stepflow-aes-256-gcm'
const BLOB = 'binary/stepflow-blob'

/** Throws INVALID_INPUT for a key that is none. */
export function createCodec(
  env: Readonly<Record<string, string | undefined>>,
  blobs: BlobStorage | undefined,
): PayloadCodec {
  const key = payloadKey(env)
  return {
    encode: (payloads) => Promise.all(payloads.map((payload) => encode(payload, key, blobs))),
    decode: (payloads) => Promise.all(payloads.map((payload) => decode(payload, key, blobs))),
  }
}

/** `STEPFLOW_PAYLOAD_KEY`; undefined if there is none. */
export function payloadKey({ STEPFLOW_PAYLOAD_KEY: text }: Readonly<Record<string, string | undefined>>) {
  if (!text) return undefined
  const key = Buffer.from(text, 'base64')
  if (key.length === 32) return key
  throw new FlowError('INVALID_INPUT', 'STEPFLOW_PAYLOAD_KEY must be 32 bytes in base64: openssl rand -base64 32')
}

// ---

const { Payload: Message } = temporal.api.common.v1
const packed = promisify(gzip)
const unpacked = promisify(gunzip)

async function encode(payload: Payload, key: Buffer | undefined, blobs: BlobStorage | undefined): Promise<Payload> {
  const isLarge = (payload.data?.length ?? 0) > LARGE
  let out = payload
  if (isLarge) out = wrapped(PACKED, await packed(bytesOf(out), { level: 1 }))
  if (key) out = wrapped(ENCRYPTED, encrypt(bytesOf(out), key))
  if (!blobs || !isLarge) return out
  const content = bytesOf(out)
  const name = `payloads/${createHash('sha256').update(content).digest('hex')}`
  await blobs.put(name, content)
  return wrapped(BLOB, Buffer.from(name))
}

async function decode(payload: Payload, key: Buffer | undefined, blobs: BlobStorage | undefined): Promise<Payload> {
  let out = payload
  for (;;) {
    const data = out.data ?? new Uint8Array()
    switch (encodingOf(out)) {
      case BLOB:
        out = read(await blobOf(Buffer.from(data).toString(), blobs))
        break
      case ENCRYPTED:
        out = read(decrypt(data, key))
        break
      case PACKED:
        out = read(await unpacked(data))
        break
      default:
        return out
    }
  }
}

function wrapped(encoding: string, data: Uint8Array): Payload {
  return { metadata: { encoding: Buffer.from(encoding) }, data }
}

function encodingOf({ metadata }: Payload): string {
  const encoding = metadata?.encoding
  return encoding ? Buffer.from(encoding).toString() : ''
}

function bytesOf(payload: Payload): Uint8Array {
  return Message.encode(payload).finish()
}

function read(content: Uint8Array): Payload {
  const { metadata, data } = Message.decode(content)
  return { metadata, data }
}

function encrypt(content: Uint8Array, key: Buffer): Uint8Array {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()])
}

function decrypt(data: Uint8Array, key: Buffer | undefined): Uint8Array {
  if (!key) {
    throw new FlowError(
      'INVALID_INPUT',
      'the values of this run are encrypted: set STEPFLOW_PAYLOAD_KEY, as its workers have it',
    )
  }
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, 12))
    decipher.setAuthTag(data.subarray(-16))
    return Buffer.concat([decipher.update(data.subarray(12, -16)), decipher.final()])
  } catch (cause) {
    const message = 'the values of this run cannot be decrypted: STEPFLOW_PAYLOAD_KEY is not the key of its workers'
    throw new FlowError('INVALID_INPUT', message, { cause })
  }
}

async function blobOf(name: string, blobs: BlobStorage | undefined): Promise<Uint8Array> {
  if (!blobs) {
    throw new FlowError('INVALID_INPUT', 'a value of this run is kept as a blob: name --blobs, as its workers do')
  }
  const content = await blobs.get(name)
  if (content) return content
  throw new FlowError('NOT_FOUND', `the blob ${name} of this run is not in ${blobs.name}`)
}
