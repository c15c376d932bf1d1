// How values and failures get to the server and back. With a key, messages of failures are values, too.

import { join } from 'node:path'
import { type BlobStorage, FlowError } from '@stepflow/engine'
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
  return withDecoded(converter, () => NULL)
}

/**
 * The same for a worker: what is nothing that its key or gunzip can read is handed on as unreadable. It fails the task that it
 * is read in, as it would have here, except in a signal: that may come from anybody, and is left out.
 */
export function workerConverter(converter: DataConverter): DataConverter {
  return withDecoded(converter, (thrown) => {
    // It may be there in a moment.
    if (FlowError.is(thrown) && thrown.code === 'NOT_FOUND') throw thrown
    return { metadata: { encoding: Buffer.from(`unreadable, for ${(thrown as Error).message}`) } }
  })
}

// ---

const NULL: Payload = { metadata: { encoding: Buffer.from('binary/null') } }

/** `otherwise`: what there is in place of one that cannot be decoded. */
function withDecoded(converter: DataConverter, otherwise: (thrown: unknown) => Payload): DataConverter {
  const forgiving = (codec: PayloadCodec): PayloadCodec => {
    const decoded = async (payload: Payload) =>
      (await codec.decode([payload]).catch((thrown) => [otherwise(thrown)]))[0] ?? NULL
    return { encode: (payloads) => codec.encode(payloads), decode: (payloads) => Promise.all(payloads.map(decoded)) }
  }
  return { ...converter, payloadCodecs: (converter.payloadCodecs ?? []).map(forgiving) }
}
