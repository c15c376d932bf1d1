// Begins the run of a schedule: the published version of its flow, with an input that knows the time.

import { fillTemplates } from '@stepflow/host/named-flows'
import { type BegunRun, type RequestKey, requestHash } from '../runs/start-run.ts'
import type { Services } from '../services.ts'
import { type DueRun, type Schedule, triggerAt } from './schedule.ts'

/** Answers the run; the same one for the same time. Throws what keeps the flow from being run. */
export type Fire = (schedule: Schedule, due: DueRun) => Promise<string>

export function createFire(services: Pick<Services, 'flows' | 'starter'>): Fire {
  return async (schedule, { at, id }) => {
    const time = new Date(at).toISOString()
    const key = { key: `${id}@${time}`, hash: requestHash(['schedule', id, time]) }
    const { run } = await startScheduled(services, schedule, { at, key })
    return run.id
  }
}

export interface StartScheduled {
  /** The time that was due. */
  readonly at: number
  /** Who has asked for it, if it is not due. */
  readonly by?: string | undefined
  readonly key?: RequestKey | undefined
}

/** Throws what keeps the flow from being run. */
export async function startScheduled(
  { flows, starter }: Pick<Services, 'flows' | 'starter'>,
  { id, flow, input = {} }: Schedule,
  { at, by, key }: StartScheduled,
): Promise<BegunRun> {
  const { trigger } = triggerAt(at)
  return starter.start({
    flow: await flows.compile({ flowName: flow }),
    inputs: [await fillTemplates(input, { trigger })],
    isSingle: true,
    trigger: { type: 'schedule', schedule: id, ...trigger, ...(by === undefined ? {} : { by }) },
    key,
  })
}
