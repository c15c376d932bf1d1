// The form of an exported run: one JSON document with its journals row by row, and the blobs that they name.

import type { BlobKind, LogLine } from '@stepflow/engine'

export const FORMAT = 'stepflow-run'
export const VERSION = 1

export interface ExportedBlob {
  readonly kind: BlobKind
  /** JSON as it is, bytes in base64. */
  readonly content: unknown
}

export interface Exported {
  readonly run: string
  readonly journals: Readonly<Record<string, readonly unknown[]>>
  readonly blobs: Readonly<Record<string, ExportedBlob>>
  /** What was logged; absent if nothing was. */
  readonly logs?: readonly LogLine[]
}
