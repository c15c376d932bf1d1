// What a workflow must know of its worker, which the sandbox does not let it ask: the worker writes it into the code that it
// runs there. All workers of a task queue are alike in it.

import { FlowError } from '@stepflow/engine'

const KEEPS_BLOBS = '@@stepflow:keeps-blobs:no@@'
const IS_ENCRYPTED = '@@stepflow:is-encrypted:no@@'

/** Large values become blobs. */
export const keepsBlobs = KEEPS_BLOBS.includes(':yes')
/** Every value in a history is encrypted. */
export const isEncrypted = IS_ENCRYPTED.includes(':yes')

/** No server takes more in one value. */
export const MOST_BYTES = 2 * 1024 * 1024 - 32 * 1024

export interface WorkerFacts {
  readonly keepsBlobs: boolean
  readonly isEncrypted: boolean
}

/** The code of the workflow, for a worker of which these are true. */
export function withFacts(code: string, facts: WorkerFacts): string {
  return code
    .replaceAll('@@stepflow:keeps-blobs:no', `@@stepflow:keeps-blobs:${facts.keepsBlobs ? 'yes' : 'no'}`)
    .replaceAll('@@stepflow:is-encrypted:no', `@@stepflow:is-encrypted:${facts.isEncrypted ? 'yes' : 'no'}`)
}

/** How large a value is that is too large; undefined if it fits. */
export function tooLarge(value: unknown): string | undefined {
  // Most are small, and need not be measured as bytes.
  const text = JSON.stringify(value) ?? ''
  if (text.length * 3 <= MOST_BYTES) return undefined
  const bytes = new TextEncoder().encode(text).length
  return bytes <= MOST_BYTES ? undefined : `${(bytes / 1e6).toFixed(1)} MB`
}

/** What to do about it. */
export const SMALLER = 'Temporal takes 2 MB at most: start the workers with --blobs, or hand on less'

/** Throws TOO_LARGE for what is sent from outside, and would not get there. */
export function checkSize(what: string, value: unknown, keepsBlobs: boolean): void {
  const large = keepsBlobs ? undefined : tooLarge(value)
  if (large === undefined) return
  const message = `${what} has ${large}, and Temporal takes 2 MB at most: name --blobs, as the workers do, or send less`
  throw new FlowError('TOO_LARGE', message)
}
