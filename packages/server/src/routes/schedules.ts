// Schedules: lists and makes them, turns them on and off, starts what they start.

import {
  changeScheduleSchema,
  newScheduleSchema,
  nextTimesSchema,
  type Schedule as ScheduleShape,
  scheduleListSchema,
  scheduleSchema,
  startedRunSchema,
} from '@stepflow/api'
import { Redactor } from '@stepflow/engine'
import { summaryOf } from '@stepflow/host/history'
import { readCron } from '@stepflow/host/schedules'
import type { App } from '../app/app.ts'
import { NOTHING } from '../app/nothing.ts'
import { inOrder, pageOf, pageQuery } from '../app/pages.ts'
import { lastRun } from '../flows/last-run.ts'
import { openIfThere } from '../runs/open-if-there.ts'
import { requestKey } from '../runs/request-key.ts'
import { requestHash } from '../runs/start-run.ts'
import type { Services } from '../services.ts'
import { inWords } from '../triggers/cron-words.ts'
import { startScheduled } from '../triggers/fire.ts'
import type { ListedSchedule } from '../triggers/schedules.ts'

export function scheduleRoutes(app: App, services: Services): void {
  const { clock, life, schedules } = services

  app.get(
    '/schedules',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'listSchedules',
        summary: 'List schedules, by flow',
        tags: ['schedules'],
        querystring: pageQuery,
        response: { 200: scheduleListSchema },
      },
    },
    async ({ query }) => {
      const { page, next } = pageOf('schedules', await schedules.all(), placeOf, query)
      return { schedules: await Promise.all(page.map((listed) => shownSchedule(listed, services))), ...next }
    },
  )

  app.get(
    '/schedules/next',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'previewSchedule',
        summary: 'What a cron expression means, and its next times',
        tags: ['schedules'],
        querystring: {
          type: 'object',
          properties: { cron: { type: 'string', minLength: 1 }, timezone: { type: 'string', minLength: 1 } },
          required: ['cron'],
        } as const,
        response: { 200: nextTimesSchema },
      },
    },
    async ({ query }) => {
      const { fields, next } = readCron(query.cron, query.timezone)
      return { description: inWords(fields), next: next(clock.now(), SHOWN).map(iso) }
    },
  )

  app.post(
    '/schedules',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'createSchedule',
        summary: 'Start a flow at certain times',
        tags: ['schedules'],
        body: newScheduleSchema,
        response: { 201: scheduleSchema },
      },
    },
    async ({ body }, reply) => {
      const { enabled = true, ...fields } = body
      const added = await schedules.add({ ...fields, isDisabled: !enabled })
      return reply.code(201).send(await shownSchedule(added, services))
    },
  )

  app.get(
    '/schedules/:scheduleId',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getSchedule',
        summary: 'Read a schedule',
        tags: ['schedules'],
        params: scheduleParams,
        response: { 200: scheduleSchema },
      },
    },
    async ({ params }) => shownSchedule(await schedules.get(params.scheduleId), services),
  )

  app.patch(
    '/schedules/:scheduleId',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'changeSchedule',
        summary: 'Turn a schedule on or off',
        description:
          'For a trigger of a flow, this holds until the trigger changes. Runs that wait for their turn are dropped.',
        tags: ['schedules'],
        params: scheduleParams,
        body: changeScheduleSchema,
        response: { 200: scheduleSchema },
      },
    },
    async ({ params, body }) => {
      await schedules.enable(params.scheduleId, body.enabled)
      return shownSchedule(await schedules.get(params.scheduleId), services)
    },
  )

  app.post(
    '/schedules/:scheduleId/run',
    {
      config: { access: 'operator' },
      schema: {
        operationId: 'runSchedule',
        summary: 'Start now what a schedule starts',
        tags: ['schedules'],
        params: scheduleParams,
        response: { 202: startedRunSchema },
      },
    },
    async (request, reply) => {
      life.checkReady()
      const { schedule } = await schedules.get(request.params.scheduleId)
      const key = requestKey(request)
      const begun = await startScheduled(services, schedule, {
        at: clock.now(),
        by: request.caller?.name,
        key: key === undefined ? undefined : { key, hash: requestHash(['run-schedule', schedule.id]) },
      })
      const { id } = begun.run
      await schedules.begun(schedule.id, id)
      const cursor = await services.store.cursor()
      const { row } = await services.runs.open(id)
      return reply.code(202).send({ ...summaryOf(row), itemCount: 1, cursor })
    },
  )

  app.delete(
    '/schedules/:scheduleId',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'deleteSchedule',
        summary: 'Remove a schedule; one of a flow is taken out of its text instead',
        tags: ['schedules'],
        params: scheduleParams,
        response: { 204: NOTHING },
      },
    },
    async ({ params }, reply) => {
      await schedules.remove(params.scheduleId)
      return reply.code(204).send()
    },
  )
}

// ---

/** How many of the times to come. */
const SHOWN = 5

const scheduleParams = {
  type: 'object',
  properties: { scheduleId: { type: 'string' } },
  required: ['scheduleId'],
} as const

/** By flow: those of its text in their order, then those that were made over the API. */
function placeOf({ schedule: { id, flow, from, index = 0 } }: ListedSchedule): string {
  return `${flow} ${from === 'file' ? `0 ${inOrder(index)}` : `1 ${id}`}`
}

async function shownSchedule(
  { schedule, state }: ListedSchedule,
  { clock, runs, schedules, secrets }: Services,
): Promise<ScheduleShape> {
  const { id, flow, cron, times, overlap, catchUp, jitter, from } = schedule
  const last = state?.runs.at(-1)
  const run = last === undefined ? undefined : await openIfThere(runs, last)
  const { problem } = state ?? {}
  const { input, secrets: own } = await schedules.shownInput(schedule)
  const { named } = secrets.known
  const redactor = own.length === 0 ? named : new Redactor(own, [named])
  return {
    ...{ id, flow, cron, timezone: times.timezone, description: inWords(times.fields) },
    ...(input === undefined ? {} : { input: redactor.value(input) }),
    ...{ overlap, catchUp, ...(jitter === undefined ? {} : { jitter }) },
    enabled: state?.isDisabled !== true,
    next: times.next(clock.now(), SHOWN).map(iso),
    ...(run ? { lastRun: lastRun(run.row) } : {}),
    ...(problem ? { problem: { ...problem, at: iso(problem.at), message: redactor.text(problem.message) } } : {}),
    from,
  }
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
