// Looks at the triggers of a flow that was compiled: schedules that cannot be kept, and inputs with which no run could begin.
// Most flows have none, and need neither a calendar nor a validator.

import type { FlowInfo, Trigger } from '@stepflow/dialects'
import { type Diagnostic, FlowError, type Json, type Plan, type Violation } from '@stepflow/engine'
import { triggerPlace } from '../trigger-place.ts'

export interface CompiledTriggers {
  readonly flow?: FlowInfo | undefined
  readonly plan?: Plan | undefined
}

export async function triggerFindings({ flow, plan }: CompiledTriggers, file?: string): Promise<Diagnostic[]> {
  const triggers = flow?.triggers ?? []
  const schema = plan?.schemas?.input
  const found = await scheduleFindings(triggers, file)
  // One that cannot be kept has no times for which its input could be made.
  if (schema === undefined || found.length > 0) return found
  for (const trigger of triggers) {
    const [first, ...more] = await misfitsOf(schema, trigger)
    if (!first) continue
    const told = [first, ...more].slice(0, 5).map(({ path, message }) => `${path} ${message}`)
    found.push({
      code: 'INVALID_TRIGGER',
      level: 'error',
      message: `the input of triggers[${trigger.index}] never fits the flow's schema: ${told.join('; ')}`,
      ...triggerPlace(trigger, file),
    })
  }
  return found
}

// ---

async function scheduleFindings(triggers: readonly Trigger[], file?: string): Promise<Diagnostic[]> {
  if (!triggers.some(({ type }) => type === 'schedule')) return []
  const { checkSchedules } = await import('../schedules/check-schedules.ts')
  return checkSchedules(triggers, file)
}

async function misfitsOf(schema: Json, trigger: Trigger): Promise<readonly Violation[]> {
  try {
    if (trigger.type === 'schedule') {
      const { readCron } = await import('../schedules/cron.ts')
      const { scheduleMisfits } = await import('./trigger-inputs.ts')
      return await scheduleMisfits(schema, trigger.input, readCron(trigger.cron, trigger.timezone))
    }
    if (trigger.type !== 'webhook' || trigger.input === undefined) return []
    return await (await import('./trigger-inputs.ts')).webhookMisfits(schema, trigger.input)
  } catch (thrown) {
    // A schema that is none is reported by itself.
    if (FlowError.is(thrown) && thrown.code === 'INVALID_FLOW') return []
    throw thrown
  }
}
