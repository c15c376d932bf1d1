// Our own form: X-Stepflow-Signature is `sha256=` and the HMAC, in hex, of DELIVERY.TIMESTAMP.BODY.

import { header, hexDigest, refused, type SignatureForm, seconds } from './signature.ts'

const SIGNATURE = 'X-Stepflow-Signature'
const TIMESTAMP = 'X-Stepflow-Timestamp'
const DELIVERY = 'X-Stepflow-Delivery'

export const stepflowSignature: SignatureForm = {
  read(headers) {
    const [scheme, digest = ''] = header(headers, SIGNATURE).split('=', 2)
    if (scheme !== 'sha256') throw refused(`${SIGNATURE} is not sha256=HEX`)
    const written = header(headers, TIMESTAMP)
    const delivery = header(headers, DELIVERY)
    // With a dot in it, one signature would hold for two ways to cut what is signed.
    if (!/^[\x21-\x2d\x2f-\x7e]{1,200}$/.test(delivery)) {
      throw refused(`${DELIVERY} is not 1 to 200 characters of ASCII without blanks and dots`)
    }
    return {
      prefix: `${delivery}.${written}.`,
      digests: [hexDigest(digest, SIGNATURE)],
      timestamp: seconds(written, TIMESTAMP),
      deliveryOf: () => delivery,
    }
  },
  keyOf: (secret) => Buffer.from(secret),
}
