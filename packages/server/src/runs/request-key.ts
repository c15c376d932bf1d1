// The idempotency key of a request: in a header, or in its body.

import { FlowError } from '@stepflow/engine'
import type { FastifyRequest } from 'fastify'
import { unreadable } from '../app/problem.ts'

/** Throws INVALID_INPUT if there are several, or two that differ. */
export function requestKey({ headers }: FastifyRequest, idempotencyKey?: string): string | undefined {
  const header = headers['idempotency-key']
  if (Array.isArray(header)) throw unreadable('there are several headers Idempotency-Key')
  if (header !== undefined && (header === '' || header.length > 255)) {
    throw unreadable('the header Idempotency-Key must have 1 to 255 characters')
  }
  if (header !== undefined && idempotencyKey !== undefined && header !== idempotencyKey) {
    throw new FlowError('INVALID_INPUT', 'the header Idempotency-Key and "idempotencyKey" differ: give one of them')
  }
  return header ?? idempotencyKey
}
