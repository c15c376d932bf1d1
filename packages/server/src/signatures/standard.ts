// Standard Webhooks: webhook-signature is a list of `v1,BASE64`, each the HMAC of ID.TIMESTAMP.BODY. Others in the list, such
// as signatures with public keys (v1a), are passed over.

import { FlowError } from '@stepflow/engine'
import { header, refused, type SignatureForm, seconds } from './signature.ts'

const SIGNATURE = 'webhook-signature'
const TIMESTAMP = 'webhook-timestamp'
const ID = 'webhook-id'
/** What one that changes its secret sends is two. */
const MOST_DIGESTS = 10

export const standardSignature: SignatureForm = {
  read(headers) {
    const id = header(headers, ID)
    const written = header(headers, TIMESTAMP)
    const listed = header(headers, SIGNATURE)
    const digests = listed
      .split(' ')
      .flatMap((one) => (/^v1,[A-Za-z0-9+/]{43}=$/.test(one) ? [Buffer.from(one.slice(3), 'base64')] : []))
    // A header that was sent twice arrives as one, with a comma and a blank between.
    const isRepeated = listed.includes(', ')
    if (isRepeated || digests.length === 0 || digests.length > MOST_DIGESTS)
      throw refused(`${SIGNATURE} is not v1,BASE64`)
    if (id.length > 200) throw refused(`${ID} is longer than 200 characters`)
    return {
      prefix: `${id}.${written}.`,
      digests,
      timestamp: seconds(written, TIMESTAMP),
      deliveryOf: () => id,
    }
  },
  keyOf(secret) {
    const text = secret.replace(/^whsec_/, '').trim()
    if (/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return Buffer.from(text, 'base64')
    throw new FlowError('RESOURCE_UNAVAILABLE', 'the secret of Standard Webhooks must be whsec_ and base64')
  },
}
