// Blobs that are asked for inside a workflow: where a worker keeps them.

import type { Store } from '@stepflow/engine'
import { NAMES } from '../far-call.ts'
import { askWorker } from './ask-worker.ts'

export function withBlobs(store: Store): Store {
  return Object.assign(store, {
    blobs: {
      put: (value: unknown) => askWorker<string>(NAMES.putBlob, [value]),
      get: (id: string) => askWorker<unknown>(NAMES.getBlob, [id]),
    },
  })
}
