// What a code flow of this folder exports: the flow, and its cases. Run on every store by packages/stepflow/test/conformance-code.test.ts.

import type { Runnable } from 'stepflow'

export interface Case {
  readonly name: string
  readonly input?: unknown
  /** Compared with the outcome's result; a failure with its code and message in part. */
  readonly result?: unknown
  readonly failed?: { readonly code?: string; readonly message?: RegExp; readonly step?: string }
  readonly skipped?: true
}

export interface Conformance {
  // biome-ignore lint/suspicious/noExplicitAny: each file has its own types
  readonly flow: Runnable<any, unknown>
  readonly cases: readonly Case[]
}

export const fail = (message: string) => (): never => {
  throw new Error(message)
}
