// What is wrong with the schedules of a flow, where they stand: what the compiler cannot know, for it has no calendar.

import type { ScheduleTrigger, Trigger } from '@stepflow/dialects'
import { type Diagnostic, FlowError } from '@stepflow/engine'
import { triggerPlace } from '../trigger-place.ts'
import { readCron } from './cron.ts'
import { checkJitter } from './jitter.ts'

export function checkSchedules(triggers: readonly Trigger[], file?: string): Diagnostic[] {
  return triggers.flatMap((trigger) => {
    const message = trigger.type === 'schedule' ? whyWrong(trigger) : undefined
    if (message === undefined) return []
    return {
      code: 'INVALID_TRIGGER',
      level: 'error',
      message: `the schedule of triggers[${trigger.index}] cannot be kept: ${message}`,
      ...triggerPlace(trigger, file),
    } as const
  })
}

// ---

function whyWrong({ cron, timezone, jitter }: ScheduleTrigger): string | undefined {
  try {
    readCron(cron, timezone)
    checkJitter(jitter)
    return undefined
  } catch (thrown) {
    if (FlowError.is(thrown)) return thrown.message
    throw thrown
  }
}
