// How values and failures get to the server and back. With a key, messages of failures are values, too.

import { join } from 'node:path'
import type { BlobStorage } from '@stepflow/engine'
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common'
import { createCodec, payloadKey } from './codec.ts'

export function dataConverter(
  env: Readonly<Record<string, string | undefined>>,
  blobs: BlobStorage | undefined,
): DataConverter {
  return {
    payloadCodecs: [createCodec(env, blobs)],
    ...(payloadKey(env) ? { failureConverterPath: join(__dirname, 'failure-converter.cjs') } : {}),
  }
}

/** The same, but what it cannot decode is null. */
export function forgivingConverter(converter: DataConverter): DataConverter {
  return { ...converter, payloadCodecs: (converter.payloadCodecs ?? []).map(forgiving) }
}

// ---

const NULL: Payload = { metadata: { encoding: Buffer.from('binary/null') } }

function forgiving(codec: PayloadCodec): PayloadCodec {
  const decoded = async (payload: Payload) => (await codec.decode([payload]).catch(() => [NULL]))[0] ?? NULL
  return { encode: (payloads) => codec.encode(payloads), decode: (payloads) => Promise.all(payloads.map(decoded)) }
}
