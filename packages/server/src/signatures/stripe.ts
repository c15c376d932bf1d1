// Stripe's form: Stripe-Signature is `t=SECONDS,v1=HEX`, perhaps with several v1; each is the HMAC of SECONDS.BODY. An event
// that is sent again has another time and the same id, which stands in the body.

import { createHash } from 'node:crypto'
import { isRecord } from '@stepflow/engine'
import { header, hexDigests, refused, type SignatureForm, seconds } from './signature.ts'

const SIGNATURE = 'Stripe-Signature'
/** What one that changes its secret sends is two. */
const MOST_DIGESTS = 10

export const stripeSignature: SignatureForm = {
  read(headers) {
    const parts = header(headers, SIGNATURE)
      .split(',')
      .map((part) => part.split('=', 2) as [string, string?])
    const valuesOf = (name: string) => parts.flatMap(([key, value = '']) => (key.trim() === name ? [value] : []))
    const [written, ...more] = valuesOf('t')
    const digests = valuesOf('v1').flatMap(hexDigests)
    if (written === undefined || more.length > 0 || digests.length === 0 || digests.length > MOST_DIGESTS) {
      throw refused(`${SIGNATURE} is not t=SECONDS,v1=HEX`)
    }
    return {
      prefix: `${written}.`,
      digests,
      timestamp: seconds(written, SIGNATURE),
      deliveryOf,
    }
  },
  keyOf: (secret) => Buffer.from(secret),
}

// ---

/** What is no event of Stripe's is told apart by its content. */
function deliveryOf(body: Buffer): string {
  try {
    const event: unknown = JSON.parse(body.toString())
    if (isRecord(event) && typeof event.id === 'string' && event.id !== '' && event.id.length <= 200) return event.id
  } catch {
    // No JSON.
  }
  return `sha256-${createHash('sha256').update(body).digest('hex')}`
}
