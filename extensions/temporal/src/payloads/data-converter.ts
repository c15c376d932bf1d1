// How values and failures get to the server and back. With a key, messages of failures are values, too.

import { join } from 'node:path'
import type { BlobStorage } from '@stepflow/engine'
import type { DataConverter } from '@temporalio/common'
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
