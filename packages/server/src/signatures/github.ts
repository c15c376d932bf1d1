// GitHub's form: X-Hub-Signature-256 is `sha256=` and the HMAC, in hex, of the body. It signs neither the time nor the id of
// the delivery; a delivery that is sent again has the same id.

import { header, hexDigest, refused, type SignatureForm } from './signature.ts'

const SIGNATURE = 'X-Hub-Signature-256'
const DELIVERY = 'X-GitHub-Delivery'

export const githubSignature: SignatureForm = {
  read(headers) {
    const [scheme, digest = ''] = header(headers, SIGNATURE).split('=', 2)
    if (scheme !== 'sha256') throw refused(`${SIGNATURE} is not sha256=HEX`)
    const delivery = header(headers, DELIVERY)
    if (delivery.length > 200) throw refused(`${DELIVERY} is longer than 200 characters`)
    return {
      prefix: '',
      digests: [hexDigest(digest, SIGNATURE)],
      deliveryOf: () => delivery,
      ...(headers['x-github-event'] === 'ping' ? { isPing: true } : {}),
    }
  },
  keyOf: (secret) => Buffer.from(secret),
}
