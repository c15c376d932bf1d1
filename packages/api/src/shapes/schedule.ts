// Schedules as clients see them: when a flow starts by itself.

import type { Shape, ShapeSchema } from '../shape.ts'
import { nextCursor } from './page.ts'
import { duration, lastRunSchema, time } from './run.ts'

const nextTimes = { type: 'array', items: time, description: 'The next five times.' } as const satisfies ShapeSchema
const description = { type: 'string', description: 'The schedule in words.' } as const

const fields = {
  flow: { type: 'string', minLength: 1, description: 'The name of the flow; its published version runs.' },
  cron: { type: 'string', minLength: 1, description: 'Five fields, or six with seconds first.' },
  timezone: { type: 'string', minLength: 1, description: 'Like Europe/Berlin; UTC unless given.' },
  input: { description: 'In its texts, templates see `trigger.time`.' },
  overlap: {
    enum: ['skip', 'queue', 'allow'],
    description: 'What happens at a time while the run before has not ended.',
  },
  catchUp: {
    type: 'integer',
    minimum: 0,
    maximum: 1000,
    description: 'How many of the times that were missed are made up for: the newest.',
  },
  jitter: { ...duration, description: 'Runs begin up to so much later: `30s`, or seconds.' },
  enabled: { type: 'boolean' },
} as const satisfies Record<string, ShapeSchema>

export const newScheduleSchema = {
  title: 'NewSchedule',
  type: 'object',
  properties: fields,
  required: ['flow', 'cron'],
  additionalProperties: false,
} as const satisfies ShapeSchema

/** A schedule to be made. */
export type NewSchedule = Shape<typeof newScheduleSchema>

export const scheduleSchema = {
  title: 'Schedule',
  type: 'object',
  properties: {
    id: { type: 'string' },
    ...fields,
    description,
    next: nextTimes,
    lastRun: lastRunSchema,
    problem: {
      type: 'object',
      description: 'What kept the last run that was due from beginning.',
      properties: {
        at: { ...time, description: 'That was due.' },
        code: { type: 'string' },
        message: { type: 'string' },
      },
      required: ['at', 'code', 'message'],
    },
    from: { enum: ['file', 'api'], description: '`file`: a trigger in the text of the flow.' },
  },
  required: ['id', 'flow', 'cron', 'timezone', 'description', 'overlap', 'catchUp', 'enabled', 'next', 'from'],
} as const satisfies ShapeSchema

/** When a flow starts by itself. */
export type Schedule = Shape<typeof scheduleSchema>

export const scheduleListSchema = {
  title: 'ScheduleList',
  type: 'object',
  properties: { schedules: { type: 'array', items: scheduleSchema }, nextCursor },
  required: ['schedules'],
} as const satisfies ShapeSchema

/** All of them, by flow. */
export type ScheduleList = Shape<typeof scheduleListSchema>

export const changeScheduleSchema = {
  title: 'ChangeSchedule',
  type: 'object',
  properties: { enabled: { type: 'boolean' } },
  required: ['enabled'],
  additionalProperties: false,
} as const satisfies ShapeSchema

export const nextTimesSchema = {
  title: 'NextTimes',
  type: 'object',
  properties: { description, next: nextTimes },
  required: ['description', 'next'],
} as const satisfies ShapeSchema

/** What a cron expression means, and its next times. */
export type NextTimes = Shape<typeof nextTimesSchema>
