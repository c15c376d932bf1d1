// Deliveries as the senders' own libraries sign them, and what becomes of those that somebody has changed.

import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { sign } from '@octokit/webhooks-methods'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { describe, expect, test } from 'vitest'
import { githubSignature } from '../src/signatures/github.ts'
import { checkTime, isSigned, type SignatureForm } from '../src/signatures/signature.ts'
import { standardSignature } from '../src/signatures/standard.ts'
import { stepflowSignature } from '../src/signatures/stepflow.ts'
import { stripeSignature } from '../src/signatures/stripe.ts'

const NOW = 1_800_000_000
const BODY = '{"id":"evt_1","note":"Grüße, ünïcode \\u0000"}'
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const OTHER = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'

interface Signed {
  readonly form: SignatureForm
  /** The headers of a delivery. */
  readonly headers: (
    secret?: string,
    body?: string,
    timestamp?: number,
    delivery?: string,
  ) => Promise<Record<string, string>>
  readonly signature: string
  readonly delivery?: string
  readonly timestamp?: string
}

const FORMS: Readonly<Record<string, Signed>> = {
  stepflow: {
    form: stepflowSignature,
    async headers(secret = SECRET, body = BODY, timestamp = NOW, delivery = 'd-1') {
      const digest = createHmac('sha256', secret).update(`${delivery}.${timestamp}.${body}`).digest('hex')
      return {
        'x-stepflow-signature': `sha256=${digest}`,
        'x-stepflow-timestamp': String(timestamp),
        'x-stepflow-delivery': delivery,
      }
    },
    signature: 'x-stepflow-signature',
    delivery: 'x-stepflow-delivery',
    timestamp: 'x-stepflow-timestamp',
  },
  github: {
    form: githubSignature,
    async headers(secret = SECRET, body = BODY) {
      return { 'x-hub-signature-256': await sign(secret, body), 'x-github-delivery': 'd-1', 'x-github-event': 'push' }
    },
    signature: 'x-hub-signature-256',
  },
  stripe: {
    form: stripeSignature,
    async headers(secret = SECRET, payload = BODY, timestamp = NOW) {
      const header = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp })
      return { 'stripe-signature': header }
    },
    signature: 'stripe-signature',
  },
  standard: {
    form: standardSignature,
    async headers(secret = SECRET, body = BODY, timestamp = NOW, delivery = 'd-1') {
      const signature = new Webhook(secret).sign(delivery, new Date(timestamp * 1000), body)
      return { 'webhook-id': delivery, 'webhook-timestamp': String(timestamp), 'webhook-signature': signature }
    },
    signature: 'webhook-signature',
    delivery: 'webhook-id',
    timestamp: 'webhook-timestamp',
  },
}

/** False for what is refused, in whatever way. */
function isAccepted({ form }: Signed, headers: IncomingHttpHeaders, { secret = SECRET, body = BODY, now = NOW } = {}) {
  try {
    const claim = form.read(headers)
    checkTime(claim, now * 1000)
    return isSigned(claim, form.keyOf(secret), [Buffer.from(body)])
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'UNAUTHENTICATED' })
    return false
  }
}

describe.each(Object.entries(FORMS))('%s', (name, signed) => {
  test('a delivery signed by its sender is accepted', async () => {
    expect(isAccepted(signed, await signed.headers())).toBe(true)
  })

  test('a signature of another secret, body, time or delivery is refused', async () => {
    const headers = await signed.headers()

    expect(isAccepted(signed, await signed.headers(OTHER))).toBe(false)
    expect(isAccepted(signed, headers, { body: `${BODY} ` })).toBe(false)
    expect(isAccepted(signed, headers, { body: '' })).toBe(false)
    if (signed.timestamp) expect(isAccepted(signed, { ...headers, [signed.timestamp]: String(NOW + 1) })).toBe(false)
    if (signed.delivery) expect(isAccepted(signed, { ...headers, [signed.delivery]: 'd-2' })).toBe(false)
    if (name === 'stripe') {
      const moved = (headers['stripe-signature'] as string).replace(`t=${NOW}`, `t=${NOW + 1}`)
      expect(isAccepted(signed, { 'stripe-signature': moved })).toBe(false)
    }
  })

  test('a signature that is cut, empty, of another form or sent twice is refused', async () => {
    const headers = await signed.headers()
    const whole = headers[signed.signature] as string
    const wrong = [
      ...[
        '',
        ' ',
        '=',
        'sha256=',
        'v1,',
        't=1,v1=',
        'sha1=abc',
        whole.slice(0, -1),
        whole.slice(0, -2),
        whole.slice(1),
      ],
      ...[`${whole}0`, `${whole}, ${whole}`, whole.replace(/^sha256/, 'sha512'), whole.replaceAll('v1', 'v0')],
    ].filter((one) => one !== whole)

    for (const one of wrong) expect(isAccepted(signed, { ...headers, [signed.signature]: one }), one).toBe(false)
  })

  test('a delivery without one of its headers is refused', async () => {
    const headers = await signed.headers()
    const needed = Object.keys(headers).filter((one) => one !== 'x-github-event')

    for (const one of needed) expect(isAccepted(signed, { ...headers, [one]: undefined }), one).toBe(false)
  })

  test('a signed time counts for five minutes, in both directions', async () => {
    const headers = await signed.headers()
    const hasTime = name !== 'github'

    for (const off of [-300, 0, 300]) expect(isAccepted(signed, headers, { now: NOW + off })).toBe(true)
    for (const off of [-301, 301]) expect(isAccepted(signed, headers, { now: NOW + off })).toBe(!hasTime)
  })

  test('a time that is no number is refused, though it is signed', async () => {
    for (const time of [Number.NaN, -1, 1.5, 1e21]) {
      const headers = await signed.headers(SECRET, BODY, time).catch(() => undefined)
      if (headers && name !== 'github') expect(isAccepted(signed, headers)).toBe(false)
    }
  })
})

test('while a sender changes its secret, one of several signatures is enough', async () => {
  const old = await FORMS.standard?.headers(OTHER)
  const now = await FORMS.standard?.headers()
  const both = `v1a,AAAA ${old?.['webhook-signature']} ${now?.['webhook-signature']}`
  expect(isAccepted(FORMS.standard as Signed, { ...now, 'webhook-signature': both })).toBe(true)

  const [first, second] = await Promise.all([FORMS.stripe?.headers(OTHER), FORMS.stripe?.headers()])
  const digests = `${first?.['stripe-signature']},v0=abc,v1=${second?.['stripe-signature']?.split('v1=')[1]}`
  expect(isAccepted(FORMS.stripe as Signed, { 'stripe-signature': digests })).toBe(true)
})

test('beside the right signature, one that could never be right does no harm', async () => {
  const standard = await FORMS.standard?.headers()
  const stripe = await FORMS.stripe?.headers()
  const listed = `v1,AAAA ${standard?.['webhook-signature']} v1,`

  expect(isAccepted(FORMS.standard as Signed, { ...standard, 'webhook-signature': listed })).toBe(true)
  const parts = `${stripe?.['stripe-signature']},v1=00,v1=`
  expect(isAccepted(FORMS.stripe as Signed, { 'stripe-signature': parts })).toBe(true)
})

test('what is signed cannot be cut in another way', async () => {
  const delivery = `d.${NOW}`
  const headers = await FORMS.stepflow?.headers(SECRET, BODY, NOW, delivery)

  expect(isAccepted(FORMS.stepflow as Signed, headers ?? {})).toBe(false)
})

test('deliveries are told apart by what the sender keeps the same when it sends one again', async () => {
  const body = Buffer.from(BODY)
  const deliveryOf = async (name: string, timestamp: number) => {
    const { form, headers } = FORMS[name] as Signed
    return form.read(await headers(SECRET, BODY, timestamp)).deliveryOf(body)
  }

  for (const name of ['stepflow', 'github', 'standard']) expect(await deliveryOf(name, NOW)).toBe('d-1')
  expect([await deliveryOf('stripe', NOW), await deliveryOf('stripe', NOW + 60)]).toEqual(['evt_1', 'evt_1'])
  const { form, headers } = FORMS.stripe as Signed
  const claim = form.read(await headers())
  expect(claim.deliveryOf(Buffer.from('no JSON'))).not.toBe(claim.deliveryOf(Buffer.from('nor this')))
})

test('a secret of Standard Webhooks that is no base64 is said to be none', () => {
  expect(() => standardSignature.keyOf('correct horse!')).toThrow('whsec_')
})
