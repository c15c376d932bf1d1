// Blobs of components, where values of the cluster's runs are kept, too.

import { type BlobAccess, type BlobStorage, bareId, contentId, FlowError } from '@stepflow/engine'

export function blobAccess(storage: BlobStorage | undefined): BlobAccess {
  const there = () => {
    if (storage) return storage
    const message = 'this worker keeps no blobs: start it with --blobs DIR or --blobs s3://BUCKET/PREFIX'
    throw new FlowError('INVALID_INPUT', message, { retryable: false })
  }
  return {
    async put(value) {
      const id = contentId(value)
      const isBytes = value instanceof Uint8Array
      await there().put(nameOf(id, isBytes), isBytes ? value : Buffer.from(JSON.stringify(value)))
      return id
    },
    async get(id) {
      const bare = bareId(id)
      const json = await there().get(nameOf(bare, false))
      if (json) return JSON.parse(Buffer.from(json).toString())
      const bytes = await there().get(nameOf(bare, true))
      if (bytes) return bytes
      throw new FlowError('NOT_FOUND', `there is no blob ${id}`)
    },
  }
}

// ---

function nameOf(id: string, isBytes: boolean): string {
  return `${isBytes ? 'bytes' : 'values'}/${id}`
}
