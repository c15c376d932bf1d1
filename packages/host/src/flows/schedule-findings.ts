// Looks at the schedules of a flow that was compiled. Most flows have none, and need no calendar.

import type { FlowInfo } from '@stepflow/dialects'
import type { Diagnostic } from '@stepflow/engine'

export async function scheduleFindings(flow: FlowInfo | undefined, file?: string): Promise<readonly Diagnostic[]> {
  const triggers = flow?.triggers ?? []
  if (!triggers.some(({ type }) => type === 'schedule')) return []
  const { checkSchedules } = await import('../schedules/check-schedules.ts')
  return checkSchedules(triggers, file)
}
