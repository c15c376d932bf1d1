// One schedule: when a flow is to start, and with which input. Pure.

import { createHash } from 'node:crypto'
import { type Json, parseDuration } from '@stepflow/engine'
import type { Overlap, ScheduleTrigger } from '@stepflow/host/named-flows'
import { type CronTimes, checkJitter, readCron } from '@stepflow/host/schedules'
import type { ActiveTrigger } from './active-triggers.ts'

export interface Schedule {
  readonly id: string
  /** Its name. */
  readonly flow: string
  /** Of a trigger: its place in the flow. */
  readonly index?: number
  /** As it was written. */
  readonly cron: string
  readonly times: CronTimes
  /** With templates. */
  readonly input?: Json
  readonly overlap: Overlap
  /** How many of the times that were missed are made up for: the newest. */
  readonly catchUp: number
  /** As it was written. */
  readonly jitter?: string | number
  readonly from: 'file' | 'api'
}

export interface ScheduleFields {
  readonly cron: string
  readonly timezone?: string | undefined
  readonly input?: unknown
  readonly overlap?: Overlap | undefined
  readonly catchUp?: number | undefined
  readonly jitter?: string | number | undefined
}

/** A run that is to begin. */
export interface DueRun {
  /** The time that was due. */
  readonly at: number
  /** The schedule of which it was due: the key of the run. */
  readonly id: string
}

/** Throws INVALID_INPUT. */
export function readSchedule(
  fields: ScheduleFields,
  known: Pick<Schedule, 'id' | 'flow' | 'index' | 'from'>,
): Schedule {
  const { cron, timezone, input, overlap = 'skip', catchUp = 0, jitter } = fields
  checkJitter(jitter)
  return {
    ...known,
    cron,
    times: readCron(cron, timezone),
    ...(input === undefined ? {} : { input: input as Json }), // it is read from JSON
    overlap,
    catchUp,
    ...(jitter === undefined ? {} : { jitter }),
  }
}

/** A trigger that is changed is another schedule. Throws INVALID_INPUT. */
export function scheduleOf({ flow, index, trigger }: ActiveTrigger<ScheduleTrigger>): Schedule {
  const { type: _, origin: __, ...fields } = trigger
  const id = hashOf(JSON.stringify([flow, fields])).slice(0, 16)
  return readSchedule(fields, { id, flow, index, from: 'file' })
}

/** What templates in the input see. */
export function triggerAt(timeMs: number) {
  return { trigger: { time: new Date(timeMs).toISOString() } }
}

/** How much later than its time a fire begins: always the same for the same fire, so that all servers agree. */
export function delayOf({ jitter }: Pick<Schedule, 'jitter'>, { id, at }: DueRun): number {
  const mostMs = parseDuration(jitter) ?? 0
  if (mostMs === 0) return 0
  const share = Number.parseInt(hashOf(`${id}@${at}`).slice(0, 12), 16) / 2 ** 48
  return Math.floor(share * mostMs)
}

// ---

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
