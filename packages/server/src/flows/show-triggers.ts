// The triggers of a flow as the API shows them, and what keeps them from working here, though the flow is in order.

import { type Diagnostic, isRecord, type Json } from '@stepflow/engine'
import { type FoundFlow, triggerPlace, triggersOf } from '@stepflow/host/named-flows'
import type { Services } from '../services.ts'
import { whyUnusable } from '../signatures/forms.ts'

/** As they are written; with the path to which a webhook's deliveries are sent. */
export function shownTriggers(read: FoundFlow['read'], { basePath }: Pick<Services['config'], 'basePath'>): Json[] {
  return triggersOf(read).map((trigger) => {
    const name = isRecord(trigger) ? trigger.webhook : undefined
    return name === undefined ? trigger : { ...(trigger as object), path: `${basePath}/hooks/${name}` }
  })
}

/** Warnings: somebody may set a secret after the flow. */
export function triggerWarnings(
  { info }: FoundFlow['read'],
  secrets: Services['secrets'],
  file?: string,
): Diagnostic[] {
  return (info?.triggers ?? []).flatMap((trigger): Diagnostic[] => {
    const message = trigger.type === 'webhook' ? whyUnusable(trigger, secrets) : undefined
    if (message === undefined) return []
    return [{ code: 'UNUSABLE_SECRET', level: 'warning', message, ...triggerPlace(trigger, file) }]
  })
}
