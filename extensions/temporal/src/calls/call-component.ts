// An activity: calls the component that a workflow asks for, as our own engine would, and says from time to time that it is
// still at it, which is also how it learns that nobody wants the answer any more.

import { errorValue, FlowError, isRecord, Park, type Router, retryClass, Skip } from '@stepflow/engine'
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity'
import type { FarAnswer, FarCall, FarError, FarPark } from '../far-call.ts'
import { thrownFailure } from '../thrown-failure.ts'
import { SMALLER, tooLarge } from '../worker-facts.ts'
import { type FarServices, farContext } from './far-context.ts'
import { FilledSecrets } from './fill-secrets.ts'
import { TimeLimit } from './time-limit.ts'

export interface CallTools extends FarServices {
  readonly router: Pick<Router, 'route'>
  readonly secret: (name: string) => string | undefined
  /** Results may be large. */
  readonly keepsBlobs: boolean
}

const BEAT_MS = 400

export async function callComponent(input: unknown, call: FarCall, tools: CallTools): Promise<FarAnswer> {
  const activity = Context.current()
  const { activityType, workflowExecution } = activity.info
  const beating = setInterval(() => activity.heartbeat(), BEAT_MS)
  const limit = new TimeLimit(call.step, call.timeoutMs, activity.cancellationSignal)
  let secrets: FilledSecrets | undefined
  try {
    secrets = new FilledSecrets(call.secrets ?? {}, tools.secret)
    const context = farContext(workflowExecution?.workflowId ?? '', call, limit.signal, tools)
    const given = secrets.fill(input)
    const { component, choose } = tools.router.route(activityType)
    const called = component ?? (choose as NonNullable<typeof choose>)(given) // one of both
    const answer = await limit.within(called.call(given, context))
    const far = secrets.empty(farAnswer(answer))
    const large = tools.keepsBlobs ? undefined : tooLarge(far)
    if (large === undefined) return far
    const message = `the result of step "${call.step}" has ${large}, and ${SMALLER}`
    throw new FlowError('INVALID_INPUT', message, { retryable: false })
  } catch (thrown) {
    const { cancellationSignal } = activity
    if (cancellationSignal.aborted) throw leftCall(cancellationSignal.reason)
    const error = farError(thrown)
    throw thrownFailure(secrets?.empty(tools.redaction(error)) ?? tools.redaction(error))
  } finally {
    clearInterval(beating)
    limit.end()
  }
}

export function farError(thrown: unknown): FarError {
  const { retryAfterMs, tries, status } = (isRecord(thrown) ? thrown : {}) as Partial<FlowError>
  return {
    ...errorValue(thrown),
    ...(retryClass(thrown) === 'never' ? { retryable: false } : {}),
    ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
    ...(typeof tries === 'number' ? { tries } : {}),
    ...(typeof status === 'number' ? { status } : {}),
  }
}

// ---

/** A worker that goes leaves its calls to another; what was cancelled is over. */
function leftCall(reason: unknown): Error {
  const isLeft = reason instanceof CancelledFailure && reason.message === 'WORKER_SHUTDOWN'
  return isLeft
    ? ApplicationFailure.retryable('the worker has ended', 'WORKER_SHUTDOWN')
    : new CancelledFailure('cancelled')
}

function farAnswer(answer: unknown): FarAnswer {
  if (answer instanceof Skip) return { skip: answer.reason }
  if (!(answer instanceof Park)) return { result: answer === undefined ? null : answer }
  const { until, signal, run, turn, state } = answer
  return {
    park: {
      ...(until === undefined ? {} : { until }),
      ...(signal === undefined ? {} : { signal }),
      ...(run === undefined ? {} : { run: farRun(run) }),
      ...(turn === undefined ? {} : { turn }),
      ...(state === undefined ? {} : { state }),
    },
  }
}

function farRun(run: NonNullable<Park['run']>): NonNullable<FarPark['run']> {
  const { inputs, plan, maxConcurrent, onItemFailure, variables } = run
  return {
    plan,
    inputs: Array.from({ length: inputs.length }, (_, i) => inputs.at(i)),
    ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
    ...(onItemFailure === undefined ? {} : { onItemFailure }),
    ...(variables === undefined ? {} : { variables }),
  }
}
