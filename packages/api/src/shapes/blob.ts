// A value that is kept by its content.

import type { Shape, ShapeSchema } from '../shape.ts'

const blobId = { type: 'string', description: 'The SHA-256 of the content, in hex.' } as const satisfies ShapeSchema
const blobType = { enum: ['data', 'flow', 'binary'] } as const satisfies ShapeSchema

export const newBlobSchema = {
  title: 'NewBlob',
  type: 'object',
  properties: {
    data: { description: 'Any JSON; of the type `binary`, bytes as base64.' },
    blobType: { ...blobType, default: 'data' },
  },
  required: ['data'],
  additionalProperties: false,
} as const satisfies ShapeSchema

export type NewBlob = Shape<typeof newBlobSchema>

export const blobIdSchema = {
  title: 'BlobId',
  type: 'object',
  properties: { blobId },
  required: ['blobId'],
} as const satisfies ShapeSchema

export type BlobIdShape = Shape<typeof blobIdSchema>

export const blobSchema = {
  title: 'Blob',
  description: 'A value that is kept by its content.',
  type: 'object',
  properties: { blobId, blobType, data: newBlobSchema.properties.data },
  required: ['blobId', 'blobType', 'data'],
} as const satisfies ShapeSchema

/** A value that is kept by its content. */
export type Blob = Shape<typeof blobSchema>
