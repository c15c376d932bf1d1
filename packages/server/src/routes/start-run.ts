// POST /runs: with one body of JSON, or with the inputs as lines and the rest in the query.

import type { Readable } from 'node:stream'
import { type StartRun, startedRunSchema, startRunSchema } from '@stepflow/api'
import { type Cursor, FlowError, type Json, type Outcome, type RunRow } from '@stepflow/engine'
import type { GivenFlow } from '@stepflow/host'
import { type RunSummary, summaryOf } from '@stepflow/host/history'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../access/access.ts'
import type { App } from '../app/app.ts'
import { durationOf } from '../app/duration.ts'
import { whenGone } from '../app/gone.ts'
import { unreadable } from '../app/problem.ts'
import { checkFlowPath } from '../flows/check-flow.ts'
import { partToRun } from '../flows/part-to-run.ts'
import { BodyLines } from '../runs/body-lines.ts'
import { requestKey } from '../runs/request-key.ts'
import { slowAnswer } from '../runs/slow-answer.ts'
import { type BegunRun, requestHash, type StartRequest } from '../runs/start-run.ts'
import { waitForEnd } from '../runs/wait-for-end.ts'
import type { Services } from '../services.ts'
import { type StartQuery, startQuery, startQuerySchema } from './start-query.ts'

export function startRunRoutes(app: App, services: Services): void {
  const { life, intakes, starter, clock, store } = services
  app.post(
    '/runs',
    {
      config: { access: 'operator' },
      schema: {
        operationId: 'startRun',
        summary: 'Start a run',
        description:
          'As `application/x-ndjson`, each line is an input; what else belongs to the run is in the query, or in a blob that the query names. A body that breaks off can be sent again, with the same key.',
        tags: ['runs'],
        querystring: startQuerySchema,
        body: {
          content: {
            'application/json': { schema: startRunSchema },
            'application/x-ndjson': { schema: { description: 'An input on each line.' } },
          },
        } as const,
        response: { 200: startedRunSchema, 202: startedRunSchema },
      },
    },
    async (request, reply) => {
      const { query, caller } = request
      life.checkReady()
      if (!isLines(request)) {
        refuseQuery(query)
        const body = request.body as StartRun // checked against its schema
        const key = requestKey(request, body.idempotencyKey)
        const isSingle = onlyOne(body, ['input', 'inputs']) === 'input'
        const inputs = isSingle ? [body.input] : (body.inputs ?? [])
        const begun = await starter.start(await toStart(services, body, { caller, key, inputs, isSingle }))
        if (body.wait) return atEnd(services, begun, body, reply)
        return reply.code(202).send(await started(services, begun))
      }
      const asked = await startQuery(query, store)
      const key = requestKey(request, asked.idempotencyKey)
      const lines = new BodyLines(request.body as Readable, clock) // its type says so
      const asking = { caller, key, inputs: lines, isSingle: false }
      const intake = await intakes.begin(await toStart(services, asked, asking), lines)
      reply.header('Location', `${services.config.basePath}/api/v1/runs/${intake.run.id}`)
      if (!asked.wait) return slowAnswer(reply.code(202), clock, intake.over, () => started(services, intake))
      await intake.over
      return atEnd(services, intake, asked, reply)
    },
  )
}

// ---

function isLines({ mediaType }: FastifyRequest): boolean {
  return mediaType !== undefined && mediaType !== 'application/json'
}

/** What a request brings beside what it asks for. */
interface Asking extends Pick<StartRequest, 'inputs' | 'isSingle'> {
  readonly caller: Caller | undefined
  readonly key: string | undefined
}

async function toStart(
  { flows, store }: Services,
  asked: StartRun,
  { caller, key, inputs, isSingle }: Asking,
): Promise<StartRequest> {
  const { overrides, variables, labels, maxConcurrent, kind } = asked
  if (asked.timeout !== undefined) timeoutOf(asked.timeout)
  const given = await flows.compile(givenFlow(asked), overrides as Json | undefined) // it came as JSON
  const part = await partToRun(given, asked, store)
  return {
    flow: part?.flow ?? given,
    inputs,
    isSingle,
    pins: part?.pins,
    secrets: part?.secrets,
    variables,
    labels,
    maxConcurrent,
    kind: part ? 'test' : kind,
    trigger: caller?.name === undefined ? { type: 'api' } : { type: 'api', by: caller.name },
    key: key === undefined ? undefined : { key, hash: hashOf(asked) },
  }
}

/** Of what was asked for, however it is waited for. */
function hashOf({ idempotencyKey: _, wait: __, timeout: ___, ...hashed }: StartRun): string {
  return requestHash(['POST /runs', hashed])
}

/** 200 with the end, if it comes in time; else 202. */
async function atEnd(services: Services, begun: BegunRun, { timeout }: StartRun, reply: FastifyReply) {
  const { clock, store, life, runs } = services
  const wait = { clock, store, runs, timeoutMs: timeoutOf(timeout), whenGone: whenGone(reply, life) }
  // The place is one before the end: what happens in between comes twice rather than never.
  const [cursor, end] = await Promise.all([store.cursor(), waitForEnd(begun, wait)])
  if (!end) throw new FlowError('NOT_FOUND', `run ${begun.run.id} was removed while it ran`)
  reply.code(end.isEnded ? 200 : 202)
  return shown(runs.shown(end.row, begun), cursor, end.outcome)
}

/** A run that has just been begun, or found by its key. */
async function started({ store, runs }: Services, begun: BegunRun) {
  const cursor = await store.cursor()
  const row = await store.runs.get(begun.run.id)
  if (!row) throw new FlowError('NOT_FOUND', `run ${begun.run.id} was removed`)
  return shown(runs.shown(row, begun), cursor)
}

function shown(row: RunRow, cursor: Cursor, result?: Outcome) {
  const { total } = row.items
  const run = summaryOf(row) as RunSummary & { itemCount: number | null; cursor: Cursor; result?: Outcome } // all follow
  run.itemCount = total < 0 ? null : total
  run.cursor = cursor
  if (result) run.result = result
  return run
}

function givenFlow(asked: StartRun): GivenFlow {
  const { flow = '', flowId = '', flowName = '', flowVersion, file } = asked
  const which = onlyOne(asked, ['flow', 'flowId', 'flowName'])
  if (file !== undefined && which !== 'flow') throw belongsTo('file', 'flow')
  if (flowVersion !== undefined && which !== 'flowName') throw belongsTo('flowVersion', 'flowName')
  if (which === 'flowName') return { flowName, flowVersion }
  if (which === 'flowId') return { flowId }
  checkFlowPath(file)
  return { flow, file }
}

function belongsTo(name: string, other: string): FlowError {
  return new FlowError('INVALID_INPUT', `the request has "${name}", which belongs to "${other}"`)
}

/** Which of the names the body has: exactly one. */
function onlyOne<K extends string>(body: object, names: readonly K[]): K {
  const given = names.filter((name) => Object.hasOwn(body, name))
  if (given.length === 1) return given[0] as K // counted
  const quoted = (some: readonly string[], word: string) => some.map((name) => `"${name}"`).join(word)
  const wrong =
    given.length === 0 ? `needs ${quoted(names, ' or ')}` : `has ${quoted(given, ' and ')}: it needs one of them`
  throw new FlowError('INVALID_INPUT', `the request ${wrong}`)
}

function refuseQuery(query: StartQuery): void {
  const [name] = Object.keys(query)
  if (name === undefined) return
  throw unreadable(`"${name}" belongs into the body: the query is read where the body is lines (application/x-ndjson)`)
}

const WAIT_MS = 5 * 60_000

function timeoutOf(given: StartRun['timeout']): number {
  // By its schema it is there, and nearly always that.
  return given === undefined || given === '5m' ? WAIT_MS : durationOf('timeout', given, '30s or 5m')
}
