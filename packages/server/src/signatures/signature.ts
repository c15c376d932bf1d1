// How a delivery of a webhook is signed, whatever its form: what its headers claim, and whether the claim holds. Pure.
//
// All forms are an HMAC with SHA-256 of some fields of the headers and the bytes of the body. They differ in names, in how the
// digest and the key are written, and in what tells one delivery from another.

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { FlowError } from '@stepflow/engine'

/** A form of signature. */
export interface SignatureForm {
  /** What the headers of a delivery claim. Throws UNAUTHENTICATED if they claim nothing that could hold. */
  read(headers: IncomingHttpHeaders): Claim
  /** The key that a secret stands for. Throws RESOURCE_UNAVAILABLE if it can be none. */
  keyOf(secret: string): Buffer
}

export interface Claim {
  /** Signed before the body. */
  readonly prefix: string
  /** One of them has to be right: a sender that changes its secret signs with both for a while. */
  readonly digests: readonly Buffer[]
  /** In seconds; absent: the form has no time. */
  readonly timestamp?: number
  /** Tells deliveries apart; a delivery that is sent again has the same. */
  deliveryOf(body: Buffer): string
  /** The sender tries out whether somebody is here: nothing is to be run. */
  readonly isPing?: true
}

/** Throws UNAUTHENTICATED for a time that is further from now than the senders' libraries permit. */
export function checkTime({ timestamp }: Claim, nowMs: number): void {
  if (timestamp === undefined) return
  const offMs = timestamp * 1000 - nowMs
  if (Math.abs(offMs) <= TOLERANCE_MS) return
  const off = `${Math.round(Math.abs(offMs) / 1000)} s ${offMs < 0 ? 'old' : 'ahead of this server'}`
  throw refused(`the timestamp of the delivery is ${off}: at most ${TOLERANCE_MS / 1000} s are accepted`)
}

/** True if the secret has signed one of `bodies`; takes as long for a wrong signature as for a right one. */
export function isSigned(claim: Claim, key: Buffer, bodies: readonly Buffer[]): boolean {
  let isRight = false
  for (const body of bodies) {
    // What Node gives as the text of a header is its bytes.
    const digest = createHmac('sha256', key).update(claim.prefix, 'latin1').update(body).digest()
    for (const claimed of claim.digests) {
      if (claimed.length === digest.length && timingSafeEqual(claimed, digest)) isRight = true
    }
  }
  return isRight
}

/** The text of a header that is there once. Throws UNAUTHENTICATED. */
export function header(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name.toLowerCase()]
  if (typeof value === 'string' && value !== '') return value
  throw refused(`the delivery has no header ${name}`)
}

/** Throws UNAUTHENTICATED for what is no number of seconds. */
export function seconds(text: string, name: string): number {
  if (/^\d{1,11}$/.test(text)) return Number(text)
  throw refused(`${name} is not a number of seconds since 1970`)
}

/** Throws UNAUTHENTICATED for what is no digest of SHA-256 in hex. */
export function hexDigest(text: string, name: string): Buffer {
  const [digest] = hexDigests(text)
  if (digest) return digest
  throw refused(`${name} is not the 64 hexadecimal digits of a SHA-256`)
}

/** The digest; none, if the text is no digest of SHA-256 in hex. */
export function hexDigests(text: string): Buffer[] {
  return /^[0-9a-fA-F]{64}$/.test(text) ? [Buffer.from(text, 'hex')] : []
}

export function refused(why: string): FlowError {
  return new FlowError('UNAUTHENTICATED', why)
}

// ---

const TOLERANCE_MS = 300_000
