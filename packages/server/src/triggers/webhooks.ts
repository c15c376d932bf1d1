// Webhooks: a signed delivery becomes a run of the flow whose published version has the trigger. The signature is the access:
// before it is checked, nothing is started and nothing is told but that there is such a webhook.
//
// A delivery is the key of its run: whoever sends it again, because no answer came, is answered with the same run.

import type { IncomingHttpHeaders } from 'node:http'
import { FlowError, isAway, type Json } from '@stepflow/engine'
import { fillTemplates, type WebhookTrigger } from '@stepflow/host/named-flows'
import { requestHash } from '../runs/start-run.ts'
import type { Services } from '../services.ts'
import { formOf, signingKey, whyUnusable } from '../signatures/forms.ts'
import { checkTime, isSigned, refused } from '../signatures/signature.ts'
import { dataOf, fieldsOf, readSent } from './hook-body.ts'

export interface Delivery {
  /** Of the webhook. */
  readonly name: string
  readonly headers: IncomingHttpHeaders
  /** What follows the `?` of the address. */
  readonly query: string
  readonly mediaType: string | undefined
  /** Reads the body; not called for a delivery that claims nothing. */
  readonly body: () => Promise<Buffer>
}

/** `pong`: the sender has tried out whether somebody is here. */
export type Delivered = { readonly runId: string } | { readonly pong: true }

export class Webhooks {
  readonly #services: Pick<Services, 'namedFlows' | 'flows' | 'starter' | 'secrets' | 'clock' | 'log'>
  /** What is wrong with a webhook that cannot check its deliveries: reported once, not with each of them. */
  readonly #reported = new Map<string, string>()

  constructor(services: Pick<Services, 'namedFlows' | 'flows' | 'starter' | 'secrets' | 'clock' | 'log'>) {
    this.#services = services
  }

  /**
   * Throws NOT_FOUND if no flow has the webhook, UNAUTHENTICATED for a delivery that its secret has not signed,
   * RESOURCE_UNAVAILABLE if there is no such secret or the flow cannot be run, INVALID_INPUT for what the flow does not take.
   */
  async deliver({ name, headers, query, mediaType, body }: Delivery): Promise<Delivered> {
    const found = await this.#services.namedFlows.webhook(name)
    if (!found) throw new FlowError('NOT_FOUND', `there is no webhook "${name}"`)
    const { flow, trigger } = found
    const key = await this.#keyOf(found)
    const claim = formOf(trigger).read(headers)
    checkTime(claim, this.#services.clock.now())
    const { sent, plain } = await readSent(await body(), headers['content-encoding'])
    const isPlain = plain === sent || FlowError.is(plain)
    if (!isSigned(claim, key, isPlain ? [sent] : [sent, plain]))
      throw refused('the signature is not that of this delivery')
    if (FlowError.is(plain)) throw plain
    if (claim.isPing) return { pong: true }
    const given = { body: dataOf(plain, mediaType), headers: headersOf(headers), query: fieldsOf(query) }
    return { runId: await this.#start(flow, trigger, claim.deliveryOf(plain), given) }
  }

  async #start(flow: string, trigger: WebhookTrigger, delivery: string, given: Given): Promise<string> {
    const { name } = trigger
    const key = JSON.stringify(['webhook', name, delivery])
    try {
      return await this.#begin(flow, trigger, given, { delivery, key })
    } catch (thrown) {
      // The flow may take it no longer, and have taken it before.
      const before = FlowError.is(thrown) && !isAway(thrown) ? await this.#services.starter.begunWith(key) : undefined
      if (before === undefined) throw thrown
      return before
    }
  }

  async #begin(flow: string, { name, input }: WebhookTrigger, given: Given, { delivery, key }: Known): Promise<string> {
    const { flows, starter, log } = this.#services
    const compiled = await flows.compile({ flowName: flow }).catch((thrown: unknown) => {
      if (!FlowError.is(thrown) || thrown.code !== 'INVALID_FLOW') throw thrown
      // What is wrong with the flow is not the sender's to know.
      log('error', `the webhook "${name}" cannot start the flow "${flow}": ${thrown.message}`)
      throw new FlowError('RESOURCE_UNAVAILABLE', 'the flow of this webhook cannot be run now')
    })
    const { run } = await starter.start({
      flow: compiled,
      inputs: [input === undefined ? given.body : await filled(input, given)],
      isSingle: true,
      trigger: { type: 'webhook', webhook: name, delivery },
      key: { key, hash: requestHash(['webhook', name, delivery]) },
    })
    return run.id
  }

  async #keyOf({ flow, trigger }: { readonly flow: string; readonly trigger: WebhookTrigger }): Promise<Buffer> {
    const { secrets } = this.#services
    // Somebody may just have set it, at another process.
    await secrets.refresh()
    const why = whyUnusable(trigger, secrets)
    this.#report(trigger.name, why && `${why} (flow "${flow}")`)
    if (why === undefined) return signingKey(trigger, secrets)
    throw new FlowError(
      'RESOURCE_UNAVAILABLE',
      'this webhook cannot check signatures yet; the log of the server says why',
    )
  }

  #report(name: string, what: string | undefined): void {
    if (this.#reported.get(name) === what) return
    if (what === undefined) this.#reported.delete(name)
    else {
      this.#reported.set(name, what)
      this.#services.log('error', what)
    }
  }
}

// ---

/** By what a delivery is known. */
interface Known {
  readonly delivery: string
  /** Of its run. */
  readonly key: string
}

/** What the templates of a trigger's input see. */
interface Given {
  readonly body: Json
  readonly headers: Json
  readonly query: Json
}

async function filled(input: Json, trigger: Given): Promise<Json> {
  try {
    return await fillTemplates(input, { trigger })
  } catch (thrown) {
    if (!FlowError.is(thrown)) throw thrown
    throw new FlowError(
      'INVALID_INPUT',
      `the delivery does not have what the input of the trigger reads: ${thrown.message}`,
    )
  }
}

/** What opens other doors stays outside. */
const OF_THE_CLIENT: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie'])

function headersOf(headers: IncomingHttpHeaders): Json {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || OF_THE_CLIENT.has(name) ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  )
}
