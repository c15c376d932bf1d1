// The form of signature that a webhook asks for, and the key that its deliveries are signed with.

import { FlowError } from '@stepflow/engine'
import type { Secrets } from '@stepflow/host'
import type { WebhookTrigger } from '@stepflow/host/named-flows'
import { githubSignature } from './github.ts'
import type { SignatureForm } from './signature.ts'
import { standardSignature } from './standard.ts'
import { stepflowSignature } from './stepflow.ts'
import { stripeSignature } from './stripe.ts'

export function formOf({ signature }: WebhookTrigger): SignatureForm {
  return signature === undefined ? stepflowSignature : FORMS[signature]
}

/** Throws RESOURCE_UNAVAILABLE if the secret is not set, or can be no key. */
export function signingKey(trigger: WebhookTrigger, secrets: Pick<Secrets, 'get'>): Buffer {
  const secret = secrets.get(trigger.secret)
  if (secret !== undefined) return formOf(trigger).keyOf(secret)
  const how = `stepflow secrets set ${trigger.secret}`
  throw new FlowError('RESOURCE_UNAVAILABLE', `the secret "${trigger.secret}" is not set: ${how}`)
}

/** What keeps a webhook from checking its deliveries, so that it refuses them; undefined: nothing. */
export function whyUnusable(trigger: WebhookTrigger, secrets: Pick<Secrets, 'get'>): string | undefined {
  try {
    signingKey(trigger, secrets)
    return undefined
  } catch (thrown) {
    if (!FlowError.is(thrown)) throw thrown
    return `the webhook "${trigger.name}" refuses its deliveries: ${thrown.message}`
  }
}

// ---

const FORMS: Readonly<Record<NonNullable<WebhookTrigger['signature']>, SignatureForm>> = {
  github: githubSignature,
  stripe: stripeSignature,
  standard: standardSignature,
}
