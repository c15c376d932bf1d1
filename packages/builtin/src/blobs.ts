// /put_blob and /get_blob: values kept by their content and handed on by their id.

import { type Component, FlowError } from '@stepflow/engine'
import { define } from './define.ts'
import { blobId } from './flow-source.ts'
import { anything, oneOf, optional, text } from './input.ts'

export const putBlob: Component = define({
  name: 'put_blob',
  description: 'Stores a value and gives its id',
  fields: {
    data: anything('The value; base64 text if blob_type is "binary"'),
    blob_type: optional(oneOf('"data" if absent', ['data', 'flow', 'binary'])),
  },
  output: { type: 'object', properties: { blob_id: { type: 'string' } }, required: ['blob_id'] },
  primary: 'blob_id',
  repeatable: true,
  async call({ data, blob_type }, context) {
    return { blob_id: await context.blobs.put(blob_type === 'binary' ? bytesOf(data) : data) }
  },
})

export const getBlob: Component = define({
  name: 'get_blob',
  description: 'Gives the value of a blob',
  fields: { blob_id: text('64 hexadecimal digits; "sha256:" may stand in front') },
  output: { type: 'object', properties: { data: {} }, required: ['data'] },
  primary: 'data',
  repeatable: true,
  async call({ blob_id }, context) {
    const id = blobId(blob_id)
    if (id === undefined) {
      throw new FlowError(
        'INVALID_INPUT',
        `/builtin/get_blob: "${blob_id.slice(0, 80)}" is not a blob id (64 hexadecimal digits)`,
      )
    }
    const data = await context.blobs.get(id)
    return { data: data instanceof Uint8Array ? Buffer.from(data).toString('base64') : data }
  },
})

// ---

function bytesOf(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data
  if (typeof data === 'string' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(data)) return Buffer.from(data, 'base64')
  throw new FlowError('INVALID_INPUT', '/builtin/put_blob needs "data" to be base64 text if "blob_type" is "binary"')
}
