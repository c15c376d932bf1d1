// Blobs: keeps values by their content, and gives them back.

import { Readable } from 'node:stream'
import { blobIdSchema, blobSchema, type NewBlob, newBlobSchema } from '@stepflow/api'
import { bareId, FlowError } from '@stepflow/engine'
import type { App } from '../app/app.ts'
import { readBytes } from '../app/read-bytes.ts'
import type { Services } from '../services.ts'

const MOST_BYTES = 2 ** 30
const PIECE_BYTES = 2 ** 16

export function blobRoutes(app: App, { store, runs, clock, life }: Services): void {
  app.post(
    '/blobs',
    {
      config: { access: 'operator' },
      schema: {
        operationId: 'putBlob',
        summary: 'Keep a value by its content',
        tags: ['blobs'],
        body: {
          content: {
            'application/json': { schema: newBlobSchema },
            'application/octet-stream': { schema: { description: 'Bytes, at most 1 GiB.' } },
          },
        } as const,
        response: { 201: blobIdSchema },
      },
    },
    async (request, reply) => {
      life.checkReady()
      const { body, mediaType } = request
      const value = mediaType === 'application/json' ? jsonOf(body as NewBlob) : await bytesOf(body, mediaType)
      return reply.code(201).send({ blobId: await store.blobs.put(value) })
    },
  )

  app.get(
    '/blobs/:blobId',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getBlob',
        summary: 'Read a value by its id',
        description: 'With `Accept: application/octet-stream`, its bytes, or the text of its JSON.',
        tags: ['blobs'],
        params: { type: 'object', properties: { blobId: { type: 'string' } }, required: ['blobId'] } as const,
        response: { 200: blobSchema },
      },
    },
    async ({ params: { blobId }, headers }, reply) => {
      const value = await runs.blob(blobId)
      const isBinary = value instanceof Uint8Array
      if (headers.accept?.includes('application/octet-stream')) {
        const bytes = isBinary ? value : Buffer.from(JSON.stringify(value))
        return reply
          .type('application/octet-stream')
          .header('Content-Length', bytes.length)
          .send(Readable.from(pieces(bytes)))
      }
      return {
        blobId: bareId(blobId),
        blobType: isBinary ? 'binary' : 'data',
        data: isBinary ? Buffer.from(value).toString('base64') : value,
      }
    },
  )

  async function bytesOf(body: unknown, mediaType: string | undefined): Promise<Uint8Array> {
    if (mediaType !== 'application/octet-stream') {
      throw new FlowError('UNSUPPORTED_TYPE', 'a blob is application/json, {"data": ...}, or application/octet-stream')
    }
    return readBytes(body as Readable, MOST_BYTES, clock) // its type says so
  }
}

// ---

function jsonOf({ data, blobType }: NewBlob): unknown {
  if (blobType !== 'binary') return data
  if (typeof data === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(data)) return Buffer.from(data, 'base64')
  throw new FlowError('INVALID_INPUT', 'the data of a blob of the type "binary" must be a text in base64')
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES)
}
